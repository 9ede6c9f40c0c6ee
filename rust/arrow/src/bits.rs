//! Growing bitmaps: which rows of a column hold a value, and the values of boolean columns.

use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer};

/// One bit for each row; rows behind the last one that was set are clear.
#[derive(Debug, Default)]
pub(crate) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    #[inline(always)]
    pub fn set(&mut self, row: usize) {
        let word = row / 64;
        if word >= self.words.len() {
            self.words.resize(word.saturating_add(1), 0);
        }
        if let Some(word) = self.words.get_mut(word) {
            *word |= 1 << (row % 64);
        }
    }

    #[inline(always)]
    pub fn unset(&mut self, row: usize) {
        if let Some(word) = self.words.get_mut(row / 64) {
            *word &= !(1 << (row % 64));
        }
    }

    /// The bits of the first `rows` rows, leaving none.
    pub fn take(&mut self, rows: usize) -> BooleanBuffer {
        let mut words = std::mem::take(&mut self.words);
        words.resize(rows.div_ceil(64), 0);
        BooleanBuffer::new(Buffer::from_vec(words), 0, rows)
    }

    /// The same as Arrow tells nulls; none where every row holds a value.
    pub fn take_nulls(&mut self, rows: usize) -> Option<NullBuffer> {
        let nulls = NullBuffer::new(self.take(rows));
        (nulls.null_count() > 0).then_some(nulls)
    }
}
