//! What went wrong in a record, and where: codes, places and the JSON type found.
//!
//! Made by the walk; worded for people by the crates above. Nothing here holds a payload value.

use crate::rows::{EventId, FieldSet, NameId};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// Why a record was refused: a closed set, each with a stable name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $name),+ }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &[Code] = &[$(Code::$name),+];

            /// The stable name that users see, e.g. `wrong_type`.
            pub const fn name(self) -> &'static str {
                match self { $(Code::$name => $text),+ }
            }
        }
    };
}

codes! {
    /// Nothing but white space.
    EmptyInput = "empty_input",
    /// A JSON value that is not an object.
    NotAnObject = "not_an_object",
    /// The record begins with a UTF-8 byte order mark.
    ByteOrderMark = "byte_order_mark",
    /// A Confluent frame where none is expected, or none where one is.
    Framing = "framing",
    /// The input ends inside the record.
    Truncated = "truncated",
    /// More input after the record's closing brace.
    TrailingData = "trailing_data",
    /// A byte that JSON does not allow here.
    Syntax = "syntax",
    /// A string holds bytes that are not UTF-8.
    InvalidUtf8 = "invalid_utf8",
    /// An escape that JSON does not know.
    InvalidEscape = "invalid_escape",
    /// An escaped surrogate without its other half.
    LoneSurrogate = "lone_surrogate",
    /// A control character inside a string.
    ControlCharacter = "control_character",
    /// Not a number in JSON's grammar (leading zeros, `1.`, NaN, Infinity).
    InvalidNumber = "invalid_number",
    /// A number beyond what its place can hold.
    OutOfRange = "out_of_range",
    /// Nested deeper than `max_depth`.
    TooDeep = "too_deep",
    /// Longer than `max_size`.
    TooLarge = "too_large",
    /// A mandatory attribute is absent.
    MissingAttribute = "missing_attribute",
    /// A value of another JSON type than the attribute takes.
    WrongType = "wrong_type",
    /// An enumeration name (or, in a closed one, a code) that is not in its table.
    UnknownEnum = "unknown_enum",
    /// A string that is not an integer's digits.
    InvalidInteger = "invalid_integer",
    /// A time object without exactly one pair of members.
    InvalidTime = "invalid_time",
    /// The event's class refused values that are right by themselves.
    Refused = "refused",
    /// An event id that is not registered, where unknown ids are refused.
    UnknownEvent = "unknown_event",
    /// A member the event does not have, where unknown members are refused.
    UnknownMember = "unknown_member",
    /// The member `id` twice.
    DuplicateId = "duplicate_id",
    /// The item is not bytes, bytearray, memoryview, str or None.
    WrongItem = "wrong_item",
    /// A defect of the decoder itself, contained to one record.
    Internal = "internal",
}

/// The type of a JSON value, told by its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonType {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number without fraction and exponent.
    Integer,
    /// Any other number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl JsonType {
    /// The type's name in JSON Schema.
    pub const fn name(self) -> &'static str {
        match self {
            JsonType::Null => "null",
            JsonType::Boolean => "boolean",
            JsonType::Integer => "integer",
            JsonType::Number => "number",
            JsonType::String => "string",
            JsonType::Array => "array",
            JsonType::Object => "object",
        }
    }

    /// The type that a value beginning with `byte` can only have; a number counts as an integer
    /// until it is read.
    pub(crate) const fn from_first(byte: u8) -> Option<JsonType> {
        match byte {
            b'n' => Some(JsonType::Null),
            b't' | b'f' => Some(JsonType::Boolean),
            b'-' | b'0'..=b'9' => Some(JsonType::Integer),
            b'"' => Some(JsonType::String),
            b'[' => Some(JsonType::Array),
            b'{' => Some(JsonType::Object),
            _ => None,
        }
    }
}

