//! UTF-8: all sequences of one to three bytes, and those of four that begin with F0 to F4, in strings, against the standard
//! library: in an attribute that is kept, in a free-form value, and in a member that is skipped.
//!
//! The optimised build (`make soak`) tries every sequence in all three; those that a character may begin with stand behind 0
//! to 63 other bytes, the rest behind a number of them that changes. With `VMCODEC_EVERY_OFFSET` set (a quarter of an hour on
//! two processors) all stand behind 0 to 63, the rest in one of the three by turns. The other build tries each in one place of
//! the three, and of bytes that matter little those at the edges.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::{Rows, rows};
use vmcodec_core::{
    Code, Container, Decoder, EventRow, Extra, Failure, FieldId, Kind, Memory, Options, Outcome,
    Scalar, Sink, Stopped, Target, Text,
};

const EVERY: bool = !cfg!(debug_assertions);
const OFFSETS: usize = 64;

/// The sink of one string.
#[derive(Default)]
struct Keep(Vec<u8>);

impl Keep {
    fn put(&mut self, value: Scalar<'_>) {
        if let Scalar::Text(text) = value {
            self.0.clear();
            self.0.extend_from_slice(text.as_bytes());
        }
    }
}

impl Sink for Keep {
    fn field(&mut self, _: FieldId, value: Scalar<'_>) -> Result<(), Stopped> {
        self.put(value);
        Ok(())
    }
    fn scalar(&mut self, value: Scalar<'_>) -> Result<(), Stopped> {
        self.put(value);
        Ok(())
    }
    fn raw(&mut self, _: FieldId, _: &[u8]) -> Result<(), Stopped> {
        Ok(())
    }
    fn begin(&mut self, _: Target<'_>) -> Result<(), Stopped> {
        Ok(())
    }
    fn end(&mut self, _: &[u8]) -> Result<(), Stopped> {
        Ok(())
    }
    fn open(&mut self, _: Container) -> Result<(), Stopped> {
        Ok(())
    }
    fn key(&mut self, _: Text<'_>) -> Result<(), Stopped> {
        Ok(())
    }
    fn close(&mut self) -> Result<(), Stopped> {
        Ok(())
    }
    fn clear(&mut self) {
        self.0.clear();
    }
}

/// A member with a string in it.
struct Place {
    decoder: Decoder,
    memory: Memory,
    kept: bool,
    /// One for each offset: the record, and where its string begins and ends.
    records: Vec<(Vec<u8>, usize, usize)>,
    sink: Keep,
}

impl Place {
    /// Records with room for so many bytes in the midst of the string.
    fn new(rows: &Rows, before: &str, after: &str, kept: bool, length: usize) -> Place {
        let extra = if kept { Extra::Keep } else { Extra::Ignore };
        let decoder = Decoder {
            plan: rows.plan(),
            options: Options {
                extra,
                ..Options::default()
            },
        };
        let record = |offset: usize| {
            let text = "a".repeat(offset + length + offset * 7 % 20);
            let record = format!("{before}{text}{after}").into_bytes();
            (record, before.len(), before.len() + text.len())
        };
        Place {
            memory: decoder.memory(),
            decoder,
            kept,
            records: (0..OFFSETS).map(record).collect(),
            sink: Keep::default(),
        }
    }

    /// Checks the verdict on the string with these bytes behind `offset` others, and its value.
    fn check(&mut self, wanted: &mut Wanted<'_>, number: usize, offset: usize) {
        let sequence = wanted.sequence;
        let (record, start, end) = &mut self.records[offset];
        record[*start + offset..][..sequence.len()].copy_from_slice(sequence);
        let found = self
            .decoder
            .decode(&mut self.memory, record, &mut self.sink);
        if wanted.special {
            let behind = (*end - *start - offset - sequence.len()).min(BEHIND - 1);
            let expected = *wanted.by_json[number][behind]
                .get_or_insert_with(|| serde_json::from_slice::<serde_json::Value>(record).is_ok());
            assert_eq!(found.is_ok(), expected, "{sequence:x?} behind {offset}");
            return;
        }
        let text = &record[*start..*end];
        match (wanted.bad_at, found) {
            (None, Ok(Outcome::Event(_))) => {
                let same = !self.kept || self.sink.0 == text;
                assert!(same, "{sequence:x?} behind {offset}");
            }
            (Some(bad_at), Err(Failure::Fault(fault))) if fault.code == Code::InvalidUtf8 => {
                let expected = *start + offset + bad_at;
                assert_eq!(fault.offset, expected, "{sequence:x?} behind {offset}");
            }
            (expected, found) => panic!("{sequence:x?} behind {offset}: {expected:?}, {found:?}"),
        }
    }
}

/// Numbers of bytes behind a sequence that are told apart: an escape asks for four more, and where there are six or more it
/// is all the same.
const BEHIND: usize = 7;

/// What is to become of a sequence, behind any number of plain bytes and with plain bytes behind it.
struct Wanted<'a> {
    sequence: &'a [u8],
    /// Whether it has bytes that mean something in a string: then JSON's grammar decides, and what stands behind it.
    special: bool,
    /// Where it is no UTF-8, if so.
    bad_at: Option<usize>,
    /// What serde_json says, once it was asked: by place, and by how many bytes are behind.
    by_json: [[Option<bool>; BEHIND]; 3],
}

