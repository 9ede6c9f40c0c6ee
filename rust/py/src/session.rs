//! One call of a decoder: its workspace, the paused collector, and records turned into results.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use vmcodec_core::{Code, EventId, Expected, Failure, Fault, Memory, Outcome, Sink};

use crate::builder::{Builder, Caches};
use crate::error::{DecodeError, Place};
use crate::ffi::gc::GcPause;
use crate::ffi::objects;
use crate::input::Input;
use crate::memory;
use crate::schema::Codec;
use crate::words::{Words, raised};

/// What one call leaves for the next.
pub(crate) struct Workspace {
    memory: Memory,
    caches: Caches,
}

impl Workspace {
    fn new(codec: &Codec) -> Workspace {
        Workspace {
            memory: codec.core.memory(),
            caches: Caches::new(codec.core.plan.field_count(), codec.schema.time.is_fast()),
        }
    }
}

/// Where a workspace waits between calls. A call takes it out: one that runs meanwhile, in another
/// thread or from within, makes its own.
#[derive(Default)]
pub(crate) struct Shelf(Mutex<Option<Box<Workspace>>>);

impl Shelf {
    fn take(&self, codec: &Codec) -> Box<Workspace> {
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        place
            .take()
            .unwrap_or_else(|| Box::new(Workspace::new(codec)))
    }

    fn put(&self, workspace: Box<Workspace>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(workspace);
    }
}

/// What to do with a bad record.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Errors {
    /// Raise its error; the error keeps no payload.
    Raise,
    /// Leave its error, with the record's bytes, in its place.
    Return,
}

impl<'py> FromPyObject<'_, 'py> for Errors {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Errors> {
        match object.extract::<&str>() {
            Ok("raise") => Ok(Errors::Raise),
            Ok("return") => Ok(Errors::Return),
            _ => Err(raised::<PyValueError>("errors is \"raise\" or \"return\"")),
        }
    }
}

/// Records between two looks at signals: a few milliseconds' work.
const RECORDS_A_LOOK: usize = 2048;
/// Bytes between two looks at signals.
const BYTES_A_LOOK: usize = 1 << 20;

/// Counts work, and lets signals in now and then, so that Ctrl-C ends a long call.
#[derive(Default)]
pub(crate) struct Pulse {
    records: usize,
    bytes: usize,
}

impl Pulse {
    /// Notes a record; true when it is time to look at signals.
    #[inline(always)]
    pub fn beat(&mut self, bytes: usize) -> bool {
        self.records += 1;
        self.bytes += bytes;
        if self.records < RECORDS_A_LOOK && self.bytes < BYTES_A_LOOK {
            return false;
        }
        *self = Pulse::default();
        true
    }
}

/// One call.
pub(crate) struct Session<'py, 'a> {
    py: Python<'py>,
    codec: &'a Codec,
    memory: &'a mut Memory,
    builder: Builder<'py, 'a>,
    pause: GcPause<'py>,
    pulse: Pulse,
    errors: Errors,
}

impl<'py, 'a> Session<'py, 'a> {
    /// Runs `call` with a session, and leaves the workspace on the shelf.
    #[inline(always)]
    pub fn run<T>(
        py: Python<'py>,
        codec: &'a Codec,
        shelf: &Shelf,
        errors: Errors,
        call: impl for<'b> FnOnce(&mut Session<'py, 'b>) -> PyResult<T>,
    ) -> PyResult<T> {
        let mut workspace = shelf.take(codec);
        let Workspace { memory, caches } = workspace.as_mut();
        let mut session = Session {
            py,
            codec,
            memory,
            builder: Builder::new(py, &codec.schema, caches),
            pause: GcPause::new(py),
            pulse: Pulse::default(),
            errors,
        };
        let result = call(&mut session);
        drop(session);
        workspace.memory.trim();
        shelf.put(workspace);
        result
    }

