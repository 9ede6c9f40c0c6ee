//! What an interrupted call leaves: so many objects that letting go of them takes longer than people wait.
//!
//! They go bit by bit, in a thread that ends with the last of them, while the program goes on. An error of a
//! record is no interruption: what its call had made goes at once, so that loops over bad batches pile up nothing.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use pyo3::exceptions::{PyMemoryError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::ffi::growing::{Growing, resized};

/// So many go at once, in a few milliseconds.
const FEW: usize = 1 << 15;
/// So many go in one go, in about a millisecond, while others wait for the interpreter's lock.
const PIECE: usize = 1 << 12;
/// So many bytes go in one go.
const BYTES: usize = 1 << 22;
/// How long the others have it for sure.
const PAUSE: Duration = Duration::from_millis(1);
/// So many calls may leave something at a time: what more of them leave goes at once, so that a program
/// which interrupts one call after the other piles up nothing.
const CALLS: usize = 4;

/// How many threads are at it.
static GOING: AtomicUsize = AtomicUsize::new(0);

/// The error that has ended a call, and what that call had read on its way.
#[cold]
pub(crate) fn leave<'py>(error: PyErr, py: Python<'py>, objects: Vec<Bound<'py, PyAny>>) -> PyErr {
    if objects.len() > FEW && interrupts(&error, py) {
        let mut objects: Vec<Py<PyAny>> = objects.into_iter().map(Bound::unbind).collect();
        spawn(move |_| {
            objects.truncate(objects.len().saturating_sub(PIECE));
            !objects.is_empty()
        });
    }
    error
}

/// The error that has ended a call, and the list that it had made so far.
#[cold]
pub(crate) fn leave_list<'py>(error: PyErr, list: Bound<'py, PyList>) -> PyErr {
    if list.len() > FEW && interrupts(&error, list.py()) {
        let mut left = Some(list.unbind());
        spawn(move |py| {
            if let Some(list) = &left {
                let list = list.bind(py);
                let rest = list.len().saturating_sub(PIECE);
                if rest == 0 || list.del_slice(rest, list.len()).is_err() {
                    left = None;
                }
            }
            left.is_some()
        });
    }
    error
}

/// The error that has ended a call, and the bytes that it had written so far.
#[cold]
pub(crate) fn leave_bytes(error: PyErr, bytes: Growing<'_>) -> PyErr {
    if let Some(bytes) = bytes.leave()
        && interrupts(&error, bytes.py())
    {
        let mut left = Some(bytes.unbind());
        spawn(move |py| {
            let bytes = left.take().map(|bytes| bytes.into_bound(py));
            left = bytes.and_then(|bytes| match bytes.as_bytes().len() {
                ..BYTES => None,
                length => resized(bytes, length - BYTES).ok().map(Bound::unbind),
            });
            left.is_some()
        });
    }
    error
}

fn interrupts(error: &PyErr, py: Python<'_>) -> bool {
    // A thread takes memory, and what has no memory gives it back.
    !error.is_instance_of::<PyValueError>(py) && !error.is_instance_of::<PyMemoryError>(py)
}

/// Calls `shorten`, which lets go of a piece and says whether there is more, in a thread. Where none can be
/// had, all goes at once.
fn spawn(shorten: impl FnMut(Python<'_>) -> bool + Send + 'static) {
    let going = Going::new();
    if going.others < CALLS {
        let _ = thread::Builder::new().spawn(move || let_go(shorten, going));
    }
}

fn let_go(mut shorten: impl FnMut(Python<'_>) -> bool, going: Going) {
    loop {
        match Python::try_attach(&mut shorten) {
            Some(true) => thread::sleep(PAUSE),
            Some(false) => break,
            None => {
                // The interpreter has ended, and they with it.
                std::mem::forget(shorten);
                break;
            }
        }
    }
    drop(going);
}

/// A call whose objects are on their way.
struct Going {
    others: usize,
}

impl Going {
    fn new() -> Going {
        Going {
            others: GOING.fetch_add(1, Ordering::Relaxed),
        }
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        GOING.fetch_sub(1, Ordering::Relaxed);
    }
}
