//! Made-up events that quarrel over names: for the tests of plans.

use vmcodec_core::{EnumRow, EventRow, FieldRow, Kind, Plan, PlanError, TimeRow};

use super::Rows;

pub fn field(names: &[&str], kind: Kind, required: bool) -> FieldRow {
    FieldRow {
        names: names.iter().map(|&name| name.to_owned()).collect(),
        kind,
        required,
        nullable: !required,
    }
}

pub fn event(ids: &[&str], fields: Vec<FieldRow>) -> EventRow {
    EventRow {
        ids: ids.iter().map(|&id| id.to_owned()).collect(),
        fields,
    }
}

/// The rows of a plan of these events.
pub fn rows(events: &[EventRow]) -> Rows {
    let enums = vec![EnumRow {
        names: vec![("low".to_owned(), 1), ("high".to_owned(), 9)],
        closed: Some(vec![1, 9]),
    }];
    let time = TimeRow {
        pairs: vec![("s".to_owned(), "u".to_owned())],
    };
    Rows::new("kind".to_owned(), events.to_vec(), enums, time)
}

pub fn plan(events: &[EventRow]) -> Result<Plan, PlanError> {
    let Rows {
        id,
        events,
        enums,
        time,
        ..
    } = rows(events);
    Plan::new(&id, &events, &enums, &time)
}

/// Events that share names but not their meaning: another type, another nullability, another attribute.
pub fn quarrelling() -> Vec<EventRow> {
    vec![
        event(
            &["A", "a"],
            vec![
                field(&["x"], Kind::Integer, true),
                field(&["y", "the y"], Kind::Text, false),
                field(&["z"], Kind::KvList, false),
                field(&["t"], Kind::Time, false),
                field(&["flag"], Kind::Boolean, false),
            ],
        ),
        event(
            &["B"],
            vec![
                field(&["x"], Kind::Text, true),
                field(&["y"], Kind::Text, true),
                field(&["w", "z"], Kind::Enum(0), false),
                field(&["t"], Kind::Float, false),
            ],
        ),
        event(
            &["C"],
            vec![
                field(&["w"], Kind::List, false),
                field(&["q", "y"], Kind::Any, false),
                field(&["the y"], Kind::IntegerOrText, false),
            ],
        ),
        event(&["M"], vec![field(&["n"], Kind::Text, false)]),
        event(&["N"], vec![field(&["n"], Kind::Text, true)]),
    ]
}
