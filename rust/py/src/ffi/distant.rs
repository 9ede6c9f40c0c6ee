//! Objects in the hands of native code, which may use them and let go of them in any thread, with the
//! interpreter's lock or without it.
//!
//! PyO3 counts: a thread with a frame of ours on its stack is attached. But such a frame may have
//! called Python code, that code another library, and that library has released the lock before it
//! calls us. Asking CPython is right in every case.

use pyo3::PyClass;
use pyo3::ffi;
use pyo3::prelude::*;

/// An object that any thread may use and drop.
pub(crate) struct Distant<T>(Option<Py<T>>);

impl<T: PyClass> Distant<T> {
    pub fn new(object: &Bound<'_, T>) -> Distant<T> {
        Distant(Some(object.clone().unbind()))
    }

    /// Runs the call with the object; none where the interpreter has ended. Nothing of Python may
    /// leave the call.
    pub fn with<R: 'static>(&self, call: impl FnOnce(&Bound<'_, T>) -> R) -> Option<R> {
        let object = self.0.as_ref()?;
        attached(|py| call(object.bind(py)))
    }
}

impl<T> Drop for Distant<T> {
    fn drop(&mut self) {
        let object = self.0.take();
        attached(move |_| drop(object));
    }
}

/// Runs the call with the interpreter's lock, whoever has released it; not at all where the
/// interpreter has ended.
fn attached<R>(call: impl FnOnce(Python<'_>) -> R) -> Option<R> {
    // SAFETY: [distant.known] may be called by any thread at any time.
    let known = !unsafe { ffi::PyGILState_GetThisThreadState() }.is_null();
    // A thread that Python does not know has no frame of ours: PyO3's count is right.
    let _lock = known.then(Lock::take);
    Python::try_attach(call)
}

/// The interpreter's lock, up to where it is dropped.
struct Lock(ffi::PyGILState_STATE);

impl Lock {
    /// Only for threads that Python knows.
    fn take() -> Lock {
        // SAFETY: [distant.take] the interpreter lives, as this thread has a state in it; whether the
        // thread has the lock already does not matter.
        Lock(unsafe { ffi::PyGILState_Ensure() })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // SAFETY: [distant.give] the state is that of the taking, in the same thread, as the lock never
        // leaves `attached`.
        unsafe { ffi::PyGILState_Release(self.0) };
    }
}
