//! `EncodeError`: what users see of an event that cannot be written.

use std::fmt::Write;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

/// An event that cannot be written: what is wrong, and where.
///
/// No payload value is in it. Attributes: `code` (one of `vmcodec.ENCODE_CODES`), `index` (number of
/// the event in its batch), `path`, `event` (the event's name, when it is one), `expected`, and `got`
/// (the Python type found, or None).
#[pyclass(frozen, extends = PyValueError, module = "vmcodec")]
pub(crate) struct EncodeError {
    #[pyo3(get)]
    code: String,
    #[pyo3(get)]
    index: usize,
    #[pyo3(get)]
    path: String,
    #[pyo3(get)]
    event: Option<String>,
    #[pyo3(get)]
    expected: String,
    #[pyo3(get)]
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

    /// Nothing is left to do, as in `DecodeError`.
    #[pyo3(signature = (*_args, **_kwargs))]
    fn __init__(&self, _args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) {}

    fn __str__(&self) -> String {
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

    fn __repr__(&self) -> String {
        format!("EncodeError({:?})", self.__str__())
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        let this = slf.get();
        let state = (
            &this.code,
            this.index,
            &this.path,
            &this.event,
            &this.expected,
            &this.got,
        );
        Ok((slf.get_type(), state.into_pyobject(slf.py())?))
    }
}

impl EncodeError {
    pub fn into_err(self, py: Python<'_>) -> PyErr {
        match Bound::new(py, self) {
            Ok(object) => PyErr::from_value(object.into_any()),
            Err(error) => error,
        }
    }
}
