//! The vectors of `tests/vectors` against the core alone: verdicts, codes, offsets, paths and values, with a sink that
//! keeps nothing and one that records, with a fresh memory and with memories that have seen other messages.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::collections::HashMap;

use common::agreement::same_as_serde;
use common::record::Recorder;
use common::{Rows, list, record, rows, text, vectors};
use serde_json::{Value, json};
use vmcodec_core::{
    Decoder, Failure, Fault, Ignore, Memory, Outcome, check_value, depth_limit, walk_value,
};

/// A decoder with memories of different pasts.
struct Door {
    decoder: Decoder,
    memories: Vec<Memory>,
    /// How many keys were guessed and attributes known.
    hits: usize,
}

impl Door {
    fn new(rows: &Rows, options: &Value, past: &[Vec<u8>]) -> Door {
        let decoder = rows.decoder(options);
        let (mut forward, mut backward) = (decoder.memory(), decoder.memory());
        for record in past {
            let _ = decoder.decode(&mut forward, record, &mut Ignore);
        }
        for record in past.iter().rev() {
            let _ = decoder.decode(&mut backward, record, &mut Ignore);
        }
        Door {
            decoder,
            memories: vec![forward, backward],
            hits: 0,
        }
    }

    /// The outcome of the record and what was recorded: the same with every memory and sink. The old memories go on
    /// to the next record.
    fn decode(&mut self, record: &[u8]) -> (Result<Outcome, Failure>, Recorder) {
        let Door {
            decoder, memories, ..
        } = self;
        let mut recorded = Recorder::new(&decoder.plan);
        let expected = decoder.decode(&mut decoder.memory(), record, &mut recorded);
        if !matches!(expected, Ok(Outcome::Event(_))) {
            assert!(recorded.is_empty(), "the sink is not cleared");
        }
        let mut fresh = decoder.memory();
        assert_eq!(expected, decoder.decode(&mut fresh, record, &mut Ignore));
        for memory in [&mut fresh].into_iter().chain(memories) {
            // Twice: the second time, the memory has seen this very record.
            for _ in 0..2 {
                let mut again = Recorder::new(&decoder.plan);
                assert_eq!(expected, decoder.decode(memory, record, &mut again));
                assert_eq!(recorded.fields, again.fields);
                assert_eq!(recorded.extra, again.extra);
                assert_eq!(expected, decoder.decode(memory, record, &mut Ignore));
            }
        }
        // Guesses at the keys of free-form data, right and wrong, change nothing either, nor do values known before.
        let wrong = ["k", "a", ""].map(str::to_owned);
        let sinks = [
            Recorder::new(&decoder.plan).guessing(&recorded.keys),
            Recorder::new(&decoder.plan).guessing(&wrong),
            Recorder::new(&decoder.plan).knowing(&recorded.seen),
        ];
        for mut again in sinks {
            assert_eq!(expected, decoder.decode(&mut fresh, record, &mut again));
            self.hits += again.hits;
            assert_eq!(recorded.fields, again.fields);
            assert_eq!(recorded.extra, again.extra);
        }
        (expected, recorded)
    }

    /// The fault of a record that is refused.
    fn fault(&mut self, record: &[u8]) -> Fault {
        match self.decode(record).0 {
            Err(Failure::Fault(fault)) => *fault,
            other => panic!("not refused: {other:?}"),
        }
    }

    /// The canonical message of a record that is an event.
    fn message(&mut self, rows: &Rows, record: &[u8]) -> String {
        match self.decode(record) {
            (Ok(Outcome::Event(event)), recorded) => {
                let row = &rows.events[usize::from(event)];
                recorded.message(&rows.id, row, &self.decoder.plan)
            }
            other => panic!("no event: {:?}", other.0),
        }
    }
}

/// All messages of the vectors: a past for memories.
fn past() -> Vec<Vec<u8>> {
    let files = ["valid.json", "forms.json", "invalid.json"].map(vectors);
    files.iter().flat_map(list).filter_map(record).collect()
}

#[test]
fn valid_and_lenient_messages_give_the_canonical_one() {
    let rows = rows();
    let past = past();
    let mut door = Door::new(&rows, &Value::Null, &past);
    let mut lazy = Door::new(&rows, &json!({"kv_lists": "lazy"}), &past);
    for file in ["valid.json", "forms.json"] {
        for entry in list(&vectors(file)) {
            let record = record(entry).unwrap();
            if let Some(id) = entry["unknown"].as_str() {
                let id = id.to_owned();
                let expected = Ok(Outcome::Unknown { id, start: 0 });
                assert_eq!(door.decode(&record).0, expected, "{}", entry["name"]);
                continue;
            }
            let canonical = text(&entry["canonical"]);
            let name = &entry["name"];
            assert_eq!(door.message(&rows, &record), canonical, "{name}");
            assert_eq!(
                lazy.message(&rows, canonical.as_bytes()),
                canonical,
                "{name}"
            );
        }
    }
    assert!(door.hits > 200, "{}", door.hits);
}

