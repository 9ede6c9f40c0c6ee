//! The writing of one event: attributes by kind, then `extra`. Called by `encoder`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyList, PyString};
use vmcodec_core::{EventId, Failure, Ignore, Kind, Number, Outcome, encode};

use crate::encode_error::EncodeError;
use crate::encoder::Encoder;
use crate::ffi::gc::GcPause;
use crate::ffi::reading;
use crate::ffi::slots::Attributes;
use crate::heads::Heads;
use crate::kvlist::KVList;
use crate::refusal::Refusal;
use crate::session::Pulse;
use crate::shape::{Reader, Shape, ShapeField};
use crate::tree::{self, integer, is_number, plain_int};
use crate::words::name;

/// For fewer events the room for keys costs more than they save.
const WORTH_HEADS: usize = 64;

/// Writes events behind each other into one buffer.
pub(crate) struct Writer<'a, 'py> {
    encoder: &'a Encoder,
    pub out: Vec<u8>,
    heads: Heads<'py>,
    /// Whether bytes were written as they came since this was last reset.
    pub verbatim: bool,
}

impl<'a, 'py> Writer<'a, 'py> {
    /// A writer for so many events.
    pub fn new(encoder: &'a Encoder, events: usize) -> Writer<'a, 'py> {
        Writer {
            encoder,
            out: Vec::with_capacity(512),
            heads: if events < WORTH_HEADS {
                Heads::default()
            } else {
                Heads::with_room()
            },
            verbatim: false,
        }
    }

