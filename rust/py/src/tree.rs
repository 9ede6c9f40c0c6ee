//! Writing free-form values: what JSON itself gave, and nothing that it could not give back.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::iter::{BoundListIterator, BoundTupleIterator};
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use vmcodec_core::{MAX_DIGITS, Number, encode};

use crate::ffi::objects;
use crate::ffi::reading::{self, Items, Written};
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
        match self {
            Level::Dict(items, keyed) => {
                *keyed = false;
                let first = is_first(out);
                match items.write(out, heads, first) {
                    Written::All => out.push(b'}'),
                    Written::Key(value) => {
                        *keyed = true;
                        return Ok(Some(value));
                    }
                    Written::Not(name) => return Err(no_key(&name)),
                }
                Ok(None)
            }
            Level::List(items, begun) => Ok(write_items(out, items, begun)),
            Level::Tuple(items, begun) => Ok(write_items(out, items, begun)),
        }
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

/// Writes items of a list up to the first one that has parts, its comma included, or is not for JSON.
#[inline(always)]
fn write_items<'py>(
    out: &mut Vec<u8>,
    items: &mut impl Iterator<Item = Bound<'py, PyAny>>,
    begun: &mut usize,
) -> Option<Bound<'py, PyAny>> {
    for item in items {
        *begun += 1;
        if !is_first(out) {
            out.push(b',');
        }
        if !reading::write_plain(out, &item) {
            return Some(item);
        }
    }
    out.push(b']');
    None
}

#[cold]
fn no_key(key: &Bound<'_, PyAny>) -> Box<Refusal> {
    match key.cast::<PyString>() {
        Ok(name) => Refusal::unwritten(name),
        Err(_) => Refusal::wrong_type("str keys", key),
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
    match begin(out, heads, value, 0, max_depth)? {
        Some((level, value)) => write_levels(out, heads, level, value, max_depth),
        None => Ok(()),
    }
}

/// Writes what is still to come in a container: a value, what follows it, and the closing bracket.
#[inline(never)]
fn write_levels<'py>(
    out: &mut Vec<u8>,
    heads: &mut Heads<'py>,
    level: Level<'py>,
    value: Bound<'py, PyAny>,
    max_depth: usize,
) -> Result<(), Box<Refusal>> {
    let mut levels = vec![level];
    write_inner(out, heads, &mut levels, value, max_depth).map_err(|mut refusal| {
        refusal.path = levels.iter().map(Level::step).collect();
        refusal
    })
}

#[inline(always)]
fn write_inner<'py>(
    out: &mut Vec<u8>,
    heads: &mut Heads<'py>,
    levels: &mut Vec<Level<'py>>,
    mut value: Bound<'py, PyAny>,
    max_depth: usize,
) -> Result<(), Box<Refusal>> {
    loop {
        let next = begin(out, heads, &value, levels.len(), max_depth)?;
        if let Some((level, inner)) = next {
            levels.push(level);
            value = inner;
            continue;
        }
        value = loop {
            let Some(level) = levels.last_mut() else {
                return Ok(());
            };
            match level.advance(out, heads)? {
                Some(next) => break next,
                None => levels.pop(),
            };
        };
    }
}

/// Writes a value inside of `depth` containers. Of a container only what comes before its first value that has parts, or
/// is not for JSON, and that value; nearly everywhere there is none.
#[inline]
fn begin<'py>(
    out: &mut Vec<u8>,
    heads: &mut Heads<'py>,
    value: &Bound<'py, PyAny>,
    depth: usize,
    max_depth: usize,
) -> Result<Option<(Level<'py>, Bound<'py, PyAny>)>, Box<Refusal>> {
    let mut level = if let Ok(dict) = value.cast::<PyDict>() {
        room(out, dict.len())?;
        out.push(b'{');
        Level::Dict(Items::of(dict), false)
    } else if reading::write_plain(out, value) {
        return Ok(None);
    } else if let Ok(list) = value.cast::<PyList>() {
        room(out, list.len())?;
        out.push(b'[');
        Level::List(list.iter(), 0)
    } else if let Ok(tuple) = value.cast::<PyTuple>() {
        room(out, tuple.len())?;
        out.push(b'[');
        Level::Tuple(tuple.iter(), 0)
    } else {
        rare(out, value)?;
        return Ok(None);
    };
    if depth >= max_depth {
        return Err(Refusal::too_deep(max_depth + 1));
    }
    let next = level.advance(out, heads)?;
    Ok(next.map(|value| (level, value)))
}

/// Writes a large int, or says what is wrong with the value.
#[cold]
fn rare(out: &mut Vec<u8>, value: &Bound<'_, PyAny>) -> Result<(), Box<Refusal>> {
    if let Ok(value) = value.cast::<PyInt>() {
        big_integer(out, value)
    } else if let Ok(text) = value.cast::<PyString>() {
        Err(Refusal::unwritten(text))
    } else if value.is_instance_of::<PyFloat>() {
        Err(Refusal::found("invalid_number", "a finite float", value))
    } else {
        let expected = "None, bool, int, float, str, dict or list";
        Err(Refusal::wrong_type(expected, value))
    }
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
