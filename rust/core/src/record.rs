//! From the bytes of one record to its outcome: size, frame and byte order mark, then the walk, and
//! a second one where the first could not know the event in time.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::decode::{Id, Walk};
use crate::error::{Code, Early, Expected, Fault, Halt, fault, mismatch};
use crate::plan::Plan;
use crate::rows::EventId;
use crate::scan::Cursor;
use crate::sink::{Ignore, Sink};

/// What becomes of `Kind::KvList` attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KvLists {
    /// A tree.
    Dict,
    /// The object's own bytes.
    Lazy,
    /// Nothing.
    Skip,
}

/// What becomes of members that the event does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extra {
    /// They reach the sink.
    Keep,
    /// They are checked and dropped.
    Ignore,
    /// They are a fault.
    Forbid,
}

/// What becomes of events that the plan does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// They are an outcome of their own.
    Keep,
    /// They are a fault.
    Error,
}

/// What precedes the JSON of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Nothing.
    None,
    /// Confluent's magic byte with a schema id or a GUID.
    Confluent,
}

/// How records are read. See each field's type.
#[derive(Clone, Debug)]
pub struct Options {
    /// Free-form attributes.
    pub kv_lists: KvLists,
    /// Unknown members.
    pub extra: Extra,
    /// Unknown events.
    pub unknown: Unknown,
    /// The only events wanted, in ascending order; all of them where none.
    pub only: Option<Vec<EventId>>,
    /// Whether unknown events are wanted (always, unless `only` leaves them out).
    pub wants_unknown: bool,
    /// The frame.
    pub framing: Framing,
    /// The deepest nesting, the record itself counted; at most 1024 is honoured.
    pub max_depth: usize,
    /// The longest record, in bytes.
    pub max_size: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            kv_lists: KvLists::Dict,
            extra: Extra::Keep,
            unknown: Unknown::Keep,
            only: None,
            wants_unknown: true,
            framing: Framing::None,
            max_depth: 128,
            max_size: 1 << 24,
        }
    }
}

/// What a good record is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// An event of the plan; its values are with the sink.
    Event(EventId),
    /// An event that `only` leaves out.
    Unwanted,
    /// An event that the plan does not have.
    Unknown {
        /// Its id, unescaped.
        id: String,
        /// Where the JSON begins in the record, behind the frame.
        start: usize,
    },
}

/// Why there is no outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The record is at fault.
    Fault(Box<Fault>),
    /// The sink stopped.
    Stopped,
}

/// What one record teaches about the next: which member follows which, and room to unescape in.
/// It changes no result, only how soon it is there.
#[derive(Debug, Default)]
pub struct Memory {
    pub(crate) next: Vec<u16>,
    pub(crate) time_pair: u8,
    pub(crate) scratch: Vec<u8>,
}

impl Memory {
    /// The most room that is kept for texts.
    const ROOM: usize = 1 << 16;

    /// Lets go of the room that an uncommonly long text took.
    pub fn trim(&mut self) {
        if self.scratch.capacity() > Memory::ROOM {
            self.scratch = Vec::new();
        }
    }
}

/// A plan with the options to read records by.
#[derive(Debug)]
pub struct Decoder {
    /// What the events look like.
    pub plan: Plan,
    /// How records are read.
    pub options: Options,
}

impl Decoder {
    /// A memory that has seen nothing yet.
    pub fn memory(&self) -> Memory {
        let rows = self.plan.foreign().saturating_add(1);
        Memory {
            next: vec![u16::MAX; rows.saturating_mul(self.plan.guesses())],
            time_pair: 0,
            scratch: Vec::new(),
        }
    }

    pub(crate) fn wants(&self, event: EventId) -> bool {
        match &self.options.only {
            None => true,
            Some(only) => only.binary_search(&event).is_ok(),
        }
    }

