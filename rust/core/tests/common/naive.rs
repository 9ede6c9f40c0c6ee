//! A decoder as plain as can be, written from docs/wire.md and docs/errors.md, to compare the real one with: recursive
//! descent over one byte after the other, every value with its own string. `naive_json` reads JSON, this file events.
//!
//! The tests of this crate and the fuzz targets call it.

use std::collections::{BTreeMap, BTreeSet};

use vmcodec_core::{Code, Extra, FieldRow, Framing, JsonType, Kind, KvLists, Options, Unknown};

use super::Rows;
use super::naive_json::{Fault, Member, Read, Reader, Value};

/// What a record is.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// An event by its number, its attributes by their canonical names, and unknown members.
    Event {
        event: usize,
        fields: BTreeMap<String, Value>,
        extra: Vec<(String, Value)>,
    },
    Unwanted,
    Unknown {
        id: String,
        start: usize,
    },
}

/// Reads one record.
pub fn decode(rows: &Rows, options: &Options, record: &[u8]) -> Result<Outcome, Fault> {
    let mut reader = Reader::new(record, options.max_depth);
    let start = record_start(&mut reader, options)?;
    let brace = reader.at;
    let mut walk = Walk::new(rows, options, !id_is_first(rows, record, brace));
    walk.object(&mut reader)?;
    if walk.id_only
        && let Some(event) = walk.wanted(&reader)
    {
        // Now that the event is known and all is JSON: once more, with what the event says.
        walk = Walk::new(rows, options, false);
        walk.event = Some(event);
        reader.at = brace;
        walk.object(&mut reader)?;
    }
    reader.space();
    if reader.at < record.len() {
        return Err(reader.fault(Code::TrailingData, reader.at));
    }
    if let Some(event) = walk.event {
        let (fields, extra) = (walk.fields, walk.extra);
        return Ok(Outcome::Event {
            event,
            fields,
            extra,
        });
    }
    match reader.event {
        None if options.wants_unknown => Ok(Outcome::Unknown {
            id: walk.id.expect("an object without an id is at fault"),
            start,
        }),
        _ => Ok(Outcome::Unwanted),
    }
}

/// Moves to the opening brace, and tells where the JSON begins.
fn record_start(reader: &mut Reader<'_>, options: &Options) -> Read<usize> {
    let record = reader.bytes;
    if record.len() > options.max_size {
        return Err(reader.fault(Code::TooLarge, options.max_size));
    }
    if record.is_empty() {
        return Err(reader.fault(Code::EmptyInput, 0));
    }
    let start = match (options.framing, record[0]) {
        (Framing::None, 0 | 1) => return Err(reader.fault(Code::Framing, 0)),
        (Framing::None, _) => 0,
        (Framing::Confluent, 0) => 5,
        (Framing::Confluent, 1) => 17,
        (Framing::Confluent, _) => return Err(reader.fault(Code::Framing, 0)),
    };
    if record.len() < start {
        return Err(reader.fault(Code::Truncated, record.len()));
    }
    reader.at = start;
    reader.space();
    if reader.at == record.len() {
        return Err(reader.fault(Code::EmptyInput, 0));
    }
    if record[start..].starts_with(b"\xef\xbb\xbf") {
        return Err(reader.fault(Code::ByteOrderMark, 0));
    }
    match reader.value_type() {
        Some(JsonType::Object) => Ok(start),
        Some(got) => Err(Fault {
            got: Some(got),
            ..reader.fault(Code::NotAnObject, reader.at)
        }),
        None => Err(reader.no_value()),
    }
}

/// Whether the first member is the id, however it is spelled.
fn id_is_first(rows: &Rows, record: &[u8], brace: usize) -> bool {
    let mut reader = Reader::new(record, 1);
    reader.at = brace + 1;
    reader.space();
    reader.text().is_ok_and(|name| name == rows.id)
}

/// One reading of a record's members.
struct Walk<'a> {
    rows: &'a Rows,
    options: &'a Options,
    /// Nothing is of interest but the id, and whether all is JSON.
    id_only: bool,
    id: Option<String>,
    /// The event that the members are read as, once it is known and if somebody wants it.
    event: Option<usize>,
    fields: BTreeMap<String, Value>,
    extra: Vec<(String, Value)>,
    /// The canonical names of the attributes that came.
    seen: BTreeSet<String>,
}

