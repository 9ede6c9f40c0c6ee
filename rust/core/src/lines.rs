//! NDJSON: a buffer cut into records at its newlines, blank lines left out.

use memchr::memchr;

/// One record of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its bytes, without the line's end.
    pub bytes: &'a [u8],
    /// Its line in the buffer, from 0, blank ones counted.
    pub number: usize,
}

/// The records of a buffer, in order.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    rest: &'a [u8],
    number: usize,
}

impl<'a> Lines<'a> {
    /// Begins at the first line of the buffer. A last line needs no newline.
    pub fn new(buffer: &'a [u8]) -> Lines<'a> {
        Lines {
            rest: buffer,
            number: 0,
        }
    }

    /// How many lines were seen, blank ones counted.
    pub fn seen(&self) -> usize {
        self.number
    }

    /// What no line was cut from yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        while !self.rest.is_empty() {
            let end = memchr(b'\n', self.rest).unwrap_or(self.rest.len());
            let (line, rest) = self.rest.split_at(end);
            self.rest = rest.get(1..).unwrap_or_default();
            let number = self.number;
            self.number += 1;
            let bytes = line.strip_suffix(b"\r").unwrap_or(line);
            if !is_blank(bytes) {
                return Some(Line { bytes, number });
            }
        }
        None
    }
}

/// Whether the line holds nothing but white space.
fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_count_as_lines_but_not_as_records() {
        let found: Vec<_> = Lines::new(b"\n{a}\r\n \t\n{b}\n\n{c}")
            .map(|line| (line.number, line.bytes))
            .collect();
        assert_eq!(found, [(1, &b"{a}"[..]), (3, b"{b}"), (5, b"{c}")]);
        assert_eq!(Lines::new(b"").next(), None);
        assert_eq!(Lines::new(b" \r\n\n").next(), None);
    }
}
