//! `DecodeError`: what users see of a fault of a record.

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple, PyType};
use vmcodec_arrow::BadRecord;
use vmcodec_core::{Code, Fault};

use crate::schema::Codec;
use crate::told::{Told, expected, path};
use crate::words::{Count, Words, object, tuple};

/// Where a record stands among others.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    /// Number of the record, from 0.
    pub index: usize,
    /// Its line in a buffer or file, from 1.
    pub line: Option<usize>,
}

/// A record that cannot be decoded: what is wrong, where, and what was expected.
///
/// No payload value is in it but `raw`, which only a returned error has (a raised one never) and
/// which neither `str` nor `repr` shows. Attributes:
///
/// code : str
///     One of `vmcodec.DECODE_CODES`.
/// index : int
///     Number of the record in its batch, buffer or stream, from 0; blank lines are not counted.
/// offset : int
///     Byte offset in the record, from 0.
/// line, column : int or None
///     Of a buffer or file, from 1; the column counts bytes.
/// path : str
///     The way to the place, such as `$.time.useconds`. Keys of free-form data read `[...]`.
/// event : str or None
///     The event's name, when it is known.
/// expected : str
///     What would have been right.
/// got : str or None
///     The JSON type found (for `wrong_item` the Python type), where that says something.
/// raw : bytes or None
///     The record's bytes.
#[pyclass(frozen, extends = PyValueError, module = "vmcodec")]
pub(crate) struct DecodeError {
    code: Told,
    index: usize,
    offset: usize,
    line: Option<usize>,
    path: Told,
    event: Option<Arc<str>>,
    expected: Told,
    got: Option<Told>,
    #[pyo3(get)]
    raw: Option<Py<PyBytes>>,
}

#[pymethods]
impl DecodeError {
    #[new]
    #[pyo3(signature = (code, index=0, offset=0, line=None, path="$".to_owned(), event=None, expected=String::new(), got=None, raw=None), text_signature = "(code, index=0, offset=0, line=None, path='$', event=None, expected='', got=None, raw=None)")]
    #[expect(clippy::too_many_arguments, reason = "one for each attribute")]
    fn new(
        code: String,
        index: usize,
        offset: usize,
        line: Option<usize>,
        path: String,
        event: Option<String>,
        expected: String,
        got: Option<String>,
        raw: Option<Py<PyBytes>>,
    ) -> DecodeError {
        DecodeError {
            code: code.into(),
            index,
            offset,
            line,
            path: path.into(),
            event: event.map(Arc::from),
            expected: expected.into(),
            got: got.map(Cow::from),
            raw,
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
    fn offset(&self) -> Count {
        Count(self.offset)
    }

    #[getter]
    fn line(&self) -> Option<Count> {
        self.line.map(Count)
    }

    /// The column of `offset` in its line, from 1, in bytes; None where there are no lines.
    #[getter]
    fn column(&self) -> Option<Count> {
        self.line.map(|_| Count(self.offset + 1))
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

    /// Nothing is left to do. The base class's own would refuse keywords, and keep the arguments.
    #[pyo3(signature = (*_args, **_kwargs))]
    fn __init__(&self, _args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) {}

    fn __str__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        Words(&self.to_string()).into_pyobject(py)
    }

    fn __repr__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        Words(&format!("DecodeError({:?})", self.to_string())).into_pyobject(py)
    }

    /// Pickles and copies keep every attribute, `raw` included.
    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        let (this, py) = (slf.get(), slf.py());
        let state = vec![
            object(py, this.code())?,
            object(py, this.index_told())?,
            object(py, this.offset())?,
            object(py, this.line())?,
            object(py, this.path())?,
            object(py, this.event())?,
            object(py, this.expected())?,
            object(py, this.got())?,
            object(py, &this.raw)?,
        ];
        Ok((slf.get_type(), tuple(py, state)?))
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}", self.code, self.expected)?;
        if let Some(got) = &self.got {
            write!(f, ", got {got}")?;
        }
        write!(f, " at {} (", self.path)?;
        if let Some(line) = self.line {
            write!(f, "line {line}, column {}; ", self.offset + 1)?;
        }
        write!(f, "record {}, byte {}", self.index, self.offset)?;
        if let Some(event) = &self.event {
            write!(f, ", {event}")?;
        }
        f.write_char(')')
    }
}

impl DecodeError {
    /// The error of this fault; `raw` is the record's bytes where the error is returned.
    pub fn of(codec: &Codec, fault: &Fault, place: Place, raw: Option<Py<PyBytes>>) -> DecodeError {
        DecodeError {
            code: fault.code.name().into(),
            index: place.index,
            offset: fault.offset,
            line: place.line,
            path: path(codec, &fault.path),
            event: fault
                .event
                .and_then(|event| codec.schema.event_name(event).cloned()),
            expected: expected(codec, fault.expected),
            got: fault.got.map(|got| got.name().into()),
            raw,
        }
    }

    /// The error of an item that is no record at all.
    pub fn wrong_item(item: &Bound<'_, PyAny>, place: Place) -> PyResult<DecodeError> {
        Ok(DecodeError {
            code: Code::WrongItem.name().into(),
            index: place.index,
            offset: 0,
            line: place.line,
            path: "$".into(),
            event: None,
            expected: "bytes, bytearray, memoryview, str or None".into(),
            got: Some(type_name(item)?.into()),
            raw: None,
        })
    }

    /// The error of a record's key or time stamp, which `path` names.
    pub fn of_mark(
        code: Code,
        index: usize,
        offset: usize,
        path: &str,
        expected: &str,
        got: Option<String>,
    ) -> DecodeError {
        DecodeError {
            code: code.name().into(),
            index,
            offset,
            line: None,
            path: path.to_owned().into(),
            event: None,
            expected: expected.to_owned().into(),
            got: got.map(Cow::from),
            raw: None,
        }
    }

    /// Number of the record.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Moves the place of the record on.
    pub fn shift(&mut self, records: usize, lines: usize) {
        self.index += records;
        self.line = self.line.map(|line| line + lines);
    }

    /// The error as a row of a table, with the record's bytes.
    pub fn bad_record<'a>(&'a self, raw: Option<&'a [u8]>) -> BadRecord<'a> {
        BadRecord {
            index: self.index,
            line: self.line,
            offset: self.offset,
            code: &self.code,
            path: &self.path,
            event: self.event.as_deref(),
            reason: self,
            raw,
        }
    }

    pub fn without_payload(&self) -> DecodeError {
        DecodeError {
            code: self.code.clone(),
            path: self.path.clone(),
            event: self.event.clone(),
            expected: self.expected.clone(),
            got: self.got.clone(),
            raw: None,
            ..*self
        }
    }

    pub fn into_object(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        Ok(Bound::new(py, self)?.into_any())
    }

    pub fn into_err(self, py: Python<'_>) -> PyErr {
        match self.into_object(py) {
            Ok(object) => PyErr::from_value(object),
            Err(error) => error,
        }
    }
}

/// The name of the object's type, for people.
pub(crate) fn type_name(object: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(object.get_type().name()?.to_str()?.to_owned())
}
