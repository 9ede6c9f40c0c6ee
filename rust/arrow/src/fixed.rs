//! A column of values of one width while it grows: integers, floats, booleans, places of names.

use arrow_buffer::NullBuffer;

use crate::present::Present;

/// Rows that nothing was put into hold the default.
#[derive(Debug)]
pub(crate) struct Fixed<T> {
    values: Vec<T>,
    present: Present,
}

impl<T> Default for Fixed<T> {
    fn default() -> Fixed<T> {
        Fixed {
            values: Vec::new(),
            present: Present::default(),
        }
    }
}

impl<T: Clone + Default> Fixed<T> {
    /// Puts a value into the row, which is the last one; a value that is there already gives way.
    #[inline(always)]
    pub fn put(&mut self, row: usize, value: T) {
        if self.values.len() != row {
            self.seek(row);
        }
        self.values.push(value);
    }

    /// Makes `row` the next one.
    #[inline(never)]
    fn seek(&mut self, row: usize) {
        self.present.pass_over(self.values.len(), row);
        self.values.resize(row, T::default());
    }

    /// Takes back what was put into the row, which is the last one.
    pub fn cut(&mut self, row: usize) {
        self.values.truncate(row);
    }

    /// The first `rows` rows, leaving none; room for about as many more is made ready.
    pub fn take(&mut self, rows: usize) -> (Vec<T>, Option<NullBuffer>) {
        self.seek(rows);
        let mut next = Vec::new();
        // Where there is none, it will be asked for when it is needed.
        let _ = next.try_reserve(about(rows));
        let values = std::mem::replace(&mut self.values, next);
        (values, self.present.take(rows))
    }
}

/// A little more than `size`: chunks differ in size, and one that is a bit larger need not move as it
/// grows.
pub(crate) fn about(size: usize) -> usize {
    size.saturating_add(size / 8)
}
