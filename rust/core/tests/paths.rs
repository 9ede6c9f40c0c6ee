//! The path to a fault inside of free-form data: random documents with one fault at a place whose path is known.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::Random;
use serde_json::{Value, json};
use vmcodec_core::{Code, Failure, Fault, Ignore, Kind, Step};

/// A random document with a fault in it, as it is written.
struct Faulty {
    random: Random,
    text: String,
    path: Vec<Step>,
    /// Code, offset and path of the fault, once it is written.
    fault: Option<(Code, usize, Vec<Step>)>,
    /// How many places are left until the one of the fault.
    countdown: usize,
}

impl Faulty {
    fn new(seed: u64) -> Faulty {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let countdown = random.below(40);
        Faulty {
            random,
            text: String::new(),
            path: Vec::new(),
            fault: None,
            countdown,
        }
    }

    /// Writes `bad` if this is the place for the fault; the fault is at its byte `at`.
    fn here(&mut self, bad: &str, code: Code, at: usize) -> bool {
        if self.fault.is_some() || self.countdown > 0 {
            self.countdown = self.countdown.saturating_sub(1);
            return false;
        }
        self.fault = Some((code, self.text.len() + at, self.path.clone()));
        self.text.push_str(bad);
        true
    }

    fn space(&mut self) {
        let spaces = ["", "", "", " ", "\n\t", "    "];
        self.text.push_str(spaces[self.random.below(spaces.len())]);
    }

    fn value(&mut self, depth: usize) {
        let faults = [
            ("!", Code::Syntax, 0),
            ("01", Code::InvalidNumber, 1),
            ("-x", Code::InvalidNumber, 1),
            ("nulk", Code::Syntax, 3),
            ("\"a\\x\"", Code::InvalidEscape, 2),
            ("\"aé\u{1}\"", Code::ControlCharacter, 4),
            ("\"\\udc00\"", Code::LoneSurrogate, 1),
            ("1e999", Code::OutOfRange, 0),
            ("}", Code::Syntax, 0),
        ];
        let (bad, code, at) = faults[self.random.below(faults.len())];
        if self.here(bad, code, at) {
            return;
        }
        match self.random.below(if depth == 0 { 3 } else { 6 }) {
            0 => self.text.push_str("12.5e-1"),
            1 => self
                .text
                .push_str("\"text, longer than sixteen, with \\n and é\""),
            2 => self.text.push_str("null"),
            3 | 4 => self.object(depth - 1),
            _ => self.array(depth - 1),
        }
    }

    fn object(&mut self, depth: usize) {
        self.text.push('{');
        for place in 0..self.random.below(4) {
            if place > 0 {
                self.text.push(',');
            }
            self.space();
            let bad = [("x", Code::Syntax, 0), ("\"\\q\"", Code::InvalidEscape, 1)];
            let (bad, code, at) = bad[self.random.below(2)];
            if self.here(bad, code, at) {
                return;
            }
            self.text
                .push_str(["\"k\"", "\"a\\u0062\"", "\"\""][self.random.below(3)]);
            if self.here(";", Code::Syntax, 0) {
                return;
            }
            self.text.push(':');
            self.space();
            self.path.push(Step::Key);
            self.value(depth);
            self.path.pop();
            self.space();
        }
        let bad = ["]", "~"][self.random.below(2)];
        if !self.text.ends_with('{') && self.here(bad, Code::Syntax, 0) {
            return;
        }
        self.text.push('}');
    }

    fn array(&mut self, depth: usize) {
        self.text.push('[');
        let count = self.random.below(4);
        for place in 0..count {
            if place > 0 {
                self.text.push(',');
            }
            self.space();
            self.path.push(Step::Index(place));
            self.value(depth);
            self.path.pop();
            self.space();
        }
        if count > 0 {
            self.path.push(Step::Index(count));
            let found = self.here("}", Code::Syntax, 0);
            self.path.pop();
            if found {
                return;
            }
        }
        self.text.push(']');
    }
}

#[test]
fn a_fault_in_free_form_data_is_told_at_its_path() {
    let rows = common::rows();
    // An event with a free-form attribute; what else it needs does not matter, since the fault comes first.
    let (row, kv) = rows
        .events
        .iter()
        .find_map(|row| {
            Some((
                row,
                row.fields.iter().find(|field| field.kind == Kind::KvList)?,
            ))
        })
        .unwrap();
    let id = format!("{:?}:{:?}", rows.id, row.ids[0]);
    let options = [
        Value::Null,
        json!({"kv_lists": "lazy"}),
        json!({"kv_lists": "skip", "extra": "ignore"}),
    ];
    let mut doors: Vec<_> = options
        .iter()
        .map(|options| {
            let decoder = rows.decoder(options);
            let memory = decoder.memory();
            (decoder, memory)
        })
        .collect();
    let mut told = 0;
    for seed in 1..8000 {
        let mut document = Faulty::new(seed);
        document.object(6);
        let Some((code, offset, inner)) = document.fault else {
            continue;
        };
        told += 1;
        for (key, first) in [(kv.names[0].as_str(), None), ("?", Some(Step::Key))] {
            let record = format!("{{{id},{key:?}:{},{key:?}:1}}", document.text);
            let shift = record.len() - document.text.len() - format!(",{key:?}:1}}").len();
            for (decoder, memory) in &mut doors {
                let fault = fault(decoder.decode(memory, record.as_bytes(), &mut Ignore));
                assert_eq!(
                    (fault.code, fault.offset),
                    (code, shift + offset),
                    "{record}"
                );
                let (step, rest) = fault.path.split_first().unwrap();
                match first {
                    Some(first) => assert_eq!(*step, first, "{record}"),
                    None => assert_eq!(common::path(&decoder.plan, &[*step]), format!("$.{key}")),
                }
                assert_eq!(rest, inner, "{record}");
            }
        }
    }
    assert!(told > 2000, "{told}");
}

fn fault<T>(result: Result<T, Failure>) -> Fault {
    match result {
        Err(Failure::Fault(fault)) => *fault,
        _ => panic!("not refused"),
    }
}
