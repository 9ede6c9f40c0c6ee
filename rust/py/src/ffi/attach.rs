//! The interpreter's lock, for code that others call without saying whether they hold it.
//!
//! PyO3 takes a thread for attached while a call of ours is below on its stack. That fails where Python code
//! in between has released the lock, as every reader of an Arrow stream does. So CPython is asked.

use std::mem::ManuallyDrop;

use pyo3::ffi;
use pyo3::prelude::*;

/// The lock, taken anew or held already.
struct Held(ffi::PyGILState_STATE);

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: what the call that took it returned, in the same thread.
        unsafe { ffi::PyGILState_Release(self.0) }
    }
}

/// Runs the call with the lock held; none where the interpreter has ended.
pub(crate) fn attached<T>(call: impl FnOnce(Python<'_>) -> T) -> Option<T> {
    // SAFETY: may be asked at any time.
    if unsafe { ffi::Py_IsInitialized() } == 0 {
        return None;
    }
    // SAFETY: the interpreter is there. The call can be nested, and be made by any thread.
    let _held = Held(unsafe { ffi::PyGILState_Ensure() });
    Python::try_attach(call)
}

/// A reference that may be dropped by any thread, whatever PyO3 thinks of it.
pub(crate) struct Anywhere<T>(ManuallyDrop<Py<T>>);

impl<T> Anywhere<T> {
    pub fn new(object: Py<T>) -> Anywhere<T> {
        Anywhere(ManuallyDrop::new(object))
    }

    pub fn bind<'py>(&self, py: Python<'py>) -> &Bound<'py, T> {
        self.0.bind(py)
    }
}

impl<T> Drop for Anywhere<T> {
    fn drop(&mut self) {
        // SAFETY: taken out once, as this runs once. Without an interpreter it is leaked.
        attached(|_| drop(unsafe { ManuallyDrop::take(&mut self.0) }));
    }
}
