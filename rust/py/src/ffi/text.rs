//! Strings: made from text whose nature the core has proven.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyString;
use vmcodec_core::Text;

use super::objects;
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
    let object = objects::blank_ascii(py, bytes.len())?;
    if !bytes.is_empty() {
        // A str made for ASCII has its text right behind its head.
        let head: *mut ffi::PyASCIIObject = object.as_ptr().cast();
        let data: *mut u8 = head.wrapping_add(1).cast();
        // SAFETY: [text.copy] the new str has room for `bytes.len()` bytes of its own, and `Ascii` vows
        // that all of them are ASCII. Nobody else has seen the str yet.
        unsafe { data.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }
    Ok(object)
}

/// Texts of so many bytes are decoded here. CPython takes a text for ASCII at first, and copies what it has each time that
/// it proves wider.
const SHORT: usize = 256;

#[inline(never)]
fn unicode<'py>(py: Python<'py>, text: &str) -> Result<Bound<'py, PyString>, Pending<'py>> {
    if text.len() > SHORT || text.is_ascii() {
        return objects::unicode(py, text);
    }
    let mut points = [0; SHORT];
    let mut length = 0;
    for (point, character) in points.iter_mut().zip(text.chars()) {
        *point = u32::from(character);
        length += 1;
    }
    objects::code_points(py, points.get(..length).unwrap_or_default())
}
