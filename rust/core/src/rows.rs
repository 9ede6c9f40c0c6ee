//! What a plan is made of: plain rows that say what the events look like.

/// Number of an event, in the order of the rows.
pub type EventId = u16;
/// Number of a name as it may stand on the wire (canonical names and aliases).
pub type NameId = u16;
/// Number of a field, common to all events.
pub type FieldId = u16;

/// What an attribute holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// An integer of 64 bits, or a string of its digits.
    Integer,
    /// An integer of any size, or a string: as it came.
    IntegerOrText,
    /// A code or a name of this enumeration.
    Enum(u16),
    /// A time stamp.
    Time,
    /// An object of free-form values.
    KvList,
    /// A boolean.
    Boolean,
    /// A number.
    Float,
    /// An array of free-form values.
    List,
    /// Any value.
    Any,
}

/// An attribute of an event.
#[derive(Clone, Debug)]
pub struct FieldRow {
    /// The canonical wire name, then its aliases.
    pub names: Vec<String>,
    /// What it holds.
    pub kind: Kind,
    /// Whether the event is at fault without it.
    pub required: bool,
    /// Whether `null` is allowed.
    pub nullable: bool,
}

/// An event.
#[derive(Clone, Debug)]
pub struct EventRow {
    /// The canonical id, then its aliases.
    pub ids: Vec<String>,
    /// The attributes, in canonical order.
    pub fields: Vec<FieldRow>,
}

/// An enumeration.
#[derive(Clone, Debug)]
pub struct EnumRow {
    /// Every accepted name with its code.
    pub names: Vec<(String, i64)>,
    /// The only codes allowed, or none where any integer is.
    pub closed: Option<Vec<i64>>,
}

/// The member names of a time object: pairs of seconds and microseconds.
#[derive(Clone, Debug, Default)]
pub struct TimeRow {
    /// The accepted pairs, the canonical one first.
    pub pairs: Vec<(String, String)>,
}

/// A set of fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldSet([u64; FieldSet::WORDS]);

impl FieldSet {
    const WORDS: usize = 4;
    /// How many fields a plan can tell apart.
    pub const CAPACITY: usize = 64 * FieldSet::WORDS;

    /// Adds a field below the capacity.
    #[inline(always)]
    pub fn insert(&mut self, field: FieldId) {
        let (word, bit) = FieldSet::place(field);
        if let Some(word) = self.0.get_mut(word) {
            *word |= bit;
        }
    }

    /// Whether the field is in the set.
    #[inline(always)]
    pub fn contains(&self, field: FieldId) -> bool {
        let (word, bit) = FieldSet::place(field);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }

    #[inline(always)]
    fn place(field: FieldId) -> (usize, u64) {
        let word = usize::from(field >> 6) % FieldSet::WORDS;
        (word, 1 << (field & 63))
    }

    /// Whether every field of this set is in `other`.
    #[inline(always)]
    pub fn is_subset(&self, other: &FieldSet) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a & !b == 0)
    }
}
