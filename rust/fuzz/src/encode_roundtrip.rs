//! What is written is read back the same: texts, names, numbers, and whole events in their canonical form.

use vmcodec_core::encode::{self, Head};
use vmcodec_core::{Number, Options, Outcome, depth_limit, walk_value};

use crate::case::{records, with};
use crate::common::naive_json::{Reader, Value};
use crate::common::record::Recorder;

/// Takes options, of which none matters but the plan, and records; of their bytes, numbers and texts are made as well.
pub fn run(data: &[u8]) {
    with(data, |world, rest| {
        world.decoder.options = Options::default();
        let decoder = &world.decoder;
        let mut memory = decoder.memory();
        let mut decode = |record: &[u8]| {
            let mut sink = Recorder::new(&decoder.plan);
            let event = match decoder.decode(&mut memory, record, &mut sink) {
                Ok(Outcome::Event(event)) => event,
                _ => return None,
            };
            let row = &world.rows.events[usize::from(event)];
            let message = sink.message(&world.rows.id, row, &decoder.plan);
            Some((event, sink.fields, sink.extra, message))
        };
        for record in records(rest) {
            if let Some(read) = decode(record) {
                let again = decode(read.3.as_bytes());
                assert!(again.as_ref() == Some(&read), "{read:?} is {again:?}");
            }
        }
    });
    for chunk in data.windows(8).step_by(3).take(8) {
        numbers(u64::from_le_bytes(chunk.try_into().unwrap()));
    }
    let text = String::from_utf8_lossy(data);
    for start in text.char_indices().map(|(at, _)| at).take(2) {
        texts(&text[start..]);
    }
}

fn numbers(bits: u64) {
    let mut digits = bits.to_string();
    for number in [
        Number::UInt(bits),
        Number::Int(bits.cast_signed()),
        // Small ones have ways of their own.
        Number::Int(bits.cast_signed() >> 32),
        Number::Int(bits.cast_signed() >> 44),
    ] {
        if let Number::Int(value) = number {
            digits = value.to_string();
        }
        assert_eq!(written(number), digits);
    }
    let float = f64::from_bits(bits);
    if !float.is_finite() {
        assert!(!encode::number(&mut Vec::new(), Number::Float(float)));
        return;
    }
    let text = written(Number::Float(float));
    match value(&text) {
        Value::Float(found) => assert_eq!(found.to_bits(), bits, "{text}"),
        other => panic!("{text} is {other:?}"),
    }
    let mut sink = Recorder::default();
    assert_eq!(walk_value(text.as_bytes(), 0, 1, &mut sink), Ok(text.len()));
    assert_eq!(sink.value().json(), text);
}

fn written(number: Number<'_>) -> String {
    let mut out = b"before".to_vec();
    assert!(encode::number(&mut out, number));
    String::from_utf8(out.split_off(6)).unwrap()
}

fn texts(text: &str) {
    let mut out = Vec::new();
    encode::text(&mut out, text);
    let quoted = String::from_utf8(out).unwrap();
    assert_eq!(quoted, serde_json::to_string(text).unwrap());
    assert_eq!(value(&quoted), Value::Text(text.to_owned()));
    let mut sink = Recorder::default();
    let end = walk_value(quoted.as_bytes(), 0, depth_limit(), &mut sink);
    assert_eq!(end, Ok(quoted.len()));
    assert_eq!(sink.value().json(), quoted);
    for first in [true, false] {
        let expected = format!("{}{quoted}:", if first { "" } else { "," });
        let mut out = Vec::new();
        encode::name(&mut out, text, first);
        assert_eq!(out, expected.as_bytes());
        let mut out = Vec::new();
        let head = Head::member(text);
        if head.write_member(&mut out, first) {
            assert_eq!(out, expected.as_bytes());
        } else if !first {
            assert!(out.is_empty());
            head.write(&mut out);
            assert_eq!(out, expected.as_bytes());
        }
    }
}

fn value(json: &str) -> Value {
    let mut reader = Reader::new(json.as_bytes(), 1);
    let value = reader.value(1).expect("what was written is JSON");
    assert_eq!(reader.at, json.len());
    value
}
