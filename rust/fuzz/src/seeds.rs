//! What the targets begin with: the vectors, written as their inputs; and a dictionary of names.

use serde_json::json;
use vmcodec_core::Kind;

use crate::case::{BETWEEN, header, quarrel_header};
use crate::common::quarrel::{quarrelling, rows as quarrel_rows};
use crate::common::{list, record, rows, text, vectors};

/// Longer vectors teach nothing that shorter ones do not, and slow the fuzzer down.
const LONGEST: usize = 4000;

/// Records with their options; some with others behind them.
pub fn records() -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut last = Vec::new();
    for file in ["valid.json", "forms.json", "invalid.json"] {
        for entry in list(&vectors(file)) {
            let Some(record) = record(entry).filter(|record| record.len() < LONGEST) else {
                continue;
            };
            let header = header(&entry["options"]);
            found.push([&header[..], &record].concat());
            if found.len() % 4 == 0 {
                found.push([&header[..], &last, &[BETWEEN], &record].concat());
            }
            last = record;
        }
    }
    for mode in ["lazy", "skip"] {
        let header = header(&json!({"kv_lists": mode, "extra": "ignore"}));
        let messages = vectors("forms.json");
        let messages = list(&messages).iter().filter_map(record);
        found.extend(messages.map(|message| [&header[..], &message].concat()));
    }
    found.extend(
        quarrels()
            .iter()
            .map(|text| [&quarrel_header()[..], text.as_bytes()].concat()),
    );
    found.retain(|seed| seed.len() < LONGEST);
    found
}

/// Records of the events that quarrel over names: every attribute with values of every kind, and some that are whole.
fn quarrels() -> Vec<String> {
    let mut found = [
        r#"{"kind":"A","x":1,"y":"?","z":{"k":[1]},"more":null,"t":{"s":-4,"u":3}}"#,
        r#"{"x":"12","the y":"text","t":{"u":3,"s":-4},"flag":true,"kind":"a"}"#,
        r#"{"kind":"B","x":"1","y":"\n","z":"low","t":7,"w":9}"#,
        r#"{"t":1e2,"x":"1","y":"","w":9,"the y":"extra","kind":"B"}"#,
        r#"{"kind":"C","x":{},"y":[{}],"w":[0.5,null],"the y":-5}"#,
        r#"{"n":null,"more":1,"kind":"M"}"#,
        r#"{"n":"","kind":"N","more":1}"#,
        r#"{"kind":"D","x":[],"y":5,"w":"?","t":[]}"#,
        // What came before the id is not of this event; the usual forms of a time, nearly.
        r#"{"flag":true,"kind":"B","x":"1","y":""}"#,
        r#"{"kind":"A","x":1,"t":{"s":1700000000,"u":3 }}"#,
        r#"{"kind":"A","x":1,"t":{"s":1700000000,"u":1e0}}"#,
        r#"{"kind":"A","x":1,"t":{"s":1700000000,"u":1000000}}"#,
    ]
    .map(str::to_owned)
    .to_vec();
    let rows = quarrel_rows(&quarrelling());
    let long = "9".repeat(400);
    let values = [
        "null",
        "true",
        "fals",
        "0",
        "-7",
        "1.5",
        "1e999",
        "18446744073709551615",
        "18446744073709551616",
        &long,
        "\"low\"",
        "\"12\"",
        "{}",
        "[]",
        "{\"s\":1,\"u\":2}",
        "[{\"a\":null}]",
    ];
    for row in &rows.events {
        for name in row.fields.iter().flat_map(|field| &field.names) {
            for value in values {
                found.push(format!("{{\"kind\":{:?},{name:?}:{value}}}", row.ids[0]));
            }
        }
    }
    found
}

/// Records, also such as have values that their columns cannot hold: alone, taken back, and in a bad record.
pub fn columns() -> Vec<Vec<u8>> {
    let mut found = records();
    let header = header(&json!({}));
    for row in &rows().events {
        let members = shortest_members(&row.ids[0]);
        for field in &row.fields {
            let beyond = match field.kind {
                Kind::Time => "9223372036854775807",
                Kind::Integer => "18446744073709551615",
                _ => continue,
            };
            let member = format!("{:?}:{beyond}", field.names[0]);
            let back = format!("{:?}:1", field.names[0]);
            let bad = format!("{{{members},{member},}}").into_bytes();
            let good = format!("{{{members}}}").into_bytes();
            for text in [
                format!("{{{members},{member},\"?\":0}}"),
                format!("{{{members},{member},{back},{member}}}"),
                format!("{{{members},{member},{back}}}"),
            ] {
                found.push([&header[..], text.as_bytes(), &[BETWEEN], &good].concat());
            }
            found.push([&header[..], &bad, &[BETWEEN], &good].concat());
        }
    }
    found
}

