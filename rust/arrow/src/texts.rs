//! A column of texts while it grows: the bytes of all rows, and where each row's begin.

use std::sync::Arc;

use arrow_array::StringArray;
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::ArrowError;

use crate::column::Part;
use crate::fixed::about;
use crate::present::Present;

/// Nearly all texts are shorter, and a call to copy so little would cost more than the copy.
const SHORT: usize = 32;

/// At most so many bytes are made ready ahead of a text.
const AHEAD: usize = 1 << 10;

/// Rows that nothing was put into are empty.
#[derive(Debug)]
pub(crate) struct Texts {
    /// One more than there are rows.
    offsets: Vec<i32>,
    /// Zeros behind the last text, so that short ones can be put there without asking for room.
    bytes: Vec<u8>,
    /// How many bytes belong to texts.
    used: usize,
    present: Present,
}

impl Default for Texts {
    fn default() -> Texts {
        Texts {
            offsets: vec![0],
            bytes: Vec::new(),
            used: 0,
            present: Present::default(),
        }
    }
}

impl Texts {
    /// Puts a text into the row, which is the last one; one that is there already gives way. False, and
    /// the row has none, where there is no memory.
    #[inline(always)]
    pub fn put(&mut self, row: usize, text: &[u8]) -> bool {
        if self.rows() != row {
            self.seek(row);
        }
        let rest = self.bytes.get_mut(self.used..).unwrap_or_default();
        match rest.first_chunk_mut() {
            Some(place) if text.len() <= SHORT => copy_short(place, text),
            _ => {
                if !self.copy(text) {
                    return false;
                }
            }
        }
        self.used = self.used.saturating_add(text.len());
        // Chunks end long before a column has two gigabytes.
        self.offsets
            .push(i32::try_from(self.used).unwrap_or(i32::MAX));
        true
    }

    /// How many rows there are.
    #[inline(always)]
    fn rows(&self) -> usize {
        self.offsets.len().wrapping_sub(1)
    }

    /// Makes `row` the next one: rows before it that have no text are empty, one that has is dropped.
    #[inline(never)]
    fn seek(&mut self, row: usize) {
        self.cut(row);
        self.present.pass_over(self.rows(), row);
        let last = self.offsets.last().copied().unwrap_or_default();
        self.offsets.resize(row.saturating_add(1), last);
    }

    /// Takes back what was put into the row, which is the last one.
    pub fn cut(&mut self, row: usize) {
        if self.rows() > row {
            self.offsets.truncate(row.saturating_add(1));
            let last = self.offsets.last().copied().unwrap_or_default();
            self.used = usize::try_from(last).unwrap_or_default();
        }
    }

    /// Copies a text of any length behind the last one; false where there is no memory.
    #[inline(never)]
    fn copy(&mut self, text: &[u8]) -> bool {
        let end = self.used.saturating_add(text.len());
        if self.bytes.len() < end.saturating_add(SHORT) {
            // Little for little, so that small tables stay small.
            let wanted = end.saturating_add(self.used.clamp(2 * SHORT, AHEAD));
            let more = wanted.saturating_sub(self.bytes.len());
            if self.bytes.try_reserve(more).is_err() {
                return false;
            }
            self.bytes.resize(wanted, 0);
        }
        if let Some(place) = self.bytes.get_mut(self.used..end) {
            place.copy_from_slice(text);
        }
        true
    }

    /// The first `rows` rows, leaving none; room for about as much again is made ready.
    pub fn take(&mut self, rows: usize) -> Result<Part, ArrowError> {
        self.seek(rows);
        self.bytes.truncate(self.used);
        let nulls = self.present.take(rows);
        let mut next = Texts::default();
        // Where there is none, it will be asked for when it is needed.
        let _ = next.offsets.try_reserve(about(self.offsets.len()));
        let _ = next.bytes.try_reserve(about(self.bytes.len()));
        let Texts { offsets, bytes, .. } = std::mem::replace(self, next);
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        let array = StringArray::try_new(offsets, Buffer::from_vec(bytes), nulls)?;
        Ok(Part::Array(Arc::new(array)))
    }
}

/// Copies up to [`SHORT`] bytes as two words that overlap.
#[inline(always)]
fn copy_short(to: &mut [u8; SHORT], from: &[u8]) {
    let done = copy_words::<16>(to, from) || copy_words::<8>(to, from) || copy_words::<4>(to, from);
    if !done {
        for (to, from) in to.iter_mut().zip(from) {
            *to = *from;
        }
    }
}

/// The same where there are from `N` to twice as many; else false.
#[inline(always)]
fn copy_words<const N: usize>(to: &mut [u8; SHORT], from: &[u8]) -> bool {
    let (Some(first), Some(last)) = (from.first_chunk::<N>(), from.last_chunk::<N>()) else {
        return false;
    };
    if let Some(place) = to.first_chunk_mut() {
        *place = *first;
    }
    let rest = to.get_mut(from.len().wrapping_sub(N)..);
    if let Some(place) = rest.and_then(|rest| rest.first_chunk_mut()) {
        *place = *last;
    }
    true
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray;

    use super::*;

    #[test]
    fn texts_of_every_length_are_whole_wherever_they_come() {
        let bytes: Vec<u8> = (0..200).map(|place| b'!' + place % 90).collect();
        let mut texts = Texts::default();
        let mut want = Vec::new();
        for length in (0..=70).chain([150, 1, 33, 200, 32, 0, 16]) {
            let row = want.len();
            // The last one counts, and one that was taken back does not.
            assert!(texts.put(row, &bytes[..length / 2]));
            assert!(texts.put(row, &bytes[..length]));
            want.push(Some(&bytes[..length]));
            assert!(texts.put(row + 1, &bytes[length..]));
            texts.cut(row + 1);
            want.push(None);
        }
        let Ok(Part::Array(array)) = texts.take(want.len()) else {
            unreachable!("texts are an array")
        };
        let array = array.as_string::<i32>();
        let found: Vec<_> = array.iter().map(|text| text.map(str::as_bytes)).collect();
        assert_eq!(found, want);
    }
}
