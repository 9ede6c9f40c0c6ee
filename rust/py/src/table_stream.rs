//! `iter_arrow`: a stream in tables of so many rows, whatever pieces its bytes come in.

use std::collections::VecDeque;

use memchr::memchr_iter;
use pyo3::exceptions::PyValueError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use vmcodec_arrow::export::{self, Batches};
use vmcodec_arrow::{Added, ArrowError, BadRecord, Table, errors_table};
use vmcodec_core::Buffer;

use crate::columns::{Bad, Call, Rows, schema};
use crate::decoder::Decoder;
use crate::error::{DecodeError, Place};
use crate::ffi::distant::Distant;
use crate::memory;
use crate::session::Errors;
use crate::source::Source;
use crate::stream::alone;
use crate::table::{ArrowTable, EventTable, failed, schema_capsule};
use crate::words::raised;

/// So many bytes are decoded at once at most, unless a single record is longer.
const BLOCK: usize = 1 << 26;

/// The tables of a stream, decoded one ahead; made by `iter_arrow`.
///
/// Also an Arrow stream, for whatever takes one: it can be read once, by either way.
#[pyclass(module = "vmcodec")]
pub(crate) struct EventTableIterator {
    decoder: Py<Decoder>,
    source: Source,
    buffer: Buffer,
    errors: Errors,
    rows: Rows,
    batch_rows: usize,
    threads: usize,
    ready: VecDeque<Ready>,
    /// Lines of the pending bytes that were counted, and up to where.
    counted: usize,
    counted_to: usize,
    /// Records and lines before the pending bytes.
    records: usize,
    lines: usize,
    /// Bad records of tables that went by the Arrow stream, which has no place for them.
    passed: Vec<Kept>,
    /// How many Arrow streams were made. Only the last may read: two would take each other's rows.
    streams: usize,
    /// Whether somebody has seen the end.
    exhausted: bool,
}

/// A bad record with its bytes.
struct Kept {
    error: DecodeError,
    raw: Option<Vec<u8>>,
}

impl Kept {
    fn of(bad: Bad<'_>) -> PyResult<Kept> {
        Ok(Kept {
            error: bad.error,
            raw: bad.raw.map(memory::copy).transpose()?,
        })
    }

    fn row(&self) -> BadRecord<'_> {
        self.error.bad_record(self.raw.as_deref())
    }
}

/// What comes next.
enum Ready {
    Table(Table, Vec<Kept>),
    Raise(DecodeError),
}

impl EventTableIterator {
    /// Reads no more.
    fn end(&mut self) {
        self.source = Source::Closed;
        self.buffer = Buffer::at_end();
    }

    pub fn new(
        decoder: &Bound<'_, Decoder>,
        source: &Bound<'_, PyAny>,
        errors: Errors,
        rows: Rows,
        batch_rows: usize,
        threads: usize,
    ) -> PyResult<EventTableIterator> {
        Ok(EventTableIterator {
            source: Source::of(source)?,
            decoder: decoder.clone().unbind(),
            buffer: Buffer::default(),
            errors,
            rows,
            batch_rows,
            threads,
            ready: VecDeque::new(),
            counted: 0,
            counted_to: 0,
            records: 0,
            lines: 0,
            passed: Vec::new(),
            streams: 0,
            exhausted: false,
        })
    }

    /// The next table or error; none when the stream has no more.
    fn advance(&mut self, py: Python<'_>) -> PyResult<Option<Ready>> {
        while self.ready.is_empty() {
            #[cfg(feature = "faults")]
            vmcodec_core::faults::strike("table", self.buffer.pending());
            let complete = self.buffer.complete();
            if let Some(length) = self.block(complete) {
                self.decode(py, length)?;
                continue;
            }
            if self.buffer.ended {
                self.exhausted = true;
                return Ok(None);
            }
            if complete == 0 && self.oversized(py)? {
                continue;
            }
            py.check_signals()?;
            let buffer = &mut self.buffer;
            buffer.ended = !self.source.read(py, |chunk| buffer.push(chunk))?;
        }
        Ok(self.ready.pop_front())
    }

    /// How many of the complete pending bytes are to be decoded now: those of a table's rows.
    fn block(&mut self, complete: usize) -> Option<usize> {
        let pending = self.buffer.pending().get(..complete)?;
        let fresh = pending.get(self.counted_to..)?;
        let wanted = self.batch_rows - self.counted;
        let mut found = 0;
        for at in memchr_iter(b'\n', fresh) {
            found += 1;
            if found == wanted {
                return Some(self.counted_to + at + 1);
            }
        }
        self.counted += found;
        self.counted_to = complete;
        // However much of it is one long line.
        let enough = self.buffer.pending().len() >= BLOCK || self.buffer.ended;
        let whole = complete > 0 && enough;
        whole.then_some(complete)
    }