/// The members of the shortest message of the event.
pub fn shortest_members(id: &str) -> String {
    let messages = vectors("valid.json");
    let messages = list(&messages).iter().map(|entry| text(&entry["data"]));
    let start = format!("{{{:?}:{id:?},", rows().id);
    let message = messages
        .filter(|message| message.starts_with(&start))
        .min_by_key(String::len)
        .expect("every event has a message");
    message[1..message.len() - 1].to_owned()
}

/// The texts of the grammar, in each of the places for values.
pub fn values() -> Vec<Vec<u8>> {
    let grammar = vectors("grammar.json");
    let texts = list(&grammar).iter().filter_map(record).enumerate();
    texts
        .map(|(place, text)| [&place.to_le_bytes()[..1], &text[..]].concat())
        .filter(|seed| seed.len() < LONGEST)
        .collect()
}

/// Several records to a buffer, with line ends of every kind.
pub fn buffers() -> Vec<Vec<u8>> {
    let messages = vectors("valid.json");
    let messages: Vec<_> = list(&messages)
        .iter()
        .map(|entry| text(&entry["data"]))
        .collect();
    let ends = ["\n", "\r\n", "\n\n", "\n \t\r\n", "\r"];
    let mut found = Vec::new();
    for (number, pair) in messages.windows(2).enumerate() {
        let end = ends[number % ends.len()];
        let size = [20, (7 * number) as u8, number as u8];
        let short: String = pair[0].chars().take(number % 30).collect();
        let buffer = format!("{}{end}{short}{end}{}", pair[0], pair[1]);
        found.push([&size[..], buffer.as_bytes()].concat());
        found.push([&size[..], format!("{short}{end}{short}").as_bytes()].concat());
    }
    // White space alone, beyond the longest record; and a form feed, which is none.
    for piece in [" ", "\t\r", " \x0c"] {
        let buffer = format!("{}\n{piece}\n{{}}", piece.repeat(30));
        found.push([&[8, 5, 1][..], buffer.as_bytes()].concat());
    }
    found.retain(|seed| seed.len() < LONGEST);
    found
}

/// Strings, numbers and names, each at some place.
pub fn texts() -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for seed in records().into_iter().chain(values()) {
        let place = found.len() as u8;
        found.push([&[place % 40, place % 33], &seed[..]].concat());
    }
    found
}

/// The dictionary, as libFuzzer reads it: names of events, attributes and enumerations, and the words of JSON.
pub fn dictionary() -> String {
    let mut words = rows().words();
    let json = vectors("grammar.json");
    let json = list(&json).iter().filter_map(record);
    words.extend(json.filter(|text| (1..12).contains(&text.len())));
    let more: [&[u8]; 12] = [
        b"{\"",
        b"\":",
        b",\"",
        b"\"}",
        b"\\u",
        b"\\ud83d\\ude00",
        b"\\ud800",
        b"\xff",
        b"\xe2\x82\xac",
        b"\xf0\x9f\x98\x80",
        b"\xef\xbb\xbf",
        b"\x00\x00\x00\x00\x07",
    ];
    words.extend(more.map(<[u8]>::to_vec));
    let quoted = words.iter().map(|word| {
        let bytes = word.iter().map(|byte| match byte {
            b'"' | b'\\' => format!("\\{}", char::from(*byte)),
            0x20..0x7f => char::from(*byte).to_string(),
            _ => format!("\\x{byte:02x}"),
        });
        format!("\"{}\"\n", bytes.collect::<String>())
    });
    quoted.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::with;

    #[test]
    fn inputs_have_the_options_of_the_vectors() {
        for entry in list(&vectors("invalid.json")) {
            let options = &entry["options"];
            if !options.is_object() || options["only"].is_array() {
                continue;
            }
            let expected = rows().decoder(options).options;
            with(&header(options), |world, _| {
                let found = &world.decoder.options;
                assert_eq!(format!("{found:?}"), format!("{expected:?}"));
            });
        }
    }
}
