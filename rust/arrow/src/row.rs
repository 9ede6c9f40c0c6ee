//! A row written back as the JSON of its event, for whoever wants objects after all.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
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

    /// Writes the row's event; false, and nothing written, where the row stands for none.
    ///
    /// A text column that holds integers and strings alike does not tell digits from an integer: they
    /// are written as an integer.
    pub fn write(&self, row: usize, out: &mut Vec<u8>) -> bool {
        let Some(id) = self.name(0, row) else {
            return false;
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
            out.extend_from_slice(extra.unwrap_or_default().as_bytes());
            return true;
        }
        out.push(b'{');
        encode::name(out, self.batch.schema_ref().field(0).name(), true);
        encode::text(out, id);
        let fields = self.layout.kinds.iter().zip(&self.layout.names);
        for (column, (kind, name)) in (1..).zip(fields) {
            if self.batch.column(column).is_valid(row) {
                encode::name(out, name, false);
                self.value(column, row, *kind, out);
            }
        }
        // The members between the braces.
        if let Some(members) = extra.and_then(|extra| extra.get(1..)) {
            out.push(b',');
            out.extend_from_slice(members.as_bytes());
        } else {
            out.push(b'}');
        }
        true
    }

    fn value(&self, column: usize, row: usize, kind: ColumnKind, out: &mut Vec<u8>) {
        let array = self.batch.column(column);
        match kind {
            ColumnKind::Text => encode::text(out, self.text(column, row).unwrap_or_default()),
            ColumnKind::Json => {
                out.extend_from_slice(self.text(column, row).unwrap_or_default().as_bytes());
            }
            ColumnKind::Digits => {
                let text = self.text(column, row).unwrap_or_default();
                match is_integer(text) {
                    true => out.extend_from_slice(text.as_bytes()),
                    false => encode::text(out, text),
                }
            }
            ColumnKind::Enum(_) => {
                let name = self.name(column, row).unwrap_or_default();
                match is_integer(name) {
                    true => out.extend_from_slice(name.as_bytes()),
                    false => encode::text(out, name),
                }
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

/// Whether the text is what an integer is written as.
fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits == "0" || !digits.starts_with('0');
    plain
        && text != "-0"
        && (1..=vmcodec_core::MAX_DIGITS).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}
