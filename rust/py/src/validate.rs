//! Validation: the walk with the sink that keeps nothing, with the GIL released.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use vmcodec_core::lines::Lines;
use vmcodec_core::{Failure, Fault, Ignore, Memory};

use crate::error::{DecodeError, Place};
use crate::ffi::objects;
use crate::input::{Input, items};
use crate::schema::Codec;
use crate::session::Pulse;

/// What a record is refused for, until errors can be made of it with the GIL held.
type Refused<'a> = (Place, &'a [u8], Box<Fault>);

/// The errors of the bad messages.
pub(crate) fn batch<'py>(
    codec: &Codec,
    messages: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyList>> {
    let py = messages.py();
    let messages = items(messages)?;
    let mut inputs = Vec::with_capacity(messages.len());
    let mut wrong = Vec::new();
    for (index, item) in messages.iter().enumerate() {
        if item.is_none() {
            continue;
        }
        let place = Place { index, line: None };
        match Input::of(item)? {
            Some(input) => inputs.push((place, input)),
            None => wrong.push((index, DecodeError::wrong_item(item, place))),
        }
    }
    let records = inputs.iter().map(|(place, input)| (*place, input.bytes()));
    let records: Vec<_> = records.collect();
    let mut errors = check(py, codec, records.into_iter())?;
    errors.append(&mut wrong);
    errors.sort_by_key(|error| error.0);
    list(py, errors)
}

/// The errors of the bad records of a buffer.
pub(crate) fn lines<'py>(
    codec: &Codec,
    buffer: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyList>> {
    let py = buffer.py();
    let input = Input::of_buffer(buffer)?;
    let records = Lines::new(input.bytes()).map(|line| {
        let place = Place {
            index: line.index,
            line: Some(line.number + 1),
        };
        (place, line.bytes)
    });
    list(py, check(py, codec, records)?)
}

/// Walks the records, a stretch at a time; between two stretches, signals are let in.
fn check<'a>(
    py: Python<'_>,
    codec: &Codec,
    mut records: impl Iterator<Item = (Place, &'a [u8])> + Send,
) -> PyResult<Vec<(usize, DecodeError)>> {
    let core = &codec.core;
    let mut memory = core.memory();
    let mut refused: Vec<Refused<'a>> = Vec::new();
    loop {
        let more = py.detach(|| {
            let mut pulse = Pulse::default();
            for (place, record) in records.by_ref() {
                if record.is_empty() && place.line.is_some() {
                    // Very many blank lines, and no record.
                    return true;
                }
                refuse(core, &mut memory, place, record, &mut refused);
                if pulse.beat(record.len()) {
                    return true;
                }
            }
            false
        });
        py.check_signals()?;
        if !more {
            break;
        }
    }
    let error = |(place, record, fault): Refused<'_>| {
        let raw = PyBytes::new(py, record).unbind();
        (
            place.index,
            DecodeError::of(codec, &fault, place, Some(raw)),
        )
    };
    Ok(refused.into_iter().map(error).collect())
}

fn refuse<'a>(
    core: &vmcodec_core::Decoder,
    memory: &mut Memory,
    place: Place,
    record: &'a [u8],
    refused: &mut Vec<Refused<'a>>,
) {
    if let Err(Failure::Fault(fault)) = core.decode(memory, record, &mut Ignore) {
        refused.push((place, record, fault));
    }
}

fn list(py: Python<'_>, errors: Vec<(usize, DecodeError)>) -> PyResult<Bound<'_, PyList>> {
    let errors = errors
        .into_iter()
        .map(|(_, error)| error.into_object(py))
        .collect::<PyResult<Vec<_>>>()?;
    Ok(objects::list_of(py, errors)?)
}
