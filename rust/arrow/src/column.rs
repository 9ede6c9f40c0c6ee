//! One attribute's column while it grows, row by row; and the array it becomes.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, StringArray,
    TimestampMicrosecondArray, TimestampMillisecondArray,
};
use arrow_schema::ArrowError;
use vmcodec_core::{Number, Scalar, encode};

use crate::bits::Bits;
use crate::dictionary::Dictionary;
use crate::layout::{ColumnKind, Layout, UTC};
use crate::texts::Texts;

/// The seconds of the years 1 to 9999: most libraries cannot show what is beyond them, and some fail.
const YEARS: std::ops::Range<i64> = -62_135_596_800..253_402_300_800;

/// The values of a chunk's rows, and which rows have one.
#[derive(Debug)]
pub(crate) struct Column {
    present: Bits,
    pub values: Values,
}

#[derive(Debug)]
pub(crate) enum Values {
    Text(Texts),
    Json(Texts),
    Integer(Vec<i64>),
    Float(Vec<f64>),
    Boolean(Bits),
    /// Microseconds.
    Time(Vec<i64>),
    /// Milliseconds.
    RecordTime(Vec<i64>),
    Names(Box<Dictionary>),
}

/// A finished column; names still lack those that other chunks have added.
#[derive(Debug)]
pub(crate) enum Part {
    Array(ArrayRef),
    Names(Int32Array, Vec<String>),
}

/// The value is right and the column's type cannot hold it.
pub(crate) struct Beyond;

impl Column {
    pub fn new(values: Values) -> Column {
        Column {
            present: Bits::default(),
            values,
        }
    }

    pub fn of_kind(layout: &Layout, kind: ColumnKind) -> Column {
        Column::new(match kind {
            ColumnKind::Text | ColumnKind::Digits => Values::Text(Texts::default()),
            ColumnKind::Json => Values::Json(Texts::default()),
            ColumnKind::Integer => Values::Integer(Vec::new()),
            ColumnKind::Float => Values::Float(Vec::new()),
            ColumnKind::Boolean => Values::Boolean(Bits::default()),
            ColumnKind::Time => Values::Time(Vec::new()),
            ColumnKind::Enum(_) => match layout.base(kind) {
                Some(base) => Values::Names(Box::new(Dictionary::new(base))),
                None => Values::Json(Texts::default()),
            },
        })
    }

    /// Puts a value into the row, which is the last one; a value that is there already gives way.
    #[inline(always)]
    pub fn put(&mut self, row: usize, value: Scalar<'_>) -> Result<(), Beyond> {
        match (&mut self.values, value) {
            (Values::Text(texts), Scalar::Text(text)) => {
                texts.seek(row);
                text.append_to(&mut texts.bytes);
                texts.end();
            }
            (Values::Integer(values), Scalar::Number(Number::Int(value)))
            | (Values::RecordTime(values), Scalar::Number(Number::Int(value))) => {
                put(values, row, value);
            }
            (Values::Text(texts), Scalar::Number(number)) => {
                texts.seek(row);
                encode::number(&mut texts.bytes, number);
                texts.end();
            }
            (Values::Names(names), Scalar::Enum { code, .. }) => match code {
                Number::Int(code) if names.code(row, code) => {}
                code => names.other(row, &digits(code)),
            },
            (Values::Time(values), Scalar::Time { seconds, useconds }) => {
                if !YEARS.contains(&seconds) {
                    return Err(Beyond);
                }
                // In these years it never wraps.
                let micros = seconds.wrapping_mul(1_000_000);
                put(values, row, micros.wrapping_add(i64::from(useconds)));
            }
            (_, value) => return self.put_other(row, value),
        }
        self.present.set(row);
        Ok(())
    }

    /// The forms that are few.
    #[inline(never)]
    fn put_other(&mut self, row: usize, value: Scalar<'_>) -> Result<(), Beyond> {
        match (&mut self.values, value) {
            (_, Scalar::Null) => {
                self.unset(row);
                return Ok(());
            }
            (Values::Float(values), Scalar::Number(Number::Float(value))) => {
                put(values, row, value);
            }
            (Values::Boolean(bits), Scalar::Boolean(value)) => match value {
                true => bits.set(row),
                false => bits.unset(row),
            },
            (Values::Json(texts), value) => {
                texts.seek(row);
                json(&mut texts.bytes, value)?;
                texts.end();
            }
            _ => return Err(Beyond),
        }
        self.present.set(row);
        Ok(())
    }

    /// Makes room for a text of this length; false where there is no memory.
    #[inline(always)]
    pub fn room(&mut self, length: usize) -> bool {
        match &mut self.values {
            Values::Json(texts) | Values::Text(texts) => texts.room(length),
            _ => true,
        }
    }

