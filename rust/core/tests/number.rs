//! Numbers: JSON's grammar against a small automaton, their values against the standard library.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::Random;
use common::number::{Value, read};
use vmcodec_core::{Code, IntegerText, MAX_DIGITS, Number, check_value, parse_integer};

/// How far the automaton of JSON's numbers is.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Start,
    Minus,
    Zero,
    Digits,
    Point,
    Fraction,
    E,
    Sign,
    Exponent,
}

/// Where the number that begins the text ends, or which fault is where.
fn expected_end(text: &[u8]) -> Result<usize, (Code, usize)> {
    use State::{Digits, E, Exponent, Fraction, Minus, Point, Sign, Start, Zero};
    let mut state = Start;
    for (place, &byte) in text.iter().enumerate() {
        state = match (state, byte) {
            (Start, b'-') => Minus,
            (Start | Minus, b'0') => Zero,
            (Start | Minus | Digits, b'0'..=b'9') => Digits,
            (Zero | Digits, b'.') => Point,
            (Point | Fraction, b'0'..=b'9') => Fraction,
            (Zero | Digits | Fraction, b'e' | b'E') => E,
            (E, b'+' | b'-') => Sign,
            (E | Sign | Exponent, b'0'..=b'9') => Exponent,
            (Zero, b'0'..=b'9') => return Err((Code::InvalidNumber, place)),
            (Start, b'+' | b'.') => return Err((Code::InvalidNumber, place)),
            (Start, _) => return Err((Code::Syntax, place)),
            (Zero | Digits | Fraction | Exponent, _) => return Ok(place),
            (Minus | Point | E | Sign, _) => return Err((Code::InvalidNumber, place)),
        };
    }
    match state {
        Zero | Digits | Fraction | Exponent => Ok(text.len()),
        _ => Err((Code::Truncated, text.len())),
    }
}

/// Calls `check` with every text of up to `longest` letters.
fn every_text(letters: &[u8], longest: u32, mut check: impl FnMut(&str)) {
    for length in 1..=longest {
        let mut text = vec![0; length as usize];
        for number in 0..letters.len().pow(length) {
            let mut rest = number;
            for place in &mut text {
                *place = letters[rest % letters.len()];
                rest /= letters.len();
            }
            check(std::str::from_utf8(&text).unwrap());
        }
    }
}

/// What may stand behind a number: nothing, or enough bytes for it to be read in wide steps.
const TAILS: [&str; 4] = [
    "",
    ",1234567890123456",
    "]]]]]]]]]]]]]]]]",
    " \"abcdefghijklmnop",
];

/// Checks the verdict on the number that begins the text, whatever stands behind it, and its value.
fn check(text: &str) {
    for tail in TAILS {
        check_bytes(format!("{text}{tail}").as_bytes());
    }
}

fn check_bytes(text: &[u8]) {
    let shown = text.escape_ascii();
    let found = read(text);
    let number = |end| Value::parse(std::str::from_utf8(&text[..end]).unwrap());
    match (expected_end(text), &found) {
        (Ok(end), Ok((value, found_end))) => {
            assert_eq!(end, *found_end, "{shown}");
            assert_eq!(number(end).as_ref(), Some(value), "{shown}");
        }
        (Ok(end), Err(error)) => {
            assert_eq!(number(end), None, "{shown}: {error:?}");
            assert_eq!(*error, (Code::OutOfRange, 0), "{shown}");
        }
        (Err(expected), Err(error)) => assert_eq!(expected, *error, "{shown}"),
        (Err(expected), Ok(_)) => panic!("{shown}: {expected:?}, {found:?}"),
    }
}

#[test]
fn every_byte_behind_digits() {
    for sign in ["", "-"] {
        for count in 1..=20 {
            for byte in 0..=255 {
                for more in ["", "1234567890123456"] {
                    let digits = &"98765432109876543210"[..count];
                    check_bytes(
                        &[sign.as_bytes(), digits.as_bytes(), &[byte], more.as_bytes()].concat(),
                    );
                }
            }
        }
    }
}

#[test]
fn every_short_text_is_a_number_or_not() {
    let longest = if cfg!(debug_assertions) { 5 } else { 7 };
    every_text(b"-+.eE019 ", longest, |text| {
        if !text.starts_with(' ') {
            check(text);
        }
    });
}

