//! The sink that makes columns: one record after the other becomes a row.
//!
//! Values go into their columns as they are read; the row counts once it is finished. What a column's
//! type cannot hold is put into `extra`, under its wire name: nothing that was read is lost.

use std::sync::Arc;

use arrow_schema::ArrowError;
use vmcodec_core::{EventId, FieldId, Scalar, Sink, Stopped, Target, encode};

use crate::column::{Column, Left, digits};
use crate::dictionary::Dictionary;
use crate::fixed::Fixed;
use crate::layout::{Added, ColumnKind, Layout};
use crate::table::Chunk;
use crate::texts::Texts;

/// The longest record that may become a row, in bytes. No text that is made of one is so much longer
/// that two gigabytes, the most that a column of a chunk holds, would be reached.
pub const MAX_RECORD: usize = 1 << 28;

/// So many bytes of unknown members are more than usual.
const LARGE: usize = 1 << 16;

/// Makes chunks of columns. [`Sink`] takes a record's values; a method of ours then ends its row.
#[derive(Debug)]
pub struct Builder {
    layout: Arc<Layout>,
    ids: Dictionary,
    /// By number of the field.
    columns: Vec<Column>,
    extra: Texts,
    /// The row's `extra` as far as it was read; empty where it has none.
    members: Vec<u8>,
    /// Whose tree is being read; none where it is a member of `extra`.
    target: Option<FieldId>,
    /// Values of this row that their columns cannot hold, in JSON.
    spilled: Vec<(FieldId, Vec<u8>)>,
    /// Where values are spelled that are no text.
    scratch: Vec<u8>,
    tenant_and_agent: Option<[Texts; 2]>,
    record_time: Option<Column>,
    rows: usize,
}

impl Builder {
    /// Begins with no rows.
    pub fn new(layout: &Arc<Layout>, added: Added) -> Builder {
        let kinds = layout.kinds.iter();
        Builder {
            ids: Dictionary::new(&layout.ids),
            columns: kinds.map(|kind| Column::of_kind(layout, *kind)).collect(),
            extra: Texts::default(),
            members: Vec::new(),
            target: None,
            spilled: Vec::new(),
            scratch: Vec::new(),
            tenant_and_agent: added.keys.then(Default::default),
            record_time: added
                .timestamps
                .then(|| Column::RecordTime(Fixed::default())),
            rows: 0,
            layout: layout.clone(),
        }
    }

    /// How many rows are finished.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The next row belongs to this tenant and agent. To be called before the row is ended.
    pub fn key(&mut self, tenant: &str, agent: Option<&str>) {
        let row = self.rows;
        if let Some(columns) = &mut self.tenant_and_agent {
            for (column, text) in columns.iter_mut().zip([Some(tenant), agent]) {
                // Of a record that was refused, something may be there.
                column.cut(row);
                if let Some(text) = text {
                    column.put(row, text.as_bytes());
                }
            }
        }
    }

    /// The next row's record was written then, in milliseconds since the epoch. To be called before
    /// the row is ended.
    pub fn record_time(&mut self, milliseconds: i64) {
        if let Some(Column::RecordTime(values)) = &mut self.record_time {
            values.put(self.rows, milliseconds);
        }
    }

    /// Ends the row of an event whose values the sink has taken. False, and the row is not ended, where
    /// there is no memory.
    #[inline(always)]
    pub fn end_event(&mut self, event: EventId) -> bool {
        if (!self.members.is_empty() || !self.spilled.is_empty()) && !self.end_extra() {
            self.clear();
            return false;
        }
        // The layout has the id of every event of the plan.
        self.ids.code(self.rows, i64::from(event));
        self.rows = self.rows.saturating_add(1);
        true
    }

    /// Ends the row of an event that the plan does not have; `text` is all of it. False, and the row is not
    /// ended, where there is no memory.
    pub fn end_unknown(&mut self, id: &str, text: &[u8]) -> bool {
        if !self.extra.put(self.rows, text) {
            return false;
        }
        self.ids.other(self.rows, id);
        self.rows = self.rows.saturating_add(1);
        true
    }

    /// Ends a row that stands for no event.
    pub fn end_nothing(&mut self) {
        self.rows = self.rows.saturating_add(1);
    }

