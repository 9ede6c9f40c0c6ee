//! Numbers: JSON's grammar against a small automaton, their values against the standard library, and their writing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::Random;
use vmcodec_core::{
    Code, Container, FieldId, IntegerText, MAX_DIGITS, Number, Scalar, Sink, Stopped, Target, Text,
    check_value, encode, parse_integer, walk_value,
};

/// A number that outlives its text.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Int(i64),
    UInt(u64),
    Big(String),
    /// By its bits, so that -0.0 is not 0.0.
    Float(u64),
}

impl Value {
    fn of(number: Number<'_>) -> Value {
        match number {
            Number::Int(value) => Value::Int(value),
            Number::UInt(value) => Value::UInt(value),
            Number::Big(digits) => Value::Big(digits.to_owned()),
            Number::Float(value) => Value::Float(value.to_bits()),
        }
    }

    /// What the standard library makes of the text of a JSON number; none where it is a float too large.
    fn parse(text: &str) -> Option<Value> {
        if text.contains(['.', 'e', 'E']) {
            let value: f64 = text.parse().unwrap();
            return value.is_finite().then_some(Value::Float(value.to_bits()));
        }
        if let Ok(value) = text.parse() {
            return Some(Value::Int(value));
        }
        let value = text.parse().map(Value::UInt);
        Some(value.unwrap_or_else(|_| Value::Big(text.to_owned())))
    }
}

/// The sink of one number.
#[derive(Default)]
struct Keep(Option<Value>);

impl Sink for Keep {
    fn scalar(&mut self, value: Scalar<'_>) -> Result<(), Stopped> {
        let Scalar::Number(number) = value else {
            panic!("{value:?}");
        };
        assert_eq!(self.0.replace(Value::of(number)), None);
        Ok(())
    }
    fn field(&mut self, _: FieldId, _: Scalar<'_>) -> Result<(), Stopped> {
        panic!("an attribute")
    }
    fn raw(&mut self, _: FieldId, _: &[u8]) -> Result<(), Stopped> {
        panic!("an attribute")
    }
    fn begin(&mut self, _: Target<'_>) -> Result<(), Stopped> {
        panic!("a tree")
    }
    fn end(&mut self, _: &[u8]) -> Result<(), Stopped> {
        panic!("a tree")
    }
    fn open(&mut self, _: Container) -> Result<(), Stopped> {
        panic!("a container")
    }
    fn key(&mut self, _: Text<'_>) -> Result<(), Stopped> {
        panic!("a key")
    }
    fn close(&mut self) -> Result<(), Stopped> {
        panic!("a container")
    }
    fn clear(&mut self) {}
}

/// The number at the start of the text and where it ends.
fn read(text: impl AsRef<[u8]>) -> Result<(Value, usize), (Code, usize)> {
    let mut sink = Keep::default();
    match walk_value(text.as_ref(), 0, 1, &mut sink) {
        Ok(end) => Ok((sink.0.unwrap(), end)),
        Err(fault) => Err((fault.code, fault.offset)),
    }
}

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
fn floats_are_exact_and_are_written_so_that_they_read_back() {
    let mut random = Random(0xf10a7);
    for _ in 0..50_000 {
        let value = f64::from_bits(random.next());
        if !value.is_finite() {
            continue;
        }
        let mut written = Vec::new();
        assert!(encode::number(&mut written, Number::Float(value)));
        let written = String::from_utf8(written).unwrap();
        for text in [
            written,
            format!("{value:e}"),
            format!("{value:.17E}"),
            format!("{value:.40e}"),
        ] {
            let expected = Value::Float(value.to_bits());
            let text = if text.contains(['.', 'e', 'E']) {
                text
            } else {
                panic!("{text}")
            };
            assert_eq!(read(&text), Ok((expected, text.len())), "{text}");
        }
    }
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut out = b"x".to_vec();
        assert!(!encode::number(&mut out, Number::Float(value)));
        assert_eq!(out, b"x");
    }
    for text in [
        "1.7976931348623157e308",
        "-1.7976931348623158e+308",
        "1e-999",
        "-0.0",
        "0e99999999999999999999",
    ] {
        assert_eq!(read(text).unwrap().0, Value::parse(text).unwrap(), "{text}");
    }
    for text in ["1.7976931348623159e308", "1e309", "-1e99999999999999999999"] {
        assert_eq!(read(text), Err((Code::OutOfRange, 0)), "{text}");
    }
}

#[test]
fn fractions_of_any_length_are_exact() {
    let mut random = Random(0xdec1);
    let mut digits = |length: usize| -> String {
        let digit = |_| char::from(b'0' + (random.next() % 10) as u8);
        (0..length).map(digit).collect()
    };
    for whole in 1..=17 {
        for fraction in 1..=9 {
            for _ in 0..200 {
                let whole = digits(whole);
                let whole = match whole.trim_start_matches('0') {
                    "" => "0",
                    whole => whole,
                };
                let plain = format!("{whole}.{}", digits(fraction));
                for text in [format!("-{plain}"), format!("{plain}e{}", digits(1)), plain] {
                    let expected = (Value::parse(&text).unwrap(), text.len());
                    assert_eq!(read(&text), Ok(expected.clone()), "{text}");
                    for after in [",", "]", " ", "\n,12345678"] {
                        let more = format!("{text}{after}");
                        assert_eq!(read(&more).as_ref(), Ok(&expected), "{more}");
                    }
                }
            }
        }
    }
    // The largest integers that are floats, as digits on both sides of the point.
    for text in [
        "900719925474099.1",
        "900719925474099.2",
        "900719925474099.3",
        "90071992547.40993",
        "0.0000001",
        "-0.0",
        "0.00",
        "123456789012345.1234567",
    ] {
        assert_eq!(read(text).unwrap().0, Value::parse(text).unwrap(), "{text}");
    }
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
