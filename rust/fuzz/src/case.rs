//! The first bytes of an input as options, and the plans that are decoded by.
//!
//! Two plans: that of the module's own events, and one of made-up events that quarrel over names. Byte 0 chooses the
//! plan and the options with few choices, byte 1 the limits, byte 2 the one event of `only`.

use std::cell::RefCell;
use std::sync::Arc;

use arrow_schema::SchemaRef;
use serde_json::Value;
use vmcodec_arrow::{Added, Builder, Layout, OwnNames};
use vmcodec_core::{Decoder, Extra, Framing, KvLists, Options, Unknown};

use crate::common::quarrel::{quarrelling, rows as quarrel_rows};
use crate::common::{Rows, rows};

/// How many bytes the options take.
pub const HEADER: usize = 3;

/// Between two records of one input: a byte that no JSON text has.
pub const BETWEEN: u8 = 0xff;

const QUARREL: u8 = 0x40;
const ONLY: u8 = 0x80;
const DEPTHS: [usize; 8] = [128, 1, 2, 3, 4, 8, 65, 127];
const SIZES: [usize; 8] = [1 << 24, 16, 43, 44, 56, 64, 100, 300];

/// What records are decoded by.
pub struct World {
    /// What the plan is made of.
    pub rows: Rows,
    /// The decoder, with the options of the input at hand.
    pub decoder: Decoder,
    /// The columns of its events.
    pub layout: Arc<Layout>,
    /// Their schema.
    pub schema: SchemaRef,
    /// A builder that never gets a row: for records at fault.
    pub builder: Builder,
}

impl World {
    fn new(rows: Rows) -> World {
        let plan = rows.plan();
        let own = OwnNames {
            id: rows.id.clone(),
            extra: "extra".to_owned(),
            ..OwnNames::default()
        };
        let layout = Layout::new(&plan, &rows.events, &rows.enums, &rows.time, &own);
        let layout = Arc::new(layout);
        let options = Options::default();
        World {
            decoder: Decoder { plan, options },
            schema: layout.schema(Added::default()).unwrap(),
            builder: Builder::new(&layout, Added::default()),
            layout,
            rows,
        }
    }
}

thread_local! {
    static WORLDS: RefCell<[World; 2]> =
        RefCell::new([World::new(rows()), World::new(quarrel_rows(&quarrelling()))]);
}

/// Runs a target's body with the options of the input, and the rest of it.
pub fn with(data: &[u8], body: impl FnOnce(&mut World, &[u8])) {
    let Some((&[first, second, third], rest)) = data.split_first_chunk() else {
        return;
    };
    WORLDS.with_borrow_mut(|worlds| {
        let world = &mut worlds[usize::from(first & QUARREL != 0)];
        let events = world.rows.events.len();
        let only = (first & ONLY != 0).then(|| vec![u16::from(third) % events as u16]);
        world.decoder.options = Options {
            kv_lists: [KvLists::Dict, KvLists::Lazy, KvLists::Skip, KvLists::Dict]
                [usize::from(first & 3)],
            extra: [Extra::Keep, Extra::Ignore, Extra::Forbid, Extra::Keep]
                [usize::from(first >> 2 & 3)],
            unknown: [Unknown::Keep, Unknown::Error][usize::from(first >> 4 & 1)],
            framing: [Framing::None, Framing::Confluent][usize::from(first >> 5 & 1)],
            wants_unknown: only.is_none(),
            only,
            max_depth: DEPTHS[usize::from(second & 7)],
            max_size: SIZES[usize::from(second >> 3 & 7)],
        };
        body(world, rest);
    });
}

/// The first bytes for the options of an entry among the vectors: as near as they can be.
pub fn header(options: &Value) -> [u8; HEADER] {
    let place = |name: &str, words: &[&str]| {
        let word = options[name].as_str();
        words.iter().position(|one| Some(*one) == word).unwrap_or(0)
    };
    let size = |name: &str, sizes: &[usize]| {
        let size = options[name].as_u64();
        let mut sizes = sizes.iter().map(|&size| Some(size as u64));
        sizes.position(|one| one == size).unwrap_or(0)
    };
    let first = place("kv_lists", &["dict", "lazy", "skip"])
        | place("extra", &["keep", "ignore", "forbid"]) << 2
        | place("unknown", &["keep", "error"]) << 4
        | place("framing", &["none", "confluent"]) << 5;
    let only = if options["only"].is_array() { ONLY } else { 0 };
    let second = size("max_depth", &DEPTHS) | size("max_size", &SIZES) << 3;
    [first as u8 | only, second as u8, 2]
}

/// The first bytes of an input for the events that quarrel.
pub fn quarrel_header() -> [u8; HEADER] {
    [QUARREL, 0, 0]
}

/// The records of an input.
pub fn records(rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    rest.split(|&byte| byte == BETWEEN)
}
