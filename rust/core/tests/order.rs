//! The order of members: wherever the id stands, and whatever names mean to other events, a record gives the same. And of
//! faults: a number is read to its end before anybody asks what it means.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::quarrel::{plan, quarrelling};
use common::record::Recorder;
use vmcodec_core::{Code, Decoder, Extra, Failure, Options, Outcome};

/// Members, and the fault of the message that they make, if it has one.
type Message = (&'static [&'static str], Option<(Code, &'static str)>);

/// Messages as members, the id first, and what becomes of them: no code where they are good.
const MESSAGES: &[Message] = &[
    (
        &[
            r#""kind":"A""#,
            r#""x":1"#,
            r#""y":"é""#,
            r#""z":{"k":[1]}"#,
            r#""more":null"#,
        ],
        None,
    ),
    (
        &[
            r#""kind":"a""#,
            r#""x":"12""#,
            r#""the y":"text""#,
            r#""t":{"u":3,"s":-4}"#,
            r#""flag":true"#,
        ],
        None,
    ),
    (
        &[
            r#""kind":"A""#,
            r#""x":1"#,
            r#""y":null"#,
            r#""z":null"#,
            r#""w":"low""#,
        ],
        None,
    ),
    (
        &[
            r#""kind":"B""#,
            r#""x":"1""#,
            r#""y":"\n""#,
            r#""z":"low""#,
            r#""t":7"#,
        ],
        None,
    ),
    (
        &[
            r#""kind":"B""#,
            r#""x":"1""#,
            r#""y":"""#,
            r#""w":9"#,
            r#""the y":"extra""#,
        ],
        None,
    ),
    (
        &[
            r#""kind":"C""#,
            r#""x":{}"#,
            r#""y":[{}]"#,
            r#""w":[0.5,null]"#,
            r#""the y":-5"#,
        ],
        None,
    ),
    (
        &[
            r#""kind":"C""#,
            r#""q":null"#,
            r#""z":false"#,
            r#""flag":1"#,
            r#""t":"x""#,
        ],
        None,
    ),
    (
        &[r#""kind":"C""#, r#""flag":true"#, r#""y":1"#, r#""t":7"#],
        None,
    ),
    (&[r#""kind":"M""#, r#""n":null"#, r#""more":1"#], None),
    (&[r#""kind":"N""#, r#""n":"""#, r#""more":1"#], None),
    (
        &[r#""kind":"N""#, r#""n":null"#, r#""more":1"#],
        Some((Code::WrongType, "$.n")),
    ),
    (
        &[
            r#""kind":"D""#,
            r#""x":[]"#,
            r#""y":5"#,
            r#""w":"?""#,
            r#""t":[]"#,
        ],
        None,
    ),
    (
        &[r#""kind":"A""#, r#""x":"1x""#, r#""y":"é""#, r#""w":[]"#],
        Some((Code::InvalidInteger, "$.x")),
    ),
    (
        &[r#""kind":"A""#, r#""x":1"#, r#""y":5"#, r#""w":[]"#],
        Some((Code::WrongType, "$.y")),
    ),
    (
        &[r#""kind":"A""#, r#""x":null"#, r#""y":"""#],
        Some((Code::WrongType, "$.x")),
    ),
    (
        &[r#""kind":"A""#, r#""the y":"y""#, r#""w":[]"#],
        Some((Code::MissingAttribute, "$.x")),
    ),
    (
        &[r#""kind":"B""#, r#""x":"1""#, r#""y":null"#, r#""z":1"#],
        Some((Code::WrongType, "$.y")),
    ),
    (
        &[r#""kind":"B""#, r#""x":"1""#, r#""y":"""#, r#""z":2"#],
        Some((Code::UnknownEnum, "$.z")),
    ),
    (
        &[r#""kind":"B""#, r#""x":"1""#, r#""y":"""#, r#""t":"7""#],
        Some((Code::WrongType, "$.t")),
    ),
    (
        &[r#""kind":"C""#, r#""the y":1.5"#, r#""x":1"#, r#""z":{}"#],
        Some((Code::WrongType, r#"$["the y"]"#)),
    ),
    (
        &[r#""kind":"C""#, r#""w":{}"#, r#""x":1"#, r#""y":null"#],
        Some((Code::WrongType, "$.w")),
    ),
    (
        &[r#""kind":"D""#, r#""x":[}"#, r#""y":5"#],
        Some((Code::Syntax, "$.x[0]")),
    ),
    (
        &[r#""kind":"B""#, r#""more":[}"#, r#""y":"""#],
        Some((Code::Syntax, "$[...][0]")),
    ),
];

/// All orders of the members.
fn orders(members: &[&str]) -> Vec<Vec<String>> {
    let Some((first, rest)) = members.split_first() else {
        return vec![Vec::new()];
    };
    let mut found = Vec::new();
    for order in orders(rest) {
        for place in 0..=order.len() {
            let mut order = order.clone();
            order.insert(place, (*first).to_owned());
            found.push(order);
        }
    }
    found
}

#[test]
fn the_place_of_the_id_changes_nothing() {
    for extra in [Extra::Keep, Extra::Ignore] {
        let decoder = Decoder {
            plan: plan(&quarrelling()).unwrap(),
            options: Options {
                extra,
                ..Options::default()
            },
        };
        let mut memory = decoder.memory();
        for (members, fault) in MESSAGES {
            let mut first: Option<(Outcome, Recorder)> = None;
            let whole = format!("{{{}}}", members.join(","));
            for order in orders(members)
                .iter()
                .rev()
                .chain([&members.iter().map(|&one| one.to_owned()).collect()])
            {
                let record = format!("{{{}}}", order.join(","));
                let mut sink = Recorder::new(&decoder.plan);
                let found = decoder.decode(&mut memory, record.as_bytes(), &mut sink);
                match (found, fault) {
                    (Ok(outcome), None) => {
                        sink.extra.sort_by(|one, other| one.0.cmp(&other.0));
                        match &first {
                            None => first = Some((outcome, sink)),
                            Some((known, values)) => {
                                assert_eq!(*known, outcome, "{record} and {whole}");
                                assert_eq!(values.fields, sink.fields, "{record} and {whole}");
                                assert_eq!(values.extra, sink.extra, "{record} and {whole}");
                            }
                        }
                    }
                    (Err(Failure::Fault(found)), Some((code, path))) => {
                        let place = (found.code, common::path(&decoder.plan, &found.path));
                        // A fault of grammar in a member that some event has is told by its name.
                        assert_eq!(place, (*code, (*path).to_owned()), "{record}");
                        // A grammar fault that comes before the id leaves the event unknown.
                        if *code != Code::Syntax {
                            assert!(found.event.is_some(), "{record}");
                        }
                    }
                    (found, _) => panic!("{record}: {found:?}"),
                }
            }
        }
    }
}

#[test]
fn only_the_wanted_events_are_read_against_their_table() {
    let rows = quarrelling();
    let all = Decoder {
        plan: plan(&rows).unwrap(),
        options: Options::default(),
    };
    for wanted in 0..3u16 {
        let decoder = Decoder {
            plan: plan(&rows).unwrap(),
            options: Options {
                only: Some(vec![wanted]),
                wants_unknown: false,
                ..Options::default()
            },
        };
        let mut memory = decoder.memory();
        for (members, _) in MESSAGES {
            let mine = [&["\"A\"", "\"a\""][..], &["\"B\""], &["\"C\""]][usize::from(wanted)];
            for order in orders(members) {
                let record = format!("{{{}}}", order.join(","));
                let mut sink = Recorder::new(&decoder.plan);
                let found = decoder.decode(&mut memory, record.as_bytes(), &mut sink);
                let mut expected = Recorder::new(&all.plan);
                let reference = all.decode(&mut all.memory(), record.as_bytes(), &mut expected);
                if mine.iter().any(|id| members[0].ends_with(id)) {
                    assert_eq!(found, reference, "{record}");
                    assert_eq!((sink.fields, sink.extra), (expected.fields, expected.extra));
                    continue;
                }
                assert!(sink.is_empty());
                let grammar =
                    matches!(&reference, Err(Failure::Fault(fault)) if fault.code == Code::Syntax);
                if grammar {
                    assert_eq!(found, reference, "{record}");
                } else {
                    assert_eq!(found, Ok(Outcome::Unwanted), "{record}");
                }
            }
        }
    }
}

#[test]
fn a_number_is_whole_before_its_code_is_looked_up() {
    let decoder = Decoder {
        plan: plan(&quarrelling()).unwrap(),
        options: Options::default(),
    };
    // None of these is a code of the enumeration; the end of the record ends a number too.
    for (value, code, offset) in [
        ("0}", Code::UnknownEnum, 16),
        ("0", Code::UnknownEnum, 16),
        ("-0", Code::UnknownEnum, 16),
        ("00}", Code::InvalidNumber, 17),
        ("-00}", Code::InvalidNumber, 18),
        ("00000000000000000000}", Code::InvalidNumber, 17),
        ("-", Code::Truncated, 17),
        ("0.", Code::Truncated, 18),
    ] {
        let record = format!(r#"{{"kind":"B","z":{value}"#);
        let mut sink = Recorder::new(&decoder.plan);
        match decoder.decode(&mut decoder.memory(), record.as_bytes(), &mut sink) {
            Err(Failure::Fault(fault)) => {
                assert_eq!((fault.code, fault.offset), (code, offset), "{record}");
            }
            found => panic!("{record}: {found:?}"),
        }
    }
}
