//! Which rows of a growing column hold a value.
//!
//! Told by the stretches of rows that hold none: where a value is the next one, as nearly all are,
//! nothing has to be written.

use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer};

/// One bit for each row up to the last one that was passed over; all rows behind it hold a value.
#[derive(Debug, Default)]
pub(crate) struct Present {
    words: Vec<u64>,
}

impl Present {
    /// The rows from `start` up to `end` hold no value. Each stretch is behind those told before.
    #[inline(always)]
    pub fn pass_over(&mut self, start: usize, end: usize) {
        let number = start / 64;
        match self.words.get_mut(number) {
            // Nearly all stretches are short.
            Some(word) if end <= number.wrapping_add(1).wrapping_mul(64) => {
                *word &= !(low_bits(end.saturating_sub(start)) << (start % 64));
            }
            _ => self.pass_over_far(start, end),
        }
    }

    #[inline(never)]
    fn pass_over_far(&mut self, start: usize, end: usize) {
        let words = end.div_ceil(64);
        if self.words.len() < words {
            self.words.resize(words, u64::MAX);
        }
        let first = start / 64;
        let stretch = self.words.get_mut(first..words).unwrap_or_default();
        for (word, number) in stretch.iter_mut().zip(first..) {
            // The rows of this word: all, but those before the start and those from the end on.
            let begins = number.saturating_mul(64);
            let before = start.saturating_sub(begins);
            let within = end.saturating_sub(begins);
            *word &= low_bits(before) | !low_bits(within);
        }
    }

    /// Of the first `rows` rows, as Arrow tells nulls; none where every row holds a value.
    pub fn take(&mut self, rows: usize) -> Option<NullBuffer> {
        let mut words = std::mem::take(&mut self.words);
        if words.is_empty() {
            return None;
        }
        words.resize(rows.div_ceil(64), u64::MAX);
        let bits = BooleanBuffer::new(Buffer::from_vec(words), 0, rows);
        let nulls = NullBuffer::new(bits);
        (nulls.null_count() > 0).then_some(nulls)
    }
}

/// So many low bits, up to all.
#[inline(always)]
fn low_bits(count: usize) -> u64 {
    !u64::MAX.unbounded_shl(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_were_passed_over_are_null_and_no_others() {
        for rows in [1, 63, 64, 65, 200] {
            for start in 0..=rows {
                for end in start..=rows {
                    let mut present = Present::default();
                    present.pass_over(start, start);
                    present.pass_over(start, end);
                    let nulls = present.take(rows);
                    for row in 0..rows {
                        let null = nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
                        assert_eq!(null, (start..end).contains(&row), "{row}: {start}..{end}");
                    }
                    assert_eq!(nulls.is_some(), start < end);
                }
            }
        }
    }

    #[test]
    fn stretches_add_up() {
        let mut present = Present::default();
        present.pass_over(3, 5);
        present.pass_over(60, 70);
        present.pass_over(130, 131);
        let nulls = present.take(140).map(|nulls| nulls.null_count());
        assert_eq!(nulls, Some(13));
        assert!(present.take(140).is_none());
    }
}
