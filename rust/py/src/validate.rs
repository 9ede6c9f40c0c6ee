//! Validation: the walk with the sink that keeps nothing.

use pyo3::prelude::*;
use pyo3::types::PyList;
use vmcodec_core::{Decoder as Core, Failure, Fault, Ignore, Memory};

use crate::error::DecodeError;
use crate::ffi::gc::GcPause;
use crate::ffi::objects;
use crate::input::{Input, items, messages, records};
use crate::leavings::{leave, leave_list};
use crate::memory;
use crate::options::Limit;
use crate::schema::Codec;
use crate::session::{Errors, Pulse};
use crate::threads::{self, Manner, Message, Refused, Work};

/// Bytes in a stretch: some tenths of a millisecond's work, so that all threads end at the same time.
const STRETCH: usize = 1 << 17;
/// So many messages are checked at a time: what is noted of millions would take long to let go.
const PART: usize = 1 << 17;

/// The errors of the bad messages.
pub(crate) fn batch<'py>(
    codec: &Codec,
    messages: &Bound<'py, PyAny>,
    threads: Option<Limit>,
) -> PyResult<Bound<'py, PyList>> {
    let py = messages.py();
    let manner = manner(threads::count(threads)?);
    let items = items(messages)?;
    let found = objects::list(py)?;
    for (number, part) in items.chunks(PART).enumerate() {
        if let Err(error) = check(py, codec, part, number * PART, manner, &found) {
            return Err(leave(leave_list(error, found), py, items));
        }
    }
    Ok(found)
}

/// Puts the errors of these messages behind those that were found; so many messages came `before`.
fn check<'py>(
    py: Python<'py>,
    codec: &Codec,
    items: &[Bound<'py, PyAny>],
    before: usize,
    manner: Manner,
    found: &Bound<'py, PyList>,
) -> PyResult<()> {
    let (inputs, wrong) = records(py, items, before)?;
    let messages = messages(py, &inputs)?;
    let mut results = manner.messages(py, &messages, || Check::new(&codec.core))?;
    for (place, ..) in &mut results.refused {
        place.index += before;
    }
    let mut errors = errors(py, codec, results.refused)?;
    for error in wrong {
        errors.push((error.index(), error.into_object(py)?));
    }
    errors.sort_by_key(|error| error.0);
    for (_, error) in errors {
        objects::append(found, &error)?;
    }
    Ok(())
}

/// The errors of the bad records of a buffer.
pub(crate) fn lines<'py>(
    codec: &Codec,
    buffer: &Bound<'py, PyAny>,
    threads: Option<Limit>,
) -> PyResult<Bound<'py, PyList>> {
    let py = buffer.py();
    let manner = manner(threads::count(threads)?);
    let input = Input::of_buffer(buffer)?;
    let results = manner.lines(py, input.bytes(), || Check::new(&codec.core))?;
    let found = objects::list(py)?;
    for (_, error) in errors(py, codec, results.refused)? {
        objects::append(&found, &error)?;
    }
    Ok(found)
}

/// What came of some lines of a stream.
pub(crate) struct Checked {
    pub errors: Vec<Py<PyAny>>,
    pub records: usize,
    pub lines: usize,
}

/// Checks the records of whole lines, so many records and lines behind the beginning of their stream.
pub(crate) fn lines_behind(
    py: Python<'_>,
    codec: &Codec,
    lines: &[u8],
    threads: usize,
    (records, before): (usize, usize),
) -> PyResult<Checked> {
    let mut results = manner(threads).lines(py, lines, || Check::new(&codec.core))?;
    for (place, ..) in &mut results.refused {
        place.index += records;
        place.line = place.line.map(|line| line + before);
    }
    let errors = errors(py, codec, results.refused)?;
    Ok(Checked {
        errors: errors
            .into_iter()
            .map(|(_, error)| error.unbind())
            .collect(),
        records: results.records,
        lines: results.lines,
    })
}

fn manner(threads: usize) -> Manner {
    Manner {
        threads,
        stretch: STRETCH,
        errors: Errors::Return,
    }
}

/// One thread's check.
struct Check<'c> {
    core: &'c Core,
    memory: Memory,
}

impl<'c> Check<'c> {
    fn new(core: &'c Core) -> Self {
        let memory = core.memory();
        Check { core, memory }
    }
}

impl Work for Check<'_> {
    type Made = ();

    #[inline(always)]
    fn record(&mut self, _: usize, record: Message<'_>) -> Result<(), Box<Fault>> {
        let Some(record) = record else {
            return Ok(());
        };
        match self.core.decode(&mut self.memory, record, &mut Ignore) {
            Err(Failure::Fault(fault)) => Err(fault),
            _ => Ok(()),
        }
    }

    fn made(&mut self) {}
}

/// Makes errors of what was refused.
fn errors<'py>(
    py: Python<'py>,
    codec: &Codec,
    refused: Vec<Refused<'_>>,
) -> PyResult<Vec<(usize, Bound<'py, PyAny>)>> {
    let mut errors = memory::vec(refused.len())?;
    let mut pulse = Pulse::default();
    let mut pause = GcPause::new(py);
    for (place, record, fault) in refused {
        if fault.is_want_of_memory() {
            return Err(memory::short());
        }
        let raw = objects::bytes(py, record)?.unbind();
        let error = DecodeError::of(codec, &fault, place, Some(raw));
        errors.push((place.index, error.into_object(py)?));
        if pulse.beat(record.len())
            && let Err(error) = pause.lifted(|py| py.check_signals())
        {
            let made = errors.into_iter().map(|(_, error)| error).collect();
            return Err(leave(error, py, made));
        }
    }
    Ok(errors)
}
