//! What becomes of the values that the walk reads: the trait between the walk and its three users.
//!
//! `Ignore` (validation) lives here; the builders of Python objects and of columns live in the
//! crates that know them.

use crate::literal::Literal;
use crate::number::Number;
use crate::rows::{EventId, FieldId};
use crate::text::Text;

/// The sink cannot go on (out of memory, interrupted): it keeps the reason itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

/// A value with no parts.
#[derive(Clone, Copy, Debug)]
pub enum Scalar<'a> {
    /// `null`; given for an attribute, it takes back what an earlier member of that name gave.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A number.
    Number(Number<'a>),
    /// A string, unescaped.
    Text(Text<'a>),
    /// A code of the plan's enumeration `table`: an integer of 64 bits, never a float.
    Enum {
        /// Number of the enumeration in the plan.
        table: u16,
        /// The integer code.
        code: Number<'a>,
    },
    /// A time stamp since the epoch; `useconds` is below a million.
    Time {
        /// Whole seconds, rounded down.
        seconds: i64,
        /// Microseconds after them.
        useconds: u32,
    },
}

/// Whose value the next tree is.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// An attribute's.
    Field(FieldId),
    /// An unknown member's, with its name.
    Extra(Text<'a>),
}

/// The two kinds of container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
}

/// Takes the values of one record after the other, in reading order.
///
/// What a sink does not take, it ignores: every method is there already, and does nothing.
/// A member given twice is given to the sink twice: the last one wins. Free-form values arrive as a
/// tree: `begin`, then `scalar`, or `open`, (`key`,) values and `close`, then `end`.
pub trait Sink {
    /// Whether the parts of trees are wanted. Otherwise a tree is `begin` and `end`, with its text.
    const PARTS: bool = true;

    /// The record is of this event, if nothing goes wrong.
    #[inline(always)]
    fn event(&mut self, _event: EventId) {}
    /// The value of an attribute.
    #[inline(always)]
    fn field(&mut self, _field: FieldId, _value: Scalar<'_>) -> Result<(), Stopped> {
        Ok(())
    }
    /// An attribute's object, validated and kept as it came.
    #[inline(always)]
    fn raw(&mut self, _field: FieldId, _bytes: &[u8]) -> Result<(), Stopped> {
        Ok(())
    }
    /// A tree begins.
    #[inline(always)]
    fn begin(&mut self, _target: Target<'_>) -> Result<(), Stopped> {
        Ok(())
    }
    /// The tree is complete and checked; `text` is what it was read from.
    #[inline(always)]
    fn end(&mut self, _text: &[u8]) -> Result<(), Stopped> {
        Ok(())
    }
    /// An attribute's object that begins `rest` may be known from before, by its text: the sink then
    /// takes it as the attribute's value and tells its length, and it is not walked again.
    #[inline(always)]
    fn known(&mut self, _field: FieldId, _rest: &[u8]) -> Result<Option<usize>, Stopped> {
        Ok(None)
    }
    /// A value without parts, inside a tree.
    #[inline(always)]
    fn scalar(&mut self, _value: Scalar<'_>) -> Result<(), Stopped> {
        Ok(())
    }
    /// A container opens.
    #[inline(always)]
    fn open(&mut self, _container: Container) -> Result<(), Stopped> {
        Ok(())
    }
    /// The key of the value that follows.
    #[inline(always)]
    fn key(&mut self, _key: Text<'_>) -> Result<(), Stopped> {
        Ok(())
    }
    /// A key that may well come next. Where it does, `guessed` is called in the place of `key`.
    #[inline(always)]
    fn guess(&mut self) -> Option<&Literal> {
        None
    }
    /// The key is the one that was guessed.
    #[inline(always)]
    fn guessed(&mut self) -> Result<(), Stopped> {
        Ok(())
    }
    /// The innermost container closes.
    #[inline(always)]
    fn close(&mut self) -> Result<(), Stopped> {
        Ok(())
    }
    /// Whatever came since the last finished record is void.
    fn clear(&mut self) {}
}

/// The sink that keeps nothing: validation, and members that nobody wants.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ignore;

impl Sink for Ignore {}