    /// The result of an item: an event, None for None, or (where errors are returned) its error.
    #[inline(always)]
    pub fn item(&mut self, item: &Bound<'py, PyAny>, place: Place) -> PyResult<Bound<'py, PyAny>> {
        if item.is_none() {
            if self.pulse.beat(0) {
                self.look()?;
            }
            return Ok(item.clone());
        }
        match Input::of(item)? {
            Some(input) => self.record(input.bytes(), place),
            None => {
                let error = DecodeError::wrong_item(item, place)?;
                self.refused(error)
            }
        }
    }

    /// Looks at signals.
    pub fn look(&mut self) -> PyResult<()> {
        self.pause.lifted(|py| py.check_signals())
    }

    /// The result of a record's bytes.
    #[inline(always)]
    pub fn record(&mut self, record: &[u8], place: Place) -> PyResult<Bound<'py, PyAny>> {
        if self.pulse.beat(record.len()) {
            self.look()?;
        }
        let outcome = self
            .codec
            .core
            .decode(self.memory, record, &mut self.builder);
        if let Ok(Outcome::Event(event)) = outcome {
            // As in the core: a panic costs this one record.
            let finish = || {
                #[cfg(feature = "faults")]
                vmcodec_core::faults::strike("finish", record);
                self.builder.finish(event)
            };
            return match catch_unwind(AssertUnwindSafe(finish)) {
                Ok(Ok(event)) => Ok(event),
                Ok(Err(pending)) => self.not_made(Some(event), pending.into(), record, place),
                Err(_) => self.defect(event, record, place),
            };
        }
        self.other(outcome, record, place)
    }

    #[inline(never)]
    fn other(
        &mut self,
        outcome: Result<Outcome, Failure>,
        record: &[u8],
        place: Place,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = self.py;
        match outcome {
            Ok(Outcome::Event(_) | Outcome::Unwanted) => Ok(py.None().into_bound(py)),
            Ok(Outcome::Unknown { id, start }) => {
                let raw = objects::bytes(py, record.get(start..).unwrap_or_default())?;
                let unknown = self.codec.schema.unknown.bind(py);
                unknown.call1((Words(&id), raw))
            }
            Err(Failure::Stopped) => self.not_made(None, PyErr::fetch(py), record, place),
            Err(Failure::Fault(fault)) => self.faulty(&fault, record, place),
        }
    }

    /// A class (the event's, or an enumeration) made nothing of good values: by its own rules, or for
    /// want of memory.
    #[cold]
    fn not_made(
        &mut self,
        event: Option<EventId>,
        error: PyErr,
        record: &[u8],
        place: Place,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = self.py;
        // What was not used yet must not reach the next record.
        self.builder.clear();
        if !error.is_instance_of::<PyValueError>(py) && !error.is_instance_of::<PyTypeError>(py) {
            return Err(error);
        }
        // What the class says may hold a value of the record: it is not passed on.
        let mut fault = Fault::new(Code::Refused, 0, Expected::ClassRules);
        fault.event = event;
        self.faulty(&fault, record, place)
    }

    /// The event was not finished for a defect of ours.
    #[cold]
    fn defect(
        &mut self,
        event: EventId,
        record: &[u8],
        place: Place,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.builder.clear();
        let mut fault = Fault::defect();
        fault.event = Some(event);
        self.faulty(&fault, record, place)
    }

    fn faulty(&self, fault: &Fault, record: &[u8], place: Place) -> PyResult<Bound<'py, PyAny>> {
        let py = self.py;
        if fault.is_want_of_memory() {
            return Err(memory::short());
        }
        let raw = match self.errors {
            Errors::Raise => None,
            Errors::Return => Some(objects::bytes(py, record)?.unbind()),
        };
        self.refused(DecodeError::of(self.codec, fault, place, raw))
    }

    fn refused(&self, error: DecodeError) -> PyResult<Bound<'py, PyAny>> {
        match self.errors {
            Errors::Raise => Err(error.into_err(self.py)),
            Errors::Return => error.into_object(self.py),
        }
    }
}
