//! The cursor over one record, and the classes of bytes. Used by every reader of the crate.

use wide::i8x16;

use crate::error::{Code, Expected, Halt, JsonType, fault, mismatch};
use crate::number::Number;

/// A record's bytes and a place in them. Past the end it reads NUL, which no JSON token begins with.
#[derive(Clone)]
pub(crate) struct Cursor<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8], at: usize) -> Cursor<'a> {
        Cursor { bytes, at }
    }

    #[inline(always)]
    pub fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    #[inline(always)]
    pub fn step(&mut self) {
        self.at += 1;
    }

    #[inline(always)]
    pub fn at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// Skips white space; most producers write none, so the first look decides.
    #[inline(always)]
    pub fn space(&mut self) {
        if self.peek() <= b' ' {
            self.long_space();
        }
    }

    #[inline(never)]
    fn long_space(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    /// Whether `literal` stands here; if so, steps over it.
    #[inline(always)]
    pub fn take(&mut self, literal: &Literal) -> bool {
        if let Some(chunk) = self.chunk16() {
            if (u128::from_le_bytes(*chunk) ^ literal.head) & literal.mask != 0 {
                return false;
            }
            if literal.bytes.len() <= 16 {
                self.at += literal.bytes.len();
                return true;
            }
        }
        self.take_slice(&literal.bytes)
    }

    pub fn take_slice(&mut self, literal: &[u8]) -> bool {
        let found = self
            .bytes
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(literal));
        if found {
            self.at += literal.len();
        }
        found
    }

    #[inline(always)]
    fn chunk16(&self) -> Option<&'a [u8; 16]> {
        self.bytes.get(self.at..)?.first_chunk::<16>()
    }

    /// Moves to the first byte that a plain ASCII string cannot hold: a quote, a backslash, a
    /// control character, or the first byte of a longer character; or to the end.
    #[inline(always)]
    pub fn plain_text(&mut self) {
        while let Some(chunk) = self.chunk16() {
            let mask = not_plain(chunk);
            if mask != 0 {
                self.at += mask.trailing_zeros() as usize;
                return;
            }
            self.at += 16;
        }
        while self.bytes.get(self.at).is_some_and(|&byte| is_plain(byte)) {
            self.at += 1;
        }
    }

    /// One of `true`, `false`, `null`, of which the first byte was seen.
    #[inline(always)]
    pub fn literal(&mut self, word: &'static [u8]) -> Result<(), Halt> {
        if self.take_slice(word) {
            return Ok(());
        }
        Err(self.wrong_literal(word))
    }

    #[cold]
    fn wrong_literal(&mut self, word: &[u8]) -> Halt {
        for &byte in word {
            if self.peek() != byte {
                break;
            }
            self.step();
        }
        self.unexpected(Expected::Literal)
    }

    /// The fault of a byte that cannot stand here.
    #[cold]
    pub fn unexpected(&self, expected: Expected) -> Halt {
        if self.at_end() {
            return fault(Code::Truncated, self.bytes.len(), expected);
        }
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let wants_value = matches!(expected, Expected::Value | Expected::Record);
        if wants_value && (rest.starts_with(b"NaN") || rest.starts_with(b"Infinity")) {
            return fault(Code::InvalidNumber, self.at, Expected::JsonNumber);
        }
        if wants_value && matches!(self.peek(), b'+' | b'.') {
            return fault(Code::InvalidNumber, self.at, Expected::JsonNumber);
        }
        fault(Code::Syntax, self.at, expected)
    }

    /// The fault of a value of another type than `expected`, or of no value at all.
    #[cold]
    pub fn wrong_type(&self, expected: Expected) -> Halt {
        match self.value_type() {
            Some(got) => mismatch(Code::WrongType, self.at, expected, Some(got)),
            None => self.unexpected(Expected::Value),
        }
    }

    /// The type of the value at the cursor, if one begins there.
    #[cold]
    pub fn value_type(&self) -> Option<JsonType> {
        let first = JsonType::from_first(self.peek());
        match (first, self.clone().number()) {
            (Some(JsonType::Integer), Ok(Number::Float(_))) => Some(JsonType::Number),
            _ => first,
        }
    }
}

/// Bytes to compare with in one wide step.
#[derive(Clone, Debug)]
pub(crate) struct Literal {
    head: u128,
    mask: u128,
    bytes: Box<[u8]>,
}

impl Literal {
    pub fn new(bytes: Vec<u8>) -> Literal {
        let mut head = [0; 16];
        let mut mask = [0; 16];
        for ((to, bit), from) in head.iter_mut().zip(&mut mask).zip(&bytes) {
            *to = *from;
            *bit = 0xff;
        }
        Literal {
            head: u128::from_le_bytes(head),
            mask: u128::from_le_bytes(mask),
            bytes: bytes.into(),
        }
    }
}

#[inline(always)]
fn is_plain(byte: u8) -> bool {
    (0x20..0x80).contains(&byte) && byte != b'"' && byte != b'\\'
}

/// One bit for each byte of the chunk that is not plain. As signed bytes, the control characters
/// and everything beyond ASCII are below a space: three compares find all four kinds.
#[inline(always)]
fn not_plain(chunk: &[u8; 16]) -> u32 {
    let bytes = i8x16::new(chunk.map(|byte| byte as i8));
    let special = bytes.simd_lt(i8x16::splat(0x20))
        | bytes.simd_eq(i8x16::splat(b'"' as i8))
        | bytes.simd_eq(i8x16::splat(b'\\' as i8));
    special.to_bitmask()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_plain_agrees_with_is_plain_on_every_byte_and_lane() {
        for byte in 0..=255u8 {
            for lane in 0..16 {
                let mut chunk = [b'a'; 16];
                chunk[lane] = byte;
                let want = if is_plain(byte) { 0 } else { 1 << lane };
                assert_eq!(not_plain(&chunk), want, "byte {byte:#x} in lane {lane}");
            }
        }
    }

    #[test]
    fn literals_longer_than_a_chunk_compare_whole() {
        let literal = Literal::new(b"\"EventSequenceNumber\":".to_vec());
        assert!(Cursor::new(b"\"EventSequenceNumber\":1", 0).take(&literal));
        assert!(!Cursor::new(b"\"EventSequenceNumbex\":1", 0).take(&literal));
        assert!(!Cursor::new(b"\"EventSequenceNumber\"", 0).take(&literal));
    }
}
