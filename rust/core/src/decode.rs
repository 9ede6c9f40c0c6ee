//! The one walk over a record: members led by the plan, free-form values as a tree.
//!
//! Called by `record`; what becomes of the values is the sink's affair. Nothing here recurses.

use crate::error::{Code, Early, Expected, Fault, Halt, fault};
use crate::plan::EntryKind;
use crate::record::{Decoder, Extra, Memory, Unknown};
use crate::rows::{EventId, FieldSet};
use crate::scan::Cursor;
use crate::sink::{Ignore, Sink, Target};
use crate::text::Text;
use crate::tree::{colon, quote, tree};

/// The number of the id's name: the plan makes it first.
const ID_NAME: usize = 0;

/// What the member `id` says.
#[derive(Debug)]
pub(crate) enum Id {
    /// A registered event.
    Event(EventId),
    /// An event that the caller did not ask for; which one, if it is registered.
    Unwanted(Option<EventId>),
    /// An event that is not registered.
    Unknown(String),
}

/// One pass over one record. The cursor is not in here but handed along, see [`Cursor::aside`].
pub(crate) struct Walk<'w, 'r> {
    pub decoder: &'w Decoder,
    pub record: &'r [u8],
    pub scratch: &'w mut Vec<u8>,
    pub time_pair: u8,
    /// Whether another member came before the id.
    pub late: bool,
    /// The event that the id names, as soon as it is read.
    pub event: Option<EventId>,
    /// For each row and name, the name that followed last time.
    pub(crate) next: &'w mut [u16],
}

/// How far the members of a record are read.
pub(crate) struct Members {
    /// What the record is read as.
    pub row: usize,
    /// The fields that came.
    pub seen: FieldSet,
    /// The name of the last member; or the number behind that of "no name", before the first one.
    pub previous: usize,
    /// What stands before the next one: the opening brace or a comma.
    pub separator: u8,
}

impl Members {
    fn new(row: usize, previous: usize, separator: u8) -> Members {
        Members {
            row,
            seen: FieldSet::default(),
            previous,
            separator,
        }
    }
}

impl<'w, 'r> Walk<'w, 'r> {
    pub fn new(decoder: &'w Decoder, memory: &'w mut Memory, record: &'r [u8]) -> Self {
        Walk {
            decoder,
            record,
            scratch: &mut memory.scratch,
            time_pair: memory.time_pair,
            late: false,
            event: None,
            next: &mut memory.next,
        }
    }

    /// Reads the object whose opening brace is at the cursor, as the event of row `given`.
    ///
    /// With the row of "any", the id is looked for on the way, and members that come before it are
    /// read as all events agree to read them; where they do not agree, or the id turns out to be of
    /// another mind, the walk asks for a restart. With the row of "foreign" nothing reaches the sink.
    #[inline(always)]
    pub fn object<S: Sink>(
        &mut self,
        cursor: &mut Cursor<'r>,
        given: usize,
        sink: &mut S,
    ) -> Result<Id, Halt> {
        let plan = &self.decoder.plan;
        // Nearly all records begin with their id: then nothing has to be left open.
        if given != plan.any() || !cursor.take_member(b'{', &plan.id_literal) {
            let members = Members::new(given, plan.before_first(), b'{');
            return self.members(cursor, members, None, sink);
        }
        cursor.space();
        let value_at = cursor.at;
        let id = self
            .id(cursor)
            .map_err(|halt| self.placed(halt, given, ID_NAME, value_at))?;
        let row = match id {
            Id::Event(event) => {
                sink.event(event);
                usize::from(event)
            }
            _ => plan.foreign(),
        };
        self.members(cursor, Members::new(row, ID_NAME, b','), Some(id), sink)
    }

    /// Reads what is left of the object, from the value of the member `name` at the cursor, for the id.
    pub fn rest(&mut self, cursor: &mut Cursor<'r>, name: usize) -> Result<Id, Halt> {
        let (row, value_at) = (self.decoder.plan.foreign(), cursor.at);
        self.skip(cursor)
            .map_err(|halt| self.placed(halt, row, name, value_at))?;
        self.members(cursor, Members::new(row, name, b','), None, &mut Ignore)
    }

