//! The fast path: members in the forms that nearly all have, with white space behind commas and colons
//! at most, their strings plain ASCII, their numbers short.
//!
//! Called by `decode` and `tree` before each member; what is not usual is left to them, unread, so
//! that nothing here decides what a fault is. It is apart because it can be small: few values live
//! across its loops, and the processor keeps them where they are.

use crate::decode::{Members, Walk};
use crate::error::Halt;
use crate::number::Number;
use crate::plan::{Entry, Plan, Usual};
use crate::scan::Cursor;
use crate::sink::{Scalar, Sink};
use crate::text::{Ascii, Text};

impl Plan {
    /// The number of "no name", before the first member of a record; that of "not in the plan" is one less.
    #[inline(always)]
    pub(crate) fn before_first(&self) -> usize {
        self.names.len().saturating_add(1)
    }

    /// How many guesses there are for a row: one behind each of these numbers.
    #[inline(always)]
    pub(crate) fn guesses(&self) -> usize {
        self.before_first().saturating_add(1)
    }
}

impl<'r> Walk<'_, 'r> {
    /// Reads usual members of the record, as many as there are. Before the first one is the cursor,
    /// at the separator.
    #[inline(always)]
    pub(crate) fn usual_members<S: Sink>(
        &mut self,
        cursor: &mut Cursor<'r>,
        members: &mut Members,
        sink: &mut S,
    ) -> Result<(), Halt> {
        let plan = &self.decoder.plan;
        // Whether the event is wanted at all is perhaps not known yet.
        if members.row == plan.any() && self.decoder.options.only.is_some() {
            return Ok(());
        }
        let entries = plan.row(members.row);
        // Were this ever to wrap, a guess would be a bad one, and nothing else.
        let slots = members.row.wrapping_mul(plan.guesses());
        let mut ahead = cursor.clone();
        loop {
            let slot = slots.wrapping_add(members.previous);
            let separator = members.separator;
            let Some((name, entry)) = self.usual_name(&mut ahead, entries, slot, separator) else {
                return Ok(());
            };
            let field = entry.field;
            match entry.usual {
                Usual::Text => {
                    let Some(text) = ahead.usual_text() else {
                        return Ok(());
                    };
                    sink.field(field, Scalar::Text(Text::Ascii(text)))?;
                }
                Usual::Integer => {
                    let Some(value) = ahead.short_integer() else {
                        return Ok(());
                    };
                    sink.field(field, Scalar::Number(Number::Int(value)))?;
                }
                Usual::Code(table) => {
                    let Some(code) = ahead.short_integer() else {
                        return Ok(());
                    };
                    let code = Number::Int(code);
                    sink.field(field, Scalar::Enum { table, code })?;
                }
                Usual::Time => {
                    let Some(time) = self.usual_time(&mut ahead) else {
                        return Ok(());
                    };
                    sink.field(field, time)?;
                }
                Usual::KvList if ahead.peek() == b'{' => {
                    let at = ahead.at;
                    let read = ahead.aside(|ahead| self.kv_list(ahead, field, sink));
                    read.map_err(|halt| self.placed(halt, members.row, name, at))?;
                }
                Usual::Foreign if members.row == plan.foreign() => {
                    let at = ahead.at;
                    if ahead.peek() == b'{' {
                        let read = ahead.aside(|ahead| self.skip(ahead));
                        read.map_err(|halt| self.placed(halt, members.row, name, at))?;
                    } else if ahead.usual_scalar().is_none() {
                        return Ok(());
                    }
                }
                _ => return Ok(()),
            }
            members.seen.insert(field);
            members.previous = name;
            members.separator = b',';
            cursor.at = ahead.at;
        }
    }

    /// The name of the member behind the separator at the cursor, and its colon.
    #[inline(always)]
    fn usual_name<'e>(
        &mut self,
        cursor: &mut Cursor<'r>,
        entries: &'e [Entry],
        slot: usize,
        separator: u8,
    ) -> Option<(usize, &'e Entry)> {
        // Producers write members in the same order again and again: the one that followed last
        // time is tried first.
        let guess = usize::from(self.next.get(slot).copied().unwrap_or(u16::MAX));
        if let Some(entry) = entries.get(guess)
            && cursor.take_member(separator, &entry.literal)
        {
            cursor.space();
            return Some((guess, entry));
        }
        if cursor.peek() != separator {
            return None;
        }
        cursor.step();
        cursor.space();
        let key = cursor.usual_key()?;
        let name = self.decoder.plan.by_name.get(Text::Ascii(key))?;
        if let Some(next) = self.next.get_mut(slot) {
            *next = name;
        }
        let name = usize::from(name);
        cursor.space();
        Some((name, entries.get(name)?))
    }
}

impl<'a> Cursor<'a> {
    /// A key in quotes and its colon.
    #[inline(always)]
    fn usual_key(&mut self) -> Option<Ascii<'a>> {
        let key = self.usual_text()?;
        if self.peek() != b':' {
            return None;
        }
        self.step();
        Some(key)
    }

    /// A string of plain text, or a short integer.
    #[inline(always)]
    fn usual_scalar(&mut self) -> Option<Scalar<'a>> {
        if self.peek() != b'"' {
            self.space();
        }
        if self.peek() == b'"' {
            let text = self.usual_text()?;
            return Some(Scalar::Text(Text::Ascii(text)));
        }
        let value = self.short_integer()?;
        Some(Scalar::Number(Number::Int(value)))
    }

    /// A string of plain text.
    #[inline(always)]
    fn usual_text(&mut self) -> Option<Ascii<'a>> {
        if self.peek() != b'"' {
            return None;
        }
        self.step();
        self.plain_string()
    }
}

/// Reads usual members of a free-form object: keys with strings or short integers. Before the first one is
/// the cursor, at the separator.
#[inline(never)]
pub(crate) fn usual_members<S: Sink>(
    cursor: &mut Cursor<'_>,
    mut separator: u8,
    sink: &mut S,
) -> Result<(), Halt> {
    let mut ahead = cursor.clone();
    loop {
        let guess = sink.guess();
        let key = if guess.is_some_and(|guess| ahead.take_member(separator, guess)) {
            None
        } else {
            if ahead.peek() != separator {
                return Ok(());
            }
            ahead.step();
            ahead.space();
            match ahead.usual_key() {
                None => return Ok(()),
                key => key,
            }
        };
        let Some(value) = ahead.usual_scalar() else {
            return Ok(());
        };
        match key {
            Some(key) => sink.key(Text::Ascii(key))?,
            None => sink.guessed()?,
        }
        sink.scalar(value)?;
        separator = b',';
        cursor.at = ahead.at;
    }
}
