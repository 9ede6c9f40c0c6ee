//! What the tests of this crate share: the plan and the vectors from `tests/vectors`, and a sink that records.
//!
//! No event or attribute is named here: the rows come from `plan.json`, which pytest keeps true to the classes.
#![allow(dead_code, missing_docs)]

pub mod agreement;
pub mod naive;
pub mod naive_json;
pub mod naive_text;
pub mod number;
pub mod quarrel;
pub mod record;

use std::collections::HashSet;
use std::path::PathBuf;

use serde_json::Value;
use vmcodec_core::{
    Code, Decoder, EnumRow, EventRow, Extra, FieldRow, Framing, JsonType, Kind, KvLists, Options,
    Plan, Step, TimeRow, Unknown,
};

/// The JSON of a file among the vectors.
pub fn vectors(file: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/vectors")
        .join(file);
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap()
}

/// The rows of a plan.
pub struct Rows {
    pub id: String,
    pub events: Vec<EventRow>,
    pub enums: Vec<EnumRow>,
    pub time: TimeRow,
    /// The id and every name of an attribute.
    pub names: HashSet<String>,
}

/// The rows in `plan.json`.
pub fn rows() -> Rows {
    let rows = vectors("plan.json");
    let enums = list(&rows["enums"]).iter().map(|row| EnumRow {
        names: row["names"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, code)| (name.clone(), code.as_i64().unwrap()))
            .collect(),
        closed: row["closed"]
            .as_array()
            .map(|codes| codes.iter().map(|code| code.as_i64().unwrap()).collect()),
    });
    let events = list(&rows["events"]).iter().map(|row| EventRow {
        ids: texts(&row["ids"]),
        fields: list(&row["fields"]).iter().map(field).collect(),
    });
    let pairs = list(&rows["time_pairs"]).iter().map(|pair| {
        let names = texts(pair);
        (names[0].clone(), names[1].clone())
    });
    let time = TimeRow {
        pairs: pairs.collect(),
    };
    Rows::new(text(&rows["id"]), events.collect(), enums.collect(), time)
}

fn field(row: &Value) -> FieldRow {
    let kind = match row["kind"].as_str().unwrap() {
        "text" => Kind::Text,
        "integer" => Kind::Integer,
        "integer_or_text" => Kind::IntegerOrText,
        "enum" => Kind::Enum(u16::try_from(row["enum"].as_u64().unwrap()).unwrap()),
        "time" => Kind::Time,
        "kv_list" => Kind::KvList,
        "boolean" => Kind::Boolean,
        "float" => Kind::Float,
        "list" => Kind::List,
        "any" => Kind::Any,
        other => panic!("no kind {other}"),
    };
    FieldRow {
        names: texts(&row["names"]),
        kind,
        required: row["required"].as_bool().unwrap(),
        nullable: row["nullable"].as_bool().unwrap(),
    }
}

impl Rows {
    /// All names of events, attributes and enumerations as JSON, each once, in a fixed order.
    pub fn words(&self) -> Vec<Vec<u8>> {
        let ids = self.events.iter().flat_map(|event| &event.ids);
        let enums = self.enums.iter().flat_map(|row| &row.names);
        let pairs = self.time.pairs.iter().flat_map(|pair| [&pair.0, &pair.1]);
        let names = self.names.iter().chain(ids).chain(pairs);
        let names = names.chain(enums.map(|(name, _)| name));
        let mut words: Vec<_> = names
            .map(|name| Value::from(name.as_str()).to_string().into_bytes())
            .collect();
        words.sort();
        words.dedup();
        words
    }

    pub fn new(id: String, events: Vec<EventRow>, enums: Vec<EnumRow>, time: TimeRow) -> Rows {
        let fields = events.iter().flat_map(|event| &event.fields);
        let names = fields.flat_map(|field| &field.names);
        let names = names.chain([&id]).cloned().collect();
        Rows {
            id,
            events,
            enums,
            time,
            names,
        }
    }

    pub fn plan(&self) -> Plan {
        Plan::new(&self.id, &self.events, &self.enums, &self.time).unwrap()
    }

    /// A decoder with the options of an entry; null for the usual ones.
    pub fn decoder(&self, options: &Value) -> Decoder {
        let plan = self.plan();
        let word = |name: &str| options[name].as_str();
        let only = options["only"].as_array().map(|names| {
            let mut events: Vec<_> = names
                .iter()
                .map(|name| plan.event_by_id(name.as_str().unwrap()).unwrap())
                .collect();
            events.sort_unstable();
            events
        });
        let usual = Options::default();
        let options = Options {
            kv_lists: match word("kv_lists") {
                Some("lazy") => KvLists::Lazy,
                Some("skip") => KvLists::Skip,
                _ => KvLists::Dict,
            },
            extra: match word("extra") {
                Some("ignore") => Extra::Ignore,
                Some("forbid") => Extra::Forbid,
                _ => Extra::Keep,
            },
            unknown: match word("unknown") {
                Some("error") => Unknown::Error,
                _ => Unknown::Keep,
            },
            framing: match word("framing") {
                Some("confluent") => Framing::Confluent,
                _ => Framing::None,
            },
            wants_unknown: only.is_none(),
            only,
            max_depth: size(&options["max_depth"]).unwrap_or(usual.max_depth),
            max_size: size(&options["max_size"]).unwrap_or(usual.max_size),
        };
        Decoder { plan, options }
    }
}

/// The path as users read it.
pub fn path(plan: &Plan, steps: &[Step]) -> String {
    let name = |name: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit()) {
            format!(".{name}")
        } else {
            format!("[{name:?}]")
        }
    };
    let steps = steps.iter().map(|step| match step {
        Step::Name(number) => name(plan.name_text(*number)),
        Step::Time(pair, member) => name(plan.time_text(*pair, *member)),
        Step::Key => "[...]".to_owned(),
        Step::Index(index) => format!("[{index}]"),
    });
    format!("${}", steps.collect::<String>())
}

/// The record of an entry, or none for an item that is no message.
pub fn record(entry: &Value) -> Option<Vec<u8>> {
    if let Some(hex) = entry["hex"].as_str() {
        let byte = |place| u8::from_str_radix(&hex[place..place + 2], 16).unwrap();
        return Some((0..hex.len()).step_by(2).map(byte).collect());
    }
    Some(entry["data"].as_str()?.as_bytes().to_vec())
}

pub fn code(name: &str) -> Code {
    let mut codes = Code::ALL.iter();
    *codes.find(|code| code.name() == name).unwrap()
}

pub fn json_type(name: &str) -> JsonType {
    use JsonType::{Array, Boolean, Integer, Null, Number, Object, String};
    let mut types = [Null, Boolean, Integer, Number, String, Array, Object].into_iter();
    types.find(|one| one.name() == name).unwrap()
}

pub fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    list(value).iter().map(text).collect()
}

fn size(value: &Value) -> Option<usize> {
    value.as_u64().map(|size| usize::try_from(size).unwrap())
}

/// A generator of numbers that look random: xorshift, so that no crate is needed.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from((self.next() >> 32) % end as u64).unwrap()
    }
}
