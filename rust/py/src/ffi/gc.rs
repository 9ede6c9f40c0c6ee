//! Pausing the cyclic collector for the length of a call.

use pyo3::ffi;
use pyo3::prelude::*;

/// Keeps the collector from running until it is dropped; then its state is as it was before.
///
/// While objects are being filled, no finalizer can meet them; and a batch is not walked again and
/// again by a collector that cannot find anything in it.
pub(crate) struct GcPause<'py> {
    py: Python<'py>,
    was_enabled: bool,
}

impl<'py> GcPause<'py> {
    pub fn new(py: Python<'py>) -> GcPause<'py> {
        // SAFETY: the token proves that this thread is attached; the call only flips a flag.
        let was_enabled = unsafe { ffi::PyGC_Disable() } == 1;
        GcPause { py, was_enabled }
    }

    /// Runs `call` with the collector as it was before the pause.
    pub fn lifted<T>(&mut self, call: impl FnOnce(Python<'py>) -> T) -> T {
        self.restore();
        let result = call(self.py);
        *self = GcPause::new(self.py);
        result
    }

    fn restore(&mut self) {
        if self.was_enabled {
            // SAFETY: the token in `self` proves that this thread is attached.
            unsafe { ffi::PyGC_Enable() };
            self.was_enabled = false;
        }
    }
}

impl Drop for GcPause<'_> {
    fn drop(&mut self) {
        self.restore();
    }
}
