//! Whether the decoder and the naive one say the same of a record: verdict, code, place, path, event and every value.

use serde_json::Value as Json;
use vmcodec_core::{Code, Decoder, Failure, Options, Outcome, Plan};

use super::naive_json::{Fault, Reader, Value};
use super::record::{Recorder, Tree, quoted};
use super::{Rows, naive, path};

/// Decodes the record both ways. Gives what the decoder says, and what its sink has recorded.
pub fn agreed(
    rows: &Rows,
    decoder: &Decoder,
    record: &[u8],
) -> (Result<Outcome, Failure>, Recorder) {
    let mut recorded = Recorder::new(&decoder.plan);
    let found = decoder.decode(&mut decoder.memory(), record, &mut recorded);
    let expected = naive::decode(rows, &decoder.options, record);
    if let Err(difference) = compare(rows, &decoder.plan, &found, &recorded, &expected) {
        panic!(
            "{difference}\nnaive: {expected:?}\nfound: {found:?} {:?} {:?}\n{}",
            recorded.fields,
            recorded.extra,
            entry(&decoder.options, record)
        );
    }
    (found, recorded)
}

/// The record with its options, nearly as an entry of `invalid.json` has them.
pub fn entry(options: &Options, record: &[u8]) -> String {
    let record = match str::from_utf8(record) {
        Ok(text) if !text.contains('\0') => format!("\"data\": {}", serde_json::json!(text)),
        _ => {
            let hex: String = record.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("\"hex\": \"{hex}\"")
        }
    };
    format!("{{{record}}} under {options:?}")
}

fn compare(
    rows: &Rows,
    plan: &Plan,
    found: &Result<Outcome, Failure>,
    recorded: &Recorder,
    expected: &Result<naive::Outcome, Fault>,
) -> Result<(), &'static str> {
    let same = match (found, expected) {
        (Err(Failure::Fault(fault)), Err(expected)) => {
            let got = matches!(fault.code, Code::WrongType | Code::NotAnObject);
            let told = Fault {
                code: fault.code,
                offset: fault.offset,
                path: path(plan, &fault.path),
                event: fault.event.map(usize::from),
                got: fault.got.filter(|_| got),
            };
            return match told == *expected && recorded.is_empty() {
                true => Ok(()),
                false => Err("another fault"),
            };
        }
        (Ok(Outcome::Unwanted), Ok(naive::Outcome::Unwanted)) => recorded.is_empty(),
        (
            Ok(Outcome::Unknown { id, start }),
            Ok(naive::Outcome::Unknown {
                id: naive,
                start: at,
            }),
        ) => id == naive && start == at && recorded.is_empty(),
        (
            Ok(Outcome::Event(found)),
            Ok(naive::Outcome::Event {
                event,
                fields,
                extra,
            }),
        ) => {
            let mut all = recorded.extra.len() == extra.len()
                && recorded.fields.len() == fields.len()
                && usize::from(*found) == *event;
            for ((name, tree), (expected, value)) in recorded.extra.iter().zip(extra) {
                all &= name == expected && is(rows, tree, value);
            }
            for (name, value) in fields {
                let field = plan.field_by_name(name);
                let tree = field.and_then(|field| recorded.fields.get(&field));
                all &= tree.is_some_and(|tree| is(rows, tree, value));
            }
            return match all {
                true => Ok(()),
                false => Err("other values"),
            };
        }
        _ => false,
    };
    match same {
        true => Ok(()),
        false => Err("another verdict"),
    }
}

/// Whether what was recorded is the value: a tree, or the text of an object that was to be kept as it came.
pub fn is(rows: &Rows, tree: &Tree, value: &Value) -> bool {
    match (tree, value) {
        (Tree::Array(items), Value::Array(values)) => {
            let mut both = items.iter().zip(values);
            items.len() == values.len() && both.all(|(item, value)| is(rows, item, value))
        }
        (Tree::Object(members), Value::Object(values)) => {
            let mut both = members.iter().zip(values);
            members.len() == values.len()
                && both.all(|(member, value)| member.0 == value.0 && is(rows, &member.1, &value.1))
        }
        (Tree::Scalar(json), Value::Null) => json == "null",
        (Tree::Scalar(json), Value::Boolean(value)) => *json == value.to_string(),
        (Tree::Scalar(json), Value::Integer(digits)) => json == digits,
        (Tree::Scalar(json), Value::Float(value)) => {
            let found: Result<f64, _> = json.parse();
            json.contains(['.', 'e']) && found.is_ok_and(|one| one.to_bits() == value.to_bits())
        }
        (Tree::Scalar(json), Value::Text(text)) => *json == quoted(text),
        (Tree::Scalar(json), Value::Time(seconds, useconds)) => {
            let (first, second) = &rows.time.pairs[0];
            *json == format!("{{{first:?}:{seconds},{second:?}:{useconds}}}")
        }
        (Tree::Scalar(json), Value::Object(_)) => {
            let mut reader = Reader::new(json.as_bytes(), usize::MAX);
            reader.value(2).is_ok_and(|read| same(&read, value)) && reader.at == json.len()
        }
        _ => false,
    }
}

/// Whether the values are the same, bit for bit.
fn same(one: &Value, other: &Value) -> bool {
    // Of numbers, only 0.0 and -0.0 are equal and differ; Debug tells them apart.
    one == other && format!("{one:?}") == format!("{other:?}")
}

/// Whether the value is what serde_json reads.
pub fn same_as_serde(tree: &Tree, value: &Json) -> bool {
    match (tree, value) {
        (Tree::Array(items), Json::Array(values)) => {
            items.len() == values.len()
                && items
                    .iter()
                    .zip(values)
                    .all(|(one, other)| same_as_serde(one, other))
        }
        (Tree::Object(members), Json::Object(values)) => {
            let one = |(key, one): &(String, Tree)| {
                values
                    .get(key)
                    .is_some_and(|other| same_as_serde(one, other))
            };
            members.len() == values.len() && members.iter().all(one)
        }
        (Tree::Scalar(json), Json::Number(number)) => {
            let number = number.to_string();
            if number.contains(['.', 'e', 'E']) {
                let (one, other): (f64, f64) = (json.parse().unwrap(), number.parse().unwrap());
                json.contains(['.', 'e']) && one.to_bits() == other.to_bits()
            } else {
                *json == number || (json == "0" && number == "-0")
            }
        }
        (Tree::Scalar(json), value) => serde_json::from_str::<Json>(json).unwrap() == *value,
        _ => false,
    }
}
