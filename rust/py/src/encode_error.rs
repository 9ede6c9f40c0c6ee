//! `EncodeError`: what users see of an event that cannot be written.

use std::fmt::Write;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};

use crate::words::{Count, Words, object, tuple};

/// An event that cannot be written: what is wrong, and where.
///
/// No payload value is in it. Attributes: `code` (one of `vmcodec.ENCODE_CODES`), `index` (number of
/// the event in its batch), `path`, `event` (the event's name, when it is one), `expected`, and `got`
/// (the Python type found, or None).
#[pyclass(frozen, extends = PyValueError, module = "vmcodec")]
pub(crate) struct EncodeError {
    code: String,
    index: usize,
    path: String,
    event: Option<String>,
    expected: String,
    got: Option<String>,
}

#[pymethods]
impl EncodeError {
    #[new]
    #[pyo3(signature = (code, index=0, path="$".to_owned(), event=None, expected=String::new(), got=None), text_signature = "(code, index=0, path='$', event=None, expected='', got=None)")]
    pub(crate) fn new(
        code: String,
        index: usize,
        path: String,
        event: Option<String>,
        expected: String,
        got: Option<String>,
    ) -> EncodeError {
        EncodeError {
            code,
            index,
            path,
            event,
            expected,
            got,
        }
    }

    #[getter]
    fn code(&self) -> Words<'_> {
        Words(&self.code)
    }

    #[getter(index)]
    fn index_told(&self) -> Count {
        Count(self.index)
    }

    #[getter]
    fn path(&self) -> Words<'_> {
        Words(&self.path)
    }

    #[getter]
    fn event(&self) -> Option<Words<'_>> {
        self.event.as_deref().map(Words)
    }

    #[getter]
    fn expected(&self) -> Words<'_> {
        Words(&self.expected)
    }

    #[getter]
    fn got(&self) -> Option<Words<'_>> {
        self.got.as_deref().map(Words)
    }

    /// Nothing is left to do, as in `DecodeError`.
    #[pyo3(signature = (*_args, **_kwargs))]
    fn __init__(&self, _args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) {}

    fn __str__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        Words(&self.message()).into_pyobject(py)
    }

    fn __repr__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        Words(&format!("EncodeError({:?})", self.message())).into_pyobject(py)
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        let (this, py) = (slf.get(), slf.py());
        let state = vec![
            object(py, this.code())?,
            object(py, this.index_told())?,
            object(py, this.path())?,
            object(py, this.event())?,
            object(py, this.expected())?,
            object(py, this.got())?,
        ];
        Ok((slf.get_type(), tuple(py, state)?))
    }
}

impl EncodeError {
    /// The whole error in words.
    fn message(&self) -> String {
        let mut text = format!("{}: expected {}", self.code, self.expected);
        if let Some(got) = &self.got {
            let _ = write!(text, ", got {got}");
        }
        let _ = write!(text, " at {} (event {}", self.path, self.index);
        if let Some(event) = &self.event {
            let _ = write!(text, ", {event}");
        }
        text.push(')');
        text
    }

    pub fn into_err(self, py: Python<'_>) -> PyErr {
        match Bound::new(py, self) {
            Ok(object) => PyErr::from_value(object.into_any()),
            Err(error) => error,
        }
    }
}
