//! Arrow columns: each row holds what a recording sink got of the same record, cell by cell; and what a row is written back
//! as is the same event again.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, Field};
use vmcodec_arrow::{Added, Builder, Table};
use vmcodec_core::{EventId, Ignore, Kind, Options, Outcome};

use crate::case::{World, records, with};
use crate::common::Rows;
use crate::common::agreement::is;
use crate::common::naive_json::{Reader, Value};
use crate::common::record::{Recorder, Tree};

/// What a row must hold.
enum Row {
    Event(EventId, Box<Recorder>),
    Unknown(String, Vec<u8>),
    Nothing,
}

/// Takes options and records; how many rows make a chunk is in the third byte.
pub fn run(data: &[u8]) {
    with(data, |world, rest| {
        check(world, usize::from(data[2] >> 5) + 1, rest);
    });
}

fn check(world: &mut World, size: usize, rest: &[u8]) {
    let World {
        rows,
        decoder,
        layout,
        schema,
        ..
    } = world;
    let mut builder = Builder::new(layout, Added::default());
    let (mut memory, mut other) = (decoder.memory(), decoder.memory());
    let (mut expected, mut chunks) = (Vec::new(), Vec::new());
    for record in records(rest) {
        let mut sink = Recorder::new(&decoder.plan);
        let recorded = decoder.decode(&mut other, record, &mut sink);
        let built = decoder.decode(&mut memory, record, &mut builder);
        assert_eq!(built, recorded);
        expected.push(match built {
            Ok(Outcome::Event(event)) => {
                assert!(builder.end_event(event));
                Row::Event(event, Box::new(sink))
            }
            Ok(Outcome::Unknown { id, start }) => {
                builder.end_unknown(&id, &record[start..]);
                Row::Unknown(id, record[start..].to_vec())
            }
            Err(_) if record.len() % 2 == 1 => {
                builder.end_nothing();
                Row::Nothing
            }
            // The rows of bad records may be left out as well.
            _ => continue,
        });
        if builder.rows() == size {
            chunks.push(builder.take().unwrap());
        }
    }
    chunks.push(builder.take().unwrap());
    let table = Table::new(layout, schema.clone(), chunks).unwrap();
    assert_eq!(table.num_rows(), expected.len());
    let batch = table.one_batch().unwrap();
    let written = vmcodec_arrow::Rows::new(layout, &batch);
    decoder.options = Options::default();
    for (number, row) in expected.iter().enumerate() {
        let mut message = Vec::new();
        assert_eq!(
            written.write(number, &mut message).unwrap(),
            !matches!(row, Row::Nothing)
        );
        match row {
            Row::Event(event, recorded) => {
                event_row(rows, *event, recorded, &batch, number, decoder);
                let again = decoder.decode(&mut memory, &message, &mut Ignore);
                assert_eq!(
                    again,
                    Ok(Outcome::Event(*event)),
                    "{}",
                    message.escape_ascii()
                );
            }
            Row::Unknown(id, text) => {
                assert_eq!(cell(&batch, 0, number).as_ref(), Some(id));
                assert_eq!(message, *text);
                for column in 1..batch.num_columns() - 1 {
                    assert!(batch.column(column).is_null(number));
                }
            }
            Row::Nothing => {
                assert!(batch.columns().iter().all(|column| column.is_null(number)));
            }
        }
    }
}

