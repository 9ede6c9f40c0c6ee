//! Strings: made from text whose nature the core has proven.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyString;
use vmcodec_core::Text;

use super::objects::take;
use super::pending::Pending;

/// A new str.
#[inline]
pub(crate) fn string<'py>(
    py: Python<'py>,
    text: Text<'_>,
) -> Result<Bound<'py, PyString>, Pending<'py>> {
    match text {
        Text::Ascii(text) => ascii(py, text.bytes()),
        Text::Unicode(text) => unicode(py, text),
    }
}

#[inline]
fn ascii<'py>(py: Python<'py>, bytes: &[u8]) -> Result<Bound<'py, PyString>, Pending<'py>> {
    let length = ffi::Py_ssize_t::try_from(bytes.len()).unwrap_or(ffi::Py_ssize_t::MAX);
    // SAFETY: attached, by the token. A largest character of 127 makes a compact ASCII str.
    let object = unsafe { ffi::PyUnicode_New(length, 127) };
    // SAFETY: a new str, or null with an exception set.
    let object: Bound<'py, PyString> = unsafe { take(py, object) }?;
    if !bytes.is_empty() {
        // SAFETY: a str made by PyUnicode_New is in the compact, ready form that this reads.
        let data = unsafe { ffi::PyUnicode_DATA(object.as_ptr()) };
        // SAFETY: the new str has room for `bytes.len()` bytes of its own, and `Ascii` vows
        // that all of them are ASCII. Nobody else has seen the str yet.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), data.cast(), bytes.len()) };
    }
    Ok(object)
}

#[inline(never)]
fn unicode<'py>(py: Python<'py>, text: &str) -> Result<Bound<'py, PyString>, Pending<'py>> {
    let length = ffi::Py_ssize_t::try_from(text.len()).unwrap_or(ffi::Py_ssize_t::MAX);
    // SAFETY: attached, by the token; pointer and length are those of one slice.
    let object = unsafe { ffi::PyUnicode_FromStringAndSize(text.as_ptr().cast(), length) };
    // SAFETY: a new str, or null with an exception set.
    unsafe { take(py, object) }
}