impl<'a> Walk<'a> {
    fn new(rows: &'a Rows, options: &'a Options, id_only: bool) -> Walk<'a> {
        Walk {
            rows,
            options,
            id_only,
            id: None,
            event: None,
            fields: BTreeMap::new(),
            extra: Vec::new(),
            seen: BTreeSet::new(),
        }
    }

    /// The event that the id names, if somebody wants it.
    fn wanted(&self, reader: &Reader<'_>) -> Option<usize> {
        let only = self.options.only.as_ref();
        let wants = |event: usize| {
            only.is_none_or(|only| only.iter().any(|&one| usize::from(one) == event))
        };
        reader.event.filter(|&event| wants(event))
    }

    /// The record's object.
    fn object(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        reader.object(1, &mut |reader, member| {
            let step = match self.rows.names.contains(&member.name) {
                true => name_step(&member.name),
                false => "[...]".to_owned(),
            };
            reader.within(&step, |reader| self.member(reader, member))
        })?;
        // Behind the closing brace: is all there that must be?
        let missing = match (&self.id, self.event) {
            (None, _) => Some(&self.rows.id),
            (_, None) => None,
            (_, Some(event)) => {
                let mut fields = self.rows.events[event].fields.iter();
                let missing =
                    fields.find(|field| field.required && !self.seen.contains(&field.names[0]));
                missing.map(|field| &field.names[0])
            }
        };
        let Some(name) = missing else {
            return Ok(());
        };
        let at = reader.at - 1;
        reader.within(&name_step(name), |reader| {
            Err(reader.fault(Code::MissingAttribute, at))
        })
    }

    fn member(&mut self, reader: &mut Reader<'_>, member: &Member) -> Read<()> {
        if member.name == self.rows.id {
            return self.read_id(reader, member);
        }
        let Some(event) = self.event else {
            return reader.value(2).map(drop);
        };
        let mut fields = self.rows.events[event].fields.iter();
        match fields.find(|field| field.names.contains(&member.name)) {
            Some(field) => self.attribute(reader, field),
            None => self.other(reader, member),
        }
    }

    fn read_id(&mut self, reader: &mut Reader<'_>, member: &Member) -> Read<()> {
        if self.id.is_some() {
            return Err(reader.fault(Code::DuplicateId, member.at));
        }
        let at = reader.at;
        if reader.peek() != Some(b'"') {
            return Err(reader.wrong_type());
        }
        let id = reader.text()?;
        let events = &self.rows.events;
        reader.event = events.iter().position(|row| row.ids.contains(&id));
        if reader.event.is_none() && self.options.unknown == Unknown::Error {
            return Err(reader.fault(Code::UnknownEvent, at));
        }
        self.id = Some(id);
        if !self.id_only {
            self.event = self.wanted(reader);
        }
        Ok(())
    }

    fn attribute(&mut self, reader: &mut Reader<'_>, field: &FieldRow) -> Read<()> {
        let name = &field.names[0];
        self.seen.insert(name.clone());
        match self.attribute_value(reader, field)? {
            Value::Null if field.kind != Kind::Any => self.fields.remove(name),
            _ if field.kind == Kind::KvList && self.options.kv_lists == KvLists::Skip => None,
            value => self.fields.insert(name.clone(), value),
        };
        Ok(())
    }

    fn attribute_value(&self, reader: &mut Reader<'_>, field: &FieldRow) -> Read<Value> {
        let got = reader.value_type();
        let null = got == Some(JsonType::Null);
        match (field.kind, got) {
            (Kind::Any, _) => reader.value(2),
            _ if null && field.nullable => reader.value(2),
            (Kind::Text | Kind::IntegerOrText, Some(JsonType::String))
            | (Kind::Boolean, Some(JsonType::Boolean))
            | (Kind::KvList, Some(JsonType::Object))
            | (Kind::List, Some(JsonType::Array)) => reader.value(2),
            (Kind::IntegerOrText, Some(JsonType::Integer | JsonType::Number)) => {
                any_integer(reader)
            }
            (Kind::Integer, Some(JsonType::Integer | JsonType::Number)) => integer(reader),
            (Kind::Integer, Some(JsonType::String)) => integer_text(reader),
            (Kind::Enum(table), _) => self.code(reader, usize::from(table)),
            (Kind::Time, Some(JsonType::Object)) => self.time(reader),
            (Kind::Time, Some(JsonType::Integer | JsonType::Number)) => {
                let milliseconds = small(&integer(reader)?).unwrap_or_default();
                let seconds = milliseconds.div_euclid(1000);
                Ok(Value::Time(seconds, milliseconds.rem_euclid(1000) * 1000))
            }
            (Kind::Float, Some(JsonType::Integer | JsonType::Number)) => float(reader),
            _ => Err(reader.wrong_type()),
        }
    }

    /// A code or a name of the enumeration.
    fn code(&self, reader: &mut Reader<'_>, table: usize) -> Read<Value> {
        let at = reader.at;
        let enumeration = &self.rows.enums[table];
        let unknown = |reader: &Reader<'_>| reader.fault(Code::UnknownEnum, at);
        match reader.value_type() {
            Some(JsonType::String) => {
                let text = reader.text()?;
                let mut names = enumeration.names.iter();
                let found = names.find(|(name, _)| *name == text);
                let code = found.ok_or_else(|| unknown(reader))?.1;
                Ok(Value::Integer(code.to_string()))
            }
            Some(JsonType::Integer | JsonType::Number) => {
                let code = integer(reader)?;
                match &enumeration.closed {
                    Some(closed)
                        if !closed
                            .iter()
                            .any(|&one| Some(i128::from(one)) == small(&code)) =>
                    {
                        Err(unknown(reader))
                    }
                    _ => Ok(code),
                }
            }
            _ => Err(reader.wrong_type()),
        }
    }

    /// A time object: exactly one of the pairs.
    fn time(&self, reader: &mut Reader<'_>) -> Read<Value> {
        let mut pair = None;
        let mut values = [None, None];
        let pairs = &self.rows.time.pairs;
        reader.object(2, &mut |reader, member| {
            let place = pairs
                .iter()
                .position(|names| names.0 == member.name || names.1 == member.name);
            let Some(place) = place.filter(|&place| pair.is_none_or(|known| known == place)) else {
                return Err(reader.fault(Code::InvalidTime, member.at));
            };
            pair = Some(place);
            let second = usize::from(pairs[place].1 == member.name);
            let value = reader.within(&name_step(&member.name), |reader| {
                let at = reader.at;
                let value = small(&integer(reader)?).unwrap_or_default();
                let fits = match second {
                    0 => i64::try_from(value).is_ok(),
                    _ => (0..1_000_000).contains(&value),
                };
                match fits {
                    true => Ok(value),
                    false => Err(reader.fault(Code::OutOfRange, at)),
                }
            })?;
            values[second] = Some(value);
            Ok(())
        })?;
        match values {
            [Some(seconds), Some(useconds)] => Ok(Value::Time(seconds, useconds)),
            _ => Err(reader.fault(Code::InvalidTime, reader.at - 1)),
        }
    }

    /// A member that the event does not have.
    fn other(&mut self, reader: &mut Reader<'_>, member: &Member) -> Read<()> {
        if self.options.extra == Extra::Forbid {
            return Err(reader.fault(Code::UnknownMember, member.at));
        }
        let value = reader.value(2)?;
        if self.options.extra == Extra::Keep {
            Value::set(&mut self.extra, member.name.clone(), value);
        }
        Ok(())
    }
}

