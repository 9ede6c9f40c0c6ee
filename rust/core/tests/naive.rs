//! The naive decoder and the real one: on every vector, and on hundreds of thousands of vectors that were changed a little,
//! under all options. What `rust/fuzz` does for hours, this does for seconds, always with the same records.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::agreement::agreed;
use common::quarrel::{quarrelling, rows as quarrel_rows};
use common::{Random, Rows, list, record, rows, vectors};
use vmcodec_core::{Decoder, Extra, Framing, KvLists, Options, Unknown};

/// All messages of the vectors, and each text of the grammar as a member's value.
fn messages() -> Vec<Vec<u8>> {
    let files = ["valid.json", "forms.json", "invalid.json"].map(vectors);
    let messages = files.iter().flat_map(list).filter_map(record);
    let grammar = vectors("grammar.json");
    let grammar = list(&grammar).iter().filter_map(record);
    let grammar = grammar.map(|text| [br#"{"id":"?","v":"#, &text[..], b"}"].concat());
    messages
        .chain(grammar)
        .filter(|message| message.len() < 5000)
        .collect()
}

/// Messages of the events that quarrel over names.
fn quarrels() -> Vec<Vec<u8>> {
    let messages = [
        r#"{"kind":"A","x":1,"y":"é","z":{"k":[1]},"more":null,"t":{"s":-4,"u":3}}"#,
        r#"{"x":"12","the y":"text","t":{"u":3,"s":-4},"flag":true,"kind":"a"}"#,
        r#"{"w":"low","z":null,"y":null,"x":1,"kind":"A"}"#,
        r#"{"kind":"B","x":"1","y":"\n","z":"low","t":7,"w":9}"#,
        r#"{"t":1e2,"x":"1","y":"","w":9,"the y":"extra","kind":"B"}"#,
        r#"{"kind":"C","x":{},"y":[{}],"w":[0.5,null],"the y":-5}"#,
        r#"{"q":null,"z":false,"flag":1,"t":"x","kind":"C"}"#,
        r#"{"n":null,"more":1,"kind":"M"}"#,
        r#"{"n":"","kind":"N","more":1}"#,
        r#"{"kind":"D","x":[],"y":5,"w":"?","t":[]}"#,
    ];
    messages.map(|message| message.as_bytes().to_vec()).to_vec()
}

/// Words to put into messages: names, and the words of JSON.
fn words(rows: &Rows) -> Vec<Vec<u8>> {
    let mut words = rows.words();
    let json = [
        "null",
        "true",
        "false",
        "{}",
        "[]",
        "{\"\":",
        "[",
        "}",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        " ",
        "\t",
        "0",
        "-",
        "-0",
        "1e9",
        "1E-400",
        "1e999",
        ".5",
        "007",
        "NaN",
        "-Infinity",
        "9223372036854775808",
        "18446744073709551616",
        "-9223372036854775809",
        "1000000",
        "\\u0000",
        "\\ud83d\\ude00",
        "\\ud800",
        "\\udc00",
        "\\u",
        "\u{e9}",
        "\u{20ac}",
        "\u{1f600}",
        "\"id\" :",
        "\"\\u0069d\":",
        "\0",
        "\u{feff}",
    ];
    words.extend(json.map(|word| word.as_bytes().to_vec()));
    words.extend(
        [
            &b"\xff"[..],
            b"\xed\xa0\x80",
            b"\xf4\x90\x80\x80",
            b"\xc0\x80",
            b"\xe2\x82",
        ]
        .map(<[u8]>::to_vec),
    );
    words
}

/// Changes the message in one place.
fn change(random: &mut Random, message: &mut Vec<u8>, other: &[u8], words: &[Vec<u8>]) {
    let at = random.below(message.len() + 1);
    let to = (at + random.below(12)).min(message.len());
    match random.below(8) {
        0 => message.truncate(at),
        1 => drop(message.drain(at..to)),
        2 => {
            let copy = message[at..to].to_vec();
            message.splice(at..at, copy);
        }
        3 if at < message.len() => message[at] ^= 1 << random.below(8),
        4 if at < message.len() => message[at] = random.next().to_le_bytes()[0],
        5 => {
            let tail = random.below(other.len() + 1);
            message.splice(at.., other[tail..].iter().copied());
        }
        _ => {
            let word = &words[random.below(words.len())];
            let end = if random.below(2) == 0 { at } else { to };
            message.splice(at..end, word.iter().copied());
        }
    }
}

/// Options drawn at random; one event is wanted now and then.
fn options(random: &mut Random, events: usize) -> Options {
    let only = (random.below(6) == 0).then(|| vec![u16::try_from(random.below(events)).unwrap()]);
    Options {
        kv_lists: [KvLists::Dict, KvLists::Dict, KvLists::Lazy, KvLists::Skip][random.below(4)],
        extra: [Extra::Keep, Extra::Keep, Extra::Ignore, Extra::Forbid][random.below(4)],
        unknown: [Unknown::Keep, Unknown::Error][usize::from(random.below(4) == 0)],
        framing: [Framing::None, Framing::Confluent][usize::from(random.below(32) == 0)],
        wants_unknown: only.is_none(),
        only,
        max_depth: [128, 128, 128, 1, 2, 3, 4][random.below(7)],
        max_size: [1 << 24, 1 << 24, 1 << 24, 60][random.below(4)],
    }
}

fn decoder(rows: &Rows) -> Decoder {
    Decoder {
        plan: rows.plan(),
        options: Options::default(),
    }
}

#[test]
fn the_vectors() {
    let rows = rows();
    for file in ["valid.json", "forms.json", "invalid.json"] {
        for entry in list(&vectors(file)) {
            if let Some(record) = record(entry) {
                let _ = agreed(&rows, &rows.decoder(&entry["options"]), &record);
            }
        }
    }
    let mut decoder = decoder(&rows);
    let mut random = Random(0x5eed);
    for message in messages() {
        for _ in 0..10 {
            decoder.options = options(&mut random, rows.events.len());
            let _ = agreed(&rows, &decoder, &message);
        }
    }
}

#[test]
fn messages_changed_at_random() {
    for (rows, messages) in [
        (rows(), messages()),
        (quarrel_rows(&quarrelling()), quarrels()),
    ] {
        let words = words(&rows);
        let mut decoder = decoder(&rows);
        let mut random = Random(0xbad);
        let mut good = 0;
        for _ in 0..50_000 {
            decoder.options = options(&mut random, rows.events.len());
            let mut message = messages[random.below(messages.len())].clone();
            for _ in 0..=random.below(3) {
                let other = &messages[random.below(messages.len())];
                change(&mut random, &mut message, other, &words);
            }
            good += usize::from(agreed(&rows, &decoder, &message).0.is_ok());
        }
        // Enough are still good, so that values are compared too.
        assert!(good > 800, "{good}");
    }
}
