//! `decode_arrow`: records into columns, without the GIL.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use vmcodec_arrow::{Added, ArrowError, Builder, Chunk, MAX_RECORD, SchemaRef, Table};
use vmcodec_core::{Code, Expected, Failure, Fault, Memory, Outcome, Sink};

use crate::decoder::Decoder;
use crate::error::DecodeError;
use crate::ffi::arrow;
use crate::input::{Input, items, messages, records};
use crate::leavings::leave;
use crate::marks::Marks;
use crate::memory;
use crate::options::Limit;
use crate::schema::Codec;
use crate::session::Errors;
use crate::table::{EventTable, failed};
use crate::threads::{Manner, Message, Results, Work, count};
use crate::words::raised;

/// Bytes in a stretch, which becomes a record batch: few batches of large inputs, and several of small
/// ones, so that every thread gets some.
const LARGEST: usize = 1 << 22;
const SMALLEST: usize = 1 << 17;

/// What stands in the place of a record that is no event.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    /// A row of nulls.
    All,
    /// No row.
    Events,
}

impl<'py> FromPyObject<'_, 'py> for Rows {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Rows> {
        match object.extract::<&str>() {
            Ok("all") => Ok(Rows::All),
            Ok("events") => Ok(Rows::Events),
            _ => Err(raised::<PyValueError>("rows is \"all\" or \"events\"")),
        }
    }
}

/// What a call is to do.
pub(crate) struct Call<'a> {
    pub codec: &'a Codec,
    pub errors: Errors,
    pub rows: Rows,
    pub threads: usize,
}

/// A record that is not in the columns.
pub(crate) struct Bad<'a> {
    pub error: DecodeError,
    pub raw: Option<&'a [u8]>,
    /// How many rows stand before it.
    pub row: usize,
}

/// Columns, and the errors of the records that are not in them, in order.
pub(crate) struct Columns<'a> {
    pub table: Table,
    pub bad: Vec<Bad<'a>>,
    /// How many records and lines a buffer had.
    pub records: usize,
    pub lines: usize,
}

/// The arguments of `decode_arrow` beside the source.
pub(crate) struct Options<'a, 'py> {
    pub errors: Errors,
    pub rows: Rows,
    pub keys: Option<&'a Bound<'py, PyAny>>,
    pub timestamps: Option<&'a Bound<'py, PyAny>>,
    pub threads: Option<Limit>,
}

/// Messages or a buffer as a table.
pub(crate) fn decode<'py>(
    decoder: &Bound<'py, Decoder>,
    source: &Bound<'py, PyAny>,
    options: &Options<'_, 'py>,
) -> PyResult<Bound<'py, EventTable>> {
    let py = source.py();
    let call = Call {
        codec: &decoder.get().codec,
        errors: options.errors,
        rows: options.rows,
        threads: count(options.threads)?,
    };
    if let Some(array) = arrow::texts(source)? {
        let columns = call.messages(py, memory::collect(0, array.iter())?, Vec::new(), options)?;
        return EventTable::new(decoder, columns, options.errors);
    }
    if let Some(input) = Input::of_whole(source)? {
        if options.keys.is_some() || options.timestamps.is_some() {
            return Err(raised::<PyValueError>(
                "keys and timestamps go with messages, not with a buffer of lines",
            ));
        }
        decoder.get().check_lines()?;
        let columns = call.lines(py, input.bytes())?;
        return EventTable::new(decoder, columns, options.errors);
    }
    let items = items(source)?;
    let table = of_items(decoder, &call, &items, options);
    table.map_err(|error| leave(error, py, items))
}

fn of_items<'py>(
    decoder: &Bound<'py, Decoder>,
    call: &Call<'_>,
    items: &[Bound<'py, PyAny>],
    options: &Options<'_, 'py>,
) -> PyResult<Bound<'py, EventTable>> {
    let py = decoder.py();
    let (inputs, wrong) = records(py, items, 0)?;
    let columns = call.messages(py, messages(py, &inputs)?, wrong, options)?;
    EventTable::new(decoder, columns, options.errors)
}

