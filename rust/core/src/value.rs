//! The value of an attribute, by its kind. Called by `decode` for each member that the plan knows.

use crate::decode::Walk;
use crate::error::{Code, Expected, Halt, JsonType, mismatch};
use crate::number::{IntegerText, Number, parse_integer};
use crate::plan::Entry;
use crate::record::KvLists;
use crate::rows::{FieldId, Kind};
use crate::scan::Cursor;
use crate::sink::{Scalar, Sink, Target};
use crate::tree::check_depth;

impl<'r> Walk<'_, 'r> {
    /// The value of an attribute, in whatever form.
    pub(crate) fn attribute<S: Sink>(
        &mut self,
        cursor: &mut Cursor<'r>,
        entry: &Entry,
        kind: Kind,
        sink: &mut S,
    ) -> Result<(), Halt> {
        let first = cursor.peek();
        let field = entry.field;
        if first == b'n' && kind != Kind::Any {
            if !entry.nullable {
                return Err(cursor.wrong_type(expected(kind)));
            }
            cursor.word(b"null")?;
            return Ok(sink.field(field, Scalar::Null)?);
        }
        let value = match kind {
            Kind::Text if first == b'"' => {
                cursor.step();
                Scalar::Text(cursor.text(self.scratch)?)
            }
            Kind::Text => return Err(cursor.wrong_type(Expected::Text)),
            Kind::Integer => Scalar::Number(self.integer(cursor, Expected::Integer)?),
            Kind::Enum(table) => self.code(cursor, table)?,
            Kind::Time => self.time(cursor)?,
            Kind::KvList if first == b'{' => return self.kv_list(cursor, field, sink),
            Kind::KvList => return Err(cursor.wrong_type(Expected::Object)),
            Kind::IntegerOrText if first == b'"' => {
                cursor.step();
                Scalar::Text(cursor.text(self.scratch)?)
            }
            Kind::IntegerOrText => Scalar::Number(plain_integer(cursor)?),
            Kind::Boolean => Scalar::Boolean(boolean(cursor)?),
            Kind::Float => Scalar::Number(float(cursor)?),
            Kind::List if first != b'[' => return Err(cursor.wrong_type(Expected::Array)),
            Kind::List | Kind::Any => return self.whole_tree(cursor, Target::Field(field), sink),
        };
        Ok(sink.field(field, value)?)
    }

    pub(crate) fn kv_list<S: Sink>(
        &mut self,
        cursor: &mut Cursor<'r>,
        field: FieldId,
        sink: &mut S,
    ) -> Result<(), Halt> {
        let kept = self.decoder.options.kv_lists;
        if kept == KvLists::Skip {
            return self.skip(cursor);
        }
        check_depth(cursor, 2, self.decoder.options.max_depth)?;
        let start = cursor.at;
        let rest = self.record.get(start..).unwrap_or_default();
        if let Some(length) = sink.known(field, rest)? {
            cursor.at = cursor.beyond(length);
            return Ok(());
        }
        if kept == KvLists::Dict {
            return self.whole_tree(cursor, Target::Field(field), sink);
        }
        self.skip(cursor)?;
        let bytes = self.record.get(start..cursor.at);
        Ok(sink.raw(field, bytes.unwrap_or_default())?)
    }

    /// An integer of 64 bits, or a string of its digits where `expected` says so.
    #[inline(always)]
    pub fn integer(
        &mut self,
        cursor: &mut Cursor<'r>,
        expected: Expected,
    ) -> Result<Number<'static>, Halt> {
        let at = cursor.at;
        if cursor.peek() == b'"' && expected == Expected::Integer {
            return cursor.aside(|cursor| self.integer_text(cursor));
        }
        if !matches!(cursor.peek(), b'-' | b'0'..=b'9') {
            return Err(cursor.wrong_type(expected));
        }
        match cursor.number()? {
            Number::Int(value) => Ok(Number::Int(value)),
            Number::UInt(value) => Ok(Number::UInt(value)),
            other => Err(no_integer(at, expected, other)),
        }
    }

    /// An integer's digits in a string.
    #[inline(never)]
    fn integer_text(&mut self, cursor: &mut Cursor<'r>) -> Result<Number<'static>, Halt> {
        let at = cursor.at;
        cursor.step();
        let text = cursor.text(self.scratch)?;
        let code = match parse_integer(text.as_bytes()) {
            IntegerText::Value(value) => return Ok(value),
            IntegerText::TooLarge => Code::OutOfRange,
            IntegerText::NotDigits => Code::InvalidInteger,
        };
        Err(mismatch(
            code,
            at,
            Expected::Integer,
            Some(JsonType::String),
        ))
    }

    /// A code or a name of the enumeration.
    #[inline(always)]
    fn code(&mut self, cursor: &mut Cursor<'r>, table: u16) -> Result<Scalar<'static>, Halt> {
        let at = cursor.at;
        let expected = Expected::Enum(table);
        let enumeration = self.decoder.plan.enums.get(usize::from(table));
        let unknown = |got| mismatch(Code::UnknownEnum, at, expected, Some(got));
        if cursor.peek() == b'"' {
            cursor.step();
            let text = cursor.text(self.scratch)?;
            let code = enumeration.and_then(|known| known.names.get(text));
            let code = Number::Int(code.ok_or_else(|| unknown(JsonType::String))?);
            return Ok(Scalar::Enum { table, code });
        }
        let code = self.integer(cursor, expected)?;
        if let Some(closed) = enumeration.and_then(|known| known.closed.as_ref())
            && !matches!(code, Number::Int(value) if closed.contains(&value))
        {
            return Err(unknown(JsonType::Integer));
        }
        Ok(Scalar::Enum { table, code })
    }
}

/// An integer of any size.
#[inline(always)]
fn plain_integer<'a>(cursor: &mut Cursor<'a>) -> Result<Number<'a>, Halt> {
    let at = cursor.at;
    if !matches!(cursor.peek(), b'-' | b'0'..=b'9') {
        return Err(cursor.wrong_type(Expected::IntegerOrText));
    }
    match cursor.number()? {
        Number::Float(value) => {
            let float = Number::Float(value);
            Err(no_integer(at, Expected::IntegerOrText, float))
        }
        integer => Ok(integer),
    }
}

