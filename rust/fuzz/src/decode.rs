//! Records: verdict, code, place, path, event and values against the naive decoder; verdict and free-form values against
//! serde_json; and the same whatever was decoded before, whatever is guessed, whatever the sink.

use serde_json::Value as Json;
use vmcodec_core::{Code, Decoder, Failure, Framing, Ignore, Kind, KvLists, Outcome};

use crate::case::{World, records, with};
use crate::common::agreement::{agreed, entry, same_as_serde};
use crate::common::record::Recorder;

/// Takes options and records.
pub fn run(data: &[u8]) {
    with(data, |world, rest| {
        let mut taught = world.decoder.memory();
        for record in records(rest) {
            let World { rows, decoder, .. } = &*world;
            let (expected, recorded) = agreed(rows, decoder, record);
            against_serde(world, record, &expected, &recorded);
            let wrong = ["k", "a", ""].map(str::to_owned);
            let sink = Recorder::new(&decoder.plan);
            // One of them, so that more records can be tried.
            let mut again = match record.len() % 4 {
                0 => sink,
                1 => sink.guessing(&recorded.keys),
                2 => sink.guessing(&wrong),
                _ => sink.knowing(&recorded.seen),
            };
            let found = decoder.decode(&mut taught, record, &mut again);
            let same = found == expected
                && again.fields == recorded.fields
                && again.extra == recorded.extra;
            let entry = || entry(&decoder.options, record);
            assert!(
                same,
                "{found:?} behind others, not {expected:?}: {}",
                entry()
            );
            stopped(decoder, record, &expected);
            let checked = decoder.decode(&mut taught, record, &mut Ignore);
            assert_eq!(checked, expected, "{}", entry());
        }
    });
}

/// A sink that stops leaves nothing behind, and changes nothing where it is not called so often.
fn stopped(decoder: &Decoder, record: &[u8], expected: &Result<Outcome, Failure>) {
    let mut sink = Recorder::new(&decoder.plan);
    sink.calls_left = Some(record.len() % 23);
    let found = decoder.decode(&mut decoder.memory(), record, &mut sink);
    let stopped = found == Err(Failure::Stopped) && sink.is_empty();
    assert!(stopped || found == *expected);
}

/// Whether the code says that the record is not JSON. Numbers that are too large, and containers too deep, are JSON.
fn is_grammar(code: Code) -> bool {
    matches!(
        code,
        Code::EmptyInput
            | Code::ByteOrderMark
            | Code::Truncated
            | Code::TrailingData
            | Code::Syntax
            | Code::InvalidUtf8
            | Code::InvalidEscape
            | Code::LoneSurrogate
            | Code::ControlCharacter
            | Code::InvalidNumber
    )
}

fn against_serde(
    world: &World,
    record: &[u8],
    found: &Result<Outcome, Failure>,
    recorded: &Recorder,
) {
    let options = &world.decoder.options;
    let code = match found {
        Err(Failure::Fault(fault)) => Some(fault.code),
        _ => None,
    };
    if options.framing != Framing::None || matches!(code, Some(Code::TooLarge | Code::Framing)) {
        return;
    }
    let context = || format!("{code:?} for {}", entry(options, record));
    let map = match serde_json::from_slice(record) {
        Ok(Json::Object(map)) => map,
        Ok(_) => return assert_eq!(code, Some(Code::NotAnObject), "{}", context()),
        // It has a limit of its own for depth.
        Err(error) if error.to_string().starts_with("recursion limit") => return,
        Err(error) => {
            assert!(code.is_some(), "{error}: {}", context());
            let cut = code == Some(Code::Truncated);
            assert!(!cut || error.is_eof(), "{error}: {}", context());
            return;
        }
    };
    assert!(!code.is_some_and(is_grammar), "{}", context());
    let Ok(Outcome::Event(event)) = found else {
        return;
    };
    for (name, tree) in &recorded.extra {
        assert!(same_as_serde(tree, &map[name]), "{name}: {}", context());
    }
    for field in &world.rows.events[usize::from(*event)].fields {
        let trees = match field.kind {
            Kind::KvList => options.kv_lists == KvLists::Dict,
            kind => matches!(kind, Kind::List | Kind::Any),
        };
        let number = world.decoder.plan.field_by_name(&field.names[0]);
        let tree = number.and_then(|number| recorded.fields.get(&number));
        if let (true, 1, Some(tree)) = (trees, field.names.len(), tree) {
            let name = &field.names[0];
            assert!(same_as_serde(tree, &map[name]), "{name}: {}", context());
        }
    }
}
