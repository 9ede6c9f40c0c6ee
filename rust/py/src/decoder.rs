//! The class `Decoder`: options, and the doors to sessions, streams and validation.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyType};
use vmcodec_arrow::Added;
use vmcodec_core::lines::Lines;
use vmcodec_core::{
    Decoder as Core, EventId, Extra, Framing, KvLists, Options, Plan, Unknown, depth_limit,
};

use crate::check_stream::ErrorIterator;
use crate::columns::{self, Rows};
use crate::error::Place;
use crate::ffi::{ahead, objects};
use crate::input::{Input, fetch, items};
use crate::leavings::{leave, leave_list};
use crate::options::{Limit, choice};
use crate::schema::{Codec, Schema, compile};
use crate::session::{Errors, Session, Shelf};
use crate::stream::EventIterator;
use crate::table::{ArrowSchema, EventTable};
use crate::table_stream::EventTableIterator;
use crate::words::raised;
use crate::{threads, validate};

/// Decodes records by fixed options: make it once, use it from any thread.
///
/// Every option is by keyword:
///
/// events : iterable of Struct classes, default `EVENTS`
///     What to decode into. Your own classes derive from `BaseEvent`.
/// kv_lists : "dict" | "lazy" | "skip"
///     Extensions, Reasons, UserData and CallHistory as dicts, as `KVList`, or left out (None).
/// extra : "keep" | "ignore" | "forbid"
///     Members the event does not have: into `extra`, dropped, or an error.
/// unknown : "keep" | "error"
///     Ids that no class claims: an `UnknownEvent`, or an error.
/// only : iterable of classes, or None
///     Give None in the place of all other events, which are then checked as JSON alone.
///     May name `UnknownEvent`.
/// framing : "none" | "confluent"
///     Whether a Confluent schema-registry frame precedes the JSON.
/// max_depth : int
///     The deepest nesting, 1 to 1024; the record itself counts as one.
/// max_size : int
///     The longest record, in bytes.
///
/// Raises TypeError for a class that cannot be an event and ValueError for other values.
#[pyclass(frozen, module = "vmcodec")]
pub(crate) struct Decoder {
    pub codec: Codec,
    pub shelf: Shelf,
}

#[pymethods]
impl Decoder {
    #[new]
    #[pyo3(signature = (*, events=None, kv_lists="dict", extra="keep", unknown="keep", only=None, framing="none", max_depth=Limit(128), max_size=Limit(1 << 24)), text_signature = "(*, events=None, kv_lists='dict', extra='keep', unknown='keep', only=None, framing='none', max_depth=128, max_size=16777216)")]
    #[expect(clippy::too_many_arguments, reason = "one for each option")]
    fn new(
        py: Python<'_>,
        events: Option<&Bound<'_, PyAny>>,
        kv_lists: &str,
        extra: &str,
        unknown: &str,
        only: Option<&Bound<'_, PyAny>>,
        framing: &str,
        max_depth: Limit,
        max_size: Limit,
    ) -> PyResult<Decoder> {
        let (schema, plan) = compile(py, events)?;
        let only = only.map(|only| wanted(&schema, &plan, only)).transpose()?;
        let options = Options {
            kv_lists: choice(
                "kv_lists",
                kv_lists,
                &[
                    ("dict", KvLists::Dict),
                    ("lazy", KvLists::Lazy),
                    ("skip", KvLists::Skip),
                ],
            )?,
            extra: choice(
                "extra",
                extra,
                &[
                    ("keep", Extra::Keep),
                    ("ignore", Extra::Ignore),
                    ("forbid", Extra::Forbid),
                ],
            )?,
            unknown: choice(
                "unknown",
                unknown,
                &[("keep", Unknown::Keep), ("error", Unknown::Error)],
            )?,
            wants_unknown: only.as_ref().is_none_or(|only| only.unknown),
            only: only.map(|only| only.events),
            framing: choice(
                "framing",
                framing,
                &[("none", Framing::None), ("confluent", Framing::Confluent)],
            )?,
            max_depth: max_depth.up_to(depth_limit(), "max_depth")?,
            max_size: max_size.up_to(usize::MAX >> 1, "max_size")?,
        };
        Ok(Decoder {
            codec: Codec {
                core: Core { plan, options },
                schema,
            },
            shelf: Shelf::default(),
        })
    }