/// The fault of a number that is no integer of 64 bits.
#[cold]
fn no_integer(at: usize, expected: Expected, number: Number<'_>) -> Halt {
    match number {
        Number::Float(_) => mismatch(Code::WrongType, at, expected, Some(JsonType::Number)),
        _ => mismatch(Code::OutOfRange, at, expected, Some(JsonType::Integer)),
    }
}

fn boolean(cursor: &mut Cursor<'_>) -> Result<bool, Halt> {
    match cursor.peek() {
        b't' => cursor.word(b"true").map(|()| true),
        b'f' => cursor.word(b"false").map(|()| false),
        _ => Err(cursor.wrong_type(Expected::Boolean)),
    }
}

/// Any number, as a float.
fn float(cursor: &mut Cursor<'_>) -> Result<Number<'static>, Halt> {
    let at = cursor.at;
    if !matches!(cursor.peek(), b'-' | b'0'..=b'9') {
        return Err(cursor.wrong_type(Expected::Float));
    }
    let value = match cursor.number()? {
        Number::Int(value) => value as f64,
        Number::UInt(value) => value as f64,
        Number::Float(value) => value,
        Number::Big(digits) => digits.parse().unwrap_or(f64::INFINITY),
    };
    if value.is_finite() {
        return Ok(Number::Float(value));
    }
    let got = Some(JsonType::Integer);
    Err(mismatch(Code::OutOfRange, at, Expected::NumberInRange, got))
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
