//! Floats: read as the standard library reads them, to the last bit, and written so that they read back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::Random;
use common::number::{Value, read};
use vmcodec_core::{Code, Number, encode};

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
