//! A bytes object that grows while it is written: a large result is never there twice, nor copied at the end.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::cpython::_PyBytes_Resize;
use super::objects::{blank_bytes, size, take};
use super::pending::Pending;

/// The bytes so far, in an object that nobody else has seen.
pub(crate) struct Growing<'py> {
    py: Python<'py>,
    object: Option<Bound<'py, PyBytes>>,
    /// The length of the object, and how much of it is written.
    room: usize,
    written: usize,
}

/// How much memory is taken at once for bytes that are not there yet, or as much as there are.
const LARGEST_STEP: usize = 4 << 20;

impl<'py> Growing<'py> {
    pub fn new(py: Python<'py>) -> Growing<'py> {
        Growing {
            py,
            object: None,
            room: 0,
            written: 0,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.written == 0
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.written
    }

    /// Puts these bytes behind the others. `expected` is how long all will be together, as far as one knows.
    pub fn append(&mut self, bytes: &[u8], expected: usize) -> Result<(), Pending<'py>> {
        let after = self.written.saturating_add(bytes.len());
        if after > self.room {
            // Rather too little than too much. What is larger than all that was given back before, glibc takes from
            // the kernel anew; and a result that was cut at the end is smaller than what the next one would ask for.
            let more = expected.saturating_sub(after).min(after.max(LARGEST_STEP));
            self.resize(after.saturating_add(more - more / 16))?;
        }
        if let Some(object) = &self.object {
            let start = object.as_bytes().as_ptr().cast_mut();
            let end = start.wrapping_add(self.written);
            // SAFETY: [growing.write] the object is ours alone, and has room for these bytes behind those that
            // are written.
            unsafe { end.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        }
        self.written = after;
        Ok(())
    }

    /// The object, cut to what is written.
    pub fn finish(mut self) -> Result<Bound<'py, PyBytes>, Pending<'py>> {
        self.resize(self.written)?;
        self.object.map_or_else(|| blank_bytes(self.py, 0), Ok)
    }

    /// The object as it is, to be let go bit by bit. Nobody may look at its bytes: not all are written.
    pub fn leave(self) -> Option<Bound<'py, PyBytes>> {
        self.object
    }

    fn resize(&mut self, room: usize) -> Result<(), Pending<'py>> {
        let resized = match self.object.take() {
            Some(object) => resized(object, room),
            None => blank_bytes(self.py, room),
        };
        self.object = Some(resized?);
        self.room = room;
        Ok(())
    }
}

/// The object with another length; what is new of it is not written. Without memory for it, the object is gone.
/// CPython refuses one that others have too.
pub(crate) fn resized<'py>(
    object: Bound<'py, PyBytes>,
    length: usize,
) -> Result<Bound<'py, PyBytes>, Pending<'py>> {
    let py = object.py();
    let mut object = object.into_ptr();
    // SAFETY: [growing.resize] a bytes object, and the reference to it is given away.
    let _ = unsafe { _PyBytes_Resize(&raw mut object, size(length)) };
    // SAFETY: [growing.own] what stands in its place is a bytes object of our own, or null with an exception set.
    unsafe { take(py, object) }
}
