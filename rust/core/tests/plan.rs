//! Plans of made-up events: the kinds that the built-in events lack, many attributes, rows that make no plan.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::quarrel::{event, field, plan, quarrelling};
use common::record::Recorder;
use vmcodec_core::{
    Code, Decoder, EventRow, Expected, Failure, FieldSet, Ignore, JsonType, Kind, NameId, Options,
    Outcome, PlanError,
};

#[test]
fn a_closed_enumeration_a_boolean_a_float_and_a_list() {
    let kinds = [
        Kind::Enum(0),
        Kind::Boolean,
        Kind::Float,
        Kind::List,
        Kind::Any,
    ];
    for (place, kind) in kinds.into_iter().enumerate() {
        let rows = [event(&["E"], vec![field(&["f"], kind, true)])];
        let decoder = Decoder {
            plan: plan(&rows).unwrap(),
            options: Options::default(),
        };
        // One column for each kind: the canonical value, or the code of the fault.
        let table: [(&str, [&str; 5]); 10] = [
            (
                r#""low""#,
                ["1", "wrong_type", "wrong_type", "wrong_type", r#""low""#],
            ),
            (
                r#""middle""#,
                [
                    "unknown_enum",
                    "wrong_type",
                    "wrong_type",
                    "wrong_type",
                    r#""middle""#,
                ],
            ),
            ("9", ["9", "wrong_type", "9.0", "wrong_type", "9"]),
            (
                "2",
                ["unknown_enum", "wrong_type", "2.0", "wrong_type", "2"],
            ),
            (
                "-0.5",
                ["wrong_type", "wrong_type", "-0.5", "wrong_type", "-0.5"],
            ),
            (
                "true",
                ["wrong_type", "true", "wrong_type", "wrong_type", "true"],
            ),
            (
                "false",
                ["wrong_type", "false", "wrong_type", "wrong_type", "false"],
            ),
            (
                "null",
                [
                    "wrong_type",
                    "wrong_type",
                    "wrong_type",
                    "wrong_type",
                    "null",
                ],
            ),
            (
                "[ 1 ]",
                ["wrong_type", "wrong_type", "wrong_type", "[1]", "[1]"],
            ),
            (
                "18446744073709551616",
                [
                    "out_of_range",
                    "wrong_type",
                    "1.8446744073709552e19",
                    "wrong_type",
                    "18446744073709551616",
                ],
            ),
        ];
        for (value, expected) in table {
            let record = format!(r#"{{"kind":"E","f":{value}}}"#);
            let mut sink = Recorder::new(&decoder.plan);
            let found = match decoder.decode(&mut decoder.memory(), record.as_bytes(), &mut sink) {
                Ok(_) => sink.fields[&0].json(),
                Err(Failure::Fault(fault)) => fault.code.name().to_owned(),
                Err(Failure::Stopped) => panic!("nobody stopped"),
            };
            assert_eq!(found, expected[place], "{kind:?} of {value}");
        }
    }
}

#[test]
fn as_many_attributes_as_a_set_holds() {
    let names: Vec<_> = (0..FieldSet::CAPACITY)
        .map(|number| format!("name {number}"))
        .collect();
    let fields = names
        .iter()
        .map(|name| field(&[name], Kind::Any, true))
        .collect();
    let rows = [event(&["E"], fields)];
    let decoder = Decoder {
        plan: plan(&rows).unwrap(),
        options: Options::default(),
    };
    assert_eq!(decoder.plan.field_count(), FieldSet::CAPACITY);
    let mut memory = decoder.memory();
    let record = |left_out: Option<usize>| {
        let mut text = r#"{"kind":"E""#.to_owned();
        for (number, name) in names.iter().enumerate() {
            if Some(number) != left_out {
                text.push_str(&format!(",{name:?}:{number}"));
            }
        }
        text + "}"
    };
    let whole = record(None);
    assert_eq!(
        decoder.decode(&mut memory, whole.as_bytes(), &mut Ignore),
        Ok(Outcome::Event(0))
    );
    for (number, name) in names.iter().enumerate() {
        let found = decoder.decode(&mut memory, record(Some(number)).as_bytes(), &mut Ignore);
        let Err(Failure::Fault(fault)) = found else {
            panic!("{name} is not missed");
        };
        assert_eq!(fault.code, Code::MissingAttribute);
        assert_eq!(
            common::path(&decoder.plan, &fault.path),
            format!("$[{name:?}]")
        );
    }
}

#[test]
fn rows_that_make_no_plan() {
    let one = |names: &[&str]| vec![field(names, Kind::Text, false)];
    let error = |events: &[EventRow]| plan(events).map(|_| ()).unwrap_err();
    let twice = [event(&["A"], Vec::new()), event(&["B", "A"], Vec::new())];
    assert_eq!(error(&twice), PlanError::DuplicateId("A".to_owned()));
    let twice = [event(&["A", "A"], Vec::new())];
    assert_eq!(error(&twice), PlanError::DuplicateId("A".to_owned()));
    let twice = [event(
        &["A"],
        vec![
            field(&["x"], Kind::Text, false),
            field(&["y", "x"], Kind::Text, false),
        ],
    )];
    assert_eq!(error(&twice), PlanError::DuplicateName("x".to_owned()));
    let id = [event(&["A"], one(&["kind"]))];
    assert_eq!(error(&id), PlanError::DuplicateName("kind".to_owned()));
    let alias = [event(&["A"], one(&["x", "kind"]))];
    assert_eq!(error(&alias), PlanError::DuplicateName("kind".to_owned()));
    let many: Vec<_> = (0..=FieldSet::CAPACITY)
        .map(|number| event(&[&format!("E{number}")], one(&[&format!("name {number}")])))
        .collect();
    assert_eq!(error(&many), PlanError::TooMany);
    assert!(plan(&many[1..]).is_ok());
    // Numbers of names are of 16 bits, and two of them are taken.
    let names: Vec<_> = (0..usize::from(NameId::MAX))
        .map(|number| number.to_string())
        .collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    assert_eq!(error(&[event(&["A"], one(&names))]), PlanError::TooMany);
    assert!(plan(&[event(&["A"], one(&names[2..]))]).is_ok());
    for (error, told) in [
        (PlanError::TooMany, "distinct attribute names"),
        (PlanError::DuplicateId("A".to_owned()), "the id \"A\""),
        (PlanError::DuplicateName("x".to_owned()), "the name \"x\""),
    ] {
        assert!(error.to_string().contains(told), "{error}");
    }
}

#[test]
fn how_many_there_are() {
    let plan = plan(&quarrelling()).unwrap();
    assert_eq!(plan.event_count(), quarrelling().len());
    // By their canonical names, each once.
    assert_eq!(
        plan.field_count(),
        "x y z t flag w q n".split(' ').count() + 1
    );
    assert_eq!(plan.time_pair_count(), 1);
    let nameless = [event(&["A"], vec![field(&[], Kind::Text, true)])];
    assert_eq!(common::quarrel::plan(&nameless).unwrap().field_count(), 0);
}

#[test]
fn what_an_event_claims() {
    let plan = plan(&quarrelling()).unwrap();
    for (event, claimed) in [
        (0, "kind x y z t flag"),
        (1, "kind x y z w t"),
        (2, "kind w q y"),
    ] {
        for name in "kind x y z t flag w q nothing".split(' ') {
            let expected = claimed.split(' ').any(|one| one == name);
            assert_eq!(plan.claims(event, name), expected, "{event} {name}");
        }
        assert_eq!(plan.claims(event, "the y"), event != 1);
    }
}

#[test]
fn null_is_no_value_of_what_must_be_there() {
    for (kind, expected) in [
        (Kind::Text, Expected::Text),
        (Kind::Integer, Expected::Integer),
        (Kind::IntegerOrText, Expected::IntegerOrText),
        (Kind::Enum(0), Expected::Enum(0)),
        (Kind::Time, Expected::Time),
        (Kind::KvList, Expected::Object),
        (Kind::Boolean, Expected::Boolean),
        (Kind::Float, Expected::Float),
        (Kind::List, Expected::Array),
    ] {
        let decoder = Decoder {
            plan: plan(&[event(&["E"], vec![field(&["f"], kind, true)])]).unwrap(),
            options: Options::default(),
        };
        let record = br#"{"kind":"E","f":null}"#;
        let found = decoder.decode(&mut decoder.memory(), record, &mut Ignore);
        let Err(Failure::Fault(fault)) = found else {
            panic!("{kind:?}: {found:?}");
        };
        let told = (fault.code, fault.expected, fault.got);
        assert_eq!(told, (Code::WrongType, expected, Some(JsonType::Null)));
    }
}
