//! Which columns there are, and of which types: worked out once for each decoder, from the rows that
//! its plan is made of.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use vmcodec_core::{EnumRow, EventRow, Kind, Number, Plan, TimeRow, encode};

use crate::dictionary::Base;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    /// Text.
    Text,
    /// Text, or the digits of an integer.
    Digits,
    /// Integers of 64 bits with a sign. Larger ones are kept with the unknown members.
    Integer,
    /// Floats.
    Float,
    /// Booleans.
    Boolean,
    /// Microseconds since the epoch. Times beyond the calendar are kept with the unknown members.
    Time,
    /// Names of the enumeration of this number; codes that have none are written as digits.
    Enum(u16),
    /// JSON text, as it came.
    Json,
}

/// What the columns are called that are no attribute of an event.
#[derive(Clone, Debug, Default)]
pub struct OwnNames {
    /// The event's id.
    pub id: String,
    /// Members that have no column.
    pub extra: String,
    /// The first part of a record's key.
    pub tenant: String,
    /// The other part of it.
    pub agent: String,
    /// When the record was written.
    pub record_time: String,
}

/// Columns that a call may ask for beside the events' own.
#[derive(Clone, Copy, Debug, Default)]
pub struct Added {
    /// Tenant and agent, from the records' keys.
    pub keys: bool,
    /// The records' time stamps.
    pub timestamps: bool,
}

/// The columns of a plan: `id`, then one for each field in the order of its number, then `extra`.
#[derive(Debug)]
pub struct Layout {
    pub(crate) kinds: Vec<ColumnKind>,
    /// The wire name of each field.
    pub(crate) names: Vec<String>,
    pub(crate) ids: Arc<Base>,
    pub(crate) enums: Vec<Arc<Base>>,
    /// How the two members of a time are spelled.
    time_names: (String, String),
    own: OwnNames,
}

/// Two columns would have this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutError(pub String);

impl fmt::Display for LayoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "two columns would have the name {:?}", self.0)
    }
}

impl std::error::Error for LayoutError {}

impl Layout {
    /// The columns of the plan that was made of the same rows.
    pub fn new(
        plan: &Plan,
        events: &[EventRow],
        enums: &[EnumRow],
        time: &TimeRow,
        own: &OwnNames,
    ) -> Layout {
        let count = plan.field_count();
        let mut kinds: Vec<Option<Kind>> = vec![None; count];
        let mut names = vec![String::new(); count];
        let mut mixed = HashSet::new();
        for field in events.iter().flat_map(|event| &event.fields) {
            let Some(canonical) = field.names.first() else {
                continue;
            };
            let number = plan.field_by_name(canonical).map(usize::from);
            let Some(number) = number.filter(|&number| number < count) else {
                continue;
            };
            if let (Some(kind), Some(name)) = (kinds.get_mut(number), names.get_mut(number)) {
                // Where events do not agree on a type, JSON text holds whatever it is.
                if kind
                    .replace(field.kind)
                    .is_some_and(|kind| kind != field.kind)
                {
                    mixed.insert(number);
                }
                name.clone_from(canonical);
            }
        }
        let kinds = kinds.into_iter().enumerate();
        let kinds = kinds.map(|(number, kind)| match kind {
            Some(kind) if !mixed.contains(&number) => column_kind(kind),
            _ => ColumnKind::Json,
        });
        let ids = events.iter().map(|event| event.ids.first());
        let ids = (0..).zip(ids.map(|id| id.map_or("", String::as_str)));
        let bases = enums.iter().map(|row| {
            let names = row.names.iter();
            Arc::new(Base::new(names.map(|(name, code)| (*code, name.as_str()))))
        });
        Layout {
            kinds: kinds.collect(),
            names,
            ids: Arc::new(Base::new(ids)),
            enums: bases.collect(),
            time_names: time.pairs.first().cloned().unwrap_or_default(),
            own: own.clone(),
        }
    }

    /// The names that a column of this kind may hold, if it is one of names.
    pub(crate) fn base(&self, kind: ColumnKind) -> Option<&Arc<Base>> {
        match kind {
            ColumnKind::Enum(table) => self.enums.get(usize::from(table)),
            _ => None,
        }
    }

    /// Appends a time stamp as an event has it.
    pub(crate) fn write_time(&self, out: &mut Vec<u8>, seconds: i64, useconds: u32) {
        let (first, second) = &self.time_names;
        out.push(b'{');
        encode::name(out, first, true);
        encode::number(out, Number::Int(seconds));
        encode::name(out, second, false);
        encode::number(out, Number::Int(i64::from(useconds)));
        out.push(b'}');
    }

    /// The schema, with the added columns last. Fails where an attribute has the name of a column of
    /// ours.
    pub fn schema(&self, added: Added) -> Result<SchemaRef, LayoutError> {
        let own = &self.own;
        let mut fields = vec![Field::new(&own.id, dictionary(), true)];
        let columns = self.names.iter().zip(&self.kinds);
        fields.extend(columns.map(|(name, kind)| field(name, *kind)));
        fields.push(field(&own.extra, ColumnKind::Json));
        if added.keys {
            fields.extend([&own.tenant, &own.agent].map(|name| field(name, ColumnKind::Text)));
        }
        if added.timestamps {
            let kind = timestamp(TimeUnit::Millisecond);
            fields.push(Field::new(&own.record_time, kind, true));
        }
        let mut seen = HashSet::new();
        match fields
            .iter()
            .find(|field| !seen.insert(field.name().clone()))
        {
            Some(twice) => Err(LayoutError(twice.name().clone())),
            None => Ok(Arc::new(Schema::new(fields))),
        }
    }
}

fn column_kind(kind: Kind) -> ColumnKind {
    match kind {
        Kind::Text => ColumnKind::Text,
        Kind::IntegerOrText => ColumnKind::Digits,
        Kind::Integer => ColumnKind::Integer,
        Kind::Enum(table) => ColumnKind::Enum(table),
        Kind::Time => ColumnKind::Time,
        Kind::Boolean => ColumnKind::Boolean,
        Kind::Float => ColumnKind::Float,
        Kind::KvList | Kind::List | Kind::Any => ColumnKind::Json,
    }
}

/// Every column may be null: a row can stand for a record that is no event.
fn field(name: &str, kind: ColumnKind) -> Field {
    let data_type = match kind {
        ColumnKind::Text | ColumnKind::Digits | ColumnKind::Json => DataType::Utf8,
        ColumnKind::Integer => DataType::Int64,
        ColumnKind::Float => DataType::Float64,
        ColumnKind::Boolean => DataType::Boolean,
        ColumnKind::Time => timestamp(TimeUnit::Microsecond),
        ColumnKind::Enum(_) => dictionary(),
    };
    let field = Field::new(name, data_type, true);
    if kind != ColumnKind::Json {
        return field;
    }
    field.with_metadata(HashMap::from([
        ("ARROW:extension:name".to_owned(), "arrow.json".to_owned()),
        ("ARROW:extension:metadata".to_owned(), String::new()),
    ]))
}

fn dictionary() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

pub(crate) fn timestamp(unit: TimeUnit) -> DataType {
    DataType::Timestamp(unit, Some(UTC.into()))
}

pub(crate) const UTC: &str = "UTC";
