//! What comes beside the records of `decode_arrow`: their keys and their time stamps.

use std::ops::Range;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use vmcodec_arrow::{Added, Builder};
use vmcodec_core::Code;

use crate::error::{DecodeError, type_name};
use crate::ffi::arrow;
use crate::input::{Input, items};
use crate::memory;
use crate::session::Pulse;
use crate::words::raised;

/// A key and a time for each record, where they were given. They are copies: other threads read them.
#[derive(Default)]
pub(crate) struct Marks {
    keys: Option<Keys>,
    timestamps: Option<Vec<Option<i64>>>,
}

/// The keys behind one another.
#[derive(Default)]
struct Keys {
    text: String,
    places: Vec<Option<Range<usize>>>,
}

impl Keys {
    fn push(&mut self, key: &str) -> PyResult<()> {
        let start = self.text.len();
        self.text.try_reserve(key.len()).map_err(memory::failed)?;
        self.text.push_str(key);
        memory::push(&mut self.places, Some(start..self.text.len()))
    }

    fn get(&self, index: usize) -> Option<&str> {
        self.text.get(self.places.get(index)?.clone()?)
    }
}

impl Marks {
    /// Takes the keys (bytes, str or None) and the time stamps (int or None) of `count` records, and
    /// gives an error for each that is neither. Raises ValueError where there are more or fewer.
    pub fn of(
        keys: Option<&Bound<'_, PyAny>>,
        timestamps: Option<&Bound<'_, PyAny>>,
        count: usize,
    ) -> PyResult<(Marks, Vec<DecodeError>)> {
        let mut wrong = Vec::new();
        let keys = keys.map(|keys| read_keys(keys, &mut wrong)).transpose()?;
        let timestamps = timestamps
            .map(|timestamps| read_timestamps(timestamps, &mut wrong))
            .transpose()?;
        let marks = Marks { keys, timestamps };
        check(
            "keys",
            marks.keys.as_ref().map(|keys| keys.places.len()),
            count,
        )?;
        check("timestamps", marks.timestamps.as_ref().map(Vec::len), count)?;
        Ok((marks, wrong))
    }

    /// The columns that come of them.
    pub fn added(&self) -> Added {
        Added {
            keys: self.keys.is_some(),
            timestamps: self.timestamps.is_some(),
        }
    }

    /// Writes those of the record into the builder's row.
    #[inline]
    pub fn write(&self, index: usize, builder: &mut Builder) {
        if let Some(key) = self.keys.as_ref().and_then(|keys| keys.get(index)) {
            // The tenant never holds a colon; the agent may.
            let (tenant, agent) = match key.split_once(':') {
                Some((tenant, agent)) => (tenant, Some(agent)),
                None => (key, None),
            };
            builder.key(tenant, agent);
        }
        let times = self.timestamps.as_ref();
        if let Some(time) = times.and_then(|times| times.get(index).copied().flatten()) {
            builder.record_time(time);
        }
    }
}

fn check(name: &str, given: Option<usize>, count: usize) -> PyResult<()> {
    match given {
        Some(given) if given != count => Err(raised::<PyValueError>(format!(
            "{name}: {given} for {count} messages"
        ))),
        _ => Ok(()),
    }
}

fn read_keys(source: &Bound<'_, PyAny>, wrong: &mut Vec<DecodeError>) -> PyResult<Keys> {
    let mut keys = Keys::default();
    if let Some(array) = arrow::texts(source)? {
        for (index, key) in array.iter().enumerate() {
            take_key(&mut keys, index, key, wrong)?;
        }
        return Ok(keys);
    }
    let mut pulse = Pulse::default();
    for (index, key) in items(source)?.into_iter().enumerate() {
        if pulse.beat(0) {
            source.py().check_signals()?;
        }
        match Input::of(&key)? {
            Some(input) => take_key(&mut keys, index, Some(input.bytes()), wrong)?,
            None => {
                if !key.is_none() {
                    wrong.push(DecodeError::of_mark(
                        Code::WrongItem,
                        index,
                        0,
                        "$key",
                        "bytes, bytearray, memoryview, str or None",
                        Some(type_name(&key)?),
                    ));
                }
                memory::push(&mut keys.places, None)?;
            }
        }
    }
    Ok(keys)
}

fn take_key(
    keys: &mut Keys,
    index: usize,
    key: Option<&[u8]>,
    wrong: &mut Vec<DecodeError>,
) -> PyResult<()> {
    match key.map(std::str::from_utf8) {
        Some(Ok(key)) => keys.push(key)?,
        None => memory::push(&mut keys.places, None)?,
        Some(Err(error)) => {
            wrong.push(DecodeError::of_mark(
                Code::InvalidUtf8,
                index,
                error.valid_up_to(),
                "$key",
                "valid UTF-8",
                None,
            ));
            memory::push(&mut keys.places, None)?;
        }
    }
    Ok(())
}

fn read_timestamps(
    source: &Bound<'_, PyAny>,
    wrong: &mut Vec<DecodeError>,
) -> PyResult<Vec<Option<i64>>> {
    let mut times = Vec::new();
    let mut pulse = Pulse::default();
    for (index, time) in items(source)?.into_iter().enumerate() {
        if pulse.beat(0) {
            source.py().check_signals()?;
        }
        let read = time.extract::<Option<i64>>();
        if read.is_err() {
            wrong.push(DecodeError::of_mark(
                Code::WrongItem,
                index,
                0,
                "$timestamp",
                "epoch milliseconds as a 64-bit int, or None",
                Some(type_name(&time)?),
            ));
        }
        memory::push(&mut times, read.ok().flatten())?;
    }
    Ok(times)
}
