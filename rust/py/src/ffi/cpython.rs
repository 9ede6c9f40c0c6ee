//! Functions of CPython that PyO3 does not declare, or as what they are not. No room for more.

use pyo3::ffi::{Py_ssize_t, PyObject};

pub(super) type Object = *mut PyObject;

unsafe extern "C-unwind" {
    /// To PyO3 it is a function that does not unwind.
    pub(super) fn PyObject_Vectorcall(
        callable: Object,
        arguments: *const Object,
        count: usize,
        names: Object,
    ) -> Object;

    /// PyO3 keeps it for itself.
    pub(super) fn _PyBytes_Resize(bytes: *mut Object, length: Py_ssize_t) -> i32;
}
