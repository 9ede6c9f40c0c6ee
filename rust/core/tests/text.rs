//! Strings: escapes and where they fail, against the standard library and serde_json; and their writing. UTF-8 has `utf8`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::Random;
use common::record::{Recorder, Tree, quoted};
use vmcodec_core::{Code, check_value, walk_value};

/// The optimised build (`cargo test --release`) has time for every case; the other leaves out what differs in a place
/// that can no longer matter.
const EVERY: bool = !cfg!(debug_assertions);

fn read(document: &[u8]) -> Result<String, (Code, usize)> {
    let mut sink = Recorder::default();
    match walk_value(document, 0, 8, &mut sink) {
        Ok(_) => match sink.value() {
            Tree::Scalar(json) => Ok(serde_json::from_str(&json).unwrap()),
            other => panic!("{other:?}"),
        },
        Err(fault) => Err((fault.code, fault.offset)),
    }
}

#[test]
fn every_short_escape_and_no_other() {
    for byte in 0..=255u8 {
        let expected = match byte {
            b'"' => Ok("a\"z"),
            b'\\' => Ok("a\\z"),
            b'/' => Ok("a/z"),
            b'b' => Ok("a\u{8}z"),
            b'f' => Ok("a\u{c}z"),
            b'n' => Ok("a\nz"),
            b'r' => Ok("a\rz"),
            b't' => Ok("a\tz"),
            _ => Err((Code::InvalidEscape, 2)),
        };
        let found = read(&[b'"', b'a', b'\\', byte, b'z', b'"']);
        assert_eq!(found, expected.map(str::to_owned), "escape {byte:#x}");
    }
}

#[test]
fn every_escaped_unit_and_pairs_of_surrogates() {
    for unit in 0..=u16::MAX {
        let expected = match char::from_u32(u32::from(unit)) {
            Some(one) => Ok(one.to_string()),
            None => Err((Code::LoneSurrogate, 1)),
        };
        assert_eq!(read(format!("\"\\u{unit:04x}\"").as_bytes()), expected);
        assert_eq!(read(format!("\"\\u{unit:04X}\"").as_bytes()), expected);
    }
    let mut random = Random(0x5eed);
    for _ in 0..20_000 {
        let units = [random.next(), random.next()].map(|number| {
            // Half of them near or among the surrogates.
            let unit = u16::try_from(number >> 48).unwrap();
            if number & 1 == 0 {
                0xd700 | unit & 0x0fff
            } else {
                unit
            }
        });
        let document = format!("\"é\\u{:04x}\\u{:04x}\"", units[0], units[1]);
        let lone = |unit: &u16| (0xd800..0xe000).contains(unit);
        let expected = String::from_utf16(&units).map_err(|_| {
            // The backslash of the one that has no other half.
            let first_is_fine = !lone(&units[0]);
            (Code::LoneSurrogate, if first_is_fine { 9 } else { 3 })
        });
        let found = read(document.as_bytes());
        assert_eq!(found, expected.map(|text| format!("é{text}")), "{document}");
    }
}

#[test]
fn hexadecimal_digits_and_nothing_else() {
    for place in 0..4 {
        for byte in 0..=255u8 {
            let mut document = b"\"\\u0000\"".to_vec();
            document[3 + place] = byte;
            let found = read(&document);
            if byte.is_ascii_hexdigit() {
                assert_eq!(
                    found,
                    serde_json::from_slice::<String>(&document).map_err(|_| panic!())
                );
            } else {
                assert_eq!(found, Err((Code::InvalidEscape, 1)), "{byte:#x} at {place}");
            }
        }
    }
}

#[test]
fn every_beginning_of_a_string_is_truncated() {
    let documents = [
        r#""plain text that is longer than one step""#,
        r#""é€𝄞 \" \\ \/ \b \n \u00e9 \ud834\udd1e end""#,
        r#""0123456789abc€def""#,
        r#""0123456789abcde𝄞""#,
    ];
    for document in documents {
        assert!(check_value(document.as_bytes(), 8).is_ok());
        for end in 1..document.len() {
            let fault = check_value(&document.as_bytes()[..end], 8).unwrap_err();
            assert_eq!(
                (fault.code, fault.offset),
                (Code::Truncated, end),
                "{document} to {end}"
            );
        }
    }
}

#[test]
fn the_first_fault_in_reading_order_is_told() {
    let cases: [(&[u8], Code, usize); 8] = [
        (b"\"a\xff\\x\"", Code::InvalidUtf8, 2),
        (b"\"a\\x\xff\"", Code::InvalidEscape, 2),
        (b"\"\xc3\n\"", Code::InvalidUtf8, 1),
        (b"\"\xc3\xa9\n\xff\"", Code::ControlCharacter, 3),
        (b"\"\\ud800\xff\"", Code::LoneSurrogate, 1),
        (b"\"\xf0\x9d\\n\"", Code::InvalidUtf8, 1),
        (b"\"\\n\xed\xa0\x80\"", Code::InvalidUtf8, 3),
        (b"\"0123456789abcdef\x7f\x1f\"", Code::ControlCharacter, 18),
    ];
    for (document, code, offset) in cases {
        assert_eq!(read(document), Err((code, offset)), "{document:x?}");
    }
}

#[test]
fn every_character_is_written_as_serde_json_writes_it_and_read_back() {
    let mut run = String::new();
    let some = |code: &u32| EVERY || *code < 0x1_1000 || *code > 0x10_f000;
    for one in (0..=0x10_ffff).filter(some).filter_map(char::from_u32) {
        run.push(one);
        if run.len() < 70 && one != '\u{10ffff}' {
            continue;
        }
        let json = quoted(&run);
        assert_eq!(json, serde_json::to_string(&run).unwrap());
        assert_eq!(read(json.as_bytes()), Ok(run.clone()));
        run.clear();
    }
    for one in (0..0x100).filter_map(char::from_u32) {
        assert_eq!(
            quoted(&one.to_string()),
            serde_json::to_string(&one).unwrap()
        );
    }
}