/// Random numbers of every length, whole or with one byte put wrong.
#[test]
fn longer_texts_are_numbers_or_not() {
    let mut random = Random(0xd1617);
    for _ in 0..20_000 {
        let mut text = ["", "-"][random.below(2)].to_owned();
        let mut digits = |text: &mut String, most: usize| {
            let count = random.below(most);
            text.extend(
                (0..count).map(|_| char::from(b'0' + u8::try_from(random.below(10)).unwrap())),
            );
            random.below(3)
        };
        text.push('7');
        if digits(&mut text, 40) == 0 {
            text.push_str(".5");
            if digits(&mut text, 40) == 0 {
                text.push_str("e-1");
                digits(&mut text, 3);
            }
        }
        check(&text);
        let place = random.below(text.len());
        let wrong = ["/", ":", "x", "\u{7f}", "é", "-", ".", "e"][random.below(8)];
        text.replace_range(place..=place, wrong);
        if text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
            check(&text);
        }
    }
}

#[test]
fn integers_around_every_edge() {
    let edges = [
        0,
        1 << 31,
        1 << 32,
        1 << 53,
        1 << 63,
        1 << 64,
        10i128.pow(18),
        10i128.pow(19),
        10i128.pow(20),
    ];
    for edge in edges {
        for near in -12..=12 {
            for value in [edge + near, -edge + near] {
                let text = value.to_string();
                check(&text);
                assert_eq!(parse_integer(text.as_bytes()), integer(value), "{text}");
                let padded = match text.strip_prefix('-') {
                    Some(digits) => format!("-{digits:0>60}"),
                    None => format!("{text:0>60}"),
                };
                assert_eq!(parse_integer(padded.as_bytes()), integer(value), "{padded}");
            }
        }
    }
}

fn integer(value: i128) -> IntegerText {
    if let Ok(value) = i64::try_from(value) {
        return IntegerText::Value(Number::Int(value));
    }
    u64::try_from(value).map_or(IntegerText::TooLarge, |value| {
        IntegerText::Value(Number::UInt(value))
    })
}

#[test]
fn integers_of_every_length() {
    let mut random = Random(7);
    for length in (1..60).chain([MAX_DIGITS - 1, MAX_DIGITS]) {
        for sign in ["", "-"] {
            let mut text = format!("{sign}{}", 1 + random.below(9));
            text.extend(
                (1..length).map(|_| char::from(b'0' + u8::try_from(random.below(10)).unwrap())),
            );
            let expected = Value::parse(&text).unwrap();
            assert_eq!(read(&text), Ok((expected, text.len())), "{text}");
        }
    }
    for text in [
        "9".repeat(MAX_DIGITS + 1),
        format!("-{}", "9".repeat(MAX_DIGITS + 1)),
    ] {
        assert_eq!(read(&text), Err((Code::OutOfRange, 0)));
    }
    // The limit is for integers: a float has its own.
    assert!(read(format!("0.{}", "9".repeat(2 * MAX_DIGITS))).is_ok());
    assert!(read(format!("{}e-9999", "9".repeat(2 * MAX_DIGITS))).is_ok());
}

#[test]
fn every_short_string_of_digits_is_an_integer_or_not() {
    every_text(b"-+019/:. a", 5, |text| {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let expected = if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            integer(text.parse().unwrap())
        } else {
            IntegerText::NotDigits
        };
        assert_eq!(parse_integer(text.as_bytes()), expected, "{text:?}");
    });
    assert_eq!(parse_integer(b""), IntegerText::NotDigits);
    assert_eq!(parse_integer("٣".as_bytes()), IntegerText::NotDigits);
    let long = "9".repeat(100_000);
    assert_eq!(parse_integer(long.as_bytes()), IntegerText::TooLarge);
    assert_eq!(
        parse_integer(format!("{long}x").as_bytes()),
        IntegerText::NotDigits
    );
}

#[test]
fn a_number_ends_where_it_ends() {
    for text in ["1,", "-0]", "1.5}", "1e5 ", "12\t"] {
        assert_eq!(read(text).unwrap().1, text.len() - 1, "{text}");
    }
    for (text, code, offset) in [
        ("1 2", Code::TrailingData, 2),
        ("1x", Code::TrailingData, 1),
        ("-", Code::Truncated, 1),
        ("NaN", Code::InvalidNumber, 0),
        ("-Infinity", Code::InvalidNumber, 1),
        ("0x10", Code::TrailingData, 1),
    ] {
        let fault = check_value(text.as_bytes(), 1).unwrap_err();
        assert_eq!((fault.code, fault.offset), (code, offset), "{text}");
    }
}
