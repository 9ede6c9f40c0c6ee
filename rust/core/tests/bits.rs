//! Every bit of a record: each truncation, each bit turned, each byte left out, doubled, swapped with the next or replaced.
//! Verdict, code, place, path and values are those of the naive decoder. `tests/bits.py` does the same against Python's json.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::agreement::agreed;
use common::{Rows, list, record, rows, vectors};
use vmcodec_core::{Decoder, Extra, Failure, KvLists, Options, Outcome};

/// The optimised build (`make soak`) takes every event and every byte; the other three events, and bytes that mean something.
const EVERY: bool = !cfg!(debug_assertions);

/// Bytes at the edges of JSON's grammar and of UTF-8.
const BYTES: &[u8] = b"\"\\,:[]{}019-+.eE \n\tnu/x\0\x1f\x7f\x80\xbf\xc3\xed\xf4\xff";

/// For each event the longest message among the vectors that is not too long to be tried so often.
fn messages(rows: &Rows, decoder: &Decoder) -> Vec<Vec<u8>> {
    let mut messages = vec![Vec::new(); rows.events.len()];
    let valid = vectors("valid.json");
    for message in list(&valid).iter().filter_map(record) {
        if let (Ok(Outcome::Event(event)), _) = agreed(rows, decoder, &message) {
            let kept = &mut messages[usize::from(event)];
            if message.len() < 700 && message.len() > kept.len() {
                *kept = message;
            }
        }
    }
    assert!(messages.iter().all(|message| message.len() > 80));
    messages
}

/// Calls `check` with each change to the message.
fn changes(message: &[u8], mut check: impl FnMut(&[u8])) {
    for at in 0..message.len() {
        check(&message[..at]);
        let (before, byte, behind) = (&message[..at], message[at], &message[at + 1..]);
        let mut with = |middle: &[u8]| check(&[before, middle, behind].concat());
        (0..8).for_each(|bit| with(&[byte ^ 1 << bit]));
        with(&[]);
        with(&[byte, byte]);
        match EVERY {
            true => (0..=255).for_each(|other| with(&[other])),
            false => BYTES.iter().for_each(|other| with(&[*other])),
        }
        if let [next, rest @ ..] = behind {
            check(&[before, &[*next, byte], rest].concat());
        }
    }
}

#[test]
fn every_change_of_a_byte_gives_what_the_naive_decoder_gives() {
    let rows = rows();
    let mut decoder = Decoder {
        plan: rows.plan(),
        options: Options::default(),
    };
    let messages = messages(&rows, &decoder);
    let step = if EVERY { 1 } else { 5 };
    let mut total = 0;
    for (number, message) in messages.iter().enumerate().step_by(step) {
        let (mut good, mut bad) = (0, 0);
        // Members that are skipped must be checked like others: every second event is read without them.
        (decoder.options.kv_lists, decoder.options.extra) = match number % 2 {
            0 => (KvLists::Dict, Extra::Keep),
            _ => (KvLists::Skip, Extra::Ignore),
        };
        changes(message, |changed| {
            match agreed(&rows, &decoder, changed).0 {
                Ok(_) => good += 1,
                Err(Failure::Fault(fault)) => {
                    assert!(fault.offset <= changed.len());
                    bad += 1;
                }
                Err(Failure::Stopped) => unreachable!("the sink never stops"),
            }
        });
        total += good + bad;
        assert!(good > 1000 && bad > 1000, "event {number}: {good}, {bad}");
    }
    println!("{total} changed messages");
}