    /// Reads one record into the sink. On anything but [`Outcome::Event`] the sink is cleared.
    #[inline]
    pub fn decode<S: Sink>(
        &self,
        memory: &mut Memory,
        record: &[u8],
        sink: &mut S,
    ) -> Result<Outcome, Failure> {
        // A panic is a defect of ours: it costs this one record. What it may have left half-done is
        // thrown away: the sink is cleared, the memory made anew.
        let walked = catch_unwind(AssertUnwindSafe(|| self.walk(memory, record, sink)));
        let walked = walked.unwrap_or_else(|_| {
            *memory = self.memory();
            Err(Halt::Fault(Box::new(Fault::defect())))
        });
        match walked {
            Ok(Walked {
                id: Id::Event(event),
                ..
            }) => Ok(Outcome::Event(event)),
            Ok(Walked { id, start, late }) => {
                // Where the id came first, nothing has reached the sink.
                if late {
                    sink.clear();
                }
                Ok(match id {
                    Id::Unknown(id) => Outcome::Unknown { id, start },
                    _ => Outcome::Unwanted,
                })
            }
            Err(halt) => {
                sink.clear();
                Err(match halt {
                    Halt::Fault(fault) => Failure::Fault(fault),
                    _ => Failure::Stopped,
                })
            }
        }
    }

    #[inline(always)]
    fn walk<S: Sink>(
        &self,
        memory: &mut Memory,
        record: &[u8],
        sink: &mut S,
    ) -> Result<Walked, Halt> {
        #[cfg(feature = "faults")]
        crate::faults::strike("walk", record);
        let start = self.json_start(record)?;
        let object = object_start(record, start)?;
        let mut cursor = Cursor::new(record, object);
        let mut walk = Walk::new(self, memory, record);
        let mut result = walk.object(&mut cursor, self.plan.any(), sink);
        let (late, time_pair) = (walk.late, walk.time_pair);
        memory.time_pair = time_pair;
        result = match result {
            Err(Halt::Early(early)) => {
                cursor.aside(|cursor| self.id_behind(memory, record, cursor, object, *early, sink))
            }
            Err(Halt::Restart) => {
                cursor.aside(|cursor| self.id_first(memory, record, cursor, object, sink))
            }
            Err(Halt::Fault(_)) if late => {
                cursor.aside(|cursor| self.id_first(memory, record, cursor, object, sink))
            }
            result => result,
        };
        let id = result?;
        cursor.space();
        if cursor.at_end() {
            return Ok(Walked { id, start, late });
        }
        let mut halt = fault(Code::TrailingData, cursor.at, Expected::End);
        if let (Halt::Fault(fault), Id::Event(event) | Id::Unwanted(Some(event))) = (&mut halt, id)
        {
            fault.event = Some(event);
        }
        Err(halt)
    }

