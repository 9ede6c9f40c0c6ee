//! Writing free-form values: what JSON itself gave, and nothing that it could not give back.

use pyo3::prelude::*;
use pyo3::types::dict::BoundDictIterator;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use vmcodec_core::{MAX_DIGITS, Number, encode};

use crate::ffi::objects;

/// Why a value cannot be written.
pub(crate) struct Refusal {
    pub code: &'static str,
    pub expected: String,
    pub got: Option<String>,
    /// The way from the value's owner, without the root's `$`.
    pub path: String,
    /// A Python error that is not about the value (out of memory, interrupted).
    pub raised: Option<PyErr>,
}

impl Refusal {
    pub fn new(code: &'static str, expected: &str) -> Box<Refusal> {
        Box::new(Refusal {
            code,
            expected: expected.to_owned(),
            got: None,
            path: String::new(),
            raised: None,
        })
    }

    pub fn too_deep(max_depth: usize) -> Box<Refusal> {
        Refusal::new(
            "too_deep",
            &format!("at most {max_depth} nested containers"),
        )
    }

    pub fn raised(error: PyErr) -> Box<Refusal> {
        let mut refusal = Refusal::new("wrong_type", "");
        refusal.raised = Some(error);
        refusal
    }
}

/// A container in the writing, and whether a value of it is being written.
enum Level<'py> {
    Dict(BoundDictIterator<'py>, bool),
    /// With the number of values that were begun.
    List(std::vec::IntoIter<Bound<'py, PyAny>>, usize),
}

impl Level<'_> {
    fn step(&self) -> String {
        match self {
            Level::Dict(_, true) => "[...]".to_owned(),
            Level::Dict(_, false) | Level::List(_, 0) => String::new(),
            Level::List(_, begun) => format!("[{}]", begun - 1),
        }
    }
}

/// Writes a value of at most `max_depth` nested containers. Nothing here recurses, or runs Python code.
pub(crate) fn write<'py>(
    out: &mut Vec<u8>,
    value: &Bound<'py, PyAny>,
    max_depth: usize,
) -> Result<(), Box<Refusal>> {
    let mut levels: Vec<Level<'py>> = Vec::new();
    let result = write_levels(out, value, max_depth, &mut levels);
    result.map_err(|mut refusal| {
        refusal.path = levels.iter().map(Level::step).collect();
        refusal
    })
}

fn write_levels<'py>(
    out: &mut Vec<u8>,
    value: &Bound<'py, PyAny>,
    max_depth: usize,
    levels: &mut Vec<Level<'py>>,
) -> Result<(), Box<Refusal>> {
    let mut next = value.clone();
    loop {
        if let Some(level) = open(out, &next)? {
            if levels.len() >= max_depth {
                return Err(Refusal::too_deep(max_depth + 1));
            }
            levels.push(level);
        }
        let mut first = matches!(out.last(), Some(b'{' | b'['));
        next = loop {
            let Some(level) = levels.last_mut() else {
                return Ok(());
            };
            if let Some(item) = level.advance(out, first)? {
                break item;
            }
            levels.pop();
            first = false;
        };
    }
}

impl<'py> Level<'py> {
    /// The next value, its comma and key written; none where the closing bracket is written.
    #[inline(always)]
    fn advance(
        &mut self,
        out: &mut Vec<u8>,
        first: bool,
    ) -> Result<Option<Bound<'py, PyAny>>, Box<Refusal>> {
        let (item, closing) = match self {
            Level::Dict(items, keyed) => {
                *keyed = false;
                let item = items.next();
                if let Some((name, _)) = &item {
                    key(out, name, first)?;
                    *keyed = true;
                }
                (item.map(|(_, value)| value), b'}')
            }
            Level::List(items, begun) => {
                let item = items.next();
                if item.is_some() {
                    *begun += 1;
                    if !first {
                        out.push(b',');
                    }
                }
                (item, b']')
            }
        };
        if item.is_none() {
            out.push(closing);
        }
        Ok(item)
    }
}

fn key(out: &mut Vec<u8>, name: &Bound<'_, PyAny>, first: bool) -> Result<(), Box<Refusal>> {
    let Ok(name) = name.cast::<PyString>() else {
        return Err(Refusal::wrong_type("str keys", name));
    };
    if !first {
        out.push(b',');
    }
    text(out, name)?;
    out.push(b':');
    Ok(())
}

/// Writes a value without parts, or the opening bracket of a container.
#[inline]
fn open<'py>(
    out: &mut Vec<u8>,
    value: &Bound<'py, PyAny>,
) -> Result<Option<Level<'py>>, Box<Refusal>> {
    if let Ok(value) = value.cast::<PyString>() {
        text(out, value)?;
    } else if let Ok(dict) = value.cast::<PyDict>() {
        out.push(b'{');
        return Ok(Some(Level::Dict(dict.iter(), false)));
    } else if value.is_none() {
        out.extend_from_slice(b"null");
    } else if let Ok(value) = value.cast::<PyBool>() {
        out.extend_from_slice(if value.is_true() { b"true" } else { b"false" });
    } else if let Ok(value) = value.cast::<PyInt>() {
        integer(out, value)?;
    } else if let Ok(float) = value.cast::<PyFloat>() {
        if !encode::number(out, Number::Float(float.value())) {
            return Err(Refusal::found("invalid_number", "a finite float", value));
        }
    } else if let Ok(list) = value.cast::<PyList>() {
        out.push(b'[');
        let items: Vec<_> = list.iter().collect();
        return Ok(Some(Level::List(items.into_iter(), 0)));
    } else if let Ok(tuple) = value.cast::<PyTuple>() {
        out.push(b'[');
        let items: Vec<_> = tuple.iter().collect();
        return Ok(Some(Level::List(items.into_iter(), 0)));
    } else {
        return Err(Refusal::wrong_type(
            "None, bool, int, float, str, dict or list",
            value,
        ));
    }
    Ok(None)
}

/// Writes a str in quotes.
#[inline]
pub(crate) fn text(out: &mut Vec<u8>, value: &Bound<'_, PyString>) -> Result<(), Box<Refusal>> {
    match value.to_str() {
        Ok(text) => {
            encode::text(out, text);
            Ok(())
        }
        Err(_) => Err(Refusal::new(
            "lone_surrogate",
            "a str without lone surrogates",
        )),
    }
}

/// Writes an int of any size that a reader would accept.
pub(crate) fn integer(out: &mut Vec<u8>, value: &Bound<'_, PyInt>) -> Result<(), Box<Refusal>> {
    if let Ok(value) = value.extract::<i64>() {
        encode::number(out, Number::Int(value));
        return Ok(());
    }
    let too_long = || Refusal::found("out_of_range", "an int of at most 4300 digits", value);
    let digits = objects::digits(value).map_err(|_| too_long())?;
    let digits = digits.to_str().map_err(Refusal::raised)?;
    if digits.trim_start_matches('-').len() > MAX_DIGITS {
        return Err(too_long());
    }
    encode::number(out, Number::Big(digits));
    Ok(())
}
