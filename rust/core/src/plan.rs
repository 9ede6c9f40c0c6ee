//! What the events look like, compiled once from plain rows for the walk to look up by number.
//!
//! Names, events and fields are numbers from here on. A field is an attribute's canonical wire name,
//! common to all events that have it; what it holds is decided for each event.

use std::fmt;

use crate::literal::Literal;
use crate::lookup::Lookup;
use crate::rows::{EnumRow, EventId, EventRow, FieldId, FieldSet, Kind, NameId, TimeRow};

/// What a member is to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// Not one of its attributes.
    Foreign,
    /// The discriminator.
    Id,
    /// Depends on the event, which is not known yet.
    Ambiguous,
    /// An attribute.
    Value(Kind),
}

/// What the fast path makes of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Usual {
    Text,
    Integer,
    /// A code of an open enumeration: any integer.
    Code(u16),
    Time,
    KvList,
    Foreign,
    /// It is left to the general walk.
    Nothing,
}

/// What a name is to an event, with the name itself: all that the walk looks at, in one line of the cache.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(crate) struct Entry {
    pub literal: Literal,
    pub kind: EntryKind,
    pub usual: Usual,
    pub field: FieldId,
    pub nullable: bool,
}

const _: () = assert!(size_of::<Entry>() == 64);

impl Entry {
    fn foreign(name: &str) -> Entry {
        Entry {
            literal: Literal::member(name),
            kind: EntryKind::Foreign,
            usual: Usual::Foreign,
            field: 0,
            nullable: true,
        }
    }
}

/// A member name of time objects.
#[derive(Debug)]
pub(crate) struct Name {
    pub text: String,
    pub literal: Literal,
}

#[derive(Debug)]
pub(crate) struct Event {
    pub fields: FieldSet,
    pub required: FieldSet,
    /// Fields in canonical order.
    pub order: Vec<FieldId>,
}

#[derive(Debug)]
pub(crate) struct Enumeration {
    pub names: Lookup<i64>,
    pub closed: Option<Vec<i64>>,
}

/// The compiled rows.
#[derive(Debug)]
pub struct Plan {
    /// Every name, as it stands on the wire.
    pub(crate) names: Vec<String>,
    /// The name of the member that tells the event.
    pub(crate) id_literal: Literal,
    pub(crate) by_name: Lookup<NameId>,
    pub(crate) by_id: Lookup<EventId>,
    pub(crate) events: Vec<Event>,
    pub(crate) enums: Vec<Enumeration>,
    pub(crate) time_pairs: Vec<[Name; 2]>,
    /// One row for each event, then [`Plan::any`], then [`Plan::foreign`]; one column for each name.
    rows: Vec<Vec<Entry>>,
    /// The canonical name of each field.
    field_names: Vec<NameId>,
}

/// Rows that no plan can be made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanError {
    /// Two events claim this id.
    DuplicateId(String),
    /// Two attributes of one event claim this name.
    DuplicateName(String),
    /// More distinct attribute names than [`FieldSet::CAPACITY`], or more events than numbers.
    TooMany,
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlanError::DuplicateId(id) => write!(f, "two events claim the id {id:?}"),
            PlanError::DuplicateName(name) => {
                write!(f, "two attributes of one event claim the name {name:?}")
            }
            PlanError::TooMany => write!(
                f,
                "more than {} distinct attribute names in all events together",
                FieldSet::CAPACITY
            ),
        }
    }
}

impl std::error::Error for PlanError {}

