//! Numbers and containers, made and filled, with MemoryError as an error where PyO3 would panic. Where
//! something fails, its exception stays set: see `pending`.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple, PyType};

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
    // SAFETY: [objects.own] the caller vouches for the reference.
    let object = unsafe { Bound::from_owned_ptr_or_opt(py, object) };
    match object {
        // SAFETY: [objects.type] the caller vouches for the type.
        Some(object) => Ok(unsafe { object.cast_into_unchecked() }),
        None => Err(Pending::left_by_call(py)),
    }
}

/// A function for each line: what it is called, what it is given, what it makes, and by which of
/// CPython's constructors. Only for those that ask for numbers, for the bytes of a slice, or for a class.
macro_rules! constructors {
    ($(
        $(#[$about:meta])*
        $seen:vis fn $name:ident($($given:ident: $kind:ty)?) -> $made:ty = $function:ident($($argument:expr),*);
    )*) => {$(
        $(#[$about])*
        #[inline]
        $seen fn $name<'py>(py: Python<'py>, $($given: $kind)?) -> Result<Bound<'py, $made>, Pending<'py>> {
            // SAFETY: [objects.call] attached, by the token; the arguments are numbers, a class that lives, or
            // pointer and length of one slice, which is copied.
            let object = unsafe { ffi::$function($($argument),*) };
            // SAFETY: [objects.result] the constructor makes a new object of the type that stands beside it,
            // or sets an exception and returns null.
            unsafe { take(py, object) }
        }
    )*};
}

/// Of text as code points.
const UCS4: i32 = ffi::PyUnicode_4BYTE_KIND as i32;

constructors! {
    /// A new, empty dict.
    pub(crate) fn dict() -> PyDict = PyDict_New();

    /// A new, empty list.
    pub(crate) fn list() -> PyList = PyList_New(0);

    /// A str of this length for ASCII, its bytes to be written.
    pub(super) fn blank_ascii(length: usize) -> PyString = PyUnicode_New(size(length), 127);

    /// A str of this text.
    pub(super) fn unicode(text: &str) -> PyString =
        PyUnicode_FromStringAndSize(text.as_ptr().cast(), size(text.len()));

    /// A str of these code points.
    pub(super) fn code_points(points: &[u32]) -> PyString =
        PyUnicode_FromKindAndData(UCS4, points.as_ptr().cast(), size(points.len()));

    /// A bytes object of these bytes.
    pub(crate) fn bytes(bytes: &[u8]) -> PyBytes =
        PyBytes_FromStringAndSize(bytes.as_ptr().cast(), size(bytes.len()));

    /// A bytes object of this length, its bytes to be written.
    pub(super) fn blank_bytes(length: usize) -> PyBytes =
        PyBytes_FromStringAndSize(std::ptr::null(), size(length));

    /// An instance of a class, its slots null, to be filled. Only for a class that passed `Slots::check`.
    pub(super) fn blank_instance(class: &Bound<'py, PyType>) -> PyAny =
        PyType_GenericAlloc(class.as_type_ptr(), 0);

    /// An int of 64 bits with a sign.
    pub(crate) fn int(value: i64) -> PyInt = PyLong_FromLongLong(value);

    /// An int of 64 bits without a sign.
    pub(crate) fn uint(value: u64) -> PyInt = PyLong_FromUnsignedLongLong(value);

    /// A float.
    pub(crate) fn float(value: f64) -> PyFloat = PyFloat_FromDouble(value);
}

/// A length as CPython counts. It refuses the largest, which stands for all that it cannot have.
#[inline(always)]
pub(super) fn size(length: usize) -> ffi::Py_ssize_t {
    ffi::Py_ssize_t::try_from(length).unwrap_or(ffi::Py_ssize_t::MAX)
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

/// A tuple of what is in the list now.
pub(crate) fn tuple_of<'py>(
    list: &Bound<'py, PyList>,
) -> Result<Bound<'py, PyTuple>, Pending<'py>> {
    let made = list.as_sequence().to_tuple();
    made.map_err(|error| Pending::set(list.py(), error))
}

/// An int from its decimal digits, at most CPython's limit of them.
pub(crate) fn big_int<'py>(
    py: Python<'py>,
    digits: &str,
) -> Result<Bound<'py, PyAny>, Pending<'py>> {
    let made = py.get_type::<PyInt>().call1((unicode(py, digits)?,));
    made.map_err(|error| Pending::set(py, error))
}

/// The decimal digits of an int, whatever its class says of its text; ValueError beyond CPython's limit.
pub(crate) fn digits<'py>(value: &Bound<'py, PyInt>) -> Result<Bound<'py, PyString>, Pending<'py>> {
    let py = value.py();
    let name = unicode(py, "__repr__")?;
    let told = py.get_type::<PyInt>().call_method1(name, (value,));
    let digits = told.and_then(|told| Ok(told.cast_into()?));
    digits.map_err(|error| Pending::set(py, error))
}