    /// Decodes so many of the pending bytes.
    fn decode(&mut self, py: Python<'_>, length: usize) -> PyResult<()> {
        let decoder = self.decoder.clone_ref(py);
        let bytes = self.buffer.pending().get(..length).unwrap_or_default();
        let columns = self.call(decoder.get()).lines(py, bytes)?;
        let (records, lines) = (columns.records, columns.lines);
        let bad = columns.bad.into_iter().map(|mut bad| {
            bad.error.shift(self.records, self.lines);
            bad
        });
        let rows = columns.table.num_rows();
        match self.errors {
            Errors::Return => {
                let kept = bad.map(Kept::of).collect::<PyResult<Vec<_>>>()?;
                if rows > 0 || !kept.is_empty() {
                    self.ready.push_back(Ready::Table(columns.table, kept));
                }
            }
            Errors::Raise => {
                let mut start = 0;
                for bad in bad {
                    part(&mut self.ready, &columns.table, start, bad.row);
                    start = bad.row + usize::from(self.rows == Rows::All);
                    self.ready.push_back(Ready::Raise(bad.error));
                }
                part(&mut self.ready, &columns.table, start, rows);
            }
        }
        self.buffer.decoded(length);
        (self.counted, self.counted_to) = (0, 0);
        self.records += records;
        self.lines += lines;
        Ok(())
    }

    /// Whether a pending record is too large already: then its error is ready, and the rest of it will
    /// be passed over.
    fn oversized(&mut self, py: Python<'_>) -> PyResult<bool> {
        let decoder = self.decoder.clone_ref(py);
        let codec = &decoder.get().codec;
        let max = codec.core.options.max_size;
        let Some((fault, raw)) = self.buffer.oversized(max) else {
            return Ok(false);
        };
        let place = Place {
            index: self.records,
            line: Some(self.lines + 1),
        };
        let error = DecodeError::of(codec, &fault, place, None);
        self.ready.push_back(match self.errors {
            Errors::Raise => Ready::Raise(error),
            Errors::Return => {
                let rows = usize::from(self.rows == Rows::All);
                let raw = Some(raw);
                let table = self.call(decoder.get()).nothing(rows)?;
                Ready::Table(table, vec![Kept { error, raw }])
            }
        });
        (self.counted, self.counted_to) = (0, 0);
        self.records += 1;
        Ok(true)
    }

    /// Errors are kept in line, and raised when their turn comes.
    fn call<'a>(&self, decoder: &'a Decoder) -> Call<'a> {
        Call {
            codec: &decoder.codec,
            errors: Errors::Return,
            rows: self.rows,
            threads: self.threads,
        }
    }

    /// The next table of the Arrow stream of this number; its bad records are set aside.
    fn pass(&mut self, py: Python<'_>, stream: usize) -> PyResult<Option<Table>> {
        if stream != self.streams {
            return Err(raised::<PyValueError>("another stream reads these tables"));
        }
        match self.advance(py)? {
            None => Ok(None),
            Some(Ready::Raise(error)) => Err(error.into_err(py)),
            Some(Ready::Table(table, mut bad)) => {
                self.passed.append(&mut bad);
                Ok(Some(table))
            }
        }
    }
}

/// Makes rows ready, if there are any.
fn part(ready: &mut VecDeque<Ready>, table: &Table, start: usize, end: usize) {
    if end > start {
        let part = table.slice(start, end - start);
        ready.push_back(Ready::Table(part, Vec::new()));
    }
}

#[pymethods]
impl EventTableIterator {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.decoder)?;
        self.source.traverse(&visit)
    }

    fn __clear__(&mut self) {
        self.end();
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, EventTable>>> {
        let py = slf.py();
        let mut this = alone(slf)?;
        match this.advance(py)? {
            None => Ok(None),
            Some(Ready::Raise(error)) => Err(error.into_err(py)),
            Some(Ready::Table(table, bad)) => {
                let bad: Vec<_> = bad.iter().map(Kept::row).collect();
                EventTable::with_errors(this.decoder.bind(py), table, &bad).map(Some)
            }
        }
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = schema(&self.decoder.get().codec, Added::default())?;
        schema_capsule(py, &schema)
    }

    /// The tables that are left, as one stream. Bad records are then in `errors` of the iterator.
    ///
    /// Raises ValueError where the end was seen: no rows would look like an empty source.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        slf: &Bound<'py, Self>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        let py = slf.py();
        let mut this = alone(slf)?;
        if this.exhausted {
            return Err(raised::<PyValueError>(
                "these tables were read already; iter_arrow gives an iterator for each reading",
            ));
        }
        let schema = schema(&this.decoder.get().codec, Added::default())?;
        this.streams += 1;
        let stream = this.streams;
        // Whoever reads the stream may do so from any thread, and as late as at exit.
        let iterator = Distant::new(slf);
        let next = move || {
            let table = iterator.with(|iterator| {
                let table =
                    alone(iterator).and_then(|mut tables| tables.pass(iterator.py(), stream));
                table.map_err(|error| ArrowError::ExternalError(error.to_string().into()))
            });
            let ended = || ArrowError::CDataInterface("the interpreter has ended".to_owned());
            table.unwrap_or_else(|| Err(ended()))
        };
        let stream = export::stream(schema, Batches::new(next));
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }

    /// The bad records of what was read as an Arrow stream so far: index, line, offset, code, path,
    /// event, raw (their bytes), reason.
    #[getter]
    fn errors(&self) -> PyResult<ArrowTable> {
        let bad: Vec<_> = self.passed.iter().map(Kept::row).collect();
        Ok(ArrowTable::new(errors_table(&bad).map_err(failed)?))
    }

    /// How many bytes of a file were read (compressed ones, where it is compressed) or of a buffer; None
    /// for other sources, and once it is closed.
    #[getter]
    fn position(&self) -> Option<u64> {
        self.source.position()
    }

    /// Close the source; what was decoded already is still given.
    fn close(slf: &Bound<'_, Self>) -> PyResult<()> {
        alone(slf)?.end();
        Ok(())
    }
}
