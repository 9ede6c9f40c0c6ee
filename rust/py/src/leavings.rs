//! What an interrupted call leaves: so many objects that letting go of them takes longer than people wait.
//!
//! They go bit by bit, in a thread that ends with the last of them, while the program goes on. An error of a
//! record is no interruption: what its call had made goes at once, so that loops over bad batches pile up nothing.

use std::thread;
use std::time::Duration;

use pyo3::exceptions::{PyMemoryError, PyValueError};
use pyo3::prelude::*;

/// So many go at once, in a few milliseconds.
const FEW: usize = 1 << 15;
/// So many go in one go, in about a millisecond, while others wait for the interpreter's lock.
const PIECE: usize = 1 << 12;
/// How long the others have it for sure.
const PAUSE: Duration = Duration::from_millis(1);

/// The error that has ended a call, and that call's objects on their way.
#[cold]
pub(crate) fn leave<'py>(error: PyErr, py: Python<'py>, objects: Vec<Bound<'py, PyAny>>) -> PyErr {
    let at_once = error.is_instance_of::<PyValueError>(py)
        // A thread takes memory, and they give it back.
        || error.is_instance_of::<PyMemoryError>(py);
    if objects.len() > FEW && !at_once {
        let objects = objects.into_iter().map(Bound::unbind).collect();
        // Where no thread can be had they go at once.
        let _ = thread::Builder::new().spawn(move || let_go(objects));
    }
    error
}

fn let_go(mut objects: Vec<Py<PyAny>>) {
    while !objects.is_empty() {
        let rest = objects.len().saturating_sub(PIECE);
        if Python::try_attach(|_| objects.truncate(rest)).is_none() {
            // The interpreter has ended, and they with it.
            std::mem::forget(objects);
            return;
        }
        thread::sleep(PAUSE);
    }
}
