//! The sink that remembers where the walk is: run again over a faulty value, it gives the path.
//!
//! Errors are rare and paths are for people, so no other walk pays for keeping one.

use crate::error::Step;
use crate::sink::{Container, Scalar, Sink, Stopped};
use crate::text::Text;
use crate::tree::walk_value;

struct Trace {
    open: Vec<Level>,
}

enum Level {
    /// An object, and whether a key was read whose value is not complete.
    Object(bool),
    /// An array, and how many of its values are complete.
    Array(usize),
}

/// Adds the steps from the value at `start` to the fault in it at `offset`; none where the value itself
/// is at fault.
pub(crate) fn path_to(
    record: &[u8],
    start: usize,
    offset: usize,
    max_depth: usize,
    path: &mut Vec<Step>,
) {
    let mut trace = Trace {
        open: Vec::with_capacity(8),
    };
    if let Err(fault) = walk_value(record, start, max_depth, &mut trace)
        && fault.offset == offset
    {
        path.extend(trace.steps());
    }
}

impl Trace {
    fn steps(&self) -> impl Iterator<Item = Step> {
        let step = |level: &Level| match level {
            Level::Object(true) => Some(Step::Key),
            Level::Object(false) => None,
            Level::Array(count) => Some(Step::Index(*count)),
        };
        self.open.iter().filter_map(step)
    }

    fn complete(&mut self) {
        match self.open.last_mut() {
            Some(Level::Object(keyed)) => *keyed = false,
            Some(Level::Array(count)) => *count = count.saturating_add(1),
            None => {}
        }
    }
}

impl Sink for Trace {
    fn scalar(&mut self, _: Scalar<'_>) -> Result<(), Stopped> {
        self.complete();
        Ok(())
    }
    fn open(&mut self, container: Container) -> Result<(), Stopped> {
        self.open.push(match container {
            Container::Object => Level::Object(false),
            Container::Array => Level::Array(0),
        });
        Ok(())
    }
    fn key(&mut self, _: Text<'_>) -> Result<(), Stopped> {
        if let Some(Level::Object(keyed)) = self.open.last_mut() {
            *keyed = true;
        }
        Ok(())
    }
    fn close(&mut self) -> Result<(), Stopped> {
        self.open.pop();
        self.complete();
        Ok(())
    }
}