#[test]
fn invalid_messages_give_code_offset_and_path() {
    let rows = rows();
    let past = past();
    let mut doors: HashMap<String, Door> = HashMap::new();
    for entry in list(&vectors("invalid.json")) {
        let Some(record) = record(entry) else {
            continue;
        };
        let options = &entry["options"];
        let door = doors
            .entry(options.to_string())
            .or_insert_with(|| Door::new(&rows, options, &past));
        let fault = door.fault(&record);
        let name = &entry["name"];
        assert_eq!(fault.code.name(), entry["code"], "{name}");
        assert_eq!(json!(fault.offset), entry["offset"], "{name}");
        let path = common::path(&door.decoder.plan, &fault.path);
        assert_eq!(path, entry["path"], "{name}");
        let event = fault
            .event
            .map(|event| &rows.events[usize::from(event)].ids[0]);
        assert_eq!(json!(event), entry["event"], "{name}");
        if let Some(got) = entry.get("got") {
            assert_eq!(json!(fault.got.map(|got| got.name())), *got, "{name}");
        }
    }
    assert!(doors.len() > 15);
}

/// Messages with a gap for a value, each with the options under which the value is not built: behind and before the
/// id, as an unknown member and inside of a free-form attribute, and in an unknown event.
fn templates(rows: &Rows) -> Vec<(String, String, Vec<Value>)> {
    let others = json!({"only": [rows.events[0].ids[0]]});
    let unknown = vec![Value::Null, json!({"extra": "ignore"}), others.clone()];
    let mut found = vec![
        (
            r#"{"id":"?","v":"#.to_owned(),
            "}".to_owned(),
            unknown.clone(),
        ),
        (
            r#"{"v":"#.to_owned(),
            r#","id":"?"}"#.to_owned(),
            unknown.clone(),
        ),
    ];
    for row in rows.events.iter().skip(1) {
        let kv = row
            .fields
            .iter()
            .find(|field| field.kind == vmcodec_core::Kind::KvList && !field.required);
        let Some(kv) = kv.map(|field| &field.names[0]) else {
            continue;
        };
        let id = format!("{:?}:{:?}", rows.id, row.ids[0]);
        let messages = vectors("valid.json");
        let mut messages = list(&messages).iter().map(|entry| text(&entry["data"]));
        let message = messages
            .find(|text| {
                text.starts_with(&format!("{{{id},")) && !text.contains(&format!("{kv:?}"))
            })
            .unwrap();
        let (open, members) = message.split_at(1);
        let members = members.strip_suffix('}').unwrap();
        found.push((
            format!(r#"{open}{members},"?":"#),
            "}".to_owned(),
            unknown.clone(),
        ));
        found.push((
            format!(r#"{open}"?":"#),
            format!(",{members}}}"),
            unknown.clone(),
        ));
        let mut kept = vec![Value::Null, others.clone()];
        kept.extend(["lazy", "skip"].map(|mode| json!({"kv_lists": mode})));
        found.push((
            format!(r#"{open}{members},{kv:?}:{{"k":"#),
            "}}".to_owned(),
            kept.clone(),
        ));
        found.push((
            format!(r#"{open}{kv:?}:{{"k":"#),
            format!("}},{members}}}"),
            kept,
        ));
        if found.len() >= 6 {
            break;
        }
    }
    found
}

#[test]
fn grammar_has_one_verdict_wherever_the_value_stands() {
    let rows = rows();
    let past = past();
    for (before, after, options) in templates(&rows) {
        let mut doors: Vec<_> = options
            .iter()
            .map(|options| Door::new(&rows, options, &past))
            .collect();
        for entry in list(&vectors("grammar.json")) {
            let document = record(entry).unwrap();
            let record = [before.as_bytes(), &document, after.as_bytes()].concat();
            let results: Vec<_> = doors
                .iter_mut()
                .map(|door| door.decode(&record).0)
                .collect();
            for result in &results {
                let context = (&entry["name"], &before, result);
                assert_eq!(json!(result.is_ok()), entry["ok"], "{context:?}");
                if let (Err(Failure::Fault(one)), Err(Failure::Fault(first))) =
                    (result, &results[0])
                {
                    assert_eq!(one, first, "{context:?}");
                    assert!(one.offset >= before.len(), "{context:?}");
                }
            }
        }
    }
}

#[test]
fn grammar_of_a_value_alone_and_its_content() {
    let rows = rows();
    let plan = rows.plan();
    for entry in list(&vectors("grammar.json")) {
        let document = record(entry).unwrap();
        let name = &entry["name"];
        let checked = check_value(&document, 127);
        assert_eq!(json!(checked.is_ok()), entry["ok"], "{name}: {checked:?}");
        if checked.is_err() {
            continue;
        }
        let start = document
            .iter()
            .position(|byte| !b" \t\r\n".contains(byte))
            .unwrap();
        let mut recorded = Recorder::new(&plan);
        let end = walk_value(&document, start, depth_limit(), &mut recorded).unwrap();
        assert!(
            document[end..].iter().all(|byte| b" \t\r\n".contains(byte)),
            "{name}"
        );
        let expected: Value = serde_json::from_slice(&document).unwrap();
        let found = recorded.value();
        assert!(
            same_as_serde(&found, &expected),
            "{name}: {found:?} is not {expected}"
        );
    }
}

#[test]
fn a_sink_may_stop_at_any_call() {
    let rows = rows();
    for options in [Value::Null, json!({"kv_lists": "lazy"})] {
        let decoder = rows.decoder(&options);
        for entry in list(&vectors("forms.json")) {
            let record = record(entry).unwrap();
            let mut memory = decoder.memory();
            for calls in 0.. {
                let mut sink = Recorder::new(&decoder.plan);
                sink.calls_left = Some(calls);
                match decoder.decode(&mut memory, &record, &mut sink) {
                    Err(Failure::Stopped) => assert!(sink.is_empty(), "{}", entry["name"]),
                    Ok(_) => break,
                    Err(Failure::Fault(fault)) => panic!("{}: {fault:?}", entry["name"]),
                }
            }
        }
    }
}
