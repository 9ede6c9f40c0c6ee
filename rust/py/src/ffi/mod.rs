//! The only unsafe code of the project: CPython calls for which PyO3 has no safe, fallible door.
//!
//! Everything here is safe to call from outside. The name in brackets with which each `SAFETY` comment
//! begins is that of a row in SAFETY.md, which tells who keeps what the block relies on.

pub(crate) mod ahead;
pub(crate) mod arrow;
mod cpython;
pub(crate) mod distant;
pub(crate) mod foreign;
pub(crate) mod gc;
pub(crate) mod growing;
pub(crate) mod objects;
pub(crate) mod pending;
pub(crate) mod reading;
pub(crate) mod slots;
pub(crate) mod template;
pub(crate) mod text;