    /// Reads members up to the closing brace.
    #[inline(always)]
    fn members<S: Sink>(
        &mut self,
        cursor: &mut Cursor<'r>,
        mut members: Members,
        mut id: Option<Id>,
        sink: &mut S,
    ) -> Result<Id, Halt> {
        let plan = &self.decoder.plan;
        loop {
            self.usual_members(cursor, &mut members, sink)?;
            let row = members.row;
            if !self.another(cursor, row, members.separator)? {
                return self.complete(cursor, row, id, &members.seen);
            }
            let key_at = cursor.at;
            let name = self.name(cursor).map_err(|halt| self.at_event(halt, row))?;
            cursor.space();
            let value_at = cursor.at;
            let entry = plan.row(row).get(name);
            let read = match entry.map(|entry| (entry, entry.kind)) {
                Some((entry, EntryKind::Value(kind))) => {
                    members.seen.insert(entry.field);
                    self.early(cursor, row)
                        .and_then(|()| self.attribute(cursor, entry, kind, sink))
                }
                None | Some((_, EntryKind::Foreign)) => {
                    self.foreign(cursor, row, name, key_at, sink)
                }
                Some((_, EntryKind::Ambiguous)) => Err(Halt::Restart),
                Some((_, EntryKind::Id)) if id.is_some() => {
                    Err(fault(Code::DuplicateId, key_at, Expected::OneId))
                }
                Some((_, EntryKind::Id)) => self.id(cursor).and_then(|found| {
                    if row == plan.any() {
                        self.late |= members.separator == b',';
                        members.row = self.row_of(&found, &members.seen)?;
                    }
                    id = Some(found);
                    Ok(())
                }),
            };
            if let Err(halt) = read {
                return Err(match halt {
                    Halt::Fault(fault) if row == plan.any() && name != ID_NAME => {
                        Halt::Early(Box::new(Early {
                            fault,
                            name,
                            value_at,
                            seen: members.seen,
                        }))
                    }
                    halt => self.placed(halt, row, name, value_at),
                });
            }
            members.separator = b',';
            members.previous = name;
        }
    }

    /// Reads the separator that stands before a member: true at the member, false at the closing brace.
    #[inline(always)]
    fn another(&self, cursor: &mut Cursor<'r>, row: usize, separator: u8) -> Result<bool, Halt> {
        if cursor.peek() != separator {
            cursor.space();
        }
        if cursor.peek() != separator {
            if cursor.peek() == b'}' {
                return Ok(false);
            }
            let halt = cursor.unexpected(Expected::CommaOrBrace);
            return Err(self.at_event(halt, row));
        }
        cursor.step();
        cursor.space();
        // An object without members.
        Ok(separator == b',' || cursor.peek() != b'}')
    }

    /// Steps over the closing brace, if all is there that must be.
    #[inline(always)]
    fn complete(
        &self,
        cursor: &mut Cursor<'r>,
        row: usize,
        id: Option<Id>,
        seen: &FieldSet,
    ) -> Result<Id, Halt> {
        match id {
            Some(id) if row >= self.decoder.plan.any() || self.has_all(row, seen) => {
                cursor.step();
                Ok(id)
            }
            id => Err(self.incomplete(cursor.at, row, &id, seen)),
        }
    }

    /// An attribute comes perhaps before the event is known.
    fn early(&mut self, cursor: &Cursor<'r>, row: usize) -> Result<(), Halt> {
        if row != self.decoder.plan.any() {
            return Ok(());
        }
        self.late = true;
        // Whether null may stand here, and whether the event is wanted at all, is not known yet.
        if self.decoder.options.only.is_some() || cursor.peek() == b'n' {
            return Err(Halt::Restart);
        }
        Ok(())
    }

    /// The row that the id leads to, if what was read before it fits.
    pub fn row_of(&self, id: &Id, seen: &FieldSet) -> Result<usize, Halt> {
        let plan = &self.decoder.plan;
        let Id::Event(event) = id else {
            return Ok(plan.foreign());
        };
        match plan.events.get(usize::from(*event)) {
            Some(known) if seen.is_subset(&known.fields) => Ok(usize::from(*event)),
            _ => Err(Halt::Restart),
        }
    }

    #[inline(always)]
    fn has_all(&self, row: usize, seen: &FieldSet) -> bool {
        self.decoder
            .plan
            .events
            .get(row)
            .is_some_and(|event| event.required.is_subset(seen))
    }

