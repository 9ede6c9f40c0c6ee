//! Calls of Python code that is not ours: sources of streams, iterables of messages, classes and their factories.
//!
//! While such code runs, the interpreter may end. Before 3.14, CPython then ends a daemon thread where it
//! stands, by unwinding its stack, and Rust aborts the process where that reaches a call that is not declared
//! so. Here such a thread stands still for good instead, as it does everywhere from 3.14 on.

use std::hint::black_box;

use pyo3::exceptions::PyStopIteration;
use pyo3::ffi;
use pyo3::prelude::*;

use super::objects::take;

type Object = *mut ffi::PyObject;
type Vectorcall = unsafe extern "C-unwind" fn(Object, *const Object, usize, Object) -> Object;

unsafe extern "C-unwind" {
    fn PyObject_Vectorcall(
        callable: Object,
        arguments: *const Object,
        count: usize,
        names: Object,
    ) -> Object;
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

/// `PyObject_Vectorcall`, which nothing leaves by unwinding.
///
/// # Safety
/// As for that function.
pub(super) unsafe fn vectorcall(
    callable: Object,
    arguments: *const Object,
    count: usize,
    names: Object,
) -> Object {
    // PyO3 declares it as what does not unwind, and the linker's optimizer believes that of both.
    let function: Vectorcall = black_box(PyObject_Vectorcall);
    let standstill = Standstill;
    // SAFETY: [foreign.vectorcall] the caller vouches for the arguments.
    let object = unsafe { function(callable, arguments, count, names) };
    std::mem::forget(standstill);
    object
}

/// Calls the object with these arguments.
pub(crate) fn call<'py, const N: usize>(
    callable: &Bound<'py, PyAny>,
    arguments: [&Bound<'py, PyAny>; N],
) -> PyResult<Bound<'py, PyAny>> {
    let values = arguments.map(|argument| argument.as_ptr());
    let names = std::ptr::null_mut();
    // SAFETY: [foreign.call] as many live objects as are counted, and no names.
    let object = unsafe { vectorcall(callable.as_ptr(), values.as_ptr(), N, names) };
    // SAFETY: [foreign.own] a new reference, or null with an exception set.
    Ok(unsafe { take(callable.py(), object) }?)
}

/// What comes next of an iterator whose method `__next__` this is.
pub(crate) fn next<'py>(method: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    match call(method, []) {
        Ok(item) => Ok(Some(item)),
        Err(error) if error.is_instance_of::<PyStopIteration>(method.py()) => Ok(None),
        Err(error) => Err(error),
    }
}
