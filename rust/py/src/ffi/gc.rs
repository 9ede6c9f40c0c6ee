//! The cyclic collector: paused for the length of a call, and asked what it knows.

use pyo3::ffi;
use pyo3::prelude::*;

use super::objects;

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
        // SAFETY: [gc.disable] the token proves that this thread is attached; the call only flips a flag.
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
            // SAFETY: [gc.enable] the token in `self` proves that this thread is attached.
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

/// Whether objects of this one's class are made for the collector, whether it knows them now or not.
#[inline(always)]
pub(super) fn is_collected(object: &Bound<'_, PyAny>) -> bool {
    let class = object.get_type_ptr();
    // SAFETY: [gc.class] the class of a live object.
    unsafe { ffi::PyType_HasFeature(class, ffi::Py_TPFLAGS_HAVE_GC) != 0 }
}

/// Whether the collector knows this object.
pub(super) fn is_tracked(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = object.py();
    let gc = py.import(objects::unicode(py, "gc")?)?;
    let asked = gc.getattr(objects::unicode(py, "is_tracked")?)?;
    asked.call1((object,))?.extract()
}