    /// The name of the member at the cursor, behind which the colon is read too; the number behind
    /// the last one where the plan does not know it.
    fn name(&mut self, cursor: &mut Cursor<'r>) -> Result<usize, Halt> {
        let plan = &self.decoder.plan;
        quote(cursor, Expected::MemberNameOrEnd)?;
        let name = plan.by_name.get(cursor.text(self.scratch)?);
        cursor.space();
        colon(cursor)?;
        Ok(name.map_or(plan.names.len(), usize::from))
    }

    /// The value of the member `id`.
    #[inline(always)]
    fn id(&mut self, cursor: &mut Cursor<'r>) -> Result<Id, Halt> {
        let decoder = self.decoder;
        if cursor.peek() != b'"' {
            return Err(cursor.wrong_type(Expected::Text));
        }
        let at = cursor.at;
        cursor.step();
        let text = cursor.text(self.scratch)?;
        let event = decoder.plan.by_id.get(text);
        self.event = event;
        match event {
            Some(event) if decoder.wants(event) => Ok(Id::Event(event)),
            Some(event) => Ok(Id::Unwanted(Some(event))),
            None if decoder.options.unknown == Unknown::Error => {
                Err(fault(Code::UnknownEvent, at, Expected::KnownEvent))
            }
            None if decoder.options.wants_unknown => {
                Ok(Id::Unknown(text.try_to_owned().ok_or_else(|| {
                    Halt::Fault(Box::new(Fault::no_memory(cursor.at)))
                })?))
            }
            None => Ok(Id::Unwanted(None)),
        }
    }

    /// A member that is not an attribute of the event.
    fn foreign<S: Sink>(
        &mut self,
        cursor: &mut Cursor<'r>,
        row: usize,
        name: usize,
        key_at: usize,
        sink: &mut S,
    ) -> Result<(), Halt> {
        let decoder = self.decoder;
        if row == decoder.plan.foreign() {
            return self.skip(cursor);
        }
        if row == decoder.plan.any() {
            self.late = true;
            if decoder.options.only.is_some() {
                return Err(Halt::Restart);
            }
        }
        match decoder.options.extra {
            Extra::Ignore => self.skip(cursor),
            Extra::Forbid => Err(fault(Code::UnknownMember, key_at, Expected::KnownMember)),
            Extra::Keep => self.extra(cursor, name, key_at, sink),
        }
    }

    /// An unknown member that is kept.
    fn extra<S: Sink>(
        &mut self,
        cursor: &mut Cursor<'r>,
        name: usize,
        key_at: usize,
        sink: &mut S,
    ) -> Result<(), Halt> {
        // Read a second time: unknown members are few, and this way the others pay nothing.
        let mut unescaped = Vec::new();
        let text = match self.decoder.plan.names.get(name) {
            Some(name) => Text::Unicode(name),
            None => {
                let mut key = Cursor::new(self.record, key_at);
                key.step();
                key.text(&mut unescaped)?
            }
        };
        self.whole_tree(cursor, Target::Extra(text), sink)
    }

    /// Any value, as a tree, from beginning to end.
    #[inline(never)]
    pub fn whole_tree<S: Sink>(
        &mut self,
        cursor: &mut Cursor<'r>,
        target: Target<'_>,
        sink: &mut S,
    ) -> Result<(), Halt> {
        let start = cursor.at;
        sink.begin(target)?;
        if S::PARTS {
            let max_depth = self.decoder.options.max_depth;
            tree(cursor, self.scratch, 1, max_depth, sink)?;
        } else {
            self.skip(cursor)?;
        }
        let text = self.record.get(start..cursor.at);
        Ok(sink.end(text.unwrap_or_default())?)
    }

    /// Any value, checked and dropped.
    #[inline(never)]
    pub fn skip(&mut self, cursor: &mut Cursor<'r>) -> Result<(), Halt> {
        let max_depth = self.decoder.options.max_depth;
        tree(cursor, self.scratch, 1, max_depth, &mut Ignore)
    }

    /// The fault of an object that closes too early.
    #[cold]
    fn incomplete(&self, at: usize, row: usize, id: &Option<Id>, seen: &FieldSet) -> Halt {
        let plan = &self.decoder.plan;
        let missing = match plan.events.get(row) {
            Some(event) if id.is_some() => event
                .order
                .iter()
                .find(|field| event.required.contains(**field) && !seen.contains(**field))
                .map_or(ID_NAME, |field| usize::from(plan.field_name(*field))),
            _ => ID_NAME,
        };
        let halt = fault(Code::MissingAttribute, at, Expected::Attribute);
        self.placed(halt, row, missing, usize::MAX)
    }
}