impl Wanted<'_> {
    fn of(sequence: &[u8]) -> Wanted<'_> {
        Wanted {
            sequence,
            special: sequence
                .iter()
                .any(|byte| *byte < 0x20 || *byte == b'"' || *byte == b'\\'),
            bad_at: std::str::from_utf8(sequence)
                .err()
                .map(|error| error.valid_up_to()),
            by_json: [[None; BEHIND]; 3],
        }
    }
}

/// The three places for sequences of this length.
fn places(length: usize) -> [Place; 3] {
    let rows = rows();
    let event = rows.events.iter().min_by_key(|event| event.fields.len());
    let event = event.unwrap();
    let mandatory = event.fields.iter().find(|field| field.required).unwrap();
    let (name, data) = (&mandatory.names[0], of_kind(event, Kind::KvList));
    assert_eq!(mandatory.kind, Kind::Text);
    let head = format!("{{{:?}:{:?},{name:?}:\"", rows.id, event.ids[0]);
    [
        Place::new(&rows, &head, "\"}", true, length),
        Place::new(
            &rows,
            &format!("{head}7\",{data:?}:{{\"k\":\""),
            "\"}}",
            true,
            length,
        ),
        Place::new(&rows, &format!("{head}7\",\"x\":\""), "\"}", false, length),
    ]
}

fn of_kind(event: &EventRow, kind: Kind) -> &str {
    let mut fields = event.fields.iter();
    &fields.find(|field| field.kind == kind).unwrap().names[0]
}

/// Checks all these sequences.
fn check_all(length: usize, sequences: impl Iterator<Item = [u8; 4]>) {
    let every = std::env::var_os("VMCODEC_EVERY_OFFSET").is_some();
    let mut places = places(length);
    let mut count = 0;
    for bytes in sequences {
        let sequence = &bytes[4 - length..];
        // Neighbours get offsets and places far apart.
        let mixed = u32::from_be_bytes(bytes).wrapping_mul(0x9e37_79b1);
        let offset = (mixed >> 26) as usize;
        count += 1;
        let mut wanted = Wanted::of(sequence);
        let turn = (mixed >> 20) as usize;
        if EVERY && may_begin(sequence) {
            for (number, place) in places.iter_mut().enumerate() {
                (0..OFFSETS).for_each(|offset| place.check(&mut wanted, number, offset));
            }
        } else if EVERY && every {
            for offset in 0..OFFSETS {
                let number = (turn + offset) % 3;
                places[number].check(&mut wanted, number, offset);
            }
        } else if EVERY {
            for (number, place) in places.iter_mut().enumerate() {
                place.check(&mut wanted, number, offset);
            }
        } else {
            places[turn % 3].check(&mut wanted, turn % 3, offset);
        }
    }
    println!("{count} sequences of {length} bytes");
}

/// Whether all bytes but the last are what a character may begin with.
fn may_begin(sequence: &[u8]) -> bool {
    let (lead, rest) = sequence.split_first().unwrap();
    let needed =
        usize::from(*lead >= 0xc2) + usize::from(*lead >= 0xe0) + usize::from(*lead >= 0xf0);
    let middle = &rest[..rest.len().saturating_sub(1)];
    sequence.len() <= 2
        || (needed + 1 == sequence.len() && middle.iter().all(|byte| (0x80..0xc0).contains(byte)))
}

/// Bytes at the edges of every rule of UTF-8, and bytes that are no part of it.
const EDGES: &[u8] = &[
    0x00, 0x22, 0x41, 0x5c, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xe2, 0xf0, 0xff,
];

/// The bytes to try at a place: all of them, or those at the edges.
fn bytes(all: bool) -> impl Iterator<Item = u8> {
    (0..=255).filter(move |byte| all || EVERY || EDGES.contains(byte))
}

#[test]
fn sequences_of_one_byte() {
    check_all(1, (0..=255).map(|one| [0, 0, 0, one]));
}

#[test]
fn sequences_of_two_bytes() {
    check_all(2, (0..=u16::MAX).map(|two| u32::from(two).to_be_bytes()));
}

#[test]
fn sequences_of_three_bytes() {
    let twos = bytes(true).flat_map(|lead| {
        let begins = (0xe0..0xf0).contains(&lead);
        bytes(begins).map(move |second| [lead, second])
    });
    let threes =
        twos.flat_map(|[lead, second]| bytes(false).map(move |third| [0, lead, second, third]));
    check_all(3, threes);
}

/// All sequences of four bytes that begin with this one.
fn fours(lead: u8) -> impl Iterator<Item = [u8; 4]> {
    let twos = bytes(false).map(move |second| [lead, second]);
    let threes = twos.flat_map(|two| bytes(false).map(move |third| [two[0], two[1], third]));
    threes.flat_map(|three| bytes(false).map(move |fourth| [three[0], three[1], three[2], fourth]))
}

#[test]
fn sequences_of_four_bytes() {
    // They are five sixths of all.
    std::thread::scope(|scope| {
        for lead in 0xf0..=0xf4 {
            scope.spawn(move || check_all(4, fours(lead)));
        }
    });
}
