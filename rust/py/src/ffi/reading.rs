//! What strings and ints hold, for the encoder: an answer or none, where PyO3 would make a `PyErr`.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyString};

/// The text of a str; none where it has lone surrogates, or memory is short.
#[inline(always)]
pub(crate) fn utf8<'a>(text: &'a Bound<'_, PyString>) -> Option<&'a str> {
    let mut length = 0;
    // SAFETY: a live str, and a place for the length.
    let data = unsafe { ffi::PyUnicode_AsUTF8AndSize(text.as_ptr(), &raw mut length) };
    if data.is_null() {
        // SAFETY: attached, as whoever has a `Bound` is.
        unsafe { ffi::PyErr_Clear() };
        return None;
    }
    let length = usize::try_from(length).ok()?;
    // SAFETY: that many bytes, which belong to the str and never change while it lives.
    let bytes = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), length) };
    // SAFETY: CPython has made them as UTF-8.
    Some(unsafe { std::str::from_utf8_unchecked(bytes) })
}

/// The value of an int, if it fits.
#[inline(always)]
pub(crate) fn small_int(value: &Bound<'_, PyInt>) -> Option<i64> {
    let mut overflow = 0;
    // SAFETY: a live int, and a place for the flag. An int, of a subclass even, runs no Python code
    // here and cannot fail.
    let number = unsafe { ffi::PyLong_AsLongLongAndOverflow(value.as_ptr(), &raw mut overflow) };
    (overflow == 0).then_some(number)
}