    /// Puts JSON text into the row.
    #[inline(always)]
    pub fn put_json(&mut self, row: usize, text: &[u8]) {
        if let Values::Json(texts) | Values::Text(texts) = &mut self.values {
            texts.seek(row);
            texts.bytes.extend_from_slice(text);
            texts.end();
            self.present.set(row);
        }
    }

    /// The text of the row, to be appended to, up to [`Column::end`].
    pub fn open(&mut self, row: usize) -> Option<&mut Vec<u8>> {
        match &mut self.values {
            Values::Json(texts) => {
                texts.seek(row);
                Some(&mut texts.bytes)
            }
            _ => None,
        }
    }

    /// The same text, once more.
    pub fn opened(&mut self) -> Option<&mut Vec<u8>> {
        match &mut self.values {
            Values::Json(texts) => Some(&mut texts.bytes),
            _ => None,
        }
    }

    /// The row has a value.
    #[inline(always)]
    pub fn set(&mut self, row: usize) {
        self.present.set(row);
    }

    /// The text that was opened is complete.
    pub fn end(&mut self, row: usize) {
        if let Values::Json(texts) = &mut self.values {
            texts.end();
            self.present.set(row);
        }
    }

    /// Takes back what was put into the row, which is the last one.
    pub fn unset(&mut self, row: usize) {
        self.present.unset(row);
        match &mut self.values {
            Values::Text(texts) | Values::Json(texts) => {
                texts.seek(row);
                texts.cut();
            }
            Values::Integer(values) | Values::Time(values) | Values::RecordTime(values) => {
                values.truncate(row);
            }
            Values::Float(values) => values.truncate(row),
            Values::Boolean(bits) => bits.unset(row),
            Values::Names(names) => names.keys.truncate(row),
        }
    }

    /// The array of the first `rows` rows, leaving an empty column.
    pub fn take(&mut self, rows: usize) -> Result<Part, ArrowError> {
        let nulls = self.present.take_nulls(rows);
        let array: ArrayRef = match &mut self.values {
            Values::Text(texts) | Values::Json(texts) => {
                let (offsets, bytes) = texts.take(rows);
                Arc::new(StringArray::try_new(offsets, bytes, nulls)?)
            }
            Values::Integer(values) => {
                Arc::new(Int64Array::try_new(take(values, rows).into(), nulls)?)
            }
            Values::Float(values) => {
                Arc::new(Float64Array::try_new(take(values, rows).into(), nulls)?)
            }
            Values::Boolean(bits) => Arc::new(BooleanArray::new(bits.take(rows), nulls)),
            Values::Time(values) => {
                let values = take(values, rows).into();
                let array = TimestampMicrosecondArray::try_new(values, nulls)?;
                Arc::new(array.with_timezone(UTC))
            }
            Values::RecordTime(values) => {
                let values = take(values, rows).into();
                let array = TimestampMillisecondArray::try_new(values, nulls)?;
                Arc::new(array.with_timezone(UTC))
            }
            Values::Names(names) => {
                let next = Dictionary::new(&names.base);
                let mut names = std::mem::replace(&mut **names, next);
                let keys = Int32Array::try_new(take(&mut names.keys, rows).into(), nulls)?;
                return Ok(Part::Names(keys, names.added));
            }
        };
        Ok(Part::Array(array))
    }
}

#[inline(always)]
fn put<T: Clone + Default>(values: &mut Vec<T>, row: usize, value: T) {
    if values.len() != row {
        values.resize(row, T::default());
    }
    values.push(value);
}

/// The first `rows` values; room for as many more is made ready.
fn take<T: Clone + Default>(values: &mut Vec<T>, rows: usize) -> Vec<T> {
    values.resize(rows, T::default());
    let mut next = Vec::new();
    let _ = next.try_reserve(rows);
    std::mem::replace(values, next)
}

/// An integer's digits.
pub(crate) fn digits(number: Number<'_>) -> String {
    let mut text = Vec::new();
    encode::number(&mut text, number);
    String::from_utf8(text).unwrap_or_default()
}

/// A value of one part in JSON's spelling; a code of an enumeration is its integer.
fn json(out: &mut Vec<u8>, value: Scalar<'_>) -> Result<(), Beyond> {
    match value {
        Scalar::Null => out.extend_from_slice(b"null"),
        Scalar::Boolean(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
        Scalar::Number(number) | Scalar::Enum { code: number, .. } => {
            encode::number(out, number);
        }
        Scalar::Text(text) => {
            encode::text(out, &text.to_owned());
        }
        Scalar::Time { .. } => return Err(Beyond),
    }
    Ok(())
}
