//! The class `Encoder`: options, and the doors to the writer.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use vmcodec_core::{Decoder as Core, EventId, Options, Plan, TimeRow, depth_limit};

use crate::ffi::gc::GcPause;
use crate::ffi::growing::Growing;
use crate::ffi::objects;
use crate::input::items;
use crate::leavings::{leave, leave_bytes, leave_list};
use crate::options::Limit;
use crate::schema::{Schema, compile};
use crate::words::raised;
use crate::writer::Writer;

/// The codes of `EncodeError`: a closed set.
pub(crate) const CODES: &[&str] = &[
    "wrong_type",
    "out_of_range",
    "invalid_number",
    "missing_attribute",
    "lone_surrogate",
    "too_deep",
    "duplicate_member",
    "invalid_raw",
    "wrong_item",
    "internal",
];

/// Writes events in their canonical form: make it once, use it from any thread.
///
/// events : iterable of Struct classes, default `EVENTS`
///     The classes whose instances it writes.
/// max_depth : int
///     The deepest nesting, 1 to 1024; the event itself counts as one.
#[pyclass(frozen, module = "vmcodec")]
pub(crate) struct Encoder {
    pub schema: Schema,
    pub plan: Plan,
    /// The event of each class, in order of the classes' addresses; `schema` keeps the classes alive.
    classes: Vec<(usize, EventId)>,
    /// Reads the bytes of unknown events: to it, every event is one.
    pub unknown: Core,
    pub max_depth: usize,
}

#[pymethods]
impl Encoder {
    #[new]
    #[pyo3(signature = (*, events=None, max_depth=Limit(128)), text_signature = "(*, events=None, max_depth=128)")]
    fn new(
        py: Python<'_>,
        events: Option<&Bound<'_, PyAny>>,
        max_depth: Limit,
    ) -> PyResult<Encoder> {
        let max_depth = max_depth.up_to(depth_limit(), "max_depth")?;
        let (schema, plan) = compile(py, events)?;
        let mut classes: Vec<_> = (0..)
            .zip(&schema.shapes)
            .map(|(event, shape)| (shape.class.as_ptr().addr(), event))
            .collect();
        classes.sort_unstable();
        let nothing = Plan::new("id", &[], &[], &TimeRow::default())
            .map_err(|error| raised::<PyValueError>(error.to_string()))?;
        let options = Options {
            max_depth: depth_limit(),
            max_size: usize::MAX,
            ..Options::default()
        };
        Ok(Encoder {
            schema,
            plan,
            classes,
            unknown: Core {
                plan: nothing,
                options,
            },
            max_depth,
        })
    }

    /// Write one event as compact JSON bytes; an `UnknownEvent` gives its own bytes back.
    ///
    /// Raises EncodeError for what cannot be written.
    fn encode<'py>(&self, event: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        let _pause = GcPause::new(event.py());
        let mut writer = Writer::new(self, 1);
        writer.event(event, 0)?;
        Ok(objects::bytes(event.py(), &writer.out)?)
    }

    /// Write a list, tuple or other iterable of events, each into bytes of its own.
    fn encode_batch<'py>(&self, events: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        let py = events.py();
        let events = items(events)?;
        let mut writer = Writer::new(self, events.len());
        let results = objects::list(py)?;
        let done = writer.all(py, &events, |writer| {
            let written = objects::bytes(py, &writer.out)?;
            objects::append(&results, &written)?;
            writer.out.clear();
            Ok(())
        });
        if let Err(error) = done {
            return Err(leave(leave_list(error, results), py, events));
        }
        Ok(results)
    }

    /// Write events as NDJSON: one a line, a newline behind each.
    ///
    /// Bytes kept as they came (`UnknownEvent`, `KVList`) may hold line breaks between their tokens:
    /// these become spaces.
    fn encode_lines<'py>(&self, events: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        let py = events.py();
        let events = items(events)?;
        let mut writer = Writer::new(self, events.len());
        let mut lines = Growing::new(py);
        let (mut start, mut written) = (0, 0);
        let done = writer.all(py, &events, |writer| {
            written += 1;
            if writer.verbatim {
                let record = writer.out.get_mut(start..).unwrap_or_default();
                for byte in record
                    .iter_mut()
                    .filter(|byte| matches!(byte, b'\n' | b'\r'))
                {
                    *byte = b' ';
                }
                writer.verbatim = false;
            }
            writer.out.push(b'\n');
            start = writer.out.len();
            if start >= PIECE {
                let each = (lines.len() + start) / written;
                lines.append(&writer.out, each.saturating_mul(events.len()))?;
                writer.out.clear();
                start = 0;
            }
            Ok(())
        });
        if let Err(error) = done {
            return Err(leave(leave_bytes(error, lines), py, events));
        }
        if lines.is_empty() {
            return Ok(objects::bytes(py, &writer.out)?);
        }
        lines.append(&writer.out, 0)?;
        Ok(lines.finish()?)
    }
}

/// Lines of so many bytes go to the others at a time, before they leave the processor's caches.
const PIECE: usize = 1 << 16;

impl Encoder {
    pub fn event_of(&self, object: &Bound<'_, PyAny>) -> Option<EventId> {
        let class = object.get_type_ptr().addr();
        let place = self.classes.binary_search_by_key(&class, |known| known.0);
        Some(self.classes.get(place.ok()?)?.1)
    }
}
