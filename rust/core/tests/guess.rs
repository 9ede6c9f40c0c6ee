//! Guesses of a sink at the next key: right or wrong, they change nothing but the time it takes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::record::{Recorder, Tree, quoted};
use vmcodec_core::{Code, Literal, Sink, walk_value};

/// A value and its end, or a fault and its place.
type Outcome = Result<(Tree, usize), (Code, usize)>;

/// The value at the start of the document, or what is wrong with it; and how many guesses were right.
fn read<'a>(document: &str, guesses: impl IntoIterator<Item = &'a String>) -> (Outcome, usize) {
    let mut sink = Recorder::default().guessing(guesses);
    let walked = walk_value(document.as_bytes(), 0, 8, &mut sink);
    let found = walked.map_err(|fault| (fault.code, fault.offset));
    (found.map(|end| (sink.value(), end)), sink.hits)
}

#[test]
fn keys_of_every_length_guessed_rightly_and_nearly() {
    let alphabet = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH";
    let mut keys: Vec<_> = (0..alphabet.len())
        .map(|length| alphabet[..length].to_owned())
        .collect();
    keys.extend(
        [
            "é",
            "q\"uote",
            "back\\slash",
            "\n",
            "𝄞 behind sixteen bytes",
        ]
        .map(str::to_owned),
    );
    for key in &keys {
        let document = format!("{{{}:1}}", quoted(key));
        let (expected, none) = read(&document, []);
        assert_eq!(none, 0);
        assert_eq!(read(&document, [key]), (expected.clone(), 1), "{document}");
        for near in [
            format!("{key}x"),
            format!("x{key}"),
            key.chars().skip(1).collect(),
        ] {
            let hits = usize::from(near == *key);
            assert_eq!(
                read(&document, [&near]),
                (expected.clone(), hits),
                "{document}"
            );
        }
        // White space before the colon is not guessed, but read all the same.
        let spaced = format!("{{ {} : 1 }}", quoted(key));
        let (spaced_expected, _) = read(&spaced, []);
        assert_eq!(read(&spaced, [key]), (spaced_expected, 0), "{spaced}");
        for end in (0..document.len()).filter(|&end| document.is_char_boundary(end)) {
            let cut = &document[..end];
            assert_eq!(read(cut, [key]).0, read(cut, []).0, "{cut}");
            assert_eq!(read(cut, [key]).0, Err((Code::Truncated, end)), "{cut}");
        }
    }
}

#[test]
fn guesses_in_nested_objects() {
    let document = r#"{"a":{"b":1,"c":[{"b":2},{"b":3}]},"a":{},"c":{"a":{"b":{}}}} "#;
    let keys = ["a", "b", "c", "b", "b", "a", "c", "a", "b"].map(str::to_owned);
    let (expected, _) = read(document, []);
    assert!(expected.is_ok());
    assert_eq!(read(document, &keys), (expected.clone(), keys.len()));
    for wrong in ["a", "b", "c", "d"] {
        let (found, hits) = read(document, [&wrong.to_owned()]);
        assert_eq!(found, expected);
        assert_eq!(hits, keys.iter().filter(|key| *key == wrong).count());
    }
}

/// Guesses, and wants nothing.
struct Guesser(Literal);

impl Sink for Guesser {
    fn guess(&mut self) -> Option<&Literal> {
        Some(&self.0)
    }
}

#[test]
fn a_guess_needs_no_interest_in_the_answer() {
    for document in [r#"{"a":1,"b":{"a":[]}}"#, r#"{"a":1,"a"}"#, r#"{"a":]"#] {
        let found = walk_value(
            document.as_bytes(),
            0,
            8,
            &mut Guesser(Literal::member("a")),
        );
        let expected = walk_value(document.as_bytes(), 0, 8, &mut Recorder::default());
        assert_eq!(found, expected, "{document}");
    }
}

#[test]
fn a_sink_that_stops_ends_the_walk_at_once() {
    let document = br#"{"a":[1,true,false,null],"b":"c"}"#;
    let mut calls = 0;
    loop {
        let mut sink = Recorder::default();
        sink.calls_left = Some(calls);
        match walk_value(document, 0, 8, &mut sink) {
            Ok(end) => break assert_eq!((end, calls), (document.len(), 11)),
            Err(fault) => assert_eq!(fault.code, Code::Internal),
        }
        calls += 1;
    }
}
