//! Nothing is read past the end of the input: it ends at a page that cannot be read, or at bytes that would change what is
//! found. Decoding, checking, Arrow columns, lines, stretches, pieces of a stream, and the reading of text that is written.
//!
//! The optimised build (`make soak`) takes every length from 0 to 4,096 with its end at each of 64 places; the other takes
//! short lengths at some places, and a selection of the long ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../../core/tests/common/mod.rs"]
mod common;

use std::sync::Arc;

use common::{Rows, rows};
use mmap_rs::{MmapMut, MmapNone, MmapOptions};
use vmcodec_arrow::{Added, Builder, Layout, OwnNames, RecordBatch, Table};
use vmcodec_core::lines::{Lines, Stretches};
use vmcodec_core::{
    Buffer, Decoder, EventRow, Failure, Ignore, Kind, Memory, Options, Outcome, encode,
};

const EVERY: bool = !cfg!(debug_assertions);
const LONGEST: usize = 4096;
const PLACES: usize = 64;

/// Memory that ends at a page that nobody may touch.
struct Guarded {
    map: MmapMut,
    end: usize,
    _page: MmapNone,
}

impl Guarded {
    fn new() -> Guarded {
        let page = MmapOptions::page_size();
        let end = (LONGEST + PLACES).next_multiple_of(page);
        let mut map = MmapOptions::new(end + page).unwrap().map_mut().unwrap();
        let guard = map.split_off(end).unwrap();
        assert_eq!(guard.as_ptr(), map.as_ptr_range().end);
        Guarded {
            map,
            end,
            _page: guard.make_none().unwrap(),
        }
    }

    /// The bytes again, so that behind them there are `gap` others, and then the page.
    fn ending(&mut self, bytes: &[u8], gap: usize) -> &[u8] {
        let end = self.end - gap;
        let start = end - bytes.len();
        self.map[start..end].copy_from_slice(bytes);
        // What would go on with, or end, whatever the bytes end in.
        let more = b"\"}0a\\ \x80,".iter().cycle();
        for (place, byte) in self.map[end..self.end].iter_mut().zip(more.skip(gap)) {
            *place = *byte;
        }
        &self.map[start..end]
    }
}

/// Records that begin with `before` and go on with `unit`, again and again; `after` would end them.
struct Shape {
    before: String,
    unit: &'static str,
    after: &'static str,
}

impl Shape {
    /// So many bytes of one without an end.
    fn cut(&self, length: usize) -> Vec<u8> {
        let mut bytes = self.before.clone().into_bytes();
        while bytes.len() < length {
            bytes.extend_from_slice(self.unit.as_bytes());
        }
        bytes.truncate(length);
        bytes
    }

    /// A whole one of so many bytes, if there is one.
    fn whole(&self, length: usize) -> Option<Vec<u8>> {
        let room = length.checked_sub(self.before.len() + self.after.len() + 1)?;
        let units = self.unit.repeat(room / self.unit.len());
        let space = " ".repeat(room % self.unit.len());
        Some(format!("{}{units}{}{space}}}", self.before, self.after).into_bytes())
    }
}

fn shapes(rows: &Rows) -> Vec<Shape> {
    let (event, name) = rows
        .events
        .iter()
        .find_map(|event| Some((event, of_kind(event, Kind::Text)?)))
        .unwrap();
    let data = of_kind(event, Kind::KvList).unwrap();
    let mandatory = event.fields.iter().filter(|field| field.required);
    let members = mandatory.map(|field| {
        let value = match field.kind {
            Kind::Text => "\"7\"",
            Kind::Time => "{\"seconds\":1735718405,\"useconds\":7}",
            _ => "7",
        };
        format!(",{:?}:{value}", field.names[0])
    });
    let head = format!(
        "{{{:?}:{:?}{}",
        rows.id,
        event.ids[0],
        members.collect::<String>()
    );
    let shape = |before: &str, unit, after| Shape {
        before: format!("{head}{before}"),
        unit,
        after,
    };
    let mut shapes = vec![
        shape(",\"x\":[0", ",12345678", "]"),
        shape(",\"x\":1", "0", "e-9"),
        shape(",\"x\":0.1", "7", ""),
        shape(",\"x\":[0", ",null,true,false,{}", "]"),
        shape(",\"x\":7", " ", ""),
        shape(",\"x\":{\"k\":7", ",\"a key\":\"a value\"", "}"),
        shape(&format!(",{name:?}:\"7\""), ",\"x\":5,\"y\": \"z\"", ""),
        shape("}\n", "{\"k\":7}\r\n \n", "{"),
    ];
    for text in [
        "a",
        "é",
        "€",
        "𝄞",
        "ab𝄞€é",
        "\\n",
        "\\u00e9",
        "abcdefghijklmno\\\"",
    ] {
        shapes.push(shape(&format!(",{name:?}:\""), text, "\""));
        shapes.push(shape(&format!(",{data:?}:{{\"k\":\""), text, "\"}"));
        shapes.push(shape(",\"x\":\"", text, "\""));
    }
    shapes
}

