//! The one walk over a record: members led by the plan, free-form values as a tree.
//!
//! Called by `record`; what becomes of the values is the sink's affair. Nothing here recurses.

use crate::error::{Code, Expected, Fault, Halt, JsonType, Step, fault, mismatch};
use crate::number::{IntegerText, Number, parse_integer};
use crate::plan::{Entry, EntryKind, EventId, FieldSet, Kind};
use crate::record::{Decoder, Extra, KvLists, Memory, Unknown};
use crate::scan::Cursor;
use crate::sink::{Container, Ignore, Scalar, Sink, Target};
use crate::text::Text;
use crate::trace;

/// The deepest nesting that any `max_depth` allows: CPython cannot compare or print deeper values
/// under its usual recursion limit.
pub(crate) const DEPTH_LIMIT: usize = 1024;

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
pub(crate) struct Walk<'w> {
    pub decoder: &'w Decoder,
    pub cursor: Cursor<'w>,
    pub scratch: &'w mut String,
    pub time_pair: u8,
    /// Whether another member came before the id.
    pub late: bool,
    /// The event that the id names, as soon as it is read.
    event: Option<EventId>,
    next: &'w mut [u16],
}

impl<'w> Walk<'w> {
    pub fn new(decoder: &'w Decoder, memory: &'w mut Memory, record: &'w [u8], at: usize) -> Self {
        Walk {
            decoder,
            cursor: Cursor::new(record, at),
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
    pub fn members<S: Sink>(&mut self, given: usize, sink: &mut S) -> Result<Id, Halt> {
        let plan = &self.decoder.plan;
        let unknown_name = plan.names.len();
        let mut row = given;
        let mut id = None;
        let mut seen = FieldSet::default();
        let mut previous = unknown_name + 1;
        self.cursor.step();
        self.cursor.space();
        if self.cursor.peek() == b'}' {
            return Err(self.incomplete(row, &id, &seen));
        }
        loop {
            let key_at = self.cursor.at;
            let name = self.member_name(row, previous)?;
            self.cursor.space();
            let value_at = self.cursor.at;
            let entry = plan.entry(row, name);
            if let EntryKind::Value(kind) = entry.kind {
                self.attribute(entry, kind, row, sink)
                    .map_err(|halt| self.placed(halt, row, name, value_at))?;
                seen.insert(entry.field);
            } else if entry.kind == EntryKind::Foreign {
                self.foreign(row, name, key_at, sink)
                    .map_err(|halt| self.placed(halt, row, name, value_at))?;
            } else if entry.kind == EntryKind::Ambiguous {
                return Err(Halt::Restart);
            } else if id.is_some() {
                let twice = fault(Code::DuplicateId, key_at, Expected::OneId);
                return Err(self.placed(twice, row, name, value_at));
            } else {
                self.late |= previous != unknown_name + 1;
                let found = self
                    .id()
                    .map_err(|halt| self.placed(halt, row, name, value_at))?;
                if let Id::Event(event) | Id::Unwanted(Some(event)) = found {
                    self.event = Some(event);
                }
                if row == plan.any() {
                    row = self.row_of(&found, &seen)?;
                }
                id = Some(found);
            }
            previous = name;
            self.cursor.space();
            match self.cursor.peek() {
                b',' => {
                    self.cursor.step();
                    self.cursor.space();
                }
                b'}' => break,
                _ => {
                    let halt = self.cursor.unexpected(Expected::CommaOrBrace);
                    return Err(self.at_event(halt, row));
                }
            }
        }
        match id {
            Some(id) if row >= plan.any() => {
                self.cursor.step();
                Ok(id)
            }
            Some(id) if self.has_all(row, &seen) => {
                self.cursor.step();
                Ok(id)
            }
            id => Err(self.incomplete(row, &id, &seen)),
        }
    }

    /// The row that the id leads to, if what was read before it fits.
    #[inline(always)]
    fn row_of(&self, id: &Id, seen: &FieldSet) -> Result<usize, Halt> {
        let plan = &self.decoder.plan;
        let Id::Event(event) = id else {
            return Ok(plan.foreign());
        };
        let fits = plan
            .events
            .get(usize::from(*event))
            .is_some_and(|event| seen.is_subset(&event.fields));
        if fits {
            Ok(usize::from(*event))
        } else {
            Err(Halt::Restart)
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

    /// The name of the member at the cursor, behind which the colon is read too. Producers write
    /// members in the same order again and again: the one that followed last time is tried first.
    #[inline(always)]
    fn member_name(&mut self, row: usize, previous: usize) -> Result<usize, Halt> {
        let plan = &self.decoder.plan;
        let slot = row * (plan.names.len() + 2) + previous;
        let guess = usize::from(self.next.get(slot).copied().unwrap_or(u16::MAX));
        if let Some(name) = plan.names.get(guess)
            && self.cursor.take(&name.literal)
        {
            return Ok(guess);
        }
        self.other_name(slot)
            .map_err(|halt| self.at_event(halt, row))
    }

    #[inline(never)]
    fn other_name(&mut self, slot: usize) -> Result<usize, Halt> {
        let plan = &self.decoder.plan;
        let expected = Expected::MemberNameOrEnd;
        self.quote(expected)?;
        let key = self.cursor.text(self.scratch)?;
        let name = plan.by_name.get(key.as_bytes());
        self.cursor.space();
        self.colon()?;
        if let (Some(name), Some(next)) = (name, self.next.get_mut(slot)) {
            *next = name;
        }
        Ok(name.map_or(plan.names.len(), usize::from))
    }

    /// The value of the member `id`.
    #[inline(always)]
    fn id(&mut self) -> Result<Id, Halt> {
        let decoder = self.decoder;
        if self.cursor.peek() != b'"' {
            return Err(self.cursor.wrong_type(Expected::Text));
        }
        let at = self.cursor.at;
        self.cursor.step();
        let text = self.cursor.text(self.scratch)?;
        match decoder.plan.by_id.get(text.as_bytes()) {
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
    #[inline(always)]
    fn foreign<S: Sink>(
        &mut self,
        row: usize,
        name: usize,
        key_at: usize,
        sink: &mut S,
    ) -> Result<(), Halt> {
        let decoder = self.decoder;
        if row == decoder.plan.foreign() {
            return self.tree(&mut Ignore);
        }
        if row == decoder.plan.any() {
            self.late = true;
            if decoder.options.only.is_some() {
                return Err(Halt::Restart);
            }
        }
        match decoder.options.extra {
            Extra::Ignore => self.tree(&mut Ignore),
            Extra::Forbid => Err(fault(Code::UnknownMember, key_at, Expected::KnownMember)),
            Extra::Keep => {
                let text = match decoder.plan.names.get(name) {
                    Some(name) => Text::Unicode(&name.text),
                    // Read a second time: unknown members are few, and this way the others pay nothing.
                    None => Cursor::new(self.cursor.bytes, key_at + 1).text(self.scratch)?,
                };
                sink.begin(Target::Extra(text))?;
                self.tree(sink)?;
                Ok(sink.end()?)
            }
        }
    }

    /// The value of an attribute.
    #[inline(always)]
    fn attribute<S: Sink>(
        &mut self,
        entry: Entry,
        kind: Kind,
        row: usize,
        sink: &mut S,
    ) -> Result<(), Halt> {
        if row == self.decoder.plan.any() {
            self.late = true;
            // Whether null may stand here, and whether the event is wanted at all, is not known yet.
            if self.decoder.options.only.is_some() || self.cursor.peek() == b'n' {
                return Err(Halt::Restart);
            }
        }
        let first = self.cursor.peek();
        let field = entry.field;
        if first == b'"' && kind == Kind::Text {
            self.cursor.step();
            let text = self.cursor.text(self.scratch)?;
            return Ok(sink.field(field, Scalar::Text(text))?);
        }
        if first == b'n' && kind != Kind::Any {
            if !entry.nullable {
                return Err(self.cursor.wrong_type(expected(kind)));
            }
            self.cursor.literal(b"null")?;
            return Ok(sink.field(field, Scalar::Null)?);
        }
        let value = match kind {
            Kind::Text => return Err(self.cursor.wrong_type(Expected::Text)),
            Kind::Integer => Scalar::Number(self.integer(Expected::Integer)?),
            Kind::Enum(table) => self.code(table)?,
            Kind::Time => self.time()?,
            Kind::KvList if first == b'{' => return self.kv_list(field, sink),
            Kind::KvList => return Err(self.cursor.wrong_type(Expected::Object)),
            Kind::IntegerOrText if first == b'"' => {
                self.cursor.step();
                Scalar::Text(self.cursor.text(self.scratch)?)
            }
            Kind::IntegerOrText => Scalar::Number(self.plain_integer()?),
            Kind::Boolean => Scalar::Boolean(self.boolean()?),
            Kind::Float => Scalar::Number(self.float()?),
            Kind::List if first != b'[' => return Err(self.cursor.wrong_type(Expected::Array)),
            Kind::List | Kind::Any => {
                sink.begin(Target::Field(field))?;
                self.tree(sink)?;
                return Ok(sink.end()?);
            }
        };
        Ok(sink.field(field, value)?)
    }

    #[inline(always)]
    fn kv_list<S: Sink>(&mut self, field: u16, sink: &mut S) -> Result<(), Halt> {
        match self.decoder.options.kv_lists {
            KvLists::Dict => {
                sink.begin(Target::Field(field))?;
                self.tree(sink)?;
                Ok(sink.end()?)
            }
            KvLists::Lazy => {
                let start = self.cursor.at;
                self.tree(&mut Ignore)?;
                let bytes = self.cursor.bytes.get(start..self.cursor.at);
                Ok(sink.raw(field, bytes.unwrap_or_default())?)
            }
            KvLists::Skip => self.tree(&mut Ignore),
        }
    }

    /// An integer of 64 bits, or a string of its digits where `expected` says so.
    #[inline(always)]
    pub fn integer(&mut self, expected: Expected) -> Result<Number<'static>, Halt> {
        let at = self.cursor.at;
        let out_of_range = |got| mismatch(Code::OutOfRange, at, expected, Some(got));
        match self.cursor.peek() {
            b'-' | b'0'..=b'9' => match self.cursor.number()? {
                Number::Int(value) => Ok(Number::Int(value)),
                Number::UInt(value) => Ok(Number::UInt(value)),
                Number::Big(_) => Err(out_of_range(JsonType::Integer)),
                Number::Float(_) => Err(mismatch(
                    Code::WrongType,
                    at,
                    expected,
                    Some(JsonType::Number),
                )),
            },
            b'"' if expected == Expected::Integer => {
                self.cursor.step();
                let text = self.cursor.text(self.scratch)?;
                match parse_integer(text.as_bytes()) {
                    IntegerText::Value(value) => Ok(value),
                    IntegerText::TooLarge => Err(out_of_range(JsonType::String)),
                    IntegerText::NotDigits => Err(mismatch(
                        Code::InvalidInteger,
                        at,
                        expected,
                        Some(JsonType::String),
                    )),
                }
            }
            _ => Err(self.cursor.wrong_type(expected)),
        }
    }

    /// An integer of any size.
    fn plain_integer(&mut self) -> Result<Number<'w>, Halt> {
        let at = self.cursor.at;
        let expected = Expected::IntegerOrText;
        if !matches!(self.cursor.peek(), b'-' | b'0'..=b'9') {
            return Err(self.cursor.wrong_type(expected));
        }
        match self.cursor.number()? {
            Number::Float(_) => Err(mismatch(
                Code::WrongType,
                at,
                expected,
                Some(JsonType::Number),
            )),
            integer => Ok(integer),
        }
    }

    /// A code or a name of the enumeration.
    #[inline(always)]
    fn code(&mut self, table: u16) -> Result<Scalar<'static>, Halt> {
        let at = self.cursor.at;
        let expected = Expected::Enum(table);
        let enumeration = self.decoder.plan.enums.get(usize::from(table));
        let unknown = |got| mismatch(Code::UnknownEnum, at, expected, Some(got));
        if self.cursor.peek() == b'"' {
            self.cursor.step();
            let text = self.cursor.text(self.scratch)?;
            let code = enumeration.and_then(|known| known.names.get(text.as_bytes()));
            let code = Number::Int(code.ok_or_else(|| unknown(JsonType::String))?);
            return Ok(Scalar::Enum { table, code });
        }
        let code = self.integer(expected)?;
        if let Some(closed) = enumeration.and_then(|known| known.closed.as_ref())
            && !matches!(code, Number::Int(value) if closed.contains(&value))
        {
            return Err(unknown(JsonType::Integer));
        }
        Ok(Scalar::Enum { table, code })
    }

    fn boolean(&mut self) -> Result<bool, Halt> {
        match self.cursor.peek() {
            b't' => self.cursor.literal(b"true").map(|()| true),
            b'f' => self.cursor.literal(b"false").map(|()| false),
            _ => Err(self.cursor.wrong_type(Expected::Boolean)),
        }
    }

    /// Any number, as a float.
    fn float(&mut self) -> Result<Number<'static>, Halt> {
        let at = self.cursor.at;
        if !matches!(self.cursor.peek(), b'-' | b'0'..=b'9') {
            return Err(self.cursor.wrong_type(Expected::Float));
        }
        let value = match self.cursor.number()? {
            Number::Int(value) => value as f64,
            Number::UInt(value) => value as f64,
            Number::Float(value) => value,
            Number::Big(digits) => digits.parse().unwrap_or(f64::INFINITY),
        };
        if value.is_finite() {
            Ok(Number::Float(value))
        } else {
            Err(mismatch(
                Code::OutOfRange,
                at,
                Expected::NumberInRange,
                Some(JsonType::Integer),
            ))
        }
    }

    /// Any value, as a tree. The nesting is kept in a few words of bits: no input can exhaust a stack.
    #[inline(always)]
    pub fn tree<S: Sink>(&mut self, sink: &mut S) -> Result<(), Halt> {
        tree(
            &mut self.cursor,
            self.scratch,
            1,
            self.decoder.options.max_depth,
            sink,
        )
    }

    pub fn quote(&mut self, expected: Expected) -> Result<(), Halt> {
        quote(&mut self.cursor, expected)
    }

    pub fn colon(&mut self) -> Result<(), Halt> {
        colon(&mut self.cursor)
    }

    /// The fault of a container at the cursor that would be at this depth, if that is too deep.
    pub fn too_deep(&self, depth: usize) -> Result<(), Halt> {
        check_depth(&self.cursor, depth, self.decoder.options.max_depth)
    }

    /// The fault of an object that closes too early.
    #[cold]
    fn incomplete(&self, row: usize, id: &Option<Id>, seen: &FieldSet) -> Halt {
        let plan = &self.decoder.plan;
        let missing = match plan.events.get(row) {
            Some(event) if id.is_some() => event
                .order
                .iter()
                .find(|field| event.required.contains(**field) && !seen.contains(**field))
                .map_or(0, |field| plan.field_name(*field)),
            _ => 0,
        };
        let halt = fault(Code::MissingAttribute, self.cursor.at, Expected::Attribute);
        self.placed(halt, row, usize::from(missing), usize::MAX)
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
            fault.path = trace::path_to(self.cursor.bytes, value_at, fault.offset, depth);
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

fn expected(kind: Kind) -> Expected {
    match kind {
        Kind::Text => Expected::Text,
        Kind::Integer => Expected::Integer,
        Kind::IntegerOrText => Expected::IntegerOrText,
        Kind::Enum(table) => Expected::Enum(table),
        Kind::Time => Expected::Time,
        Kind::KvList => Expected::Object,
        Kind::Boolean => Expected::Boolean,
        Kind::Float => Expected::Float,
        Kind::List => Expected::Array,
        Kind::Any => Expected::Value,
    }
}

#[inline(always)]
fn quote(cursor: &mut Cursor<'_>, expected: Expected) -> Result<(), Halt> {
    if cursor.peek() != b'"' {
        return Err(cursor.unexpected(expected));
    }
    cursor.step();
    Ok(())
}

#[inline(always)]
fn colon(cursor: &mut Cursor<'_>) -> Result<(), Halt> {
    if cursor.peek() != b':' {
        return Err(cursor.unexpected(Expected::Colon));
    }
    cursor.step();
    Ok(())
}

#[inline(always)]
fn check_depth(cursor: &Cursor<'_>, depth: usize, max_depth: usize) -> Result<(), Halt> {
    if depth > max_depth {
        return Err(fault(Code::TooDeep, cursor.at, Expected::Depth(max_depth)));
    }
    Ok(())
}

/// Which of the open containers are objects: one bit each.
struct Nesting {
    objects: [u64; DEPTH_LIMIT / 64],
    depth: usize,
}

impl Nesting {
    #[inline(always)]
    fn push(&mut self, object: bool) {
        if let Some(word) = self.objects.get_mut(self.depth / 64) {
            let bit = 1 << (self.depth % 64);
            *word = if object { *word | bit } else { *word & !bit };
        }
        self.depth += 1;
    }

    /// Whether the innermost container is an object.
    #[inline(always)]
    fn in_object(&self) -> bool {
        let level = self.depth.wrapping_sub(1);
        self.objects
            .get(level / 64)
            .is_some_and(|word| word >> (level % 64) & 1 == 1)
    }
}

/// Reads the value at the cursor, inside of `outer` open containers.
#[inline(always)]
fn tree<S: Sink>(
    cursor: &mut Cursor<'_>,
    scratch: &mut String,
    outer: usize,
    max_depth: usize,
    sink: &mut S,
) -> Result<(), Halt> {
    let max_depth = max_depth.min(DEPTH_LIMIT);
    let mut nesting = Nesting {
        objects: [0; DEPTH_LIMIT / 64],
        depth: 0,
    };
    loop {
        // A value begins here.
        match cursor.peek() {
            b'"' => {
                cursor.step();
                let text = cursor.text(scratch)?;
                sink.scalar(Scalar::Text(text))?;
            }
            b'-' | b'0'..=b'9' => sink.scalar(Scalar::Number(cursor.number()?))?,
            first @ (b'{' | b'[') => {
                check_depth(cursor, outer + nesting.depth + 1, max_depth)?;
                let object = first == b'{';
                sink.open(if object {
                    Container::Object
                } else {
                    Container::Array
                })?;
                cursor.step();
                cursor.space();
                nesting.push(object);
                let closing = if object { b'}' } else { b']' };
                if cursor.peek() != closing {
                    if object {
                        key(cursor, scratch, Expected::MemberNameOrEnd, sink)?;
                    }
                    continue;
                }
            }
            b't' => {
                cursor.literal(b"true")?;
                sink.scalar(Scalar::Boolean(true))?;
            }
            b'f' => {
                cursor.literal(b"false")?;
                sink.scalar(Scalar::Boolean(false))?;
            }
            b'n' => {
                cursor.literal(b"null")?;
                sink.scalar(Scalar::Null)?;
            }
            _ => return Err(cursor.unexpected(Expected::Value)),
        }
        // A value is complete, or its container's closing bracket is at the cursor.
        loop {
            if nesting.depth == 0 {
                return Ok(());
            }
            cursor.space();
            match (cursor.peek(), nesting.in_object()) {
                (b',', object) => {
                    cursor.step();
                    cursor.space();
                    if object {
                        key(cursor, scratch, Expected::MemberName, sink)?;
                    }
                    break;
                }
                (b'}', true) | (b']', false) => {
                    cursor.step();
                    nesting.depth -= 1;
                    sink.close()?;
                }
                (_, true) => return Err(cursor.unexpected(Expected::CommaOrBrace)),
                (_, false) => return Err(cursor.unexpected(Expected::CommaOrBracket)),
            }
        }
    }
}

/// The key at the cursor and its colon, up to the value.
#[inline(always)]
fn key<S: Sink>(
    cursor: &mut Cursor<'_>,
    scratch: &mut String,
    expected: Expected,
    sink: &mut S,
) -> Result<(), Halt> {
    quote(cursor, expected)?;
    let text = cursor.text(scratch)?;
    cursor.space();
    colon(cursor)?;
    sink.key(text)?;
    cursor.space();
    Ok(())
}

/// Walks the one value at `at`, whatever follows it, into the sink. `max_depth` counts its own
/// containers.
///
/// A sink that stops gives the code `internal`: it knows the reason better.
pub fn walk_value<S: Sink>(
    bytes: &[u8],
    at: usize,
    max_depth: usize,
    sink: &mut S,
) -> Result<usize, Box<Fault>> {
    let mut cursor = Cursor::new(bytes, at);
    match tree(&mut cursor, &mut String::new(), 0, max_depth, sink) {
        Ok(()) => Ok(cursor.at),
        Err(Halt::Fault(fault)) => Err(fault),
        Err(_) => Err(Box::new(Fault::new(
            Code::Internal,
            cursor.at,
            Expected::Value,
        ))),
    }
}

/// Checks that `document` is one JSON value and nothing else, by the rules that hold for free-form
/// values.
pub fn check_value(document: &[u8], max_depth: usize) -> Result<(), Box<Fault>> {
    let mut cursor = Cursor::new(document, 0);
    cursor.space();
    let end = walk_value(document, cursor.at, max_depth, &mut Ignore)?;
    cursor.at = end;
    cursor.space();
    if cursor.at_end() {
        Ok(())
    } else {
        Err(Box::new(Fault::new(
            Code::TrailingData,
            cursor.at,
            Expected::End,
        )))
    }
}