    /// Writes all events; `done` is called behind each.
    pub fn all(
        &mut self,
        py: Python<'py>,
        events: &[Bound<'py, PyAny>],
        mut done: impl FnMut(&mut Self) -> PyResult<()>,
    ) -> PyResult<()> {
        let mut pause = GcPause::new(py);
        let mut pulse = Pulse::default();
        for (index, event) in events.iter().enumerate() {
            let before = self.out.len();
            self.event(event, index)?;
            if pulse.beat(self.out.len().saturating_sub(before)) {
                pause.lifted(|py| py.check_signals())?;
            }
            done(self)?;
        }
        Ok(())
    }

    #[inline(always)]
    pub fn event(&mut self, event: &Bound<'py, PyAny>, index: usize) -> PyResult<()> {
        let number = self.encoder.event_of(event);
        let shape = number.and_then(|number| self.encoder.schema.shapes.get(usize::from(number)));
        // A panic is a defect of ours: it becomes the error of this event.
        let written = catch_unwind(AssertUnwindSafe(|| match shape {
            Some(shape) => self.attributes(event, shape, number.unwrap_or_default()),
            None => self.unknown(event),
        }));
        let result = written.unwrap_or_else(|_| Err(Refusal::defect()));
        result.map_err(|refusal| self.error(event.py(), *refusal, number, index))
    }

    #[cold]
    fn error(
        &self,
        py: Python<'_>,
        refusal: Refusal,
        event: Option<EventId>,
        index: usize,
    ) -> PyErr {
        if let Some(error) = refusal.raised {
            return error;
        }
        let event = event.and_then(|event| self.encoder.schema.event_name(event));
        EncodeError::new(
            refusal.code.to_owned(),
            index,
            format!("${}", refusal.path),
            event.map(|name| name.to_string()),
            refusal.expected,
            refusal.got,
        )
        .into_err(py)
    }

    /// An event of an unknown id: its bytes, when they are what they say.
    #[inline(never)]
    fn unknown(&mut self, event: &Bound<'py, PyAny>) -> Result<(), Box<Refusal>> {
        let class = self.encoder.schema.unknown.bind(event.py());
        if !event.get_type().is(class) {
            let expected = "an instance of a registered event class, or UnknownEvent";
            return Err(Refusal::found("wrong_item", expected, event));
        }
        let raw = event
            .getattr(name!(event.py(), "raw").map_err(Refusal::raised)?)
            .map_err(Refusal::raised)?;
        let id = event
            .getattr(name!(event.py(), "id").map_err(Refusal::raised)?)
            .map_err(Refusal::raised)?;
        let odd = || Refusal::new("invalid_raw", "an id as str and raw as bytes").at_name("raw");
        let (Ok(bytes), Ok(text)) = (raw.cast::<PyBytes>(), id.cast::<PyString>()) else {
            return Err(odd());
        };
        let id = text.to_str().map_err(|_| {
            let refusal = Refusal::unwritten(text);
            if refusal.raised.is_some() {
                refusal
            } else {
                odd()
            }
        })?;
        let bytes = bytes.as_bytes();
        let unknown = &self.encoder.unknown;
        match unknown.decode(&mut unknown.memory(), bytes, &mut Ignore) {
            Ok(Outcome::Unknown { id: found, .. }) if found == id => {
                self.as_it_came(bytes)?;
                Ok(())
            }
            Err(Failure::Fault(fault)) if fault.is_want_of_memory() => Err(Refusal::no_memory()),
            _ => {
                let expected = "the bytes of one JSON object whose id is the event's";
                Err(Refusal::new("invalid_raw", expected).at_name("raw"))
            }
        }
    }

    #[inline(never)]
    fn attributes(
        &mut self,
        event: &Bound<'py, PyAny>,
        shape: &Shape,
        number: EventId,
    ) -> Result<(), Box<Refusal>> {
        // For all but long strings and what is in containers.
        tree::room(&mut self.out, shape.fields.len())?;
        let attributes = shape.read(event);
        shape.head.write(&mut self.out);
        for (place, field) in shape.fields.iter().enumerate() {
            if let Some(slots) = attributes.slots()
                && self.plain(slots, place, field)
            {
                continue;
            }
            self.attribute(&attributes, place, field)?;
        }
        let extra = attributes.get(shape.fields.len());
        let extra = extra.map_err(Refusal::raised)?;
        if !extra.is_none() {
            self.extra(&extra, number)?;
        }
        self.out.push(b'}');
        #[cfg(feature = "faults")]
        vmcodec_core::faults::strike("write", &self.out);
        Ok(())
    }

    /// Writes an attribute of the most frequent kinds right out of its slot, or leaves it out. False,
    /// and nothing written, for any other, and for a value that is not of its kind.
    #[inline(always)]
    fn plain(&mut self, slots: &Attributes<'_, 'py>, place: usize, field: &ShapeField) -> bool {
        if field.left_out().is_some_and(|value| slots.is(place, value)) {
            return true;
        }
        let out = &mut self.out;
        let number = match field.kind {
            Kind::Integer | Kind::IntegerOrText => slots.int(place),
            Kind::Enum(table) => {
                let shape = self.encoder.schema.enums.get(usize::from(table));
                let code = slots.int(place);
                code.filter(|&code| shape.is_none_or(|shape| shape.allows(code)))
            }
            Kind::Text => {
                let before = out.len();
                field.head.write(out);
                let written = slots.write_text(place, out);
                if !written {
                    out.truncate(before);
                }
                return written;
            }
            _ => None,
        };
        if let Some(number) = number {
            field.head.write(out);
            encode::number(out, Number::Int(number));
        }
        number.is_some()
    }

    /// Writes any attribute, or leaves it out.
    #[inline(never)]
    fn attribute(
        &mut self,
        attributes: &Reader<'_, 'py>,
        place: usize,
        field: &ShapeField,
    ) -> Result<(), Box<Refusal>> {
        let value = attributes.get(place).map_err(Refusal::raised)?;
        if field.is_omitted(&value) {
            return Ok(());
        }
        field.head.write(&mut self.out);
        self.value(field, &value)
            .map_err(|refusal| refusal.at_name(&field.name))
    }

    #[inline(always)]
    fn value(&mut self, field: &ShapeField, value: &Bound<'py, PyAny>) -> Result<(), Box<Refusal>> {
        if value.is_none() {
            if !field.none {
                return Err(Refusal::found(
                    "missing_attribute",
                    "the mandatory attribute",
                    value,
                ));
            }
            self.out.extend_from_slice(b"null");
            return Ok(());
        }
        match field.kind {
            Kind::Integer => integer(&mut self.out, value, "an int"),
            Kind::Enum(table) => self.code(value, table),
            Kind::Time => self.time(value),
            Kind::KvList => self.kv_list(value),
            Kind::Text if !value.is_instance_of::<PyString>() => {
                Err(Refusal::wrong_type("a str", value))
            }
            Kind::IntegerOrText
                if !value.is_instance_of::<PyString>() && plain_int(value).is_none() =>
            {
                Err(Refusal::wrong_type("an int or a str", value))
            }
            Kind::Boolean if !value.is_instance_of::<PyBool>() => {
                Err(Refusal::wrong_type("a bool", value))
            }
            Kind::Float if !is_number(value) => Err(Refusal::wrong_type("a float", value)),
            Kind::List if !value.is_instance_of::<PyList>() => {
                Err(Refusal::wrong_type("a list", value))
            }
            Kind::Text
            | Kind::IntegerOrText
            | Kind::Boolean
            | Kind::Float
            | Kind::List
            | Kind::Any => self.tree(value),
        }
    }

    /// Refuses a container that would be the event's first inner one, if it may have none.
    fn container(&self) -> Result<(), Box<Refusal>> {
        match self.encoder.max_depth {
            1 => Err(Refusal::too_deep(1)),
            _ => Ok(()),
        }
    }

    fn tree(&mut self, value: &Bound<'py, PyAny>) -> Result<(), Box<Refusal>> {
        let max_depth = self.encoder.max_depth.saturating_sub(1);
        tree::write(&mut self.out, &mut self.heads, value, max_depth)
    }

    fn kv_list(&mut self, value: &Bound<'py, PyAny>) -> Result<(), Box<Refusal>> {
        if value.is_instance_of::<PyDict>() {
            return self.tree(value);
        }
        let Ok(lazy) = value.cast::<KVList>() else {
            return Err(Refusal::wrong_type("a dict or a KVList", value));
        };
        self.container()?;
        self.as_it_came(lazy.get().bytes(lazy.py()))
    }

    /// Writes bytes that are JSON already.
    fn as_it_came(&mut self, bytes: &[u8]) -> Result<(), Box<Refusal>> {
        let room = self.out.try_reserve(bytes.len());
        room.map_err(|_| Refusal::no_memory())?;
        self.out.extend_from_slice(bytes);
        self.verbatim = true;
        Ok(())
    }

    fn code(&mut self, value: &Bound<'py, PyAny>, table: u16) -> Result<(), Box<Refusal>> {
        let shape = self.encoder.schema.enums.get(usize::from(table));
        match reading::int(value) {
            Some(code) if shape.is_none_or(|shape| shape.allows(code)) => {
                encode::number(&mut self.out, Number::Int(code));
                Ok(())
            }
            _ => self.odd_code(value, table),
        }
    }

    /// A code beyond 63 bits, or none at all.
    #[cold]
    fn odd_code(&mut self, value: &Bound<'py, PyAny>, table: u16) -> Result<(), Box<Refusal>> {
        let schema = &self.encoder.schema;
        let expected = format!("a member or an integer code of {}", schema.enum_name(table));
        if plain_int(value).is_none() {
            return Err(Refusal::wrong_type(&expected, value));
        }
        let shape = schema.enums.get(usize::from(table));
        if shape.is_some_and(|shape| !shape.open) {
            return Err(Refusal::found("out_of_range", &expected, value));
        }
        integer(&mut self.out, value, "a code")
    }

    fn time(&mut self, value: &Bound<'py, PyAny>) -> Result<(), Box<Refusal>> {
        let schema = &self.encoder.schema;
        if value.get_type_ptr().addr() != schema.time.class.as_ptr().addr() {
            return Err(Refusal::wrong_type("a Time", value));
        }
        self.container()?;
        let parts = schema.time.read(value);
        for (place, head) in schema.time_heads.iter().enumerate() {
            head.write(&mut self.out);
            match parts.int(place).map_err(Refusal::raised)? {
                Some(part) if place == 0 || (0..1_000_000).contains(&part) => {
                    encode::number(&mut self.out, Number::Int(part));
                }
                _ => {
                    let part = parts.get(place).map_err(Refusal::raised)?;
                    return Err(odd_time(&part, place));
                }
            }
        }
        self.out.push(b'}');
        Ok(())
    }

    /// The unknown members, behind the known ones.
    #[inline(never)]
    fn extra(&mut self, extra: &Bound<'py, PyAny>, number: EventId) -> Result<(), Box<Refusal>> {
        let Ok(extra) = extra.cast::<PyDict>() else {
            return Err(Refusal::wrong_type("a dict or None", extra).at_name("extra"));
        };
        for (name, value) in extra {
            let Ok(name) = name.cast::<PyString>() else {
                return Err(Refusal::wrong_type("str keys", &name).at_name("extra"));
            };
            tree::key(&mut self.out, &mut self.heads, name, false)
                .map_err(|refusal| refusal.at_name("extra"))?;
            let text = name.to_str().unwrap_or_default();
            if self.encoder.plan.claims(number, text) {
                let expected = "members that are not the event's own attributes";
                let refusal = Refusal::new("duplicate_member", expected);
                return Err(refusal.at_key().at_name("extra"));
            }
            self.tree(&value)
                .map_err(|refusal| refusal.at_key().at_name("extra"))?;
        }
        Ok(())
    }
}

/// A part of a time that is no int, or beyond its range.
#[cold]
fn odd_time(part: &Bound<'_, PyAny>, place: usize) -> Box<Refusal> {
    let (member, range) = match place {
        0 => ("seconds", "a 64-bit int"),
        _ => ("useconds", "an int from 0 to 999999"),
    };
    let refusal = match plain_int(part) {
        Some(_) => Refusal::found("out_of_range", range, part),
        None => Refusal::wrong_type("an int", part),
    };
    refusal.at_name(member)
}
