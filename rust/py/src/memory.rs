//! Memory whose amount comes from what callers hand in: asked for in ways that can fail, which is a MemoryError.

use std::collections::TryReserveError;

use pyo3::PyErr;
use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;

use crate::words::raised;

/// The error where memory is short.
#[cold]
pub(crate) fn short() -> PyErr {
    raised::<PyMemoryError>("no memory for what comes of the input")
}

/// The same, of what Rust says.
#[cold]
pub(crate) fn failed(_: TryReserveError) -> PyErr {
    short()
}

/// A vector with room for so many items.
pub(crate) fn vec<T>(items: usize) -> PyResult<Vec<T>> {
    let mut vec = Vec::new();
    vec.try_reserve_exact(items).map_err(failed)?;
    Ok(vec)
}

/// Puts an item behind the others.
#[inline(always)]
pub(crate) fn push<T>(vec: &mut Vec<T>, item: T) -> PyResult<()> {
    if vec.len() == vec.capacity() {
        vec.try_reserve(1).map_err(failed)?;
    }
    vec.push(item);
    Ok(())
}

/// All of these items, which are about so many.
pub(crate) fn collect<T>(items: usize, from: impl Iterator<Item = T>) -> PyResult<Vec<T>> {
    let mut vec = vec(items)?;
    from.into_iter().try_for_each(|item| push(&mut vec, item))?;
    Ok(vec)
}

/// A copy of the bytes.
pub(crate) fn copy(bytes: &[u8]) -> PyResult<Vec<u8>> {
    let mut copy = vec(bytes.len())?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}
