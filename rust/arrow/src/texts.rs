//! A column of texts while it grows: the bytes of all rows, and where each row's begin.

use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};

/// Bytes of a text that is long.
const LONG: usize = 1 << 12;

/// Rows that nothing was written to are empty. What is behind the last offset is a text that is not
/// complete yet.
#[derive(Debug)]
pub(crate) struct Texts {
    /// One more than there are rows.
    offsets: Vec<i32>,
    pub bytes: Vec<u8>,
}

impl Default for Texts {
    fn default() -> Texts {
        Texts {
            offsets: vec![0],
            bytes: Vec::new(),
        }
    }
}

impl Texts {
    /// Makes `row` the next one: rows before it that have no text are empty, one that has is dropped.
    #[inline(always)]
    pub fn seek(&mut self, row: usize) {
        if self.rows() != row {
            self.seek_far(row);
        }
    }

    /// How many rows are complete.
    #[inline(always)]
    fn rows(&self) -> usize {
        self.offsets.len().wrapping_sub(1)
    }

    #[inline(never)]
    fn seek_far(&mut self, row: usize) {
        let offsets = row.saturating_add(1);
        if self.offsets.len() > offsets {
            self.offsets.truncate(offsets);
            self.bytes.truncate(self.complete());
        }
        let last = self.offsets.last().copied().unwrap_or_default();
        self.offsets.resize(offsets, last);
    }

    /// Makes room for a long text; false where there is no memory. Short ones are not worth the question.
    #[inline(always)]
    pub fn room(&mut self, length: usize) -> bool {
        length < LONG || self.bytes.try_reserve(length.saturating_mul(2)).is_ok()
    }

    /// Drops a text that is not complete.
    pub fn cut(&mut self) {
        self.bytes.truncate(self.complete());
    }

    /// How many bytes belong to complete texts.
    fn complete(&self) -> usize {
        let last = self.offsets.last().copied().unwrap_or_default();
        usize::try_from(last).unwrap_or_default()
    }

    /// What was appended to `bytes` is the row's text.
    #[inline(always)]
    pub fn end(&mut self) {
        // Chunks end long before a column has two gigabytes.
        self.offsets
            .push(i32::try_from(self.bytes.len()).unwrap_or(i32::MAX));
    }

    /// The first `rows` rows, leaving none; room for as much again is made ready.
    pub fn take(&mut self, rows: usize) -> (OffsetBuffer<i32>, Buffer) {
        self.seek(rows);
        let mut next = Texts::default();
        // Where there is none, it will be asked for when it is needed.
        let _ = next.offsets.try_reserve(self.offsets.len());
        let _ = next.bytes.try_reserve(self.bytes.len());
        let Texts { offsets, bytes } = std::mem::replace(self, next);
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        (offsets, Buffer::from_vec(bytes))
    }
}
