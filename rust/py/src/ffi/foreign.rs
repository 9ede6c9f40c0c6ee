//! Calls of Python code that is not ours: sources of streams, iterables of messages, classes and their factories.
//!
//! While such code runs, the interpreter may end. Before 3.14, CPython then ends a daemon thread where it
//! stands, by unwinding its stack, and Rust aborts the process where that reaches a call that is not declared
//! so. Here such a thread stands still for good instead, as it does everywhere from 3.14 on.

use pyo3::exceptions::PyStopIteration;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::objects::take;

/// CPython's own functions, declared as what may unwind.
pub(super) mod unwinding {
    use pyo3::ffi::PyObject;

    unsafe extern "C-unwind" {
        pub fn PyObject_Call(
            callable: *mut PyObject,
            arguments: *mut PyObject,
            named: *mut PyObject,
        ) -> *mut PyObject;

        pub fn PyObject_Vectorcall(
            callable: *mut PyObject,
            arguments: *const *mut PyObject,
            count: usize,
            names: *mut PyObject,
        ) -> *mut PyObject;
    }
}

/// Keeps a thread that is being unwound where it is. It has no lock by then.
struct Standstill;

impl Drop for Standstill {
    fn drop(&mut self) {
        loop {
            std::thread::park();
        }
    }
}

/// Makes a call of `unwinding`, which nothing leaves by unwinding.
#[inline(always)]
pub(super) fn contained<R>(call: impl FnOnce() -> R) -> R {
    let standstill = Standstill;
    let result = call();
    std::mem::forget(standstill);
    result
}

/// Calls the object with these arguments.
pub(crate) fn call<'py, A>(
    callable: &Bound<'py, PyAny>,
    arguments: A,
) -> PyResult<Bound<'py, PyAny>>
where
    A: IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>>,
    PyErr: From<A::Error>,
{
    let py = callable.py();
    let arguments = arguments.into_pyobject(py)?;
    let object = contained(|| {
        let named = std::ptr::null_mut::<ffi::PyObject>();
        // SAFETY: two live objects, the second a tuple, and no named arguments.
        unsafe { unwinding::PyObject_Call(callable.as_ptr(), arguments.as_ptr(), named) }
    });
    // SAFETY: a new reference, or null with an exception set.
    Ok(unsafe { take(py, object) }?)
}

/// What comes next of an iterator whose method `__next__` this is.
pub(crate) fn next<'py>(method: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    match call(method, ()) {
        Ok(item) => Ok(Some(item)),
        Err(error) if error.is_instance_of::<PyStopIteration>(method.py()) => Ok(None),
        Err(error) => Err(error),
    }
}