impl Call<'_> {
    /// Messages, of which some are `wrong` already.
    fn messages<'a>(
        &self,
        py: Python<'_>,
        mut messages: Vec<Message<'a>>,
        wrong: Vec<DecodeError>,
        options: &Options<'_, '_>,
    ) -> PyResult<Columns<'a>> {
        let (marks, mismarked) = Marks::of(options.keys, options.timestamps, messages.len())?;
        let mut bad: Vec<_> = wrong.into_iter().map(|error| (error, None)).collect();
        for error in mismarked {
            // It is with its error, and nowhere else.
            let record = messages.get_mut(error.index()).and_then(Option::take);
            bad.push((error, record));
        }
        let bad = bad
            .into_iter()
            .map(|(error, raw)| Bad { error, raw, row: 0 });
        let bytes = messages.iter().map(|record| record.map_or(0, <[u8]>::len));
        let added = marks.added();
        let results = self
            .manner(bytes.sum())
            .messages(py, &messages, || Maker::new(self, added, Some(&marks)))?;
        let mut columns = self.assemble(py, results, added)?;
        columns.bad.extend(bad);
        columns.bad.sort_by_key(|bad| bad.error.index());
        columns.bad.dedup_by_key(|bad| bad.error.index());
        Ok(columns)
    }

    /// The records of a buffer.
    pub fn lines<'a>(&self, py: Python<'_>, buffer: &'a [u8]) -> PyResult<Columns<'a>> {
        let added = Added::default();
        let manner = self.manner(buffer.len());
        let results = manner.lines(py, buffer, || Maker::new(self, added, None))?;
        self.assemble(py, results, added)
    }

    /// No events, but rows of nothing.
    pub fn nothing(&self, rows: usize) -> PyResult<Table> {
        let layout = &self.codec.schema.layout;
        let mut builder = Builder::new(layout, Added::default());
        (0..rows).for_each(|_| builder.end_nothing());
        let chunk = builder.take().map_err(failed)?;
        let schema = schema(self.codec, Added::default())?;
        Table::new(layout, schema, vec![chunk]).map_err(failed)
    }

    fn manner(&self, bytes: usize) -> Manner {
        Manner {
            threads: self.threads,
            stretch: (bytes / (4 * self.threads)).clamp(SMALLEST, LARGEST),
            errors: self.errors,
        }
    }

    fn assemble<'a>(
        &self,
        py: Python<'_>,
        results: Results<'a, Made>,
        added: Added,
    ) -> PyResult<Columns<'a>> {
        let layout = &self.codec.schema.layout;
        let schema = schema(self.codec, added)?;
        let (mut chunks, mut rows_before) = (Vec::new(), Vec::new());
        let mut rows = 0;
        for made in results.made {
            rows_before.extend(made.refused_at.into_iter().map(|row| rows + row));
            let chunk = made.chunk.map_err(failed)?;
            rows += chunk.rows();
            chunks.push(chunk);
        }
        let table = py.detach(|| Table::new(layout, schema, chunks));
        if results
            .refused
            .iter()
            .any(|refused| refused.2.is_want_of_memory())
        {
            return Err(memory::short());
        }
        let refused = results.refused.into_iter().zip(rows_before);
        let bad = refused.map(|((place, record, fault), row)| Bad {
            error: DecodeError::of(self.codec, &fault, place, None),
            raw: Some(record),
            row,
        });
        Ok(Columns {
            table: table.map_err(failed)?,
            bad: bad.collect(),
            records: results.records,
            lines: results.lines,
        })
    }
}

/// The columns of a call that adds these. Raises ValueError where two have one name.
pub(crate) fn schema(codec: &Codec, added: Added) -> PyResult<SchemaRef> {
    let schema = codec.schema.layout.schema(added);
    schema.map_err(|error| raised::<PyValueError>(format!("no table: {error}")))
}

/// What becomes of a stretch.
pub(crate) struct Made {
    chunk: Result<Chunk, ArrowError>,
    /// How many rows stood before each record that was refused.
    refused_at: Vec<usize>,
}

/// One thread's columns.
struct Maker<'c> {
    call: &'c Call<'c>,
    marks: Option<&'c Marks>,
    memory: Memory,
    builder: Builder,
    refused_at: Vec<usize>,
}

impl<'c> Maker<'c> {
    fn new(call: &'c Call<'c>, added: Added, marks: Option<&'c Marks>) -> Maker<'c> {
        Maker {
            call,
            marks,
            memory: call.codec.core.memory(),
            builder: Builder::new(&call.codec.schema.layout, added),
            refused_at: Vec::new(),
        }
    }

    /// Ends a row that stands for no event.
    fn nothing(&mut self, index: usize) {
        if self.call.rows == Rows::All {
            self.mark(index);
            self.builder.end_nothing();
        }
    }

    #[cold]
    fn refused(&mut self, index: usize, fault: Box<Fault>) -> Result<(), Box<Fault>> {
        self.refused_at.push(self.builder.rows());
        self.nothing(index);
        Err(fault)
    }

    /// Ends the row of a record that was read.
    #[inline(always)]
    fn end(
        &mut self,
        index: usize,
        record: &[u8],
        outcome: Result<Outcome, Failure>,
    ) -> Result<(), Box<Fault>> {
        #[cfg(feature = "faults")]
        vmcodec_core::faults::strike("row", record);
        match outcome {
            Ok(Outcome::Event(event)) => {
                self.mark(index);
                if !self.builder.end_event(event) {
                    return self.refused(index, Box::new(Fault::no_memory(0)));
                }
            }
            Ok(Outcome::Unknown { id, start }) => {
                self.mark(index);
                let text = record.get(start..).unwrap_or_default();
                if !self.builder.end_unknown(&id, text) {
                    return self.refused(index, Box::new(Fault::no_memory(0)));
                }
            }
            Ok(Outcome::Unwanted) => self.nothing(index),
            // A column had no room.
            Err(Failure::Stopped) => return self.refused(index, Box::new(Fault::no_memory(0))),
            Err(Failure::Fault(fault)) => return self.refused(index, fault),
        }
        Ok(())
    }

    #[inline(always)]
    fn mark(&mut self, index: usize) {
        if let Some(marks) = self.marks {
            marks.write(index, &mut self.builder);
        }
    }
}

impl Work for Maker<'_> {
    type Made = Made;

    #[inline(always)]
    fn record(&mut self, index: usize, record: Message<'_>) -> Result<(), Box<Fault>> {
        let Some(record) = record else {
            self.nothing(index);
            return Ok(());
        };
        if record.len() > MAX_RECORD {
            let expected = Expected::Size(MAX_RECORD);
            let fault = Fault::new(Code::TooLarge, MAX_RECORD, expected);
            return self.refused(index, Box::new(fault));
        }
        let core = &self.call.codec.core;
        let outcome = core.decode(&mut self.memory, record, &mut self.builder);
        // As in the core: a panic costs this one record.
        let ended = catch_unwind(AssertUnwindSafe(|| self.end(index, record, outcome)));
        ended.unwrap_or_else(|_| {
            self.builder.clear();
            self.refused(index, Box::new(Fault::defect()))
        })
    }

    fn made(&mut self) -> Made {
        Made {
            chunk: self.builder.take(),
            refused_at: std::mem::take(&mut self.refused_at),
        }
    }
}