impl Plan {
    /// Compiles the rows. `id_name` is the member that tells the event.
    pub fn new(
        id_name: &str,
        events: &[EventRow],
        enums: &[EnumRow],
        time: &TimeRow,
    ) -> Result<Plan, PlanError> {
        let mut plan = Plan {
            names: Vec::new(),
            id_literal: Literal::member(id_name),
            by_name: Lookup::new(),
            by_id: Lookup::new(),
            events: Vec::new(),
            enums: enums.iter().map(Enumeration::new).collect(),
            time_pairs: time
                .pairs
                .iter()
                .map(|(seconds, useconds)| [Name::new(seconds), Name::new(useconds)])
                .collect(),
            rows: Vec::new(),
            field_names: Vec::new(),
        };
        plan.name(id_name)?;
        for field in events.iter().flat_map(|event| &event.fields) {
            for name in &field.names {
                plan.name(name)?;
            }
        }
        let mut fields: Lookup<FieldId> = Lookup::new();
        for (number, row) in events.iter().enumerate() {
            let number = EventId::try_from(number).map_err(|_| PlanError::TooMany)?;
            for id in &row.ids {
                if plan.by_id.insert(id, number).is_some() {
                    return Err(PlanError::DuplicateId(id.clone()));
                }
            }
            plan.event(id_name, row, &mut fields)?;
        }
        plan.common_rows(id_name);
        let usual = |kind| plan.usual(kind);
        let usual: Vec<Vec<_>> = plan
            .rows
            .iter()
            .map(|row| row.iter().map(|entry| usual(entry.kind)).collect())
            .collect();
        let entries = plan.rows.iter_mut().flatten();
        for (entry, usual) in entries.zip(usual.into_iter().flatten()) {
            entry.usual = usual;
        }
        Ok(plan)
    }

    /// The number of `text` among the names, made where it is new.
    fn name(&mut self, text: &str) -> Result<NameId, PlanError> {
        if let Some(name) = self.by_name.get_str(text) {
            return Ok(name);
        }
        // The last two numbers are kept for "no name" and "the start of a record".
        let name = NameId::try_from(self.names.len()).map_err(|_| PlanError::TooMany)?;
        if name > NameId::MAX - 2 {
            return Err(PlanError::TooMany);
        }
        self.names.push(text.to_owned());
        self.by_name.insert(text, name);
        Ok(name)
    }

    fn event(
        &mut self,
        id_name: &str,
        row: &EventRow,
        fields: &mut Lookup<FieldId>,
    ) -> Result<(), PlanError> {
        let mut event = Event {
            fields: FieldSet::default(),
            required: FieldSet::default(),
            order: Vec::new(),
        };
        let mut entries = self.blank_row(id_name);
        for attribute in &row.fields {
            let Some(canonical) = attribute.names.first() else {
                continue;
            };
            let field = match fields.get_str(canonical) {
                Some(field) => field,
                None => {
                    let field = self.field_names.len();
                    if field >= FieldSet::CAPACITY {
                        return Err(PlanError::TooMany);
                    }
                    let field = FieldId::try_from(field).map_err(|_| PlanError::TooMany)?;
                    let name = self.name(canonical)?;
                    self.field_names.push(name);
                    fields.insert(canonical, field);
                    field
                }
            };
            for text in &attribute.names {
                let name = self.name(text)?;
                let entry = entries.get_mut(usize::from(name));
                match entry {
                    Some(entry) if entry.kind == EntryKind::Foreign => {
                        entry.kind = EntryKind::Value(attribute.kind);
                        entry.field = field;
                        entry.nullable = attribute.nullable;
                    }
                    _ => return Err(PlanError::DuplicateName(text.clone())),
                }
            }
            event.order.push(field);
            event.fields.insert(field);
            if attribute.required {
                event.required.insert(field);
            }
        }
        self.rows.push(entries);
        self.events.push(event);
        Ok(())
    }

    fn blank_row(&self, id_name: &str) -> Vec<Entry> {
        let mut entries: Vec<_> = self.names.iter().map(|name| Entry::foreign(name)).collect();
        if let Some(id) = self.by_name.get_str(id_name)
            && let Some(entry) = entries.get_mut(usize::from(id))
        {
            entry.kind = EntryKind::Id;
        }
        entries
    }