fn event_row(
    rows: &Rows,
    event: EventId,
    recorded: &Recorder,
    batch: &RecordBatch,
    row: usize,
    decoder: &vmcodec_core::Decoder,
) {
    let event = &rows.events[usize::from(event)];
    assert_eq!(cell(batch, 0, row).as_ref(), Some(&event.ids[0]));
    let last = batch.num_columns() - 1;
    let mut extra: BTreeMap<&str, &Tree> = BTreeMap::new();
    for (name, tree) in &recorded.extra {
        extra.insert(name, tree);
    }
    let schema = batch.schema();
    for (column, field) in schema.fields().iter().enumerate().take(last).skip(1) {
        let number = decoder.plan.field_by_name(field.name());
        let tree = number.and_then(|number| recorded.fields.get(&number));
        let found = cell(batch, column, row);
        match (tree, found) {
            (None, None) => {}
            (Some(tree), Some(found)) => {
                let enumeration = event.fields.iter().find_map(|row| match row.kind {
                    Kind::Enum(table) if row.names[0] == *field.name() => Some(table),
                    _ => None,
                });
                let names = enumeration.map(|table| &rows.enums[usize::from(table)].names);
                let holds = holds(rows, field, names, tree, &found);
                assert!(holds, "{} holds {found}, not {tree:?}", field.name());
            }
            // What the column's type cannot hold is among the unknown members.
            (Some(tree), None) => {
                let beyond = matches!(field.data_type(), DataType::Int64 | DataType::Timestamp(..));
                assert!(beyond && extra.insert(field.name(), tree).is_none());
            }
            (None, Some(found)) => panic!("{} holds {found}, not nothing", field.name()),
        }
    }
    match cell(batch, last, row) {
        None => assert!(extra.is_empty()),
        Some(text) => {
            let Value::Object(members) = value(&text) else {
                panic!("extra is {text}");
            };
            assert!(
                !members.is_empty() && members.len() == extra.len(),
                "{text}"
            );
            for (name, value) in members {
                assert!(is(
                    rows,
                    extra[&name[..]],
                    &value_of_time(rows, extra[&name[..]], value)
                ));
            }
        }
    }
}

/// A time that is beyond its column is an object in `extra`.
fn value_of_time(rows: &Rows, tree: &Tree, value: Value) -> Value {
    match (tree, &value) {
        (Tree::Scalar(json), Value::Object(members)) if json.starts_with('{') => {
            let number = |place: usize, name: &str| match &members[place] {
                (key, Value::Integer(digits)) if key == name => digits.parse().unwrap(),
                other => panic!("{other:?} in a time"),
            };
            let (first, second) = &rows.time.pairs[0];
            Value::Time(number(0, first), number(1, second))
        }
        _ => value,
    }
}

/// Whether the text of a cell is what the column holds for the value.
fn holds(
    rows: &Rows,
    field: &Field,
    names: Option<&Vec<(String, i64)>>,
    tree: &Tree,
    found: &str,
) -> bool {
    let is_json = field.metadata().contains_key("ARROW:extension:name");
    let Tree::Scalar(json) = tree else {
        return is_json && is(rows, tree, &value(found));
    };
    match field.data_type() {
        _ if is_json => json == found || is(rows, tree, &value(found)),
        DataType::Utf8 => match json.starts_with('"') {
            true => serde_json::from_str::<String>(json).unwrap() == found,
            false => json == found,
        },
        DataType::Dictionary(..) => {
            let named = names.and_then(|names| {
                let mut names = names.iter();
                names.find(|(_, code)| code.to_string() == *json)
            });
            named.map_or(json, |(name, _)| name) == found
        }
        DataType::Timestamp(..) => {
            let micros: i64 = found.parse().unwrap();
            let (first, second) = &rows.time.pairs[0];
            let (seconds, useconds) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
            *json == format!("{{{first:?}:{seconds},{second:?}:{useconds}}}")
        }
        DataType::Float64 => json.parse::<f64>().unwrap().to_bits().to_string() == found,
        _ => json == found,
    }
}

/// The cell as text: integers in digits, floats by their bits.
fn cell(batch: &RecordBatch, column: usize, row: usize) -> Option<String> {
    let array = batch.column(column);
    if array.is_null(row) {
        return None;
    }
    Some(match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Float64 => {
            let value = array.as_primitive::<Float64Type>().value(row);
            value.to_bits().to_string()
        }
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Timestamp(..) => {
            let array = array.as_primitive::<TimestampMicrosecondType>();
            array.value(row).to_string()
        }
        DataType::Dictionary(..) => {
            let names = array.as_dictionary::<Int32Type>();
            let key = names.key(row).unwrap();
            names.values().as_string::<i32>().value(key).to_owned()
        }
        other => panic!("no column is {other}"),
    })
}

fn value(json: &str) -> Value {
    let mut reader = Reader::new(json.as_bytes(), 1024);
    let value = reader.value(1).expect("a column of JSON holds JSON");
    assert_eq!(reader.at, json.len());
    value
}