/// What would have been right at the place of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// One JSON object.
    Record,
    /// A JSON object that no byte order mark precedes.
    NoByteOrderMark,
    /// A JSON object that no Confluent frame precedes.
    NoFrame,
    /// A Confluent frame before the JSON object.
    Frame,
    /// The end of the record.
    End,
    /// At most so many bytes in a record.
    Size(usize),
    /// At most so many nested containers.
    Depth(usize),
    /// Any JSON value.
    Value,
    /// A member name.
    MemberName,
    /// A member name or the closing brace.
    MemberNameOrEnd,
    /// The colon between name and value.
    Colon,
    /// A comma or the closing brace.
    CommaOrBrace,
    /// A comma or the closing bracket.
    CommaOrBracket,
    /// The literal `true`, `false` or `null`.
    Literal,
    /// A digit of a number.
    Digit,
    /// A number in JSON's grammar.
    JsonNumber,
    /// A floating-point number of at most 64 bits, an integer of at most 4,300 digits.
    NumberInRange,
    /// The end of a string.
    ClosingQuote,
    /// UTF-8.
    Utf8,
    /// One of JSON's escapes.
    Escape,
    /// Both halves of a surrogate pair.
    SurrogatePair,
    /// No raw control character.
    NoControlCharacter,
    /// The member `id`, once.
    OneId,
    /// The id of a registered event.
    KnownEvent,
    /// An attribute of the event.
    KnownMember,
    /// The mandatory attribute itself.
    Attribute,
    /// A string.
    Text,
    /// An integer of 64 bits, or a string of such digits.
    Integer,
    /// An integer of 64 bits.
    Integer64,
    /// An integer or a string.
    IntegerOrText,
    /// A code or a name of the enumeration of this number in the plan.
    Enum(u16),
    /// A time object or epoch milliseconds.
    Time,
    /// Exactly one of the pairs that a time object may hold.
    TimePair,
    /// 0 to 999999.
    Microseconds,
    /// Values that the event's class takes.
    ClassRules,
    /// That the record is read, whatever is in it.
    NoDefect,
    /// A boolean.
    Boolean,
    /// A number.
    Float,
    /// An object.
    Object,
    /// An array.
    Array,
    /// Memory for what is as long as the record says.
    Memory,
}

/// One step of the path to a fault. Keys of free-form data are people's data: they have no name here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// An attribute, by its name on the wire.
    Name(NameId),
    /// A member of a time object: the pair, and which of its two members.
    Time(u8, u8),
    /// Some key of a free-form object, or an unknown member.
    Key,
    /// A place in an array.
    Index(usize),
}

/// A refused record: what, where, and what stood there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Why.
    pub code: Code,
    /// Byte offset in the record.
    pub offset: usize,
    /// What would have been right.
    pub expected: Expected,
    /// The JSON type found, where a value of a wrong one was.
    pub got: Option<JsonType>,
    /// The way from the record's root.
    pub path: Vec<Step>,
    /// The event, when it is known.
    pub event: Option<EventId>,
}

impl Fault {
    /// A fault with no path yet: the walk adds what it knows on the way out.
    pub fn new(code: Code, offset: usize, expected: Expected) -> Fault {
        Fault {
            code,
            offset,
            expected,
            got: None,
            path: Vec::new(),
            event: None,
        }
    }

    /// What a panic becomes: a defect of ours, of which nothing else is known.
    #[cold]
    pub fn defect() -> Fault {
        Fault::new(Code::Internal, 0, Expected::NoDefect)
    }

    /// No fault of the record: there was no memory to read it.
    #[cold]
    pub fn no_memory(offset: usize) -> Fault {
        Fault::new(Code::Internal, offset, Expected::Memory)
    }

    /// Whether it is no fault of the record, but a want of memory.
    pub fn is_want_of_memory(&self) -> bool {
        self.expected == Expected::Memory
    }
}

/// Why a walk ended early. Internal: the doors of the crate turn it into their own results.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The record is at fault.
    Fault(Box<Fault>),
    /// The sink gave up; it knows why.
    Stopped,
    /// The walk guessed before it knew the event, and guessed wrong.
    Restart,
    /// The record is at fault before its id: perhaps for the event that the id names, perhaps not.
    Early(Box<Early>),
}

/// A fault in the value of a member, and what the walk knew there.
#[derive(Debug)]
pub(crate) struct Early {
    /// The fault, without its path.
    pub fault: Box<Fault>,
    /// The member's name.
    pub name: usize,
    /// Where its value begins.
    pub value_at: usize,
    /// The fields that came, this one among them.
    pub seen: FieldSet,
}

impl From<crate::sink::Stopped> for Halt {
    fn from(_: crate::sink::Stopped) -> Halt {
        Halt::Stopped
    }
}

#[cold]
pub(crate) fn fault(code: Code, offset: usize, expected: Expected) -> Halt {
    Halt::Fault(Box::new(Fault::new(code, offset, expected)))
}

#[cold]
pub(crate) fn mismatch(
    code: Code,
    offset: usize,
    expected: Expected,
    got: Option<JsonType>,
) -> Halt {
    let mut fault = Fault::new(code, offset, expected);
    fault.got = got;
    Halt::Fault(Box::new(fault))
}
