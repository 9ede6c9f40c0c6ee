//! Validation: the walk with the sink that keeps nothing, without the GIL, by as many threads as asked for.
//!
//! The work is cut into stretches. The calling thread and its helpers take one after the other until
//! none is left, so nobody waits for the slowest. The helpers live no longer than the call: there is
//! no pool that a fork would leave without its threads.

use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use vmcodec_core::lines::{Lines, Stretches};
use vmcodec_core::{Decoder as Core, Failure, Fault, Ignore, Memory};

use crate::decoder::Limit;
use crate::error::{DecodeError, Place};
use crate::ffi::objects;
use crate::input::{Input, items};
use crate::schema::Codec;
use crate::session::Pulse;

/// Bytes in a stretch: some tenths of a millisecond's work, so that all threads end at the same time.
const STRETCH: usize = 1 << 17;
/// How long the calling thread goes on before it looks at signals.
const LOOK: Duration = Duration::from_millis(10);

/// The errors of the bad messages.
pub(crate) fn batch<'py>(
    codec: &Codec,
    messages: &Bound<'py, PyAny>,
    threads: Option<Limit>,
) -> PyResult<Bound<'py, PyList>> {
    let py = messages.py();
    let threads = count(threads)?;
    let messages = items(messages)?;
    let mut inputs = Vec::with_capacity(messages.len());
    let mut wrong = Vec::new();
    let mut pulse = Pulse::default();
    for (index, item) in messages.as_slice().iter().enumerate() {
        if pulse.beat(0) {
            py.check_signals()?;
        }
        if item.is_none() {
            continue;
        }
        match Input::of(item)? {
            Some(input) => inputs.push((index, input)),
            None => {
                let error = DecodeError::wrong_item(item, Place { index, line: None });
                wrong.push((index, error.into_object(py)?));
            }
        }
    }
    let records = inputs.iter().map(|(index, input)| (*index, input.bytes()));
    let records: Vec<_> = records.collect();
    let bytes = records.iter().map(|(_, record)| record.len()).sum();
    let mut errors = check(py, codec, Batch(&records), bytes, threads)?;
    errors.append(&mut wrong);
    errors.sort_by_key(|error| error.0);
    list(py, errors)
}

/// The errors of the bad records of a buffer.
pub(crate) fn lines<'py>(
    codec: &Codec,
    buffer: &Bound<'py, PyAny>,
    threads: Option<Limit>,
) -> PyResult<Bound<'py, PyList>> {
    let py = buffer.py();
    let threads = count(threads)?;
    let input = Input::of_buffer(buffer)?;
    let bytes = input.bytes();
    let stretches = Stretches::new(bytes, STRETCH);
    list(py, check(py, codec, stretches, bytes.len(), threads)?)
}

/// How many threads the option asks for.
fn count(threads: Option<Limit>) -> PyResult<usize> {
    match threads {
        Some(threads) => threads.up_to(usize::MAX >> 1, "threads"),
        None => Ok(thread::available_parallelism().map_or(1, usize::from)),
    }
}

/// A message with its index.
type Message<'a> = (usize, &'a [u8]);
/// What a record is refused for, until errors can be made of it with the GIL held.
type Refused<'a> = (Place, &'a [u8], Box<Fault>);

/// Work that one thread does in one go.
trait Stretch<'a> {
    /// Hands out its records. Gives how many records and lines the places behind it are further on.
    fn walk(self, each: impl FnMut(Place, &'a [u8])) -> (usize, usize);
}

/// Whole lines of a buffer, placed as if there were no others.
impl<'a> Stretch<'a> for &'a [u8] {
    #[inline(always)]
    fn walk(self, mut each: impl FnMut(Place, &'a [u8])) -> (usize, usize) {
        let mut lines = Lines::new(self);
        for line in lines.by_ref() {
            let place = Place {
                index: line.index,
                line: Some(line.number + 1),
            };
            // Behind very many blank lines there may be no record.
            if !line.bytes.is_empty() {
                each(place, line.bytes);
            }
        }
        (lines.records(), lines.seen())
    }
}

/// Messages, placed for good.
impl<'a> Stretch<'a> for &[Message<'a>] {
    #[inline(always)]
    fn walk(self, mut each: impl FnMut(Place, &'a [u8])) -> (usize, usize) {
        for &(index, record) in self {
            each(Place { index, line: None }, record);
        }
        (0, 0)
    }
}

/// Messages that are not in a stretch yet.
struct Batch<'m, 'a>(&'m [Message<'a>]);

impl<'m, 'a> Iterator for Batch<'m, 'a> {
    type Item = &'m [Message<'a>];

    fn next(&mut self) -> Option<Self::Item> {
        let mut bytes = 0;
        let last = self.0.iter().position(|(_, record)| {
            // Even an empty one is work.
            bytes += record.len() + 1;
            bytes >= STRETCH
        });
        let (stretch, rest) = self.0.split_at(last.map_or(self.0.len(), |last| last + 1));
        self.0 = rest;
        (!stretch.is_empty()).then_some(stretch)
    }
}

