//! NDJSON: a buffer cut into records at its newlines, blank lines left out; or into stretches of lines.

use memchr::memchr;

/// So many blank lines are passed over at a time.
const BLANK_LINES: usize = 1 << 16;

/// One record of a buffer; or none, where very many blank lines were passed over, so that whoever asks
/// for the next one can do something else in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its bytes, without the line's end; empty where there is no record.
    pub bytes: &'a [u8],
    /// Number of the record in the buffer, from 0.
    pub index: usize,
    /// Its line in the buffer, from 0, blank ones counted.
    pub number: usize,
}

/// The records of a buffer, in order.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    rest: &'a [u8],
    number: usize,
    index: usize,
}

impl<'a> Lines<'a> {
    /// Begins at the first line of the buffer. A last line needs no newline.
    pub fn new(buffer: &'a [u8]) -> Lines<'a> {
        Lines {
            rest: buffer,
            number: 0,
            index: 0,
        }
    }

    /// How many lines were seen, blank ones counted.
    pub fn seen(&self) -> usize {
        self.number
    }

    /// How many records were seen.
    pub fn records(&self) -> usize {
        self.index
    }

    /// What no line was cut from yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        for _ in 0..BLANK_LINES {
            if self.rest.is_empty() {
                return None;
            }
            let end = memchr(b'\n', self.rest).unwrap_or(self.rest.len());
            let (line, rest) = self.rest.split_at(end);
            self.rest = rest.get(1..).unwrap_or_default();
            let (number, index) = (self.number, self.index);
            self.number = self.number.saturating_add(1);
            let bytes = line.strip_suffix(b"\r").unwrap_or(line);
            if !bytes.iter().all(|byte| is_blank(*byte)) {
                self.index = self.index.saturating_add(1);
                return Some(Line {
                    bytes,
                    index,
                    number,
                });
            }
        }
        Some(Line {
            bytes: &[],
            index: self.index,
            number: self.number,
        })
    }
}

/// A buffer in stretches of whole lines, so that several threads can read it.
#[derive(Clone, Debug)]
pub struct Stretches<'a> {
    rest: &'a [u8],
    size: usize,
}

impl<'a> Stretches<'a> {
    /// Begins at the first line of the buffer. A stretch ends with the line that makes it longer than
    /// `size` bytes, however long that line is.
    pub fn new(buffer: &'a [u8], size: usize) -> Stretches<'a> {
        Stretches { rest: buffer, size }
    }
}

impl<'a> Iterator for Stretches<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let beyond = self.rest.get(self.size..).unwrap_or_default();
        let end = memchr(b'\n', beyond).map_or(self.rest.len(), |at| {
            self.size.saturating_add(at).saturating_add(1)
        });
        let (stretch, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!stretch.is_empty()).then_some(stretch)
    }
}

/// Whether the byte is white space of a line. A line of nothing else is blank.
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_count_as_lines_but_not_as_records() {
        let found: Vec<_> = Lines::new(b"\n{a}\r\n \t\n{b}\n\n{c}")
            .map(|line| (line.index, line.number, line.bytes))
            .collect();
        assert_eq!(found, [(0, 1, &b"{a}"[..]), (1, 3, b"{b}"), (2, 5, b"{c}")]);
        assert_eq!(Lines::new(b"").next(), None);
        assert_eq!(Lines::new(b" \r\n\n").next(), None);
    }

    #[test]
    fn very_many_blank_lines_are_passed_over_in_turns() {
        let buffer = [&b"\n".repeat(BLANK_LINES + 5)[..], b"{a}"].concat();
        let found: Vec<_> = Lines::new(&buffer)
            .map(|line| (line.index, line.number, line.bytes))
            .collect();
        let pause = (0, BLANK_LINES, &b""[..]);
        assert_eq!(found, [pause, (0, BLANK_LINES + 5, b"{a}")]);
    }
}
