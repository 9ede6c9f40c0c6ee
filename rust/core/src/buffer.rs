//! What was read of a stream and not decoded yet: whatever pieces its bytes come in, they make the same lines. Used by
//! whoever has a stream; where its bytes come from is that one's affair.

use std::collections::TryReserveError;

use memchr::{memchr, memrchr};

use crate::error::{Code, Expected, Fault};
use crate::lines::is_blank;

/// Bytes that were read and not decoded yet.
#[derive(Debug, Default)]
pub struct Buffer {
    bytes: Vec<u8>,
    /// Up to here they are decoded.
    start: usize,
    /// Up to here newlines were looked for, and the last one found ends here.
    searched: usize,
    lines_end: usize,
    /// The source has no more.
    pub ended: bool,
    /// Up to here, from `start`, there is white space only.
    blank: usize,
    /// The rest of an oversized record is being passed over.
    skipping: bool,
}

impl Buffer {
    /// Nothing is pending, and nothing will be.
    pub fn at_end() -> Buffer {
        Buffer {
            ended: true,
            ..Buffer::default()
        }
    }

    /// What was read and not decoded yet.
    pub fn pending(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// So many of the pending bytes are decoded.
    pub fn decoded(&mut self, length: usize) {
        self.start = self.start.saturating_add(length);
    }

    /// Takes the next piece of the stream. Fails where there is no memory for it: then it is lost.
    pub fn push(&mut self, mut chunk: &[u8]) -> Result<(), TryReserveError> {
        if self.skipping {
            let Some(end) = memchr(b'\n', chunk) else {
                return Ok(());
            };
            self.skipping = false;
            chunk = chunk.get(end..).unwrap_or_default();
        }
        // Moving the rest to the front costs no more than what was decoded before it.
        if self.start > self.bytes.len() / 2 {
            self.bytes.drain(..self.start);
            self.searched = self.searched.saturating_sub(self.start);
            self.lines_end = self.lines_end.saturating_sub(self.start);
            self.blank = self.blank.saturating_sub(self.start);
            self.start = 0;
        }
        self.bytes.try_reserve(chunk.len())?;
        self.bytes.extend_from_slice(chunk);
        Ok(())
    }

    /// Whether nothing but white space is pending: no record yet, however long it is. All but `keep`
    /// bytes of it are let go.
    fn only_blank(&mut self, keep: usize) -> bool {
        let looked = self.blank.max(self.start);
        let fresh = self.bytes.get(looked..).unwrap_or_default();
        let blank = fresh.iter().take_while(|byte| is_blank(**byte)).count();
        self.blank = looked.saturating_add(blank);
        if self.blank < self.bytes.len() {
            return false;
        }
        self.bytes.truncate(self.start.saturating_add(keep));
        self.blank = self.bytes.len();
        self.searched = self.bytes.len();
        true
    }

    /// The length of the complete lines that are pending. No byte is searched twice.
    pub fn complete(&mut self) -> usize {
        if self.ended {
            return self.pending().len();
        }
        let fresh = self.bytes.get(self.searched..).unwrap_or_default();
        if let Some(last) = memrchr(b'\n', fresh) {
            self.lines_end = self.searched.saturating_add(last).saturating_add(1);
        }
        self.searched = self.bytes.len();
        self.lines_end.saturating_sub(self.start)
    }

    /// The fault of a pending record that is longer than `max` already, and the bytes there are of it;
    /// the rest of it will be passed over.
    pub fn oversized(&mut self, max: usize) -> Option<(Fault, Vec<u8>)> {
        // One byte more may be the carriage return of its line's end.
        let most = max.saturating_add(1);
        if self.pending().len() <= most || self.only_blank(most) {
            return None;
        }
        let mut pending = std::mem::take(&mut self.bytes);
        pending.drain(..self.start);
        *self = Buffer {
            ended: self.ended,
            skipping: true,
            ..Buffer::default()
        };
        Some((
            Fault::new(Code::TooLarge, max, Expected::Size(max)),
            pending,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::Lines;

    #[test]
    fn white_space_is_no_record_however_long_but_a_form_feed_is_one() {
        let max = 4;
        for (piece, pending) in [
            (&b" \t\r"[..], None),
            (b" \t\x0c", Some(30)),
            (b"\x0c", Some(10)),
        ] {
            let mut buffer = Buffer::default();
            assert!(buffer.push(&piece.repeat(10)).is_ok());
            assert_eq!(buffer.complete(), 0);
            let told = buffer.oversized(max);
            let told = told.map(|(fault, pending)| (fault.code, fault.offset, pending.len()));
            assert_eq!(told, pending.map(|length| (Code::TooLarge, max, length)));
            // What is let go of counts as little as what was kept: the next line is whole.
            assert!(buffer.push(b"\n{a}\n").is_ok());
            let length = buffer.complete();
            let lines: Vec<_> = Lines::new(&buffer.pending()[..length])
                .map(|line| (line.number, line.bytes))
                .collect();
            assert_eq!(lines, [(1, &b"{a}"[..])]);
        }
    }

    #[test]
    fn at_its_end_it_has_nothing_and_wants_nothing() {
        let mut buffer = Buffer::at_end();
        assert!(buffer.ended && buffer.pending().is_empty());
        assert_eq!((buffer.complete(), buffer.oversized(0)), (0, None));
    }
}
