//! CPython's constructors, with MemoryError as an error where PyO3 would panic.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyInt, PyList, PyString};

use super::pending::Pending;

/// Takes what a CPython constructor returned: a new reference, or null with an exception set.
///
/// # Safety
/// `object` is one of these two, and a `T` if it is not null.
#[inline(always)]
pub(super) unsafe fn take<'py, T>(
    py: Python<'py>,
    object: *mut ffi::PyObject,
) -> Result<Bound<'py, T>, Pending<'py>> {
    // SAFETY: [make.own] the caller vouches for the reference.
    let object = unsafe { Bound::from_owned_ptr_or_opt(py, object) };
    match object {
        // SAFETY: [make.type] the caller vouches for the type.
        Some(object) => Ok(unsafe { object.cast_into_unchecked() }),
        None => Err(Pending::left_by_call(py)),
    }
}

/// A function for each line: what it is called, what it is given, what it makes, and by which of
/// CPython's constructors. Only for those that ask for numbers, or for the bytes of a slice.
macro_rules! constructors {
    ($(
        $(#[$about:meta])*
        $seen:vis fn $name:ident($($given:ident: $kind:ty)?) -> $made:ty = $function:ident($($argument:expr),*);
    )*) => {$(
        $(#[$about])*
        #[inline]
        $seen fn $name<'py>(py: Python<'py>, $($given: $kind)?) -> Result<Bound<'py, $made>, Pending<'py>> {
            // SAFETY: [make.call] attached, by the token; the arguments are numbers, or pointer and length
            // of one slice, which is copied.
            let object = unsafe { ffi::$function($($argument),*) };
            // SAFETY: [make.result] the constructor makes a new object of the type that stands beside it,
            // or sets an exception and returns null.
            unsafe { take(py, object) }
        }
    )*};
}

constructors! {
    /// A new, empty dict.
    pub(crate) fn dict() -> PyDict = PyDict_New();

    /// A list of this length, whose places are null: they must be filled before anybody sees it.
    pub(super) fn blank_list(length: usize) -> PyList = PyList_New(size(length));

    /// A str of this length for ASCII, its bytes to be written.
    pub(super) fn blank_ascii(length: usize) -> PyString = PyUnicode_New(size(length), 127);

    /// A str of this text.
    pub(super) fn unicode(text: &str) -> PyString =
        PyUnicode_FromStringAndSize(text.as_ptr().cast(), size(text.len()));

    /// A bytes object of these bytes.
    pub(crate) fn bytes(bytes: &[u8]) -> PyBytes =
        PyBytes_FromStringAndSize(bytes.as_ptr().cast(), size(bytes.len()));

    /// An int of 64 bits with a sign.
    pub(crate) fn int(value: i64) -> PyInt = PyLong_FromLongLong(value);

    /// An int of 64 bits without a sign.
    pub(crate) fn uint(value: u64) -> PyInt = PyLong_FromUnsignedLongLong(value);

    /// A float.
    pub(crate) fn float(value: f64) -> PyFloat = PyFloat_FromDouble(value);
}

/// A length as CPython counts. It refuses the largest, which stands for all that it cannot have.
#[inline(always)]
fn size(length: usize) -> ffi::Py_ssize_t {
    ffi::Py_ssize_t::try_from(length).unwrap_or(ffi::Py_ssize_t::MAX)
}