    /// The row for "event not known yet", where all events that have a name agree on it, and the row
    /// for events that nobody wants, where nothing but the id counts.
    fn common_rows(&mut self, id_name: &str) {
        let foreign = self.blank_row(id_name);
        let mut any = foreign.clone();
        for row in &self.rows {
            for (entry, common) in row.iter().zip(&mut any) {
                if !matches!(entry.kind, EntryKind::Value(_)) {
                    continue;
                }
                if common.kind == EntryKind::Foreign {
                    *common = entry.clone();
                } else if common.kind != entry.kind || common.field != entry.field {
                    common.kind = EntryKind::Ambiguous;
                }
            }
        }
        self.rows.push(any);
        self.rows.push(foreign);
    }

    /// The row of "not known yet".
    #[inline(always)]
    pub(crate) fn any(&self) -> usize {
        self.events.len()
    }

    /// The row of "not wanted".
    #[inline(always)]
    pub(crate) fn foreign(&self) -> usize {
        self.events.len().saturating_add(1)
    }

    /// What the fast path makes of members of this kind.
    fn usual(&self, kind: EntryKind) -> Usual {
        let open = |table| {
            let enumeration = self.enums.get(usize::from(table));
            enumeration.is_some_and(|known| known.closed.is_none())
        };
        match kind {
            EntryKind::Foreign => Usual::Foreign,
            EntryKind::Value(Kind::Text) => Usual::Text,
            EntryKind::Value(Kind::Integer | Kind::IntegerOrText) => Usual::Integer,
            EntryKind::Value(Kind::Enum(table)) if open(table) => Usual::Code(table),
            EntryKind::Value(Kind::Time) => Usual::Time,
            EntryKind::Value(Kind::KvList) => Usual::KvList,
            _ => Usual::Nothing,
        }
    }

    /// What each name is in the row.
    #[inline(always)]
    pub(crate) fn row(&self, row: usize) -> &[Entry] {
        self.rows.get(row).map_or(&[], Vec::as_slice)
    }

    /// How many events the plan has.
    pub fn event_count(&self) -> usize {
        self.events.len()
    }

    /// How many fields the plan has.
    pub fn field_count(&self) -> usize {
        self.field_names.len()
    }

    /// The event of this id or alias.
    pub fn event_by_id(&self, id: &str) -> Option<EventId> {
        self.by_id.get_str(id)
    }

    /// The field whose canonical name this is.
    pub fn field_by_name(&self, name: &str) -> Option<FieldId> {
        let name = self.by_name.get_str(name)?;
        let place = self.field_names.iter().position(|&known| known == name)?;
        FieldId::try_from(place).ok()
    }

    /// The canonical name of a field, as a step of a path.
    pub(crate) fn field_name(&self, field: FieldId) -> NameId {
        self.field_names
            .get(usize::from(field))
            .copied()
            .unwrap_or_default()
    }

    /// A name as it stands on the wire.
    pub fn name_text(&self, name: NameId) -> &str {
        self.names.get(usize::from(name)).map_or("", String::as_str)
    }

    /// How many pairs of names a time object may use.
    pub fn time_pair_count(&self) -> u8 {
        u8::try_from(self.time_pairs.len()).unwrap_or(u8::MAX)
    }

    /// The name of a member of a time object.
    pub fn time_text(&self, pair: u8, member: u8) -> &str {
        self.time_pairs
            .get(usize::from(pair))
            .and_then(|pair| pair.get(usize::from(member)))
            .map_or("", |name| &name.text)
    }

    /// Whether `name` is the id, or an attribute of the event under any of its names.
    pub fn claims(&self, event: EventId, name: &str) -> bool {
        self.by_name.get_str(name).is_some_and(|name| {
            let entry = self.row(usize::from(event)).get(usize::from(name));
            entry.is_some_and(|entry| entry.kind != EntryKind::Foreign)
        })
    }
}

impl Name {
    fn new(text: &str) -> Name {
        Name {
            text: text.to_owned(),
            literal: Literal::member(text),
        }
    }
}

impl Enumeration {
    fn new(row: &EnumRow) -> Enumeration {
        let mut names = Lookup::new();
        for (name, code) in &row.names {
            names.insert(name, *code);
        }
        Enumeration {
            names,
            closed: row.closed.clone(),
        }
    }
}
