//! Writing free-form values: what JSON itself gave, and nothing that it could not give back.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::iter::{BoundListIterator, BoundTupleIterator};
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use vmcodec_core::{MAX_DIGITS, Number, encode};

use crate::ffi::objects;
use crate::ffi::reading::{self, Items};
use crate::heads::Heads;
use crate::refusal::Refusal;

/// A container in the writing.
enum Level<'py> {
    /// With whether a value of it is being written.
    Dict(Items<'py>, bool),
    /// With the number of values that were begun.
    List(BoundListIterator<'py>, usize),
    Tuple(BoundTupleIterator<'py>, usize),
}

impl<'py> Level<'py> {
    /// The next value, its comma and key written; none where the closing bracket is written.
    #[inline(always)]
    fn advance(
        &mut self,
        out: &mut Vec<u8>,
        heads: &mut Heads<'py>,
    ) -> Result<Option<Bound<'py, PyAny>>, Box<Refusal>> {
        let (item, begun) = match self {
            Level::Dict(items, keyed) => {
                *keyed = false;
                let first = is_first(out);
                let item = if items.write_plain(out, heads, first) {
                    None
                } else {
                    items.next()
                };
                let Some((name, value)) = item else {
                    out.push(b'}');
                    return Ok(None);
                };
                let Ok(name) = name.cast::<PyString>() else {
                    return Err(Refusal::wrong_type("str keys", &name));
                };
                let first = is_first(out);
                key(out, heads, name, first)?;
                *keyed = true;
                return Ok(Some(value));
            }
            Level::List(items, begun) => (items.next(), begun),
            Level::Tuple(items, begun) => (items.next(), begun),
        };
        if item.is_some() {
            *begun += 1;
            if !is_first(out) {
                out.push(b',');
            }
        } else {
            out.push(b']');
        }
        Ok(item)
    }

    /// The step of a path to the value that is being written.
    fn step(&self) -> String {
        match self {
            Level::Dict(_, true) => "[...]".to_owned(),
            Level::Dict(_, false) | Level::List(_, 0) | Level::Tuple(_, 0) => String::new(),
            Level::List(_, begun) | Level::Tuple(_, begun) => format!("[{}]", begun - 1),
        }
    }
}

/// Whether an item would be its container's first: only an opening bracket ends in one.
#[inline(always)]
fn is_first(out: &[u8]) -> bool {
    matches!(out.last(), Some(b'{' | b'['))
}

/// Writes a value of at most `max_depth` nested containers. Nothing here recurses, or runs Python code.
#[inline(always)]
pub(crate) fn write<'py>(
    out: &mut Vec<u8>,
    heads: &mut Heads<'py>,
    value: &Bound<'py, PyAny>,
    max_depth: usize,
) -> Result<(), Box<Refusal>> {
    if let Ok(dict) = value.cast::<PyDict>() {
        return write_dict(out, heads, dict, max_depth);
    }
    match open(out, value)? {
        Some(_) if max_depth == 0 => Err(Refusal::too_deep(1)),
        Some(root) => write_container(out, heads, root, max_depth),
        None => Ok(()),
    }
}

/// Writes a dict: at once where all of its values are plain, as nearly everywhere.
pub(crate) fn write_dict<'py>(
    out: &mut Vec<u8>,
    heads: &mut Heads<'py>,
    dict: &Bound<'py, PyDict>,
    max_depth: usize,
) -> Result<(), Box<Refusal>> {
    if max_depth == 0 {
        return Err(Refusal::too_deep(1));
    }
    room(out, dict.len())?;
    out.push(b'{');
    let mut items = Items::of(dict);
    if items.write_plain(out, heads, true) {
        out.push(b'}');
        return Ok(());
    }
    write_container(out, heads, Level::Dict(items, false), max_depth)
}

/// Writes what is still to come in a container, and its closing bracket.
#[inline(never)]
fn write_container<'py>(
    out: &mut Vec<u8>,
    heads: &mut Heads<'py>,
    root: Level<'py>,
    max_depth: usize,
) -> Result<(), Box<Refusal>> {
    let mut current = root;
    // Most values have none inside: then nothing is allocated here.
    let mut outer = Vec::new();
    let result = write_levels(out, heads, &mut current, &mut outer, max_depth);
    result.map_err(|mut refusal| {
        outer.push(current);
        refusal.path = outer.iter().map(Level::step).collect();
        refusal
    })
}

