//! Tables as the structs of Arrow's C data interface, which any language can take over.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, to_ffi};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{Array, RecordBatch, RecordBatchIterator, StructArray};
use arrow_schema::{ArrowError, SchemaRef};

use crate::table::Table;

/// A schema.
pub fn schema(schema: &SchemaRef) -> Result<FFI_ArrowSchema, ArrowError> {
    FFI_ArrowSchema::try_from(schema.as_ref())
}

/// All rows as one struct array, with its type.
pub fn array(table: &Table) -> Result<(FFI_ArrowSchema, FFI_ArrowArray), ArrowError> {
    let array = StructArray::from(table.one_batch()?);
    let (array, _) = to_ffi(&array.to_data())?;
    Ok((schema(&table.schema)?, array))
}

/// Record batches as a stream.
pub fn stream(
    schema: SchemaRef,
    batches: impl Iterator<Item = Result<RecordBatch, ArrowError>> + Send + 'static,
) -> FFI_ArrowArrayStream {
    FFI_ArrowArrayStream::new(Box::new(RecordBatchIterator::new(batches, schema)))
}

const DEFECT: &str = "a defect of vmcodec: please report it";

/// The record batches of one table after the other.
#[derive(Debug)]
pub struct Batches<F> {
    next: F,
    ready: VecDeque<RecordBatch>,
}

impl<F> Batches<F> {
    /// `next` gives the tables, and none after the last.
    pub fn new(next: F) -> Batches<F> {
        Batches {
            next,
            ready: VecDeque::new(),
        }
    }
}

impl<F: FnMut() -> Result<Option<Table>, ArrowError>> Iterator for Batches<F> {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.is_empty() {
            // Whoever asks is C code, which a panic must not reach: it would end the process.
            match catch_unwind(AssertUnwindSafe(&mut self.next)) {
                Ok(Ok(Some(table))) => self.ready.extend(table.batches),
                Ok(Ok(None)) => return None,
                Ok(Err(error)) => return Some(Err(error)),
                Err(_) => return Some(Err(ArrowError::CDataInterface(DEFECT.to_owned()))),
            }
        }
        self.ready.pop_front().map(Ok)
    }
}