/// What became of a stretch.
struct Checked<'a> {
    number: usize,
    refused: Vec<Refused<'a>>,
    records: usize,
    lines: usize,
}

/// What one thread works with, and what it has done.
struct Worker<'a> {
    memory: Memory,
    done: Vec<Checked<'a>>,
}

impl Worker<'_> {
    fn new(core: &Core) -> Self {
        Worker {
            memory: core.memory(),
            done: Vec::new(),
        }
    }
}

/// The work of one call: numbered stretches, each for whoever comes first.
struct Job<'c, I> {
    core: &'c Core,
    rest: Mutex<Option<I>>,
}

impl<'a, S: Stretch<'a>, I: Iterator<Item = (usize, S)>> Job<'_, I> {
    /// Takes stretches until none is left, or the turn is over: then true.
    #[inline(never)]
    fn work(&self, worker: &mut Worker<'a>, turn: Duration) -> bool {
        let begun = Instant::now();
        while let Some((number, stretch)) = self.next() {
            let mut refused = Vec::new();
            let (records, lines) = stretch.walk(|place, record| {
                let decoded = self.core.decode(&mut worker.memory, record, &mut Ignore);
                if let Err(Failure::Fault(fault)) = decoded {
                    refused.push((place, record, fault));
                }
            });
            worker.done.push(Checked {
                number,
                refused,
                records,
                lines,
            });
            if begun.elapsed() >= turn {
                return true;
            }
        }
        false
    }

    fn next(&self) -> Option<(usize, S)> {
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        rest.as_mut()?.next()
    }

    /// Leaves nothing to take.
    fn stop(&self) {
        *self.rest.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// The errors of all records, with their indexes, in order.
fn check<'py, 'a, S: Stretch<'a>>(
    py: Python<'py>,
    codec: &Codec,
    stretches: impl Iterator<Item = S> + Send,
    bytes: usize,
    threads: usize,
) -> PyResult<Vec<(usize, Bound<'py, PyAny>)>> {
    let core = &codec.core;
    let job = Job {
        core,
        rest: Mutex::new(Some(stretches.enumerate())),
    };
    // More would find nothing to do.
    let helpers = threads.min(bytes.div_ceil(STRETCH)).saturating_sub(1);
    let mut done = thread::scope(|scope| {
        let help = || {
            let mut worker = Worker::new(core);
            job.work(&mut worker, Duration::MAX);
            worker.done
        };
        // Where no more threads can be had, those there are do it all.
        let start = |_| thread::Builder::new().spawn_scoped(scope, help).ok();
        let helpers: Vec<_> = (0..helpers).map_while(start).collect();
        let mut worker = Worker::new(core);
        let looked = loop {
            let more = py.detach(|| job.work(&mut worker, LOOK));
            let looked = py.check_signals();
            if looked.is_err() {
                job.stop();
            }
            if !more || looked.is_err() {
                break looked;
            }
        };
        py.detach(|| {
            for helper in helpers {
                match helper.join() {
                    Ok(done) => worker.done.extend(done),
                    // What it has found is lost: better an error than half a result.
                    Err(panic) => resume_unwind(panic),
                }
            }
        });
        looked.map(|()| worker.done)
    })?;
    done.sort_unstable_by_key(|checked| checked.number);
    errors(py, codec, done)
}

/// Makes errors of what was refused, and puts them in their places among all.
fn errors<'py>(
    py: Python<'py>,
    codec: &Codec,
    done: Vec<Checked<'_>>,
) -> PyResult<Vec<(usize, Bound<'py, PyAny>)>> {
    let (mut records, mut lines) = (0, 0);
    let mut errors = Vec::new();
    let mut pulse = Pulse::default();
    for checked in done {
        for (mut place, record, fault) in checked.refused {
            place.index += records;
            place.line = place.line.map(|line| line + lines);
            let raw = PyBytes::new(py, record).unbind();
            let error = DecodeError::of(codec, &fault, place, Some(raw));
            errors.push((place.index, error.into_object(py)?));
            if pulse.beat(record.len()) {
                py.check_signals()?;
            }
        }
        records += checked.records;
        lines += checked.lines;
    }
    Ok(errors)
}

fn list<'py>(
    py: Python<'py>,
    errors: Vec<(usize, Bound<'py, PyAny>)>,
) -> PyResult<Bound<'py, PyList>> {
    let errors = errors.into_iter().map(|(_, error)| error).collect();
    Ok(objects::list_of(py, errors)?)
}