/// An optional attribute of this kind.
fn of_kind(event: &EventRow, kind: Kind) -> Option<&str> {
    let mut fields = event.fields.iter();
    let field = fields.find(|field| field.kind == kind && !field.required)?;
    Some(&field.names[0])
}

/// What can be asked of bytes.
struct Reader {
    decoder: Decoder,
    memory: Memory,
    layout: Arc<Layout>,
    columns: Builder,
}

/// What is found in them; columns are looked at later.
#[derive(Debug, PartialEq)]
struct Found {
    checked: Result<Outcome, Failure>,
    built: Result<Outcome, Failure>,
    lines: Vec<(usize, usize, Result<Outcome, Failure>)>,
    stretches: Vec<usize>,
    pending: Vec<u8>,
    complete: usize,
    written: Option<Vec<u8>>,
}

impl Reader {
    fn new(rows: &Rows) -> Reader {
        let plan = rows.plan();
        let own = OwnNames {
            id: rows.id.clone(),
            extra: "extra".to_owned(),
            ..OwnNames::default()
        };
        let layout = Layout::new(&plan, &rows.events, &rows.enums, &rows.time, &own);
        let layout = Arc::new(layout);
        let options = Options::default();
        let decoder = Decoder { plan, options };
        Reader {
            memory: decoder.memory(),
            columns: Builder::new(&layout, Added::default()),
            layout,
            decoder,
        }
    }

    /// The rows since the last time.
    fn table(&mut self) -> RecordBatch {
        let chunk = self.columns.take().unwrap();
        let schema = self.layout.schema(Added::default()).unwrap();
        let table = Table::new(&self.layout, schema, vec![chunk]);
        table.unwrap().one_batch().unwrap()
    }

    fn check(&mut self, bytes: &[u8]) -> Result<Outcome, Failure> {
        self.decoder.decode(&mut self.memory, bytes, &mut Ignore)
    }

    fn read(&mut self, bytes: &[u8]) -> Found {
        let built = self
            .decoder
            .decode(&mut self.memory, bytes, &mut self.columns);
        match &built {
            Ok(Outcome::Event(event)) => assert!(self.columns.end_event(*event)),
            Ok(Outcome::Unknown { id, start }) => {
                assert!(self.columns.end_unknown(id, &bytes[*start..]));
            }
            _ => self.columns.end_nothing(),
        }
        let mut buffer = Buffer::default();
        let (one, other) = bytes.split_at(bytes.len() / 2);
        buffer.push(one).unwrap();
        buffer.push(other).unwrap();
        Found {
            checked: self.check(bytes),
            built,
            lines: Lines::new(bytes)
                .map(|line| (line.index, line.number, self.check(line.bytes)))
                .collect(),
            stretches: Stretches::new(bytes, 30).map(<[u8]>::len).collect(),
            complete: buffer.complete(),
            pending: buffer.pending().to_vec(),
            written: str::from_utf8(bytes).ok().map(|text| {
                let mut out = Vec::new();
                encode::name(&mut out, text, false);
                encode::text(&mut out, text);
                out
            }),
        }
    }
}

/// The lengths to try with the end at this place.
fn lengths(gap: usize) -> Vec<usize> {
    match gap {
        _ if EVERY => (0..=LONGEST).collect(),
        0 => (0..150).chain((150..=LONGEST).step_by(789)).collect(),
        1 | 33 => (60..150).step_by(7).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn nothing_behind_the_end_is_read() {
    let rows = rows();
    let mut guarded = Guarded::new();
    let (mut found, mut expected) = (Reader::new(&rows), Reader::new(&rows));
    let mut events = 0;
    for shape in shapes(&rows) {
        for gap in 0..PLACES {
            for length in lengths(gap) {
                for record in [Some(shape.cut(length)), shape.whole(length)] {
                    let Some(record) = record else { continue };
                    assert_eq!(record.len(), length);
                    let expected = expected.read(&record);
                    let found = found.read(guarded.ending(&record, gap));
                    assert_eq!(
                        found,
                        expected,
                        "{} bytes behind {}",
                        gap,
                        record.escape_ascii()
                    );
                    events += usize::from(found.built.is_ok());
                }
            }
            assert_eq!(found.table(), expected.table());
        }
    }
    assert!(events > 1000, "{events}");
}
