//! Calls of Python code that is not ours: sources of streams, iterables of messages, classes and their factories.
//!
//! While such code runs, the interpreter may end. Before 3.14, CPython then ends a daemon thread where it
//! stands, by unwinding its stack, and Rust aborts the process where that reaches a call that is not declared
//! so. Here such a thread stands still for good instead, as it does everywhere from 3.14 on.

use std::hint::black_box;

use pyo3::exceptions::{PyStopIteration, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::cpython::{Object, PyObject_Vectorcall};
use super::objects::take;
use super::pending::Pending;
use crate::words::raised;

type Vectorcall = unsafe extern "C-unwind" fn(Object, *const Object, usize, Object) -> Object;

/// Keeps a thread that is being unwound where it is. It has no lock by then.
struct Standstill;

impl Drop for Standstill {
    fn drop(&mut self) {
        loop {
            std::thread::park();
        }
    }
}

/// Calls the object with these arguments, the last ones by these names.
pub(super) fn call_by_names<'a, 'py: 'a>(
    callable: &Bound<'py, PyAny>,
    arguments: impl IntoIterator<Item = &'a Bound<'py, PyAny>>,
    names: Option<&Bound<'py, PyTuple>>,
) -> Result<Bound<'py, PyAny>, Pending<'py>> {
    let py = callable.py();
    let arguments: Vec<_> = arguments.into_iter().collect();
    let pointers: Vec<_> = arguments.iter().map(|argument| argument.as_ptr()).collect();
    let named = names.map_or(0, |names| names.len());
    let Some(positional) = pointers.len().checked_sub(named) else {
        let error = raised::<PyTypeError>("a name has no argument");
        return Err(Pending::set(py, error));
    };
    let names = names.map_or(std::ptr::null_mut(), |names| names.as_ptr());
    // PyO3 declares it as what does not unwind, and the linker's optimizer believes that of both.
    let function: Vectorcall = black_box(PyObject_Vectorcall);
    let standstill = Standstill;
    // SAFETY: [foreign.call] as many live objects as are counted, and as there are names.
    let object = unsafe { function(callable.as_ptr(), pointers.as_ptr(), positional, names) };
    std::mem::forget(standstill);
    // SAFETY: [foreign.own] a new reference, or null with an exception set.
    unsafe { take(py, object) }
}

/// Calls the object with these arguments.
pub(crate) fn call<'py, const N: usize>(
    callable: &Bound<'py, PyAny>,
    arguments: [&Bound<'py, PyAny>; N],
) -> PyResult<Bound<'py, PyAny>> {
    Ok(call_by_names(callable, arguments, None)?)
}

/// What comes next of an iterator whose method `__next__` this is.
pub(crate) fn next<'py>(method: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    match call(method, []) {
        Ok(item) => Ok(Some(item)),
        Err(error) if error.is_instance_of::<PyStopIteration>(method.py()) => Ok(None),
        Err(error) => Err(error),
    }
}
