//! One attribute's column while it grows, row by row; and the array it becomes.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, TimestampMicrosecondArray,
    TimestampMillisecondArray,
};
use arrow_schema::ArrowError;
use vmcodec_core::{Number, Scalar, encode};

use crate::dictionary::Dictionary;
use crate::fixed::Fixed;
use crate::layout::{ColumnKind, Layout, UTC};
use crate::texts::Texts;

/// The seconds of the years 1 to 9999: most libraries cannot show what is beyond them, and some fail.
const YEARS: std::ops::Range<i64> = -62_135_596_800..253_402_300_800;

/// The values of a chunk's rows.
#[derive(Debug)]
pub(crate) enum Column {
    Text(Texts),
    Json(Texts),
    Integer(Fixed<i64>),
    Float(Fixed<f64>),
    Boolean(Fixed<bool>),
    /// Microseconds.
    Time(Fixed<i64>),
    /// Milliseconds.
    RecordTime(Fixed<i64>),
    Names(Box<Dictionary>),
}

/// A finished column; names still lack those that other chunks have added.
#[derive(Debug)]
pub(crate) enum Part {
    Array(ArrayRef),
    Names(Int32Array, Vec<String>),
}

/// Why a value that is right is not in the column.
pub(crate) enum Left {
    /// The column's type cannot hold it.
    Beyond,
    /// There is no memory.
    NoRoom,
}

impl Column {
    pub fn of_kind(layout: &Layout, kind: ColumnKind) -> Column {
        match kind {
            ColumnKind::Text | ColumnKind::Digits => Column::Text(Texts::default()),
            ColumnKind::Json => Column::Json(Texts::default()),
            ColumnKind::Integer => Column::Integer(Fixed::default()),
            ColumnKind::Float => Column::Float(Fixed::default()),
            ColumnKind::Boolean => Column::Boolean(Fixed::default()),
            ColumnKind::Time => Column::Time(Fixed::default()),
            ColumnKind::Enum(_) => match layout.base(kind) {
                Some(base) => Column::Names(Box::new(Dictionary::new(base))),
                None => Column::Json(Texts::default()),
            },
        }
    }

    /// Puts a value into the row, which is the last one; a value that is there already gives way.
    /// `scratch` is for what has to be spelled first.
    #[inline(always)]
    pub fn put(
        &mut self,
        row: usize,
        value: Scalar<'_>,
        scratch: &mut Vec<u8>,
    ) -> Result<(), Left> {
        match (self, value) {
            (Column::Text(texts), Scalar::Text(text)) => put_text(texts, row, text.as_bytes())?,
            (Column::Integer(values), Scalar::Number(Number::Int(value)))
            | (Column::RecordTime(values), Scalar::Number(Number::Int(value))) => {
                values.put(row, value);
            }
            (Column::Text(texts), Scalar::Number(number)) => {
                scratch.clear();
                encode::number(scratch, number);
                put_text(texts, row, scratch)?;
            }
            (Column::Names(names), Scalar::Enum { code, .. }) => match code {
                Number::Int(code) if names.code(row, code) => {}
                code => names.other(row, &digits(code)),
            },
            (Column::Time(values), Scalar::Time { seconds, useconds }) => {
                if !YEARS.contains(&seconds) {
                    return Err(Left::Beyond);
                }
                // In these years it never wraps.
                let micros = seconds.wrapping_mul(1_000_000);
                values.put(row, micros.wrapping_add(i64::from(useconds)));
            }
            (column, value) => return column.put_other(row, value, scratch),
        }
        Ok(())
    }

    /// The forms that are few.
    #[inline(never)]
    fn put_other(
        &mut self,
        row: usize,
        value: Scalar<'_>,
        scratch: &mut Vec<u8>,
    ) -> Result<(), Left> {
        match (self, value) {
            (column, Scalar::Null) => column.cut(row),
            (Column::Float(values), Scalar::Number(Number::Float(value))) => {
                values.put(row, value);
            }
            (Column::Boolean(values), Scalar::Boolean(value)) => values.put(row, value),
            (Column::Json(texts), value) => {
                scratch.clear();
                json(scratch, value)?;
                put_text(texts, row, scratch)?;
            }
            _ => return Err(Left::Beyond),
        }
        Ok(())
    }

    /// Puts JSON text into the row; false where there is no memory.
    #[inline(always)]
    pub fn put_json(&mut self, row: usize, text: &[u8]) -> bool {
        match self {
            Column::Json(texts) | Column::Text(texts) => texts.put(row, text),
            _ => true,
        }
    }

    /// Takes back what was put into the row, which is the last one.
    pub fn cut(&mut self, row: usize) {
        match self {
            Column::Text(texts) | Column::Json(texts) => texts.cut(row),
            Column::Integer(values) | Column::Time(values) | Column::RecordTime(values) => {
                values.cut(row);
            }
            Column::Float(values) => values.cut(row),
            Column::Boolean(values) => values.cut(row),
            Column::Names(names) => names.keys.cut(row),
        }
    }

    /// The array of the first `rows` rows, leaving an empty column.
    pub fn take(&mut self, rows: usize) -> Result<Part, ArrowError> {
        let array: ArrayRef = match self {
            Column::Text(texts) | Column::Json(texts) => return texts.take(rows),
            Column::Integer(values) => {
                let (values, nulls) = values.take(rows);
                Arc::new(Int64Array::try_new(values.into(), nulls)?)
            }
            Column::Float(values) => {
                let (values, nulls) = values.take(rows);
                Arc::new(Float64Array::try_new(values.into(), nulls)?)
            }
            Column::Boolean(values) => {
                let (values, nulls) = values.take(rows);
                Arc::new(BooleanArray::new(values.into(), nulls))
            }
            Column::Time(values) => {
                let (values, nulls) = values.take(rows);
                let array = TimestampMicrosecondArray::try_new(values.into(), nulls)?;
                Arc::new(array.with_timezone(UTC))
            }
            Column::RecordTime(values) => {
                let (values, nulls) = values.take(rows);
                let array = TimestampMillisecondArray::try_new(values.into(), nulls)?;
                Arc::new(array.with_timezone(UTC))
            }
            Column::Names(names) => return names.take(rows),
        };
        Ok(Part::Array(array))
    }
}

#[inline(always)]
fn put_text(texts: &mut Texts, row: usize, text: &[u8]) -> Result<(), Left> {
    match texts.put(row, text) {
        true => Ok(()),
        false => Err(Left::NoRoom),
    }
}

/// An integer's digits.
pub(crate) fn digits(number: Number<'_>) -> String {
    let mut text = Vec::new();
    encode::number(&mut text, number);
    String::from_utf8(text).unwrap_or_default()
}

/// A value of one part in JSON's spelling; a code of an enumeration is its integer.
fn json(out: &mut Vec<u8>, value: Scalar<'_>) -> Result<(), Left> {
    match value {
        Scalar::Null => out.extend_from_slice(b"null"),
        Scalar::Boolean(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
        Scalar::Number(number) | Scalar::Enum { code: number, .. } => {
            encode::number(out, number);
        }
        Scalar::Text(text) => {
            if !encode::text(out, &text.to_owned()) {
                return Err(Left::NoRoom);
            }
        }
        Scalar::Time { .. } => return Err(Left::Beyond),
    }
    Ok(())
}
