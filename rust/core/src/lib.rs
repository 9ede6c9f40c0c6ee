//! The JSON half of vmcodec: bytes of a record, walked once against a [`Plan`], into a [`Sink`].
//!
//! This crate knows JSON and plans; it knows no Python, no Arrow and no event by name. Rooms:
//! `scan` (the cursor and the byte classes), `text` (strings), `number`, `plan` (what events look
//! like), `sink` (what becomes of the values), `decode` (the one walk), `time` (the forms of a time
//! stamp), `record` (from a record's bytes to its outcome), `lines` (NDJSON), `encode` (writing),
//! `error` (what went wrong and where).
#![forbid(unsafe_code)]

mod decode;
pub mod encode;
mod error;
pub mod lines;
mod number;
mod plan;
mod record;
mod scan;
mod sink;
mod text;
mod time;
mod trace;

pub use decode::{check_value, walk_value};
pub use error::{Code, Expected, Fault, JsonType, Step};
pub use number::{IntegerText, MAX_DIGITS, Number, parse_integer};
pub use plan::{
    EntryKind, EnumRow, EventId, EventRow, FieldId, FieldRow, FieldSet, Kind, NameId, Plan,
    PlanError, TimeRow,
};
pub use record::{
    Decoder, Extra, Failure, Framing, KvLists, Memory, Options, Outcome, Unknown, depth_limit,
};
pub use sink::{Container, Ignore, Scalar, Sink, Stopped, Target};
pub use text::Text;
