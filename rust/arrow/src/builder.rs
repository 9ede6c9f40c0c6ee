//! The sink that makes columns: one record after the other becomes a row.
//!
//! Values go into their columns as they are read; the row counts once it is finished. What a column's
//! type cannot hold is put into `extra`, under its wire name: nothing that was read is lost.

use std::sync::Arc;

use arrow_schema::ArrowError;
use vmcodec_core::{EventId, FieldId, Number, Scalar, Sink, Stopped, Target, Text, encode};

use crate::column::{Beyond, Column, Values, digits};
use crate::dictionary::Dictionary;
use crate::layout::{Added, ColumnKind, Layout};
use crate::table::Chunk;
use crate::texts::Texts;

/// The longest record that may become a row, in bytes. No text that is made of one is so much longer
/// that two gigabytes, the most that a column of a chunk holds, would be reached.
pub const MAX_RECORD: usize = 1 << 28;

/// Makes chunks of columns. [`Sink`] takes a record's values; a method of ours then ends its row.
#[derive(Debug)]
pub struct Builder {
    layout: Arc<Layout>,
    ids: Column,
    /// By number of the field.
    columns: Vec<Column>,
    extra: Column,
    /// Whether the row's `extra` has begun.
    extra_open: bool,
    /// Whose tree is being read; none where it is a member of `extra`.
    target: Option<FieldId>,
    /// Values of this row that their columns cannot hold, in JSON.
    spilled: Vec<(FieldId, Vec<u8>)>,
    tenant_and_agent: Option<[Column; 2]>,
    record_time: Option<Column>,
    rows: usize,
}

impl Builder {
    /// Begins with no rows.
    pub fn new(layout: &Arc<Layout>, added: Added) -> Builder {
        let text = || Column::new(Values::Text(Texts::default()));
        let kinds = layout.kinds.iter();
        Builder {
            ids: Column::new(Values::Names(Box::new(Dictionary::new(&layout.ids)))),
            columns: kinds.map(|kind| Column::of_kind(layout, *kind)).collect(),
            extra: Column::of_kind(layout, ColumnKind::Json),
            extra_open: false,
            target: None,
            spilled: Vec::new(),
            tenant_and_agent: added.keys.then(|| [text(), text()]),
            record_time: added
                .timestamps
                .then(|| Column::new(Values::RecordTime(Vec::new()))),
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
                if let Some(text) = text {
                    // A text column holds every text.
                    let _ = column.put(row, Scalar::Text(Text::Unicode(text)));
                }
            }
        }
    }

    /// The next row's record was written then, in milliseconds since the epoch. To be called before
    /// the row is ended.
    pub fn record_time(&mut self, milliseconds: i64) {
        if let Some(column) = &mut self.record_time {
            let _ = column.put(self.rows, Scalar::Number(Number::Int(milliseconds)));
        }
    }

    /// Ends the row of an event whose values the sink has taken.
    #[inline(always)]
    pub fn end_event(&mut self, event: EventId) {
        if let Values::Names(names) = &mut self.ids.values
            && names.code(self.rows, i64::from(event))
        {
            self.ids.set(self.rows);
        }
        if self.extra_open || !self.spilled.is_empty() {
            self.end_extra();
        }
        self.rows = self.rows.saturating_add(1);
    }

    /// Ends the row of an event that the plan does not have; `text` is all of it. False, and the row is not
    /// ended, where there is no memory.
    pub fn end_unknown(&mut self, id: &str, text: &[u8]) -> bool {
        if !self.extra.room(text.len()) {
            return false;
        }
        if let Values::Names(names) = &mut self.ids.values {
            names.other(self.rows, id);
            self.ids.set(self.rows);
        }
        self.extra.put_json(self.rows, text);
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
        let columns = std::iter::once(&mut self.ids)
            .chain(&mut self.columns)
            .chain([&mut self.extra])
            .chain(self.tenant_and_agent.iter_mut().flatten())
            .chain(&mut self.record_time);
        let parts = columns.map(|column| column.take(rows));
        Ok(Chunk {
            parts: parts.collect::<Result<_, _>>()?,
            rows,
        })
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
                Some(ColumnKind::Json) => column.put_json(row, &text),
                _ => {
                    column.unset(row);
                    self.spilled.push((field, text));
                }
            }
        }
    }

    /// Begins a member of `extra`: what is appended next is its value.
    fn extra_member(&mut self, name: &str) -> Option<&mut Vec<u8>> {
        let first = !std::mem::replace(&mut self.extra_open, true);
        let out = match first {
            true => self.extra.open(self.rows)?,
            false => self.extra.opened()?,
        };
        if first {
            out.push(b'{');
        }
        encode::name(out, name, first).then_some(out)
    }

    #[inline(never)]
    fn end_extra(&mut self) {
        let layout = self.layout.clone();
        for (field, text) in std::mem::take(&mut self.spilled) {
            let name = layout.names.get(usize::from(field));
            if let Some(name) = name
                && let Some(out) = self.extra_member(name)
            {
                out.extend_from_slice(&text);
            }
        }
        if std::mem::take(&mut self.extra_open)
            && let Some(out) = self.extra.opened()
        {
            out.push(b'}');
            self.extra.end(self.rows);
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
            if let Scalar::Text(text) = value
                && !column.room(text.as_bytes().len())
            {
                return Err(Stopped);
            }
            if let Err(Beyond) = column.put(self.rows, value) {
                self.beyond(field, value);
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn raw(&mut self, field: FieldId, bytes: &[u8]) -> Result<(), Stopped> {
        if let Some(column) = self.columns.get_mut(usize::from(field)) {
            if !column.room(bytes.len()) {
                return Err(Stopped);
            }
            column.put_json(self.rows, bytes);
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
                if !self.extra.room(text.len()) {
                    return Err(Stopped);
                }
                if let Some(out) = self.extra.opened() {
                    out.extend_from_slice(text);
                }
            }
        }
        Ok(())
    }

    #[cold]
    fn clear(&mut self) {
        let row = self.rows;
        let others = [&mut self.ids, &mut self.extra];
        for column in self.columns.iter_mut().chain(others) {
            column.unset(row);
        }
        self.extra_open = false;
        self.spilled.clear();
    }
}
