//! `iter_decode`: records of a stream, whatever pieces its bytes come in.

use std::collections::VecDeque;

use pyo3::PyClass;
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::pyclass::boolean_struct::False;
use vmcodec_core::Buffer;
use vmcodec_core::lines::Lines;

use crate::decoder::Decoder;
use crate::error::{DecodeError, Place, type_name};
use crate::ffi::objects;
use crate::session::{Errors, Session};
use crate::source::Source;
use crate::words::raised;

/// The events of a stream, decoded a batch ahead; made by `iter_decode`.
///
/// Where it raises (a bad record, an interrupt), it carries on with the next record when asked again.
#[pyclass(module = "vmcodec")]
pub(crate) struct EventIterator {
    decoder: Py<Decoder>,
    source: Source,
    errors: Errors,
    batch_size: usize,
    ready: VecDeque<Py<PyAny>>,
    buffer: Buffer,
    /// Where the next record stands.
    place: Place,
}

impl EventIterator {
    /// Reads no more.
    fn end(&mut self) {
        self.source = Source::Closed;
        self.buffer = Buffer::at_end();
    }

    pub fn new(
        decoder: Py<Decoder>,
        source: &Bound<'_, PyAny>,
        errors: Errors,
        batch_size: usize,
    ) -> PyResult<EventIterator> {
        Ok(EventIterator {
            decoder,
            source: Source::of(source)?,
            errors,
            batch_size,
            ready: VecDeque::new(),
            buffer: Buffer::default(),
            place: Place {
                index: 0,
                line: Some(1),
            },
        })
    }

    /// Decodes the next batch; false when the stream has no more.
    fn refill(&mut self, py: Python<'_>) -> PyResult<bool> {
        loop {
            let complete = self.buffer.complete();
            if complete > 0 {
                self.decode(py, complete)?;
                if !self.ready.is_empty() {
                    return Ok(true);
                }
                continue;
            }
            if self.buffer.ended {
                return Ok(false);
            }
            if let Some(error) = self.oversized(py)? {
                self.ready.push_back(error);
                return Ok(true);
            }
            py.check_signals()?;
            let buffer = &mut self.buffer;
            buffer.ended = !self.source.read(py, |chunk| buffer.push(chunk))?;
        }
    }

    /// Decodes at most a batch of the complete lines.
    fn decode(&mut self, py: Python<'_>, complete: usize) -> PyResult<()> {
        let decoder = self.decoder.clone_ref(py);
        let decoder = decoder.get();
        let bytes = self.buffer.pending().get(..complete).unwrap_or_default();
        let mut lines = Lines::new(bytes);
        let (ready, place, size) = (&mut self.ready, &mut self.place, self.batch_size);
        let first = place.line.unwrap_or_default();
        // Errors are kept in line too, and raised when their turn comes.
        let result = Session::run(
            py,
            &decoder.codec,
            &decoder.shelf,
            Errors::Return,
            |session| {
                let mut ahead = lines.clone();
                while ready.len() < size {
                    let Some(line) = ahead.next() else {
                        // Blank lines behind the last record.
                        lines = ahead;
                        break;
                    };
                    if line.bytes.is_empty() {
                        lines = ahead.clone();
                        continue;
                    }
                    place.line = Some(first + line.number);
                    ready.push_back(session.record(line.bytes, *place)?.unbind());
                    place.index += 1;
                    // Only now: an interrupted record is still to come.
                    lines = ahead.clone();
                }
                Ok(())
            },
        );
        self.place.line = Some(first + lines.seen());
        self.buffer.decoded(complete - lines.rest().len());
        result
    }

    /// The error of a pending record that is too large already; the rest of it will be passed over.
    fn oversized(&mut self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let max = self.decoder.get().codec.core.options.max_size;
        let Some((fault, raw)) = self.buffer.oversized(max) else {
            return Ok(None);
        };
        let raw = objects::bytes(py, &raw)?.unbind();
        let error = DecodeError::of(&self.decoder.get().codec, &fault, self.place, Some(raw));
        self.place.index += 1;
        Ok(Some(error.into_object(py)?.unbind()))
    }
}

#[pymethods]
impl EventIterator {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.decoder)?;
        self.source.traverse(&visit)?;
        self.ready.iter().try_for_each(|result| visit.call(result))
    }

    fn __clear__(&mut self) {
        self.end();
        self.ready.clear();
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    /// Close the source; what was decoded already is still given.
    fn close(slf: &Bound<'_, Self>) -> PyResult<()> {
        alone(slf)?.end();
        Ok(())
    }

    fn __next__<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Py<PyAny>>> {
        let py = slf.py();
        let mut this = alone(slf)?;
        if this.ready.is_empty() && !this.refill(py)? {
            return Ok(None);
        }
        let Some(result) = this.ready.pop_front() else {
            return Ok(None);
        };
        if this.errors == Errors::Raise
            && let Ok(error) = result.bind(py).cast::<DecodeError>()
        {
            return Err(error.get().without_payload().into_err(py));
        }
        Ok(Some(result))
    }
}

/// The iterator, for a call that changes it. Raises RuntimeError where another such call is not over yet.
pub(crate) fn alone<'py, T: PyClass<Frozen = False>>(
    iterator: &Bound<'py, T>,
) -> PyResult<PyRefMut<'py, T>> {
    iterator.try_borrow_mut().map_err(|_| {
        PyRuntimeError::new_err(
            "the iterator is in use: by another thread, or by its own source, which called back",
        )
    })
}

/// The error of a chunk that is not bytes.
pub(crate) fn not_bytes(chunk: &Bound<'_, PyAny>) -> PyErr {
    let told = type_name(chunk).map(|name| {
        raised::<PyTypeError>(format!(
            "expected a stream of bytes, got {name} (is a file open in text mode?)"
        ))
    });
    told.unwrap_or_else(|error| error)
}
