//! What precedes the JSON of a record: frames, byte order marks, white space; and the limits of size and depth.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use serde_json::{Value, json};
use vmcodec_core::{Code, Failure, Ignore, Outcome, depth_limit};

const RECORD: &[u8] = br#"{"id":"?","v":[]}"#;

fn decode(options: &Value, record: &[u8]) -> Result<Outcome, (Code, usize)> {
    let decoder = common::rows().decoder(options);
    match decoder.decode(&mut decoder.memory(), record, &mut Ignore) {
        Ok(outcome) => Ok(outcome),
        Err(Failure::Fault(fault)) => Err((fault.code, fault.offset)),
        Err(Failure::Stopped) => panic!("nobody stopped"),
    }
}

fn unknown(start: usize) -> Result<Outcome, (Code, usize)> {
    let id = "?".to_owned();
    Ok(Outcome::Unknown { id, start })
}

/// A frame of the magic byte and so many more, then the record.
fn framed(magic: u8, more: usize) -> Vec<u8> {
    [&[magic], &vec![0xff; more][..], RECORD].concat()
}

#[test]
fn every_first_byte_without_framing() {
    for first in 0..=255u8 {
        let record = [&[first], RECORD].concat();
        let expected = match first {
            b' ' | b'\t' | b'\n' | b'\r' => unknown(0),
            0 | 1 => Err((Code::Framing, 0)),
            b'{' => Err((Code::Syntax, 1)),
            b'[' | b'"' | b'0'..=b'9' | b't' | b'f' | b'n' => Err((Code::NotAnObject, 0)),
            b'-' => Err((Code::NotAnObject, 0)),
            b'+' | b'.' => Err((Code::InvalidNumber, 0)),
            _ => Err((Code::Syntax, 0)),
        };
        assert_eq!(decode(&Value::Null, &record), expected, "{first:#x}");
    }
}

#[test]
fn every_magic_byte_with_framing() {
    let options = json!({"framing": "confluent"});
    for magic in 2..=255 {
        assert_eq!(decode(&options, &framed(magic, 4)), Err((Code::Framing, 0)));
    }
    for (magic, more) in [(0, 4), (1, 16)] {
        let record = framed(magic, more);
        assert_eq!(decode(&options, &record), unknown(more + 1));
        for end in 1..record.len() {
            let expected = match end {
                // A frame and nothing behind it is an empty record.
                _ if end == more + 1 => (Code::EmptyInput, 0),
                _ => (Code::Truncated, end),
            };
            assert_eq!(
                decode(&options, &record[..end]),
                Err(expected),
                "{magic}, to {end}"
            );
        }
        assert_eq!(
            decode(&options, &[&record[..], b"x"].concat()),
            Err((Code::TrailingData, record.len()))
        );
        let spaced = [&record[..=more], b" \n", RECORD].concat();
        assert_eq!(decode(&options, &spaced), unknown(more + 1));
        let marked = [&record[..=more], b"\xef\xbb\xbf", RECORD].concat();
        assert_eq!(decode(&options, &marked), Err((Code::ByteOrderMark, 0)));
        let twice = [&record[..=more], &record[..]].concat();
        assert_eq!(decode(&options, &twice).unwrap_err().1, more + 1);
    }
    assert_eq!(decode(&options, b""), Err((Code::EmptyInput, 0)));
}

#[test]
fn size_is_counted_in_bytes_of_the_whole_record() {
    for padding in 0..3 {
        let record = [RECORD, &vec![b' '; padding]].concat();
        for limit in [record.len() - 1, record.len(), record.len() + 1] {
            let expected = if limit < record.len() {
                Err((Code::TooLarge, limit))
            } else {
                unknown(0)
            };
            assert_eq!(decode(&json!({"max_size": limit}), &record), expected);
        }
    }
    // Size comes first: nothing is read of a record that is too large.
    assert_eq!(
        decode(&json!({"max_size": 3}), b"\xef\xbb\xbf{"),
        Err((Code::TooLarge, 3))
    );
}

#[test]
fn depth_counts_the_record_itself() {
    for limit in [
        1,
        2,
        63,
        64,
        65,
        127,
        128,
        129,
        depth_limit() - 1,
        depth_limit(),
    ] {
        for (open, close) in [("[", "]"), ("{\"\":", "}")] {
            let record = |levels: usize| {
                let inner = format!("{}0{}", open.repeat(levels), close.repeat(levels));
                format!(r#"{{"id":"?","v":{inner}}}"#)
            };
            let options = json!({"max_depth": limit});
            assert_eq!(
                decode(&options, record(limit - 1).as_bytes()),
                unknown(0),
                "{limit}"
            );
            let at = r#"{"id":"?","v":"#.len() + open.len() * (limit - 1);
            let expected = Err((Code::TooDeep, at));
            for more in [0, 1, 5000] {
                assert_eq!(
                    decode(&options, record(limit + more).as_bytes()),
                    expected,
                    "{limit}"
                );
            }
        }
    }
    // No option reaches beyond the limit of the walk.
    let deep = format!(r#"{{"id":"?","v":{}"#, "[".repeat(100_000));
    let found = decode(&json!({"max_depth": 1_000_000}), deep.as_bytes());
    assert_eq!(
        found,
        Err((Code::TooDeep, r#"{"id":"?","v":"#.len() + depth_limit() - 1))
    );
}