    /// Decode one message: bytes, bytearray, memoryview, str (as UTF-8), or None.
    ///
    /// Returns the event, an `UnknownEvent`, or None for None and for what `only` leaves out.
    /// Raises DecodeError for a bad record.
    fn decode<'py>(&self, data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        Session::run(
            data.py(),
            &self.codec,
            &self.shelf,
            Errors::Raise,
            |session| session.item(data, Place::default()),
        )
    }

    /// Decode a list, tuple or other iterable of messages into a list of the same length and order.
    ///
    /// errors="raise" raises the first DecodeError; errors="return" leaves each in its record's place.
    /// Raises TypeError if `messages` is not iterable or is one message.
    #[pyo3(signature = (messages, errors=Errors::Raise), text_signature = "($self, messages, errors=\"raise\")")]
    fn decode_batch<'py>(
        &self,
        messages: &Bound<'py, PyAny>,
        errors: Errors,
    ) -> PyResult<Bound<'py, PyList>> {
        let py = messages.py();
        let messages = items(messages)?;
        let results = Session::run(py, &self.codec, &self.shelf, errors, |session| {
            // No vector that becomes a list at the end: for millions of results that takes too long.
            let results = objects::list(py)?;
            for (index, item) in messages.iter().enumerate() {
                if let Some(next) = messages.get(index + ahead::MESSAGES) {
                    fetch(next);
                }
                let done = session
                    .item(item, Place { index, line: None })
                    .and_then(|result| Ok(objects::append(&results, &result)?));
                if let Err(error) = done {
                    return Err(leave_list(error, results));
                }
            }
            Ok(results)
        });
        results.map_err(|error| leave(error, py, messages))
    }

    /// Decode the records of an NDJSON buffer: bytes, str or anything with the buffer protocol.
    ///
    /// Blank lines are skipped; a last line without a newline counts. Otherwise as `decode_batch`.
    #[pyo3(signature = (buffer, errors=Errors::Raise), text_signature = "($self, buffer, errors=\"raise\")")]
    fn decode_lines<'py>(
        &self,
        buffer: &Bound<'py, PyAny>,
        errors: Errors,
    ) -> PyResult<Bound<'py, PyList>> {
        self.check_lines()?;
        let input = Input::of_buffer(buffer)?;
        let py = buffer.py();
        Session::run(py, &self.codec, &self.shelf, errors, |session| {
            let results = objects::list(py)?;
            for line in Lines::new(input.bytes()) {
                let place = Place {
                    index: line.index,
                    line: Some(line.number + 1),
                };
                let done = match line.bytes {
                    b"" => session.look(),
                    record => session
                        .record(record, place)
                        .and_then(|result| Ok(objects::append(&results, &result)?)),
                };
                if let Err(error) = done {
                    return Err(leave_list(error, results));
                }
            }
            Ok(results)
        })
    }

    /// Decode an NDJSON stream of any length, in bounded memory.
    ///
    /// source : a path (`.gz` and `.zst` are decompressed), a binary file object, a bytes-like
    /// buffer, or an iterable of bytes-like chunks cut anywhere. At most `batch_size` records are
    /// decoded ahead. With errors="raise" the iterator raises at a bad record and carries on with the
    /// next one when asked again. A record over `max_size` is cut short in its error's `raw`.
    /// Raises OSError where reading fails.
    #[pyo3(signature = (source, errors=Errors::Raise, batch_size=Limit(1000)), text_signature = "($self, source, errors=\"raise\", batch_size=1000)")]
    fn iter_decode(
        slf: &Bound<'_, Self>,
        source: &Bound<'_, PyAny>,
        errors: Errors,
        batch_size: Limit,
    ) -> PyResult<EventIterator> {
        slf.get().check_lines()?;
        let batch_size = batch_size.up_to(usize::MAX >> 1, "batch_size")?;
        EventIterator::new(slf.clone().unbind(), source, errors, batch_size)
    }

    /// Check an iterable of messages as `decode_batch` would, building nothing, without the GIL.
    ///
    /// Returns the errors of the bad ones, each with its record's bytes. Works in `threads` threads, or
    /// with None in as many as the machine runs at once.
    #[pyo3(signature = (messages, threads=Some(Limit(1))), text_signature = "($self, messages, threads=1)")]
    fn validate_batch<'py>(
        &self,
        messages: &Bound<'py, PyAny>,
        threads: Option<Limit>,
    ) -> PyResult<Bound<'py, PyList>> {
        validate::batch(&self.codec, messages, threads)
    }

    /// Check the records of an NDJSON buffer as `decode_lines` would, building nothing, without the GIL.
    ///
    /// Returns the errors of the bad ones, each with its record's bytes. `threads` as for `validate_batch`.
    #[pyo3(signature = (buffer, threads=Some(Limit(1))), text_signature = "($self, buffer, threads=1)")]
    fn validate_lines<'py>(
        &self,
        buffer: &Bound<'py, PyAny>,
        threads: Option<Limit>,
    ) -> PyResult<Bound<'py, PyList>> {
        self.check_lines()?;
        validate::lines(&self.codec, buffer, threads)
    }

    /// Check an NDJSON stream of any length, building nothing, without the GIL, in bounded memory.
    ///
    /// source : as for `iter_decode`
    /// threads : as for `decode_arrow`
    ///
    /// Returns an iterator over the errors of the bad records, each with its record's bytes.
    #[pyo3(signature = (source, *, threads=None))]
    fn iter_validate(
        slf: &Bound<'_, Self>,
        source: &Bound<'_, PyAny>,
        threads: Option<Limit>,
    ) -> PyResult<ErrorIterator> {
        slf.get().check_lines()?;
        ErrorIterator::new(slf.clone().unbind(), source, threads::count(threads)?)
    }

    /// Decode messages, or one NDJSON buffer, into Arrow columns, without the GIL.
    ///
    /// source : an iterable of messages, a buffer of lines, or an Arrow array of binary or string
    ///     (anything with `__arrow_c_array__`), whose items are messages and are read in place.
    /// errors : "raise" | "return"
    ///     Raise the first DecodeError; or keep bad records in `errors` of the table.
    /// rows : "all" | "events"
    ///     A row of nulls for each record that is no event (bad, None, left out by `only`), or no row.
    /// keys, timestamps : iterables, or None
    ///     The messages' Kafka keys (bytes, str or None) make the columns `tenant_id` and `agent_id`, split at
    ///     the first colon; their time stamps (epoch milliseconds or None) make `record_time`.
    /// threads : int or None
    ///     How many threads; None for as many as the machine runs at once.
    ///
    /// Returns an `EventTable`. Raises ValueError where keys or timestamps are not as many as the messages.
    #[pyo3(signature = (source, *, errors=Errors::Raise, rows=Rows::All, keys=None, timestamps=None, threads=None), text_signature = "($self, source, *, errors=\"raise\", rows=\"all\", keys=None, timestamps=None, threads=None)")]
    fn decode_arrow<'py>(
        slf: &Bound<'py, Self>,
        source: &Bound<'py, PyAny>,
        errors: Errors,
        rows: Rows,
        keys: Option<&Bound<'py, PyAny>>,
        timestamps: Option<&Bound<'py, PyAny>>,
        threads: Option<Limit>,
    ) -> PyResult<Bound<'py, EventTable>> {
        let options = columns::Options {
            errors,
            rows,
            keys,
            timestamps,
            threads,
        };
        columns::decode(slf, source, &options)
    }

    /// Decode an NDJSON stream of any length into tables of at most `batch_rows` rows, in bounded memory.
    ///
    /// `source` as for `iter_decode`, the options as for `decode_arrow`. The iterator is an Arrow stream
    /// too, to be read once, whole, by whatever takes one. With errors="raise" it raises at a bad record,
    /// after the rows before it, and carries on behind it when asked again.
    #[pyo3(signature = (source, *, errors=Errors::Raise, rows=Rows::All, batch_rows=Limit(1 << 16), threads=None), text_signature = "($self, source, *, errors=\"raise\", rows=\"all\", batch_rows=65536, threads=None)")]
    fn iter_arrow(
        slf: &Bound<'_, Self>,
        source: &Bound<'_, PyAny>,
        errors: Errors,
        rows: Rows,
        batch_rows: Limit,
        threads: Option<Limit>,
    ) -> PyResult<EventTableIterator> {
        slf.get().check_lines()?;
        let batch_rows = batch_rows.up_to(usize::MAX >> 1, "batch_rows")?;
        let threads = threads::count(threads)?;
        EventTableIterator::new(slf, source, errors, rows, batch_rows, threads)
    }

    /// The columns of this decoder's tables, with those that keys and timestamps add.
    #[pyo3(signature = (*, keys=false, timestamps=false))]
    fn arrow_schema(&self, keys: bool, timestamps: bool) -> PyResult<ArrowSchema> {
        let schema = columns::schema(&self.codec, Added { keys, timestamps })?;
        Ok(ArrowSchema { schema })
    }

    /// Whether every class is filled slot by slot; False where one takes the constructor.
    #[getter]
    fn _fast(&self) -> bool {
        let schema = &self.codec.schema;
        let mut shapes = schema.shapes.iter().chain([&schema.time]);
        shapes.all(|shape| shape.is_fast())
    }

    /// `Decoder[MyEvent]`, for annotations.
    #[classmethod]
    fn __class_getitem__<'py>(
        cls: &Bound<'py, PyType>,
        item: &Bound<'py, PyAny>,
    ) -> Bound<'py, PyType> {
        let _ = item;
        cls.clone()
    }
}

