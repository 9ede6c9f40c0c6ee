//! Containers, copied and filled. Where something fails, its exception stays set: see `pending`.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use super::make;
use super::pending::Pending;

/// Whether the object has the buffer protocol.
pub(crate) fn has_buffer(object: &Bound<'_, PyAny>) -> bool {
    // SAFETY: [objects.buffer] a live object; only its type is looked at.
    unsafe { ffi::PyObject_CheckBuffer(object.as_ptr()) == 1 }
}

/// A new dict with the same keys and values.
#[inline]
pub(crate) fn copy<'py>(dict: &Bound<'py, PyDict>) -> Result<Bound<'py, PyDict>, Pending<'py>> {
    let copied = dict.copy();
    copied.map_err(|error| Pending::set(dict.py(), error))
}

/// Puts the value under the key.
#[inline(always)]
pub(crate) fn set_item<'py>(
    dict: &Bound<'py, PyDict>,
    key: &Bound<'py, PyString>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Pending<'py>> {
    let put = dict.set_item(key, value);
    put.map_err(|error| Pending::set(dict.py(), error))
}

/// Puts the value behind the others.
#[inline]
pub(crate) fn append<'py>(
    list: &Bound<'py, PyList>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Pending<'py>> {
    let put = list.append(value);
    put.map_err(|error| Pending::set(list.py(), error))
}

/// A new, empty list.
#[inline]
pub(crate) fn list(py: Python<'_>) -> Result<Bound<'_, PyList>, Pending<'_>> {
    make::blank_list(py, 0)
}

/// A list of these objects.
pub(crate) fn list_of<'py>(
    py: Python<'py>,
    items: Vec<Bound<'py, PyAny>>,
) -> Result<Bound<'py, PyList>, Pending<'py>> {
    let list = make::blank_list(py, items.len())?;
    for (index, item) in (0..).zip(items) {
        // SAFETY: [objects.fill] the list is new, nobody else has seen it, it has a place for each item,
        // and each place is filled once with a reference given away here.
        unsafe { ffi::PyList_SET_ITEM(list.as_ptr(), index, item.into_ptr()) };
    }
    Ok(list)
}
