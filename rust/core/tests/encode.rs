//! Writing: strings, names and numbers of every length, against the plain definition.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::Random;
use vmcodec_core::Number;
use vmcodec_core::encode::{Head, name, number, text};

fn spelled(text: &str) -> String {
    let mut spelled = String::new();
    for character in text.chars() {
        match character {
            '"' | '\\' => spelled.extend(['\\', character]),
            '\n' => spelled.push_str("\\n"),
            '\u{0}'..'\u{20}' => spelled.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => spelled.push(character),
        }
    }
    spelled
}

#[test]
fn strings_of_every_length_around_every_kind_of_character() {
    let specials = ["", "\"", "\\", "\n", "\0", "\u{1f}", " ", "\u{7f}", "é"];
    for length in 0..50 {
        for (place, special) in (0..=length).flat_map(|place| specials.map(|text| (place, text))) {
            let (before, after) = ("a".repeat(place), "b".repeat(length - place));
            let value = format!("{before}{special}{after}");
            let mut out = b"{".to_vec();
            name(&mut out, &value, true);
            text(&mut out, &value);
            name(&mut out, &value, false);
            let spelled = spelled(&value);
            let want = format!("{{\"{spelled}\":\"{spelled}\",\"{spelled}\":");
            assert_eq!(String::from_utf8(out).unwrap(), want);
        }
    }
}

#[test]
fn heads_of_every_length() {
    for length in 0..80 {
        let text = "abcdefghij".repeat(8).split_off(80 - length);
        let mut out = b"x".to_vec();
        Head::new(text.as_bytes()).write(&mut out);
        assert_eq!(out, format!("x{text}").into_bytes());

        let member = Head::member(&text);
        for first in [true, false] {
            let mut wanted = b"{".to_vec();
            name(&mut wanted, &text, first);
            let mut out = b"{".to_vec();
            let written = member.write_member(&mut out, first);
            assert_eq!(written, length <= 28);
            assert_eq!(out, if written { wanted } else { b"{".to_vec() });
        }
    }
}

#[test]
fn integers_of_up_to_eight_digits() {
    let last = 10_000..100_000_000i64;
    for value in (0..10_000)
        .chain(last.step_by(997))
        .chain(99_980_000..100_020_000)
    {
        let mut out = Vec::new();
        assert!(number(&mut out, Number::Int(value)));
        assert_eq!(out, value.to_string().into_bytes());
    }
}

#[test]
fn integers_are_written_as_they_are() {
    let mut random = Random(0x1e7);
    let powers = (0..19).flat_map(|power| {
        let value = 10i64.pow(power);
        [value - 1, value, value + 1, 5 * (value / 3), -value]
    });
    let any = (0..50_000).map(|_| random.next() as i64 >> (random.next() % 64));
    for value in [i64::MIN, i64::MAX].into_iter().chain(powers).chain(any) {
        let mut out = Vec::new();
        assert!(number(&mut out, Number::Int(value)));
        assert_eq!(out, value.to_string().into_bytes());
    }
    let mut out = Vec::new();
    assert!(number(&mut out, Number::UInt(u64::MAX)));
    assert!(number(
        &mut out,
        Number::Big("-123456789012345678901234567890")
    ));
    assert_eq!(out, b"18446744073709551615-123456789012345678901234567890");
}