/// An integer of 64 bits, with a sign or without.
fn integer(reader: &mut Reader<'_>) -> Read<Value> {
    let at = reader.at;
    let value = any_integer(reader)?;
    match fits(&value) {
        true => Ok(value),
        false => Err(reader.fault(Code::OutOfRange, at)),
    }
}

/// An integer of any size.
fn any_integer(reader: &mut Reader<'_>) -> Read<Value> {
    let wrong_type = reader.wrong_type();
    match reader.value_type() {
        Some(JsonType::Integer) => reader.number(),
        _ => Err(wrong_type),
    }
}

/// A string of the digits of an integer of 64 bits.
fn integer_text(reader: &mut Reader<'_>) -> Read<Value> {
    let at = reader.at;
    let text = reader.text()?;
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", &text[..]),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(reader.fault(Code::InvalidInteger, at));
    }
    let value = match digits.trim_start_matches('0') {
        "" => "0".to_owned(),
        digits => format!("{sign}{digits}"),
    };
    let value = Value::Integer(value);
    match fits(&value) {
        true => Ok(value),
        false => Err(reader.fault(Code::OutOfRange, at)),
    }
}

fn float(reader: &mut Reader<'_>) -> Read<Value> {
    let at = reader.at;
    match reader.number()? {
        Value::Integer(digits) => match digits.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Value::Float(value)),
            _ => Err(reader.fault(Code::OutOfRange, at)),
        },
        float => Ok(float),
    }
}

fn fits(value: &Value) -> bool {
    small(value).is_some_and(|value| (-(1 << 63)..1 << 64).contains(&value))
}

fn small(value: &Value) -> Option<i128> {
    match value {
        Value::Integer(digits) => digits.parse().ok(),
        _ => None,
    }
}

/// The step of a path to a member whose name may be told.
fn name_step(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    match name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit()) {
        true => format!(".{name}"),
        false => format!("[{name:?}]"),
    }
}