impl Decoder {
    /// A frame may hold a newline: lines and frames exclude each other.
    pub fn check_lines(&self) -> PyResult<()> {
        if self.codec.core.options.framing == Framing::None {
            return Ok(());
        }
        Err(raised::<PyValueError>(
            "framing=\"confluent\" is for single messages: NDJSON lines carry no frames",
        ))
    }
}

/// What `only` names.
struct Wanted {
    events: Vec<EventId>,
    unknown: bool,
}

fn wanted(schema: &Schema, plan: &Plan, only: &Bound<'_, PyAny>) -> PyResult<Wanted> {
    let py = only.py();
    let mut wanted = Wanted {
        events: Vec::new(),
        unknown: false,
    };
    if only.is_instance_of::<PyType>() {
        return Err(raised::<PyTypeError>(
            "only takes an iterable of event classes",
        ));
    }
    for class in only.try_iter()? {
        let class = class?;
        let place = schema
            .shapes
            .iter()
            .position(|shape| shape.class.bind(py).is(&class));
        match place.map(EventId::try_from) {
            Some(Ok(event)) if usize::from(event) < plan.event_count() => wanted.events.push(event),
            _ if schema.unknown.bind(py).is(&class) => wanted.unknown = true,
            _ => {
                return Err(raised::<PyTypeError>(
                    "only takes event classes of this decoder, and UnknownEvent",
                ));
            }
        }
    }
    wanted.events.sort_unstable();
    Ok(wanted)
}
