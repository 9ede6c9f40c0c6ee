//! "A Python exception is set": how the functions of this folder fail.
//!
//! A `PyErr` is four words and a destructor; on the hot path, where nothing fails, even moving it
//! about costs time and instruction cache. So the exception stays where CPython put it until somebody
//! wants it.

use pyo3::prelude::*;
use vmcodec_core::Stopped;

/// A Python exception is set in this thread. Turn it into a `PyErr` before running other Python code.
#[derive(Clone, Copy)]
pub(crate) struct Pending<'py>(Python<'py>);

impl<'py> Pending<'py> {
    /// What a CPython call that returned null or -1 has left.
    #[cold]
    pub fn left_by_call(py: Python<'py>) -> Pending<'py> {
        Pending(py)
    }

    /// Sets the exception of an error.
    #[cold]
    pub fn set(py: Python<'py>, error: PyErr) -> Pending<'py> {
        error.restore(py);
        Pending(py)
    }
}

impl From<Pending<'_>> for PyErr {
    fn from(pending: Pending<'_>) -> PyErr {
        PyErr::fetch(pending.0)
    }
}

impl From<Pending<'_>> for Stopped {
    /// A sink that stops leaves the exception set.
    fn from(_: Pending<'_>) -> Stopped {
        Stopped
    }
}
