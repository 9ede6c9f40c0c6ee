//! The table of bad records: where each stands, why it was refused, and its bytes.

use std::fmt::{Display, Write};
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, Int64Array, LargeBinaryArray, RecordBatch, StringArray};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

use crate::table::Table;

/// A record that is no event, in the words of an error.
#[derive(Clone, Copy)]
pub struct BadRecord<'a> {
    /// Number of the record, from 0.
    pub index: usize,
    /// Its line in a buffer or file, from 1.
    pub line: Option<usize>,
    /// Byte offset in the record.
    pub offset: usize,
    /// The stable name of the reason.
    pub code: &'a str,
    /// The way to the place.
    pub path: &'a str,
    /// The event's name, if it is known.
    pub event: Option<&'a str>,
    /// The whole error in words.
    pub reason: &'a dyn Display,
    /// The record's bytes, where it has any.
    pub raw: Option<&'a [u8]>,
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("index", DataType::Int64, false),
        Field::new("line", DataType::Int64, true),
        Field::new("offset", DataType::Int64, false),
        Field::new("code", DataType::Utf8, false),
        Field::new("path", DataType::Utf8, false),
        Field::new("event", DataType::Utf8, true),
        Field::new("raw", DataType::LargeBinary, true),
        Field::new("reason", DataType::Utf8, false),
    ]))
}

/// So many records at a time: their texts stay far below two gigabytes.
const BATCH: usize = 1 << 20;

/// Fails where there are not so many bytes of memory, which are not kept.
pub(crate) fn probe(bytes: usize) -> Result<(), ArrowError> {
    let room = Vec::<u8>::new().try_reserve_exact(bytes);
    room.map_err(|_| ArrowError::MemoryError(format!("no memory for {bytes} bytes")))
}

/// The records as a table: index, line, offset, code, path, event, raw, reason.
pub fn errors_table(records: &[BadRecord<'_>]) -> Result<Table, ArrowError> {
    let schema = schema();
    // Their bytes are copied while the column grows: rather an error now than an abort then.
    let bytes = records
        .iter()
        .map(|record| record.raw.map_or(0, <[u8]>::len));
    probe(bytes.fold(0, usize::saturating_add).saturating_mul(3))?;
    let batches = records.chunks(BATCH).map(|records| batch(&schema, records));
    let batches = batches.collect::<Result<_, _>>()?;
    Ok(Table { schema, batches })
}

fn batch(schema: &SchemaRef, records: &[BadRecord<'_>]) -> Result<RecordBatch, ArrowError> {
    let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    // Worded right into the column.
    let mut reasons =
        StringBuilder::with_capacity(records.len(), records.len().saturating_mul(128));
    for record in records {
        let _ = write!(reasons, "{}", record.reason);
        reasons.append_value("");
    }
    let records = records.iter();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(
            records.clone().map(|record| number(record.index)),
        )),
        Arc::new(Int64Array::from_iter(
            records.clone().map(|record| record.line.map(number)),
        )),
        Arc::new(Int64Array::from_iter_values(
            records.clone().map(|record| number(record.offset)),
        )),
        Arc::new(StringArray::from_iter_values(
            records.clone().map(|record| record.code),
        )),
        Arc::new(StringArray::from_iter_values(
            records.clone().map(|record| record.path),
        )),
        Arc::new(StringArray::from_iter(
            records.clone().map(|record| record.event),
        )),
        Arc::new(LargeBinaryArray::from_iter(
            records.clone().map(|record| record.raw),
        )),
        Arc::new(reasons.finish()),
    ];
    RecordBatch::try_new(schema.clone(), columns)
}
