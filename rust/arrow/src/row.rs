//! A row written back as the JSON of its event, for whoever wants objects after all.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::ArrowError;
use vmcodec_core::{Number, encode};

use crate::layout::{ColumnKind, Layout};

/// The rows of a batch of this layout.
#[derive(Debug)]
pub struct Rows<'a> {
    layout: &'a Layout,
    batch: &'a RecordBatch,
}

impl<'a> Rows<'a> {
    /// The batch must have been made with the layout.
    pub fn new(layout: &'a Layout, batch: &'a RecordBatch) -> Rows<'a> {
        Rows { layout, batch }
    }

    /// Writes the row's event; false, and nothing written, where the row stands for none. Fails where there
    /// is no memory.
    ///
    /// A text column that holds integers and strings alike does not tell digits from an integer: they
    /// are written as an integer.
    pub fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<bool, ArrowError> {
        let Some(id) = self.name(0, row) else {
            return Ok(false);
        };
        let extra = self.layout.kinds.len().saturating_add(1);
        let extra = self.text(extra, row);
        if !self
            .layout
            .ids
            .names
            .iter()
            .flatten()
            .any(|known| known == id)
        {
            // An event without a class: all of it.
            return written(copy(out, extra.unwrap_or_default()));
        }
        out.push(b'{');
        encode::name(out, self.batch.schema_ref().field(0).name(), true);
        let mut whole = encode::text(out, id);
        let fields = self.layout.kinds.iter().zip(&self.layout.names);
        for (column, (kind, name)) in (1..).zip(fields) {
            if self.batch.column(column).is_valid(row) {
                encode::name(out, name, false);
                whole &= self.value(column, row, *kind, out);
            }
        }
        // The members between the braces.
        if let Some(members) = extra.and_then(|extra| extra.get(1..)) {
            out.push(b',');
            whole &= copy(out, members);
        } else {
            out.push(b'}');
        }
        written(whole)
    }

    /// False where there is no memory for it.
    fn value(&self, column: usize, row: usize, kind: ColumnKind, out: &mut Vec<u8>) -> bool {
        let array = self.batch.column(column);
        match kind {
            ColumnKind::Text => {
                return encode::text(out, self.text(column, row).unwrap_or_default());
            }
            ColumnKind::Json => return copy(out, self.text(column, row).unwrap_or_default()),
            ColumnKind::Digits => {
                let text = self.text(column, row).unwrap_or_default();
                return match is_integer(text) {
                    true => copy(out, text),
                    false => encode::text(out, text),
                };
            }
            ColumnKind::Enum(_) => {
                let name = self.name(column, row).unwrap_or_default();
                return match is_integer(name) {
                    true => copy(out, name),
                    false => encode::text(out, name),
                };
            }
            ColumnKind::Integer => {
                let value = array.as_primitive::<Int64Type>().value(row);
                encode::number(out, Number::Int(value));
            }
            ColumnKind::Float => {
                let value = array.as_primitive::<Float64Type>().value(row);
                encode::number(out, Number::Float(value));
            }
            ColumnKind::Boolean => {
                let value = array.as_boolean().value(row);
                out.extend_from_slice(if value { b"true" } else { b"false" });
            }
            ColumnKind::Time => {
                let value = array.as_primitive::<TimestampMicrosecondType>().value(row);
                let useconds = u32::try_from(value.rem_euclid(1_000_000)).unwrap_or_default();
                self.layout
                    .write_time(out, value.div_euclid(1_000_000), useconds);
            }
        }
        true
    }

    fn text(&self, column: usize, row: usize) -> Option<&'a str> {
        let texts = self.batch.column(column).as_string::<i32>();
        texts.is_valid(row).then(|| texts.value(row))
    }

    fn name(&self, column: usize, row: usize) -> Option<&'a str> {
        let names = self.batch.column(column).as_dictionary::<Int32Type>();
        let key = names.key(row)?;
        Some(names.values().as_string::<i32>().value(key))
    }
}

/// Appends the text; false where there is no memory.
fn copy(out: &mut Vec<u8>, text: &str) -> bool {
    let room = out.try_reserve(text.len()).is_ok();
    if room {
        out.extend_from_slice(text.as_bytes());
    }
    room
}

fn written(whole: bool) -> Result<bool, ArrowError> {
    let short = || ArrowError::MemoryError("no memory for a row's event".to_owned());
    whole.then_some(true).ok_or_else(short)
}

/// Whether the text is what an integer is written as.
fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits == "0" || !digits.starts_with('0');
    plain
        && text != "-0"
        && (1..=vmcodec_core::MAX_DIGITS).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}
