//! Records walked without the GIL, by as many threads as asked for: shared by validation and columns.
//!
//! The work is cut into stretches. The calling thread and its helpers take one after the other until
//! none is left, so nobody waits for the slowest. The helpers live no longer than the call: there is
//! no pool that a fork would leave without its threads.

use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use vmcodec_core::Fault;
use vmcodec_core::lines::{Lines, Stretches};

use crate::error::Place;
use crate::ffi::ahead;
use crate::options::Limit;
use crate::session::Errors;

/// How long the calling thread goes on before it looks at signals.
const LOOK: Duration = Duration::from_millis(10);

/// How many threads the option asks for.
pub(crate) fn count(threads: Option<Limit>) -> PyResult<usize> {
    match threads {
        Some(threads) => threads.up_to(usize::MAX >> 1, "threads"),
        None => Ok(thread::available_parallelism().map_or(1, usize::from)),
    }
}

/// A message; none where there is nothing to read in its place.
pub(crate) type Message<'a> = Option<&'a [u8]>;
/// What a record is refused for, until errors can be made of it with the GIL held.
pub(crate) type Refused<'a> = (Place, &'a [u8], Box<Fault>);

/// What a thread does with records.
pub(crate) trait Work: Send {
    /// What it makes of a stretch.
    type Made: Send;
    /// Takes the next record of the stretch, which is number `index` of the call where that is known.
    fn record(&mut self, index: usize, record: Message<'_>) -> Result<(), Box<Fault>>;
    /// The stretch is over.
    fn made(&mut self) -> Self::Made;
}

/// What the records come from: stretches, each for one thread to do in one go.
pub(crate) trait Stretch<'a> {
    /// Hands out its records. Gives how many records and lines the places behind it are further on.
    fn walk(self, each: impl FnMut(Place, Message<'a>)) -> (usize, usize);
}

/// Whole lines of a buffer, placed as if there were no others.
impl<'a> Stretch<'a> for &'a [u8] {
    #[inline(always)]
    fn walk(self, mut each: impl FnMut(Place, Message<'a>)) -> (usize, usize) {
        let mut lines = Lines::new(self);
        for line in lines.by_ref() {
            let place = Place {
                index: line.index,
                line: Some(line.number + 1),
            };
            // Behind very many blank lines there may be no record.
            if !line.bytes.is_empty() {
                each(place, Some(line.bytes));
            }
        }
        (lines.records(), lines.seen())
    }
}

/// Messages and the number of the first one: placed for good.
impl<'a> Stretch<'a> for (usize, &[Message<'a>]) {
    #[inline(always)]
    fn walk(self, mut each: impl FnMut(Place, Message<'a>)) -> (usize, usize) {
        for (number, record) in self.1.iter().enumerate() {
            if let Some(Some(next)) = self.1.get(number + ahead::MESSAGES) {
                ahead::fetch(next);
            }
            let index = self.0 + number;
            each(Place { index, line: None }, *record);
        }
        (0, 0)
    }
}

/// Messages that are not in a stretch yet.
struct Batch<'m, 'a> {
    first: usize,
    rest: &'m [Message<'a>],
    size: usize,
}

impl<'m, 'a> Iterator for Batch<'m, 'a> {
    type Item = (usize, &'m [Message<'a>]);

    fn next(&mut self) -> Option<Self::Item> {
        let mut bytes = 0;
        let last = self.rest.iter().position(|record| {
            // Even an empty one is work.
            bytes += record.map_or(0, <[u8]>::len) + 1;
            bytes >= self.size
        });
        let end = last.map_or(self.rest.len(), |last| last + 1);
        let (stretch, rest) = self.rest.split_at(end);
        let first = self.first;
        self.first += end;
        self.rest = rest;
        (!stretch.is_empty()).then_some((first, stretch))
    }
}

/// What became of a stretch.
pub(crate) struct Done<'a, T> {
    number: usize,
    refused: Vec<Refused<'a>>,
    records: usize,
    lines: usize,
    made: T,
}

/// The work of one call: numbered stretches, each for whoever comes first.
struct Job<I> {
    rest: Mutex<Option<I>>,
    errors: Errors,
}

impl<'a, S: Stretch<'a>, I: Iterator<Item = (usize, S)>> Job<I> {
    /// Takes stretches until none is left, or the turn is over: then true.
    #[inline(never)]
    fn work<W: Work>(&self, hand: &mut Hand<'a, W>, turn: Duration) -> bool {
        let begun = Instant::now();
        while let Some((number, stretch)) = self.next() {
            let mut refused = Vec::new();
            let (records, lines) = stretch.walk(|place, record| {
                if let Err(fault) = hand.work.record(place.index, record) {
                    refused.push((place, record.unwrap_or_default(), fault));
                }
            });
            // Whatever stands before the first fault is in a hand already.
            if self.errors == Errors::Raise && !refused.is_empty() {
                self.stop();
            }
            hand.done.push(Done {
                number,
                refused,
                records,
                lines,
                made: hand.work.made(),
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

/// One thread's worker, and what it has done.
struct Hand<'a, W: Work> {
    work: W,
    done: Vec<Done<'a, W::Made>>,
}

/// How a call is done.
#[derive(Clone, Copy)]
pub(crate) struct Manner {
    pub threads: usize,
    /// Bytes in a stretch.
    pub stretch: usize,
    /// With `Raise`, nothing is begun any more once there is an error.
    pub errors: Errors,
}

impl Manner {
    /// Walks messages.
    pub fn messages<'a, W: Work>(
        self,
        py: Python<'_>,
        messages: &[Message<'a>],
        worker: impl Fn() -> W + Sync,
    ) -> PyResult<Results<'a, W::Made>> {
        let bytes = messages.iter().map(|record| record.map_or(0, <[u8]>::len));
        let bytes = bytes.sum::<usize>() + messages.len();
        let batch = Batch {
            first: 0,
            rest: messages,
            size: self.stretch,
        };
        self.run(py, batch, bytes, worker)
    }

    /// Walks the records of a buffer.
    pub fn lines<'a, W: Work>(
        self,
        py: Python<'_>,
        buffer: &'a [u8],
        worker: impl Fn() -> W + Sync,
    ) -> PyResult<Results<'a, W::Made>> {
        let stretches = Stretches::new(buffer, self.stretch);
        self.run(py, stretches, buffer.len(), worker)
    }

    fn run<'a, S: Stretch<'a>, W: Work>(
        self,
        py: Python<'_>,
        stretches: impl Iterator<Item = S> + Send,
        bytes: usize,
        worker: impl Fn() -> W + Sync,
    ) -> PyResult<Results<'a, W::Made>> {
        let job = Job {
            rest: Mutex::new(Some(stretches.enumerate())),
            errors: self.errors,
        };
        let hand = || Hand {
            work: worker(),
            done: Vec::new(),
        };
        // More would find nothing to do.
        let helpers = self.threads.min(bytes.div_ceil(self.stretch));
        let mut done = thread::scope(|scope| {
            let help = || {
                let mut hand = hand();
                job.work(&mut hand, Duration::MAX);
                hand.done
            };
            // Where no more threads can be had, those there are do it all.
            let start = |_| thread::Builder::new().spawn_scoped(scope, help).ok();
            let helpers: Vec<_> = (1..helpers).map_while(start).collect();
            let mut hand = hand();
            let looked = loop {
                let more = py.detach(|| job.work(&mut hand, LOOK));
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
                        Ok(done) => hand.done.extend(done),
                        // What it has found is lost: better an error than half a result.
                        Err(panic) => resume_unwind(panic),
                    }
                }
            });
            looked.map(|()| hand.done)
        })?;
        done.sort_unstable_by_key(|done| done.number);
        Ok(Results::new(done))
    }
}

/// What became of all records, in order.
pub(crate) struct Results<'a, T> {
    pub refused: Vec<Refused<'a>>,
    pub made: Vec<T>,
    /// How many records and lines a buffer had.
    pub records: usize,
    pub lines: usize,
}

impl<'a, T> Results<'a, T> {
    /// Puts what was refused in its place among all.
    fn new(done: Vec<Done<'a, T>>) -> Self {
        let mut results = Results {
            refused: Vec::new(),
            made: Vec::with_capacity(done.len()),
            records: 0,
            lines: 0,
        };
        for done in done {
            for (mut place, record, fault) in done.refused {
                place.index += results.records;
                place.line = place.line.map(|line| line + results.lines);
                results.refused.push((place, record, fault));
            }
            results.records += done.records;
            results.lines += done.lines;
            results.made.push(done.made);
        }
        results
    }
}
