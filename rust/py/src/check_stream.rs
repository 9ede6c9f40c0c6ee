//! `iter_validate`: the bad records of a stream, whatever pieces its bytes come in.

use std::collections::VecDeque;

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use vmcodec_core::Buffer;

use crate::decoder::Decoder;
use crate::error::{DecodeError, Place};
use crate::ffi::objects;
use crate::source::Source;
use crate::stream::alone;
use crate::validate;

/// So many bytes are checked at once, where they are at hand: stretches for some threads. Should every
/// line of two bytes be bad, their errors take some hundred times as much.
const BLOCK: usize = 1 << 20;

/// The errors of a stream's bad records, in order; made by `iter_validate`.
#[pyclass(module = "vmcodec")]
pub(crate) struct ErrorIterator {
    decoder: Py<Decoder>,
    source: Source,
    buffer: Buffer,
    threads: usize,
    ready: VecDeque<Py<PyAny>>,
    records: usize,
    lines: usize,
    /// Why reading failed, while what was read before is still to be told.
    failed: Option<PyErr>,
}

impl ErrorIterator {
    /// Reads no more.
    fn end(&mut self) {
        self.source = Source::Closed;
        self.buffer = Buffer::at_end();
    }

    pub fn new(
        decoder: Py<Decoder>,
        source: &Bound<'_, PyAny>,
        threads: usize,
    ) -> PyResult<ErrorIterator> {
        Ok(ErrorIterator {
            decoder,
            source: Source::of(source)?,
            buffer: Buffer::default(),
            threads,
            ready: VecDeque::new(),
            records: 0,
            lines: 0,
            failed: None,
        })
    }

    /// Checks until there is an error, or the stream has no more.
    fn refill(&mut self, py: Python<'_>) -> PyResult<()> {
        while self.ready.is_empty() {
            if let Some(error) = self.failed.take() {
                return Err(error);
            }
            let complete = self.buffer.complete();
            // However much of it is one long line.
            let enough = self.buffer.pending().len() >= BLOCK || self.buffer.ended;
            if complete > 0 && (enough || !self.source.at_hand()) {
                self.check(py, complete)?;
                continue;
            }
            if self.buffer.ended {
                break;
            }
            if complete == 0 && self.oversized(py)? {
                continue;
            }
            py.check_signals()?;
            let buffer = &mut self.buffer;
            match self.source.read(py, |chunk| buffer.push(chunk)) {
                Ok(more) => buffer.ended = !more,
                Err(error) => {
                    self.check(py, complete)?;
                    self.failed = Some(error);
                }
            }
        }
        Ok(())
    }

    /// Checks so many of the pending bytes.
    fn check(&mut self, py: Python<'_>, length: usize) -> PyResult<()> {
        let codec = &self.decoder.get().codec;
        let bytes = self.buffer.pending().get(..length).unwrap_or_default();
        let before = (self.records, self.lines);
        let checked = validate::lines_behind(py, codec, bytes, self.threads, before)?;
        self.ready.extend(checked.errors);
        self.buffer.decoded(length);
        self.records += checked.records;
        self.lines += checked.lines;
        Ok(())
    }

    /// Whether a pending record is too large already: then its error is ready, and the rest of it will
    /// be passed over.
    fn oversized(&mut self, py: Python<'_>) -> PyResult<bool> {
        let codec = &self.decoder.get().codec;
        let Some((fault, raw)) = self.buffer.oversized(codec.core.options.max_size) else {
            return Ok(false);
        };
        let place = Place {
            index: self.records,
            line: Some(self.lines + 1),
        };
        let raw = objects::bytes(py, &raw)?.unbind();
        let error = DecodeError::of(codec, &fault, place, Some(raw));
        self.ready.push_back(error.into_object(py)?.unbind());
        self.records += 1;
        Ok(true)
    }
}

#[pymethods]
impl ErrorIterator {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.decoder)?;
        self.source.traverse(&visit)?;
        self.ready.iter().try_for_each(|error| visit.call(error))
    }

    fn __clear__(&mut self) {
        self.end();
        self.ready.clear();
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(slf: &Bound<'_, Self>) -> PyResult<Option<Py<PyAny>>> {
        let mut this = alone(slf)?;
        this.refill(slf.py())?;
        Ok(this.ready.pop_front())
    }

    /// How many records were checked so far, good and bad; all, once there are no more errors.
    #[getter]
    fn records(&self) -> usize {
        self.records
    }

    /// How many bytes of a file were read (compressed ones, where it is compressed) or of a buffer; None
    /// for other sources, and once it is closed.
    #[getter]
    fn position(&self) -> Option<u64> {
        self.source.position()
    }

    /// Close the source; what was checked already is still told.
    fn close(slf: &Bound<'_, Self>) -> PyResult<()> {
        alone(slf)?.end();
        Ok(())
    }
}
