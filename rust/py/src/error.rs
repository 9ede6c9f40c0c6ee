//! `DecodeError`: what users see of a fault of a record, and the only place that words it.

use std::fmt::Write;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple, PyType};
use vmcodec_arrow::BadRecord;
use vmcodec_core::{Code, Expected, Fault, Step};

use crate::schema::Codec;
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
    code: String,
    index: usize,
    offset: usize,
    line: Option<usize>,
    path: String,
    event: Option<String>,
    expected: String,
    got: Option<String>,
    #[pyo3(get)]
    raw: Option<Py<PyBytes>>,
}

#[pymethods]
impl DecodeError {
    /// The whole error in words.
    fn message(&self) -> String {
        let mut text = format!("{}: ", self.code);
        let _ = match &self.got {
            Some(got) => write!(text, "expected {}, got {got}", self.expected),
            None => write!(text, "expected {}", self.expected),
        };
        let _ = write!(text, " at {}", self.path);
        let _ = match self.line {
            Some(line) => write!(text, " (line {line}, column {};", self.offset + 1),
            None => write!(text, " ("),
        };
        let _ = write!(text, " record {}, byte {}", self.index, self.offset);
        if let Some(event) = &self.event {
            let _ = write!(text, ", {event}");
        }
        text.push(')');
        text.replace("( ", "(")
    }

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
            code,
            index,
            offset,
            line,
            path,
            event,
            expected,
            got,
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
        Words(&self.message()).into_pyobject(py)
    }

    fn __repr__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        Words(&format!("DecodeError({:?})", self.message())).into_pyobject(py)
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

impl DecodeError {
    /// The error of this fault; `raw` is the record's bytes where the error is returned.
    pub fn of(codec: &Codec, fault: &Fault, place: Place, raw: Option<Py<PyBytes>>) -> DecodeError {
        DecodeError {
            code: fault.code.name().to_owned(),
            index: place.index,
            offset: fault.offset,
            line: place.line,
            path: path(codec, &fault.path),
            event: fault
                .event
                .map(|event| codec.schema.event_name(event).to_owned()),
            expected: expected(codec, fault.expected),
            got: fault.got.map(|got| got.name().to_owned()),
            raw,
        }
    }

    /// The error of an item that is no record at all.
    pub fn wrong_item(item: &Bound<'_, PyAny>, place: Place) -> PyResult<DecodeError> {
        Ok(DecodeError {
            code: Code::WrongItem.name().to_owned(),
            index: place.index,
            offset: 0,
            line: place.line,
            path: "$".to_owned(),
            event: None,
            expected: "bytes, bytearray, memoryview, str or None".to_owned(),
            got: Some(type_name(item)?),
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
            code: code.name().to_owned(),
            index,
            offset,
            line: None,
            path: path.to_owned(),
            event: None,
            expected: expected.to_owned(),
            got,
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
    pub fn bad_record<'a>(&self, raw: Option<&'a [u8]>) -> BadRecord<'a> {
        BadRecord {
            index: self.index,
            line: self.line,
            offset: self.offset,
            code: self.code.clone(),
            path: self.path.clone(),
            event: self.event.clone(),
            reason: self.message(),
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

fn path(codec: &Codec, steps: &[Step]) -> String {
    let plan = &codec.core.plan;
    let mut text = "$".to_owned();
    for step in steps {
        match step {
            Step::Name(name) => push_name(&mut text, plan.name_text(*name)),
            Step::Time(pair, member) => push_name(&mut text, plan.time_text(*pair, *member)),
            Step::Key => text.push_str("[...]"),
            Step::Index(index) => {
                let _ = write!(text, "[{index}]");
            }
        }
    }
    text
}

/// Adds an attribute's name to a path: `.Name`, or `["Name"]` where it is not an identifier.
pub(crate) fn push_name(text: &mut String, name: &str) {
    let identifier = !name.starts_with(|first: char| first.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let _ = if identifier {
        write!(text, ".{name}")
    } else {
        write!(text, "[{name:?}]")
    };
}

/// What would have been right, in words that fit behind "expected".
fn expected(codec: &Codec, expected: Expected) -> String {
    let fixed = match expected {
        Expected::Size(max) => return format!("at most {max} bytes in a record"),
        Expected::Depth(max) => return format!("at most {max} nested containers"),
        Expected::Enum(table) => {
            return format!(
                "an integer code or a name of {}",
                codec.schema.enum_name(table)
            );
        }
        Expected::TimePair => {
            let plan = &codec.core.plan;
            let pairs: Vec<_> = (0..plan.time_pair_count())
                .map(|pair| format!("{}/{}", plan.time_text(pair, 0), plan.time_text(pair, 1)))
                .collect();
            return format!("exactly one pair of {}", pairs.join(", "));
        }
        Expected::Record => "one JSON object",
        Expected::NoByteOrderMark => "a JSON object with no byte order mark before it",
        Expected::NoFrame => {
            "a JSON object, found a schema-registry frame (is framing=\"confluent\" missing?)"
        }
        Expected::Frame => "a Confluent frame (magic byte 0 or 1) before the JSON",
        Expected::End => "the end of the record",
        Expected::Value => "a JSON value",
        Expected::MemberName => "a member name in double quotes",
        Expected::MemberNameOrEnd => "a member name in double quotes, or '}'",
        Expected::Colon => "':' after the member name",
        Expected::CommaOrBrace => "',' or '}'",
        Expected::CommaOrBracket => "',' or ']'",
        Expected::Literal => "true, false or null",
        Expected::Digit => "a digit",
        Expected::JsonNumber => "a number as JSON writes it",
        Expected::NumberInRange => {
            "a number that fits (64-bit float, or integer of up to 4300 digits)"
        }
        Expected::ClosingQuote => "the closing quote of a string",
        Expected::Utf8 => "valid UTF-8",
        Expected::Escape => "a JSON escape",
        Expected::SurrogatePair => "both halves of a surrogate pair",
        Expected::NoControlCharacter => "no unescaped control character in a string",
        Expected::OneId => "the member id only once",
        Expected::KnownEvent => "the id of a registered event",
        Expected::KnownMember => "an attribute of this event",
        Expected::Attribute => "the mandatory attribute, found none",
        Expected::Text => "a string",
        Expected::Integer => "a 64-bit integer, or a string of its digits",
        Expected::Integer64 => "a 64-bit integer",
        Expected::IntegerOrText => "an integer or a string",
        Expected::Time => "a time object or integer epoch milliseconds",
        Expected::Microseconds => "an integer from 0 to 999999",
        Expected::ClassRules => "values that the event's class accepts",
        Expected::Boolean => "a boolean",
        Expected::Float => "a number",
        Expected::Object => "an object",
        Expected::Array => "an array",
        Expected::Memory => "memory for what it holds",
    };
    fixed.to_owned()
}

/// The name of the object's type, for people.
pub(crate) fn type_name(object: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(object.get_type().name()?.to_str()?.to_owned())
}
