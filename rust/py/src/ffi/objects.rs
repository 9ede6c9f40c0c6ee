//! Numbers and containers, made and filled, with MemoryError as an error where PyO3 would panic.

use std::ffi::CString;

use super::pending::Pending;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyInt, PyList, PyString};

/// Takes what a CPython constructor returned: a new reference, or null with an exception set.
///
/// # Safety
/// `object` is one of these two, and a `T` if it is not null.
#[inline(always)]
pub(super) unsafe fn take<'py, T>(
    py: Python<'py>,
    object: *mut ffi::PyObject,
) -> Result<Bound<'py, T>, Pending<'py>> {
    // SAFETY: the caller vouches for the reference.
    let object = unsafe { Bound::from_owned_ptr_or_opt(py, object) };
    match object {
        // SAFETY: the caller vouches for the type.
        Some(object) => Ok(unsafe { object.cast_into_unchecked() }),
        None => Err(Pending::left_by_call(py)),
    }
}

/// Whether the object has the buffer protocol.
pub(crate) fn has_buffer(object: &Bound<'_, PyAny>) -> bool {
    // SAFETY: a live object; only its type is looked at.
    unsafe { ffi::PyObject_CheckBuffer(object.as_ptr()) == 1 }
}

/// A new, empty dict.
#[inline]
pub(crate) fn dict(py: Python<'_>) -> Result<Bound<'_, PyDict>, Pending<'_>> {
    // SAFETY: attached, by the token.
    let object = unsafe { ffi::PyDict_New() };
    // SAFETY: a new dict, or null with an exception set.
    unsafe { take(py, object) }
}

/// A new dict with the same keys and values.
#[inline]
pub(crate) fn copy<'py>(dict: &Bound<'py, PyDict>) -> Result<Bound<'py, PyDict>, Pending<'py>> {
    // SAFETY: a live dict.
    let object = unsafe { ffi::PyDict_Copy(dict.as_ptr()) };
    // SAFETY: a new dict, or null with an exception set.
    unsafe { take(dict.py(), object) }
}

/// A new, empty list.
#[inline]
pub(crate) fn list(py: Python<'_>) -> Result<Bound<'_, PyList>, Pending<'_>> {
    // SAFETY: attached, by the token.
    let object = unsafe { ffi::PyList_New(0) };
    // SAFETY: a new list, or null with an exception set.
    unsafe { take(py, object) }
}

/// Puts the value under the key.
#[inline(always)]
pub(crate) fn set_item<'py>(
    dict: &Bound<'py, PyDict>,
    key: &Bound<'py, PyString>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Pending<'py>> {
    // SAFETY: three live objects, the first a dict; the call takes references of its own.
    let result = unsafe { ffi::PyDict_SetItem(dict.as_ptr(), key.as_ptr(), value.as_ptr()) };
    match result {
        0 => Ok(()),
        _ => Err(Pending::left_by_call(dict.py())),
    }
}

/// Puts the value behind the others.
pub(crate) fn append<'py>(
    list: &Bound<'py, PyList>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Pending<'py>> {
    // SAFETY: two live objects, the first a list; the call takes a reference of its own.
    let result = unsafe { ffi::PyList_Append(list.as_ptr(), value.as_ptr()) };
    match result {
        0 => Ok(()),
        _ => Err(Pending::left_by_call(list.py())),
    }
}

/// A list of these objects.
pub(crate) fn list_of<'py>(
    py: Python<'py>,
    items: Vec<Bound<'py, PyAny>>,
) -> Result<Bound<'py, PyList>, Pending<'py>> {
    let length = ffi::Py_ssize_t::try_from(items.len()).unwrap_or(ffi::Py_ssize_t::MAX);
    // SAFETY: attached, by the token.
    let object = unsafe { ffi::PyList_New(length) };
    // SAFETY: a new list, or null with an exception set.
    let list: Bound<'py, PyList> = unsafe { take(py, object) }?;
    for (index, item) in (0..).zip(items) {
        // SAFETY: the list is new, nobody else has seen it, it has room for `items.len()` objects,
        // and each place is filled once with a reference given away here.
        unsafe { ffi::PyList_SET_ITEM(list.as_ptr(), index, item.into_ptr()) };
    }
    Ok(list)
}

/// A bytes object of these bytes.
pub(crate) fn bytes<'py>(
    py: Python<'py>,
    bytes: &[u8],
) -> Result<Bound<'py, PyBytes>, Pending<'py>> {
    let length = ffi::Py_ssize_t::try_from(bytes.len()).unwrap_or(ffi::Py_ssize_t::MAX);
    // SAFETY: attached, by the token; pointer and length are those of one slice.
    let object = unsafe { ffi::PyBytes_FromStringAndSize(bytes.as_ptr().cast(), length) };
    // SAFETY: a new bytes object, or null with an exception set.
    unsafe { take(py, object) }
}

/// An int of 64 bits with a sign.
#[inline]
pub(crate) fn int(py: Python<'_>, value: i64) -> Result<Bound<'_, PyInt>, Pending<'_>> {
    // SAFETY: attached, by the token.
    let object = unsafe { ffi::PyLong_FromLongLong(value) };
    // SAFETY: a new int, or null with an exception set.
    unsafe { take(py, object) }
}

/// An int of 64 bits without a sign.
pub(crate) fn uint(py: Python<'_>, value: u64) -> Result<Bound<'_, PyInt>, Pending<'_>> {
    // SAFETY: attached, by the token.
    let object = unsafe { ffi::PyLong_FromUnsignedLongLong(value) };
    // SAFETY: a new int, or null with an exception set.
    unsafe { take(py, object) }
}

/// An int from its decimal digits, at most CPython's limit of them.
pub(crate) fn big_int<'py>(
    py: Python<'py>,
    digits: &str,
) -> Result<Bound<'py, PyInt>, Pending<'py>> {
    let text = CString::new(digits).map_err(|error| Pending::set(py, error.into()))?;
    // SAFETY: a C string that lives through the call; no end pointer is asked for.
    let object = unsafe { ffi::PyLong_FromString(text.as_ptr(), std::ptr::null_mut(), 10) };
    // SAFETY: a new int, or null with an exception set.
    unsafe { take(py, object) }
}

/// A float.
pub(crate) fn float(py: Python<'_>, value: f64) -> Result<Bound<'_, PyFloat>, Pending<'_>> {
    // SAFETY: attached, by the token.
    let object = unsafe { ffi::PyFloat_FromDouble(value) };
    // SAFETY: a new float, or null with an exception set.
    unsafe { take(py, object) }
}

/// The decimal digits of an int, whatever its class says of its text; ValueError beyond CPython's limit.
pub(crate) fn digits<'py>(value: &Bound<'py, PyInt>) -> Result<Bound<'py, PyString>, Pending<'py>> {
    // SAFETY: a live int.
    let object = unsafe { ffi::PyNumber_ToBase(value.as_ptr(), 10) };
    // SAFETY: a new str, or null with an exception set.
    unsafe { take(value.py(), object) }
}
