//! Events as Arrow columns: a third sink of the core's walk, and what becomes of its chunks.
//!
//! This crate knows Arrow and plans; it knows no Python and no event by name. Rooms: `layout` (which
//! columns there are, from the rows that the plan is made of), `builder` (the sink: one record after
//! the other into columns), `column`, `fixed`, `texts`, `dictionary`, `present` (columns while they
//! grow), `table` (chunks made into record batches), `errors` (the table of bad records), `row` (a row
//! back into JSON), `export` (tables as C structs), `source` (columns of others as input).
#![forbid(unsafe_code)]
// As in the core: no index and no sum fails.
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

mod builder;
mod column;
mod dictionary;
mod errors;
pub mod export;
mod fixed;
mod layout;
mod present;
mod row;
mod source;
mod table;
mod texts;

pub use arrow_array::make_array as array_of;
pub use arrow_array::{Array, ArrayRef, RecordBatch, ffi, ffi_stream};
pub use arrow_schema::{ArrowError, SchemaRef};
pub use builder::{Builder, MAX_RECORD};
pub use errors::{BadRecord, errors_table};
pub use layout::{Added, Layout, LayoutError, OwnNames};
pub use row::Rows;
pub use source::{Refused, Texts};
pub use table::{Chunk, Table};
