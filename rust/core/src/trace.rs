//! The place of a fault for people: its event, and its path. The sink that remembers where the walk is
//! gives that, run again over the faulty value.
//!
//! Errors are rare, so no other walk pays for keeping a path.

use crate::decode::Walk;
use crate::error::{Code, Halt, Step};
use crate::rows::EventId;
use crate::sink::{Container, Scalar, Sink, Stopped};
use crate::text::Text;
use crate::tree::{DEPTH_LIMIT, walk_value};

impl Walk<'_, '_> {
    /// Completes a fault in the member `name` with its path and event.
    #[cold]
    pub(crate) fn placed(&self, halt: Halt, row: usize, name: usize, value_at: usize) -> Halt {
        let halt = self.at_event(halt, row);
        let Halt::Fault(mut fault) = halt else {
            return halt;
        };
        let step = match u16::try_from(name) {
            Ok(number) if name < self.decoder.plan.names.len() => Step::Name(number),
            _ => Step::Key,
        };
        let max_depth = self.decoder.options.max_depth.min(DEPTH_LIMIT);
        // The path to what is nested too deep is long, and its length known.
        let mut path = Vec::with_capacity(match fault.code {
            Code::TooDeep => max_depth,
            _ => 8,
        });
        path.push(step);
        // Before a late id, all is read again, and this fault is not told.
        if fault.path.is_empty() && fault.offset > value_at && !self.late {
            let inside = max_depth.saturating_sub(1);
            path_to(self.record, value_at, fault.offset, inside, &mut path);
        }
        path.append(&mut fault.path);
        fault.path = path;
        Halt::Fault(fault)
    }

    /// Completes a fault with its event, if that is known.
    #[cold]
    pub(crate) fn at_event(&self, mut halt: Halt, row: usize) -> Halt {
        if let Halt::Fault(fault) = &mut halt {
            let given = EventId::try_from(row).ok();
            fault.event = given
                .filter(|_| row < self.decoder.plan.any())
                .or(self.event);
        }
        halt
    }
}

/// The path so far is the stack of what is open: `Key` for an object, `Index` for an array and how many
/// of its values are complete.
struct Trace<'p> {
    path: &'p mut Vec<Step>,
    /// How much of the path leads to the value.
    outside: usize,
    /// Whether the innermost object has a key whose value is not complete.
    keyed: bool,
}

/// Adds the steps from the value at `start` to the fault in it at `offset`; none where the value itself
/// is at fault.
fn path_to(record: &[u8], start: usize, offset: usize, max_depth: usize, path: &mut Vec<Step>) {
    let outside = path.len();
    let mut trace = Trace {
        path,
        outside,
        keyed: false,
    };
    match walk_value(record, start, max_depth, &mut trace) {
        Err(fault) if fault.offset == offset => trace.end(),
        _ => path.truncate(outside),
    }
}

impl Trace<'_> {
    /// The innermost container's step, if one is open.
    fn innermost(&mut self) -> Option<&mut Step> {
        self.path.get_mut(self.outside..)?.last_mut()
    }

    fn complete(&mut self) {
        self.keyed = false;
        if let Some(Step::Index(count)) = self.innermost() {
            *count = count.saturating_add(1);
        }
    }

    /// A fault that stands between the members of an object is none of a member.
    fn end(&mut self) {
        if !self.keyed && self.innermost() == Some(&mut Step::Key) {
            self.path.pop();
        }
    }
}

impl Sink for Trace<'_> {
    fn scalar(&mut self, _: Scalar<'_>) -> Result<(), Stopped> {
        self.complete();
        Ok(())
    }
    fn open(&mut self, container: Container) -> Result<(), Stopped> {
        self.keyed = false;
        self.path.push(match container {
            Container::Object => Step::Key,
            Container::Array => Step::Index(0),
        });
        Ok(())
    }
    fn key(&mut self, _: Text<'_>) -> Result<(), Stopped> {
        self.keyed = true;
        Ok(())
    }
    fn close(&mut self) -> Result<(), Stopped> {
        self.path.pop();
        self.complete();
        Ok(())
    }
}