#[inline(always)]
fn write_levels<'py>(
    out: &mut Vec<u8>,
    heads: &mut Heads<'py>,
    current: &mut Level<'py>,
    outer: &mut Vec<Level<'py>>,
    max_depth: usize,
) -> Result<(), Box<Refusal>> {
    loop {
        if let Some(value) = current.advance(out, heads)? {
            if let Some(inner) = open(out, &value)? {
                if outer.len() + 1 >= max_depth {
                    return Err(Refusal::too_deep(max_depth + 1));
                }
                outer.push(std::mem::replace(current, inner));
            }
        } else if let Some(level) = outer.pop() {
            *current = level;
        } else {
            return Ok(());
        }
    }
}

/// Writes a value without parts, or the opening bracket of a container.
#[inline]
fn open<'py>(
    out: &mut Vec<u8>,
    value: &Bound<'py, PyAny>,
) -> Result<Option<Level<'py>>, Box<Refusal>> {
    if let Ok(dict) = value.cast::<PyDict>() {
        room(out, dict.len())?;
        out.push(b'{');
        return Ok(Some(Level::Dict(Items::of(dict), false)));
    }
    if reading::write_plain(out, value) {
        return Ok(None);
    }
    if value.is_none() {
        out.extend_from_slice(b"null");
    } else if let Ok(value) = value.cast::<PyBool>() {
        out.extend_from_slice(if value.is_true() { b"true" } else { b"false" });
    } else if let Ok(float) = value.cast::<PyFloat>() {
        if !encode::number(out, Number::Float(float.value())) {
            return Err(Refusal::found("invalid_number", "a finite float", value));
        }
    } else if let Ok(list) = value.cast::<PyList>() {
        room(out, list.len())?;
        out.push(b'[');
        return Ok(Some(Level::List(list.iter(), 0)));
    } else if let Ok(tuple) = value.cast::<PyTuple>() {
        room(out, tuple.len())?;
        out.push(b'[');
        return Ok(Some(Level::Tuple(tuple.iter(), 0)));
    } else if let Ok(value) = value.cast::<PyInt>() {
        big_integer(out, value)?;
    } else if let Ok(text) = value.cast::<PyString>() {
        return Err(Refusal::unwritten(text));
    } else {
        return Err(Refusal::wrong_type(
            "None, bool, int, float, str, dict or list",
            value,
        ));
    }
    Ok(None)
}

/// Makes room for so many items.
#[inline(always)]
pub(crate) fn room(out: &mut Vec<u8>, items: usize) -> Result<(), Box<Refusal>> {
    if encode::room(out, items) {
        Ok(())
    } else {
        Err(Refusal::no_memory())
    }
}

/// Writes a member's name and colon, behind a comma unless it is the first.
#[inline(always)]
pub(crate) fn key<'py>(
    out: &mut Vec<u8>,
    heads: &mut Heads<'py>,
    name: &Bound<'py, PyString>,
    first: bool,
) -> Result<(), Box<Refusal>> {
    if heads.write(out, name, first) {
        Ok(())
    } else {
        Err(Refusal::unwritten(name))
    }
}

/// Writes an int of more than 63 bits, if a reader would accept it.
#[cold]
fn big_integer(out: &mut Vec<u8>, value: &Bound<'_, PyInt>) -> Result<(), Box<Refusal>> {
    let too_long = || Refusal::found("out_of_range", "an int of at most 4300 digits", value);
    let digits = objects::digits(value).map_err(|pending| match PyErr::from(pending) {
        error if error.is_instance_of::<PyValueError>(value.py()) => too_long(),
        error => Refusal::raised(error),
    })?;
    let digits = digits.to_str().map_err(Refusal::raised)?;
    if digits.trim_start_matches('-').len() > MAX_DIGITS {
        return Err(too_long());
    }
    room(out, digits.len())?;
    encode::number(out, Number::Big(digits));
    Ok(())
}

/// An int that is no bool.
pub(crate) fn plain_int<'a, 'py>(value: &'a Bound<'py, PyAny>) -> Option<&'a Bound<'py, PyInt>> {
    let int = value.cast::<PyInt>().ok()?;
    (!value.is_instance_of::<PyBool>()).then_some(int)
}

pub(crate) fn is_number(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyFloat>() || plain_int(value).is_some()
}

/// An integer of 64 bits.
pub(crate) fn integer(
    out: &mut Vec<u8>,
    value: &Bound<'_, PyAny>,
    expected: &str,
) -> Result<(), Box<Refusal>> {
    let number = match (reading::int(value), plain_int(value)) {
        (Some(number), _) => Number::Int(number),
        (None, None) => return Err(Refusal::wrong_type(expected, value)),
        (None, Some(int)) => match int.extract() {
            Ok(number) => Number::UInt(number),
            Err(_) => return Err(Refusal::found("out_of_range", "a 64-bit int", value)),
        },
    };
    encode::number(out, number);
    Ok(())
}
