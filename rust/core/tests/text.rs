//! Strings: UTF-8, escapes and where they fail, against the standard library and serde_json; and their writing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::Random;
use common::record::{Recorder, Tree, quoted};
use vmcodec_core::{Code, check_value, walk_value};

/// The optimised build (`cargo test --release`) has time for every case; the other leaves out what differs in a place
/// that can no longer matter.
const EVERY: bool = !cfg!(debug_assertions);

/// Lengths of text before the bytes in question: some put them across the edge of a step of sixteen.
const BEFORE: &[usize] = if EVERY {
    &[0, 1, 12, 13, 14, 15, 16, 17, 29, 31]
} else {
    &[14]
};

/// A document of one string, in which other bytes are put at one place again and again.
struct Document {
    bytes: Vec<u8>,
    before: usize,
    after: usize,
}

impl Document {
    fn new(before: usize, after: usize) -> Document {
        Document {
            bytes: vec![b'a'; before + after + 6],
            before,
            after,
        }
    }

    /// Checks the verdict on the string with these bytes in its midst.
    fn check(&mut self, middle: &[u8]) {
        let end = 1 + self.before + middle.len() + self.after;
        self.bytes.resize(end + 1, b'a');
        self.bytes[0] = b'"';
        self.bytes[1 + self.before..][..middle.len()].copy_from_slice(middle);
        self.bytes[1 + self.before + middle.len()..].fill(b'a');
        self.bytes[end] = b'"';
        let found = check_value(&self.bytes, 8);
        let special = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
        if middle.iter().any(special) {
            let expected = serde_json::from_slice::<String>(&self.bytes);
            assert_eq!(
                found.is_ok(),
                expected.is_ok(),
                "{middle:x?} behind {}",
                self.before
            );
            return;
        }
        match (std::str::from_utf8(&self.bytes[1..end]), found) {
            (Ok(_), Ok(())) => {}
            (Err(error), Err(fault)) if fault.code == Code::InvalidUtf8 => {
                assert_eq!(fault.offset, 1 + error.valid_up_to(), "{middle:x?}");
            }
            (expected, found) => panic!(
                "{middle:x?} behind {}: {expected:?}, {found:?}",
                self.before
            ),
        }
    }
}

/// Continuation bytes at the edges of every rule of UTF-8, and bytes that are none.
const EDGES: &[u8] = &[
    0x00, 0x22, 0x41, 0x5c, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xe2, 0xf0, 0xff,
];

#[test]
fn all_sequences_of_one_and_two_bytes() {
    for before in 0..40 {
        for after in [0, 1, 20] {
            let mut document = Document::new(before, after);
            for byte in 0..=255 {
                document.check(&[byte]);
            }
        }
    }
    for &before in BEFORE {
        for after in [0, 20] {
            let mut document = Document::new(before, after);
            for word in 0..=u16::MAX {
                document.check(&word.to_be_bytes());
            }
        }
    }
}

/// The last bytes to try behind these two: all of them, where the last can still complete a character.
fn lasts(lead: u8, second: u8) -> impl Iterator<Item = u8> {
    let matters = lead >= 0xe0 && (0x80..0xc0).contains(&second);
    (0..=255).filter(move |last| EVERY || matters || EDGES.contains(last))
}

#[test]
fn all_sequences_of_three_bytes() {
    for &before in BEFORE {
        let mut document = Document::new(before, before % 3);
        for lead in 0x80..=255 {
            for second in 0..=255 {
                for third in lasts(lead, second) {
                    document.check(&[lead, second, third]);
                }
            }
        }
        // Behind ASCII the other two are a sequence of their own.
        for lead in (0..0x80).filter(|lead| EVERY || EDGES.contains(lead)) {
            for second in 0..=255 {
                for third in lasts(lead, second) {
                    document.check(&[lead, second, third]);
                }
            }
        }
    }
}

#[test]
fn sequences_of_four_bytes() {
    for &before in BEFORE {
        let mut document = Document::new(before, before % 3);
        for lead in 0xf0..=0xf4 {
            for second in 0..=255 {
                for third in lasts(lead, second) {
                    for fourth in [0x7f, 0x80, 0xbf, 0xc0] {
                        document.check(&[lead, second, third, fourth]);
                    }
                }
                for fourth in lasts(lead, second) {
                    document.check(&[lead, second, 0x80, fourth]);
                }
            }
        }
    }
}

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