    /// The slower way, for records whose id comes late and matters before: find it, then read. What a
    /// record gives, and what it is refused for, does so not depend on what was guessed on the way.
    #[inline(never)]
    fn id_first<'r, S: Sink>(
        &self,
        memory: &mut Memory,
        record: &'r [u8],
        cursor: &mut Cursor<'r>,
        object: usize,
        sink: &mut S,
    ) -> Result<Id, Halt> {
        sink.clear();
        cursor.at = object;
        let id =
            Walk::new(self, memory, record).object(cursor, self.plan.foreign(), &mut Ignore)?;
        let Id::Event(event) = id else {
            return Ok(id);
        };
        cursor.at = object;
        Walk::new(self, memory, record).object(cursor, usize::from(event), sink)
    }

    /// The same for a record with a fault before its id. All before the fault is sound: the id is looked
    /// for behind it, and where it is that of an event with these members, nothing is read again.
    #[inline(never)]
    fn id_behind<'r, S: Sink>(
        &self,
        memory: &mut Memory,
        record: &'r [u8],
        cursor: &mut Cursor<'r>,
        object: usize,
        early: Early,
        sink: &mut S,
    ) -> Result<Id, Halt> {
        cursor.at = early.value_at;
        let mut walk = Walk::new(self, memory, record);
        let id = walk.rest(cursor, early.name)?;
        let Id::Event(event) = id else {
            return Ok(id);
        };
        if let Ok(row) = walk.row_of(&id, &early.seen) {
            let halt = Halt::Fault(early.fault);
            return Err(walk.placed(halt, row, early.name, early.value_at));
        }
        sink.clear();
        cursor.at = object;
        Walk::new(self, memory, record).object(cursor, usize::from(event), sink)
    }

    /// Where the JSON begins: behind the frame, if there is to be one.
    #[inline(always)]
    fn json_start(&self, record: &[u8]) -> Result<usize, Halt> {
        if record.len() > self.options.max_size {
            let max = self.options.max_size;
            return Err(fault(Code::TooLarge, max, Expected::Size(max)));
        }
        match (self.options.framing, record.first()) {
            (_, None) => Err(fault(Code::EmptyInput, 0, Expected::Record)),
            (Framing::None, Some(0 | 1)) => Err(fault(Code::Framing, 0, Expected::NoFrame)),
            (Framing::None, Some(_)) => Ok(0),
            (Framing::Confluent, Some(magic)) => {
                let length = match magic {
                    0 => 5,
                    1 => 17,
                    _ => return Err(fault(Code::Framing, 0, Expected::Frame)),
                };
                if record.len() < length {
                    return Err(fault(Code::Truncated, record.len(), Expected::Frame));
                }
                Ok(length)
            }
        }
    }
}

/// A record that is good so far.
struct Walked {
    id: Id,
    /// Where its JSON begins.
    start: usize,
    /// Whether another member came before the id.
    late: bool,
}

/// The place of the opening brace.
#[inline(always)]
fn object_start(record: &[u8], start: usize) -> Result<usize, Halt> {
    let mut cursor = Cursor::new(record, start);
    cursor.space();
    if cursor.peek() == b'{' {
        return Ok(cursor.at);
    }
    Err(no_object(cursor, start))
}

#[cold]
fn no_object(mut cursor: Cursor<'_>, start: usize) -> Halt {
    if cursor.at_end() {
        return fault(Code::EmptyInput, 0, Expected::Record);
    }
    let at = cursor.at;
    if at == start && cursor.take_slice(b"\xef\xbb\xbf") {
        return fault(Code::ByteOrderMark, 0, Expected::NoByteOrderMark);
    }
    match cursor.value_type() {
        Some(got) => mismatch(Code::NotAnObject, at, Expected::Record, Some(got)),
        None => cursor.unexpected(Expected::Record),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::PlanError;
    use crate::rows::{EventRow, FieldId, FieldRow, Kind, TimeRow};
    use crate::sink::{Scalar, Stopped};

    /// A defect: it panics at the first attribute.
    struct Defect;

    impl Sink for Defect {
        #[expect(clippy::panic, reason = "the panic is what is tested")]
        fn field(&mut self, _: FieldId, _: Scalar<'_>) -> Result<(), Stopped> {
            panic!("a defect")
        }
    }

    #[test]
    fn a_panic_costs_one_record() -> Result<(), PlanError> {
        let event = EventRow {
            ids: vec!["E".to_owned()],
            fields: vec![FieldRow {
                names: vec!["a".to_owned()],
                kind: Kind::Text,
                required: false,
                nullable: true,
            }],
        };
        let options = Options::default();
        let decoder = Plan::new("id", &[event], &[], &TimeRow::default())
            .map(|plan| Decoder { plan, options })?;
        let mut memory = decoder.memory();
        let bad = decoder.decode(&mut memory, br#"{"id":"E","a":"x"}"#, &mut Defect);
        assert_eq!(bad, Err(Failure::Fault(Box::new(Fault::defect()))));
        let good = decoder.decode(&mut memory, br#"{"id":"E"}"#, &mut Defect);
        assert_eq!(good, Ok(Outcome::Event(0)));
        Ok(())
    }
}
