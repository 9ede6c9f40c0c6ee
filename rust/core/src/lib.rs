//! The JSON half of vmcodec: bytes of a record, walked once against a [`Plan`], into a [`Sink`].
//!
//! This crate knows JSON and plans; it knows no Python, no Arrow and no event by name. Rooms:
//! `scan` (the cursor and the byte classes), `text` (strings), `unescape` (those with escapes),
//! `number`, `rows` and `plan` (what events look like, before and after compiling), `lookup`
//! (tables of text), `block` (short texts as one wide word), `sink` (what becomes of the values),
//! `decode` (the one walk), `usual` (its fast path), `value` (attributes by kind), `time` (the
//! forms of a time stamp), `tree` (free-form values), `record` (from a record's bytes to its
//! outcome), `lines` (NDJSON), `buffer` (the same from a stream), `encode` (writing), `error` (what
//! went wrong and where), `trace` (the path to it), `inside` (parts shown to the fuzz targets),
//! `faults` (panics on demand, for tests).
#![forbid(unsafe_code)]
// Nothing in a record leads to a panic: neither an index nor a sum can fail. What a function does all the same it says
// at its head, and why it may. Here and not in Cargo.toml, because tests index and count as they like.
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects,
        clippy::allow_attributes,
        clippy::allow_attributes_without_reason
    )
)]

mod block;
mod buffer;
mod decode;
pub mod encode;
mod error;
#[cfg(feature = "faults")]
pub mod faults;
#[cfg(feature = "inside")]
pub mod inside;
pub mod lines;
mod literal;
mod lookup;
mod number;
mod plan;
mod record;
mod rows;
mod scan;
mod sink;
mod text;
mod time;
mod trace;
mod tree;
mod unescape;
mod usual;
mod value;

pub use block::Block;
pub use buffer::Buffer;
pub use error::{Code, Expected, Fault, JsonType, Step};
pub use literal::Literal;
pub use number::{IntegerText, MAX_DIGITS, Number, parse_integer};
pub use plan::{Plan, PlanError};
pub use record::{Decoder, Extra, Failure, Framing, KvLists, Memory, Options, Outcome, Unknown};
pub use rows::{EnumRow, EventId, EventRow, FieldId, FieldRow, FieldSet, Kind, NameId, TimeRow};
pub use sink::{Container, Ignore, Scalar, Sink, Stopped, Target};
pub use text::{Ascii, Text};
pub use tree::{check_value, depth_limit, walk_value};
