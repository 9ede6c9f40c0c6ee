//! The one walk over a record: members led by the plan, free-form values as a tree.
//!
//! Called by `record`; what becomes of the values is the sink's affair. Nothing here recurses.

use crate::error::{Code, Expected, Halt, Step, fault};
use crate::plan::EntryKind;
use crate::record::{Decoder, Extra, Memory, Unknown};
use crate::rows::{EventId, FieldSet, Kind};
use crate::scan::Cursor;
use crate::sink::{Ignore, Scalar, Sink, Target};
use crate::text::Text;
use crate::trace;
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

/// One pass over one record.
///
/// The cursor is not in here but handed along, see [`Cursor::aside`].
pub(crate) struct Walk<'w, 'r> {
    pub decoder: &'w Decoder,
    pub record: &'r [u8],
    pub scratch: &'w mut String,
    pub time_pair: u8,
    /// Whether another member came before the id.
    pub late: bool,
    /// The event that the id names, as soon as it is read.
    event: Option<EventId>,
    next: &'w mut [u16],
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
        let start = plan.names.len() + 1;
        cursor.step();
        cursor.space();
        if cursor.peek() == b'}' {
            return Err(self.incomplete(cursor.at, given, &None, &FieldSet::default()));
        }
        // Nearly all records begin with their id: then nothing has to be left open.
        if given != plan.any() || !cursor.take(&plan.id_literal) {
            return cursor
                .aside(|cursor| self.members::<true, S>(cursor, given, None, start, sink));
        }
        cursor.space();
        let value_at = cursor.at;
        let id = self
            .id(cursor)
            .map_err(|halt| self.placed(halt, given, ID_NAME, value_at))?;
        let row = match id {
            Id::Event(event) => usize::from(event),
            _ => plan.foreign(),
        };
        if self.another(cursor, row)? {
            return self.members::<false, S>(cursor, row, Some(id), ID_NAME, sink);
        }
        self.complete(cursor, row, Some(id), &FieldSet::default())
    }

    /// Reads members up to the closing brace, the first at the cursor. `EARLY` is for records of
    /// which the event may not be known yet: the usual ones need not ask at each member.
    #[inline(always)]
    fn members<const EARLY: bool, S: Sink>(
        &mut self,
        cursor: &mut Cursor<'r>,
        given: usize,
        given_id: Option<Id>,
        start: usize,
        sink: &mut S,
    ) -> Result<Id, Halt> {
        let plan = &self.decoder.plan;
        let mut row = given;
        let mut entries = plan.row(row);
        let mut slots = row * (plan.names.len() + 2);
        let mut id = given_id;
        let mut seen = FieldSet::default();
        let mut previous = start;
        loop {
            let key_at = cursor.at;
            let slot = slots + previous;
            let guess = usize::from(self.next.get(slot).copied().unwrap_or(u16::MAX));
            // Producers write members in the same order again and again: the one that followed last
            // time is tried first.
            let (name, entry) = match entries.get(guess) {
                Some(entry) if cursor.take(&entry.literal) => (guess, Some(entry)),
                _ => {
                    let name = cursor.aside(|cursor| self.other_name(cursor, slot));
                    let name = name.map_err(|halt| self.at_event(halt, row))?;
                    (name, entries.get(name))
                }
            };
            cursor.space();
            let value_at = cursor.at;
            let read = match entry.map(|entry| (entry, entry.kind)) {
                // A string where one belongs: the most frequent of all, and the shortest way.
                Some((entry, EntryKind::Value(Kind::Text))) if !EARLY && cursor.peek() == b'"' => {
                    seen.insert(entry.field);
                    cursor.step();
                    cursor
                        .text(self.scratch)
                        .and_then(|text| Ok(sink.field(entry.field, Scalar::Text(text))?))
                }
                Some((entry, EntryKind::Value(kind))) => {
                    seen.insert(entry.field);
                    if EARLY && row == plan.any() {
                        self.early(cursor)
                    } else {
                        Ok(())
                    }
                    .and_then(|()| self.attribute(cursor, entry, kind, sink))
                }
                None | Some((_, EntryKind::Foreign)) => {
                    cursor.aside(|cursor| self.foreign(cursor, row, name, key_at, sink))
                }
                Some((_, EntryKind::Ambiguous)) => Err(Halt::Restart),
                Some((_, EntryKind::Id)) if !EARLY || id.is_some() => {
                    Err(fault(Code::DuplicateId, key_at, Expected::OneId))
                }
                Some((_, EntryKind::Id)) => self.id(cursor).and_then(|found| {
                    if row == plan.any() {
                        row = self.row_of(&found, &seen)?;
                        entries = plan.row(row);
                        slots = row * (plan.names.len() + 2);
                    }
                    id = Some(found);
                    Ok(())
                }),
            };
            if let Err(halt) = read {
                return Err(self.placed(halt, row, name, value_at));
            }
            previous = name;
            if !self.another(cursor, row)? {
                return self.complete(cursor, row, id, &seen);
            }
        }
    }

    /// Reads what stands behind a member: true at the next one, false at the closing brace.
    #[inline(always)]
    fn another(&self, cursor: &mut Cursor<'r>, row: usize) -> Result<bool, Halt> {
        if cursor.peek() != b',' {
            cursor.space();
            match cursor.peek() {
                b',' => {}
                b'}' => return Ok(false),
                _ => {
                    let halt = cursor.unexpected(Expected::CommaOrBrace);
                    return Err(self.at_event(halt, row));
                }
            }
        }
        cursor.step();
        cursor.space();
        Ok(true)
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

    /// A member comes before the event is known.
    fn early(&mut self, cursor: &Cursor<'r>) -> Result<(), Halt> {
        self.late = true;
        // Whether null may stand here, and whether the event is wanted at all, is not known yet.
        if self.decoder.options.only.is_some() || cursor.peek() == b'n' {
            return Err(Halt::Restart);
        }
        Ok(())
    }

    /// The row that the id leads to, if what was read before it fits.
    #[inline(always)]
    fn row_of(&self, id: &Id, seen: &FieldSet) -> Result<usize, Halt> {
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
    #[inline(never)]
    fn other_name(&mut self, cursor: &mut Cursor<'r>, slot: usize) -> Result<usize, Halt> {
        let plan = &self.decoder.plan;
        quote(cursor, Expected::MemberNameOrEnd)?;
        let key = cursor.text(self.scratch)?;
        let name = plan.by_name.get(key.as_bytes());
        cursor.space();
        colon(cursor)?;
        if let (Some(name), Some(next)) = (name, self.next.get_mut(slot)) {
            *next = name;
        }
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
        let event = decoder.plan.by_id.get(text.as_bytes());
        self.event = event;
        match event {
            Some(event) if decoder.wants(event) => Ok(Id::Event(event)),
            Some(event) => Ok(Id::Unwanted(Some(event))),
            None if decoder.options.unknown == Unknown::Error => {
                Err(fault(Code::UnknownEvent, at, Expected::KnownEvent))
            }
            None if decoder.options.wants_unknown => Ok(Id::Unknown(text.to_owned())),
            None => Ok(Id::Unwanted(None)),
        }
    }

    /// A member that is not an attribute of the event.
    #[inline(never)]
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
    #[inline(always)]
    fn extra<S: Sink>(
        &mut self,
        cursor: &mut Cursor<'r>,
        name: usize,
        key_at: usize,
        sink: &mut S,
    ) -> Result<(), Halt> {
        // Read a second time: unknown members are few, and this way the others pay nothing.
        let mut unescaped = String::new();
        let text = match self.decoder.plan.names.get(name) {
            Some(name) => Text::Unicode(name),
            None => Cursor::new(self.record, key_at + 1).text(&mut unescaped)?,
        };
        self.whole_tree(cursor, Target::Extra(text), sink)
    }

    /// Any value, as a tree, from beginning to end.
    #[inline(always)]
    pub fn whole_tree<S: Sink>(
        &mut self,
        cursor: &mut Cursor<'r>,
        target: Target<'_>,
        sink: &mut S,
    ) -> Result<(), Halt> {
        let start = cursor.at;
        sink.begin(target)?;
        let max_depth = self.decoder.options.max_depth;
        tree(cursor, self.scratch, 1, max_depth, sink)?;
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

    /// Completes a fault in the member `name` with its path and event.
    #[cold]
    fn placed(&self, halt: Halt, row: usize, name: usize, value_at: usize) -> Halt {
        let halt = self.at_event(halt, row);
        let Halt::Fault(mut fault) = halt else {
            return halt;
        };
        let step = match u16::try_from(name) {
            Ok(number) if name < self.decoder.plan.names.len() => Step::Name(number),
            _ => Step::Key,
        };
        if fault.path.is_empty() && fault.offset > value_at {
            let depth = self.decoder.options.max_depth.saturating_sub(1);
            fault.path = trace::path_to(self.record, value_at, fault.offset, depth);
        }
        fault.path.insert(0, step);
        Halt::Fault(fault)
    }

    #[cold]
    fn at_event(&self, mut halt: Halt, row: usize) -> Halt {
        if let Halt::Fault(fault) = &mut halt {
            let given = EventId::try_from(row).ok();
            fault.event = given
                .filter(|_| row < self.decoder.plan.any())
                .or(self.event);
        }
        halt
    }
}
