//! Strings, ints and the items of dicts, read where they are: without references of one's own, which
//! would have to be written into every object.
//!
//! An object that is only borrowed lives as long as no Python code runs that might let go of it. So what
//! is borrowed stays within this file and `slots`, and what is done with it runs none.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyString};
use vmcodec_core::{Number, encode};

use crate::heads::Heads;

/// The text of a str; none where it has lone surrogates, or memory is short.
#[inline(always)]
pub(crate) fn utf8<'a>(text: &'a Bound<'_, PyString>) -> Option<&'a str> {
    text.to_str().ok()
}

/// The value of an int that is no bool, if it fits.
#[inline(always)]
pub(crate) fn int(value: &Bound<'_, PyAny>) -> Option<i64> {
    if !value.is_instance_of::<PyInt>() {
        return None;
    }
    let mut overflow = 0;
    // SAFETY: [reading.int] a live int, and a place for the flag. An int, of a subclass even, runs no
    // Python code here and cannot fail.
    let number = unsafe { ffi::PyLong_AsLongLongAndOverflow(value.as_ptr(), &raw mut overflow) };
    (overflow == 0 && !value.is_instance_of::<PyBool>()).then_some(number)
}

/// Writes a str in quotes; false, and nothing written, for any other object, or lone surrogates.
/// Runs no Python code.
#[inline(always)]
pub(crate) fn write_text(out: &mut Vec<u8>, value: &Bound<'_, PyAny>) -> bool {
    if !value.is_instance_of::<PyString>() {
        return false;
    }
    let text = value.cast::<PyString>().ok().and_then(|text| utf8(text));
    text.is_some_and(|text| encode::text(out, text))
}

/// Writes a value without parts: nearly all are a str or an int of 63 bits. False, and nothing written, for any
/// other object, a larger int and what JSON cannot hold. Runs no Python code.
#[inline(always)]
pub(crate) fn write_plain(out: &mut Vec<u8>, value: &Bound<'_, PyAny>) -> bool {
    if write_text(out, value) {
        return true;
    }
    match int(value) {
        Some(value) => encode::number(out, Number::Int(value)),
        None => write_rare(out, value),
    }
}

#[inline(never)]
fn write_rare(out: &mut Vec<u8>, value: &Bound<'_, PyAny>) -> bool {
    if value.is_none() {
        out.extend_from_slice(b"null");
    } else if let Ok(value) = value.cast::<PyBool>() {
        out.extend_from_slice(if value.is_true() { b"true" } else { b"false" });
    } else if let Ok(float) = value.cast::<PyFloat>() {
        return encode::number(out, Number::Float(float.value()));
    } else {
        return false;
    }
    true
}

/// How far the items of a dict were written.
pub(crate) enum Written<'py> {
    /// To the end.
    All,
    /// To a key, whose value is this one.
    Key(Bound<'py, PyAny>),
    /// Up to this key, which cannot be written.
    Not(Bound<'py, PyAny>),
}

/// The items of a dict, one after the other.
pub(crate) struct Items<'py> {
    dict: Bound<'py, PyDict>,
    position: ffi::Py_ssize_t,
}

impl<'py> Items<'py> {
    pub fn of(dict: &Bound<'py, PyDict>) -> Items<'py> {
        Items {
            dict: dict.clone(),
            position: 0,
        }
    }

    /// Writes items up to the first value that has parts, or is not for JSON. `first` says whether nothing is in
    /// the object yet.
    #[inline(always)]
    pub fn write(
        &mut self,
        out: &mut Vec<u8>,
        heads: &mut Heads<'py>,
        mut first: bool,
    ) -> Written<'py> {
        let mut position = self.position;
        while let Some((key, value)) = self.borrow(&mut position) {
            let named = match key.cast::<PyString>() {
                Ok(key) => heads.write(out, &key, first),
                Err(_) => false,
            };
            if !named {
                return Written::Not(key.to_owned());
            }
            if !write_plain(out, &value) {
                let value = value.to_owned();
                self.position = position;
                return Written::Key(value);
            }
            first = false;
        }
        Written::All
    }

    /// The item at this position, which moves on, for as long as no Python code runs.
    #[inline(always)]
    fn borrow(
        &self,
        position: &mut ffi::Py_ssize_t,
    ) -> Option<(Borrowed<'_, 'py, PyAny>, Borrowed<'_, 'py, PyAny>)> {
        let py = self.dict.py();
        let (mut key, mut value) = (std::ptr::null_mut(), std::ptr::null_mut());
        let dict = self.dict.as_ptr();
        // SAFETY: [reading.next] a live dict, a position that came from here, and places for the two.
        let found = unsafe { ffi::PyDict_Next(dict, position, &raw mut key, &raw mut value) };
        if found == 0 {
            return None;
        }
        // SAFETY: [reading.item] the dict's own key and value, which stay in it while no Python code runs.
        let [key, value] = [key, value].map(|item| unsafe { Borrowed::from_ptr(py, item) });
        Some((key, value))
    }
}