    /// The finished rows, leaving none.
    pub fn take(&mut self) -> Result<Chunk, ArrowError> {
        let rows = std::mem::take(&mut self.rows);
        let mut parts = vec![self.ids.take(rows)?];
        for column in &mut self.columns {
            parts.push(column.take(rows)?);
        }
        parts.push(self.extra.take(rows)?);
        for column in self.tenant_and_agent.iter_mut().flatten() {
            parts.push(column.take(rows)?);
        }
        if let Some(column) = &mut self.record_time {
            parts.push(column.take(rows)?);
        }
        Ok(Chunk { parts, rows })
    }

    /// A value that its column cannot hold.
    #[cold]
    fn beyond(&mut self, field: FieldId, value: Scalar<'_>) {
        let mut text = Vec::new();
        match value {
            Scalar::Time { seconds, useconds } => {
                self.layout.write_time(&mut text, seconds, useconds);
            }
            Scalar::Number(number) => text = digits(number).into_bytes(),
            // The walk gives every column what its kind says.
            _ => return,
        }
        let row = self.rows;
        let kind = self.layout.kinds.get(usize::from(field));
        if let Some(column) = self.columns.get_mut(usize::from(field)) {
            match kind {
                Some(ColumnKind::Json) => {
                    // It is short, so there is room.
                    column.put_json(row, &text);
                }
                _ => {
                    column.cut(row);
                    self.spilled.push((field, text));
                }
            }
        }
    }

    /// Begins a member of `extra`: what is appended next is its value. None where there is no memory.
    fn extra_member(&mut self, name: &str) -> Option<&mut Vec<u8>> {
        let first = self.members.is_empty();
        if first {
            self.members.push(b'{');
        }
        encode::name(&mut self.members, name, first).then_some(&mut self.members)
    }

    /// Puts the members of `extra` into the row; false where there is no memory.
    #[inline(never)]
    fn end_extra(&mut self) -> bool {
        let layout = self.layout.clone();
        for (field, text) in std::mem::take(&mut self.spilled) {
            let name = layout.names.get(usize::from(field));
            if let Some(name) = name
                && let Some(out) = self.extra_member(name)
            {
                out.extend_from_slice(&text);
            }
        }
        self.members.push(b'}');
        let done = self.extra.put(self.rows, &self.members);
        self.forget_members();
        done
    }

    /// The row has no members of `extra` any more. Room for many is not kept.
    fn forget_members(&mut self) {
        match self.members.capacity() > LARGE {
            true => self.members = Vec::new(),
            false => self.members.clear(),
        }
    }
}

impl Sink for Builder {
    const PARTS: bool = false;

    #[inline(always)]
    fn field(&mut self, field: FieldId, value: Scalar<'_>) -> Result<(), Stopped> {
        if !self.spilled.is_empty() {
            // The member came before: the last one counts.
            self.spilled.retain(|(spilled, _)| *spilled != field);
        }
        if let Some(column) = self.columns.get_mut(usize::from(field)) {
            match column.put(self.rows, value, &mut self.scratch) {
                Ok(()) => {}
                Err(Left::Beyond) => self.beyond(field, value),
                Err(Left::NoRoom) => return Err(Stopped),
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn raw(&mut self, field: FieldId, bytes: &[u8]) -> Result<(), Stopped> {
        if let Some(column) = self.columns.get_mut(usize::from(field))
            && !column.put_json(self.rows, bytes)
        {
            return Err(Stopped);
        }
        Ok(())
    }

    fn begin(&mut self, target: Target<'_>) -> Result<(), Stopped> {
        self.target = match target {
            Target::Field(field) => Some(field),
            Target::Extra(name) => {
                let name = name.to_owned();
                self.extra_member(&name).ok_or(Stopped)?;
                None
            }
        };
        Ok(())
    }

    fn end(&mut self, text: &[u8]) -> Result<(), Stopped> {
        match self.target {
            Some(field) => self.raw(field, text)?,
            None => {
                if self.members.try_reserve(text.len()).is_err() {
                    return Err(Stopped);
                }
                self.members.extend_from_slice(text);
            }
        }
        Ok(())
    }

    #[cold]
    fn clear(&mut self) {
        let row = self.rows;
        for column in &mut self.columns {
            column.cut(row);
        }
        self.ids.keys.cut(row);
        self.extra.cut(row);
        self.forget_members();
        self.spilled.clear();
    }
}
