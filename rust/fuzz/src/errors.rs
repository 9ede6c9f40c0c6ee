//! Faults: what they tell is within the record and the plan, is the same for every sink, and can be worded; and a record
//! cut off before the place of its first fault is good so far.

use vmcodec_arrow::{BadRecord, errors_table};
use vmcodec_core::{Code, Decoder, Expected, Failure, Fault, Ignore, JsonType, KvLists, Step};

use crate::case::{World, records, with};
use crate::common::agreement::entry;
use crate::common::path;
use crate::common::record::Recorder;

/// Takes options and records.
pub fn run(data: &[u8]) {
    with(data, |world, rest| {
        for record in records(rest) {
            if let Some(fault) = fault(&world.decoder, record) {
                check(world, record, &fault);
            }
        }
    });
}

fn fault(decoder: &Decoder, record: &[u8]) -> Option<Box<Fault>> {
    match decoder.decode(&mut decoder.memory(), record, &mut Ignore) {
        Err(Failure::Fault(fault)) => Some(fault),
        Err(Failure::Stopped) => panic!("nobody stopped"),
        Ok(_) => None,
    }
}

fn check(world: &mut World, record: &[u8], fault: &Fault) {
    let World {
        rows,
        decoder,
        builder,
        ..
    } = world;
    let context = || format!("{fault:?} for {}", entry(&decoder.options, record));
    assert!(fault.offset <= record.len(), "{}", context());
    let known = Code::ALL.contains(&fault.code) && fault.code != Code::Internal;
    assert!(known, "{}", context());
    let event = fault.event.map(usize::from);
    assert!(event.is_none_or(|event| event < rows.events.len()));
    match fault.expected {
        Expected::Enum(table) => assert!(usize::from(table) < rows.enums.len()),
        Expected::Depth(depth) => assert_eq!(depth, decoder.options.max_depth),
        Expected::Size(size) => assert_eq!(size, decoder.options.max_size),
        _ => {}
    }
    for step in &fault.path {
        let name = match step {
            Step::Name(name) => decoder.plan.name_text(*name),
            Step::Time(pair, member) => decoder.plan.time_text(*pair, *member),
            Step::Key => continue,
            Step::Index(index) => {
                assert!(*index <= record.len());
                continue;
            }
        };
        assert!(!name.is_empty(), "{}", context());
    }
    let steps = fault.path.len();
    assert!(steps <= decoder.options.max_depth + 2, "{}", context());

    // The same for every sink, and however free-form data is kept.
    let mut sink = Recorder::new(&decoder.plan);
    let expected = Err(Failure::Fault(Box::new(fault.clone())));
    assert_eq!(
        decoder.decode(&mut decoder.memory(), record, &mut sink),
        expected
    );
    assert_eq!(
        decoder.decode(&mut decoder.memory(), record, builder),
        expected
    );
    let kept = decoder.options.kv_lists;
    for kv_lists in [KvLists::Dict, KvLists::Lazy, KvLists::Skip, kept] {
        decoder.options.kv_lists = kv_lists;
        assert_eq!(
            decoder.decode(&mut decoder.memory(), record, &mut Ignore),
            expected
        );
    }

    // Not each of them, so that more records can be tried.
    if record.len().is_multiple_of(8) {
        in_a_table(decoder, record, fault);
    }
    if is_of_a_byte(fault.code) {
        cut(decoder, record, fault);
    }
}

/// The table of bad records takes it.
fn in_a_table(decoder: &Decoder, record: &[u8], fault: &Fault) {
    let got = fault.got.map(JsonType::name);
    let bad = BadRecord {
        index: 0,
        line: None,
        offset: fault.offset,
        code: fault.code.name(),
        path: &path(&decoder.plan, &fault.path),
        event: None,
        reason: &format!("{:?}, got {got:?}", fault.expected),
        raw: Some(record),
    };
    assert_eq!(errors_table(&[bad]).unwrap().num_rows(), 1);
}

/// Whether one byte, or what begins with it, cannot stand where it stands.
fn is_of_a_byte(code: Code) -> bool {
    matches!(
        code,
        Code::Syntax
            | Code::InvalidUtf8
            | Code::InvalidEscape
            | Code::LoneSurrogate
            | Code::ControlCharacter
            | Code::InvalidNumber
    )
}

/// What comes before the first fault of grammar has none; but where the fault is a digit behind a zero, a number ends
/// there, and its code may be unknown.
fn cut(decoder: &Decoder, record: &[u8], fault: &Fault) {
    let before = &record[..fault.offset];
    let found = self::fault(decoder, before).map(|fault| (fault.code, fault.offset));
    let zero = |at: usize| matches!(before.get(at..), Some(b"0" | b"-0"));
    let expected = match found {
        Some((Code::EmptyInput, _)) => Some((Code::EmptyInput, 0)),
        Some((Code::UnknownEnum, at)) if fault.code == Code::InvalidNumber && zero(at) => found,
        _ => Some((Code::Truncated, fault.offset)),
    };
    assert_eq!(found, expected, "{}", entry(&decoder.options, record));
}
