//! The cursor over one record, and the classes of bytes. Used by every reader of the crate.

use wide::{i8x16, u8x16};

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
        self.at = self.beyond(1);
    }

    /// The place so many bytes on.
    #[inline(always)]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "a place in a slice and a length within it, both below isize::MAX"
    )]
    pub fn beyond(&self, count: usize) -> usize {
        self.at + count
    }

    /// How many bytes were read since the cursor was at `start`.
    #[inline(always)]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "the cursor was there, and has only moved on"
    )]
    pub fn since(&self, start: usize) -> usize {
        self.at - start
    }

    #[inline(always)]
    pub fn at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// Skips white space; most producers write none, so the first look decides.
    #[inline(always)]
    pub fn space(&mut self) {
        if self.peek() <= b' ' {
            self.at = space_end(self.bytes, self.at);
        }
    }

    pub fn take_slice(&mut self, literal: &[u8]) -> bool {
        let found = stands_at(self.bytes, self.at, literal);
        if found {
            self.at = self.beyond(literal.len());
        }
        found
    }

    /// The bytes from here on that are looked at together, if there are as many.
    #[inline(always)]
    fn chunk(&self) -> Option<&'a [u8; 16]> {
        self.bytes.get(self.at..)?.first_chunk()
    }

    /// Moves to the first byte that a plain ASCII string cannot hold: a quote, a backslash, a
    /// control character, or the first byte of a longer character; or to the end.
    #[inline(always)]
    pub fn plain_text(&mut self) {
        self.search(not_plain);
    }

    /// Moves to the next quote, backslash or control character, over characters of any length; or to the end.
    #[inline(always)]
    pub fn any_text(&mut self) {
        self.search(|chunk| special(*chunk));
    }

    /// Moves to the first byte that the mask of its chunk has a bit for, or to the end.
    #[inline(always)]
    fn search(&mut self, mask: impl Fn(&[u8; 16]) -> u32) {
        while let Some(chunk) = self.chunk() {
            let mask = mask(chunk);
            if mask != 0 {
                self.at = self.beyond(mask.trailing_zeros() as usize);
                return;
            }
            self.at = self.beyond(16);
        }
        self.at = tail(self.bytes, self.at, mask);
    }

    /// Runs a part of the walk that is too long to be inlined, on a copy: so that the place of the
    /// cursor itself need not live in memory.
    #[inline(always)]
    pub fn aside<T>(&mut self, part: impl FnOnce(&mut Cursor<'a>) -> T) -> T {
        let mut copy = self.clone();
        let result = part(&mut copy);
        self.at = copy.at;
        result
    }

    /// Up to eight digits at the cursor: their value, and how many they are.
    #[inline(always)]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "the count is from 1 to 8 where the digits are shifted"
    )]
    pub fn eight_digits(&self) -> Option<(u64, usize)> {
        let rest = self.bytes.get(self.at..)?;
        let word = match rest.first_chunk::<8>() {
            Some(chunk) => u64::from_le_bytes(*chunk),
            None => self.last_word()?,
        };
        let word = word ^ 0x3030_3030_3030_3030;
        // A byte is a digit's value if it is below ten: adding 0x76 then leaves its top bit clear.
        let above = (word.wrapping_add(0x7676_7676_7676_7676) | word) & 0x8080_8080_8080_8080;
        let count = above.trailing_zeros() as usize / 8;
        if count == 0 {
            return Some((0, 0));
        }
        // The digits move to the high end, zeros come before them; then neighbours are joined.
        let word = word << (64 - 8 * count);
        let word = word.wrapping_mul(10).wrapping_add(word >> 8) & 0x00ff_00ff_00ff_00ff;
        let word = word.wrapping_mul(100).wrapping_add(word >> 16) & 0x0000_ffff_0000_ffff;
        let word = word.wrapping_mul(10_000).wrapping_add(word >> 32) & 0xffff_ffff;
        Some((word, count))
    }

    /// What is left of the last eight bytes of the record, zeros behind it.
    #[inline(always)]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "eight bytes are left at most"
    )]
    fn last_word(&self) -> Option<u64> {
        let word = u64::from_le_bytes(*self.bytes.last_chunk::<8>()?);
        let left = self.bytes.len().saturating_sub(self.at);
        word.checked_shr(u32::try_from(64 - 8 * left.min(8)).unwrap_or_default())
    }

    /// One of `true`, `false`, `null`, of which the first byte was seen.
    #[inline(always)]
    pub fn word(&mut self, word: &'static [u8]) -> Result<(), Halt> {
        if self.take_slice(word) {
            return Ok(());
        }
        Err(self.aside(|cursor| cursor.wrong_word(word)))
    }

    #[cold]
    fn wrong_word(&mut self, word: &[u8]) -> Halt {
        for &byte in word {
            if self.peek() != byte {
                break;
            }
            self.step();
        }
        self.unexpected(Expected::Literal)
    }

    /// The fault of a byte that cannot stand here.
    #[inline(always)]
    pub fn unexpected(&self, expected: Expected) -> Halt {
        self.clone().unexpected_here(expected)
    }

    #[cold]
    fn unexpected_here(self, expected: Expected) -> Halt {
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
    #[inline(always)]
    pub fn wrong_type(&self, expected: Expected) -> Halt {
        self.clone().wrong_type_here(expected)
    }

    #[cold]
    fn wrong_type_here(self, expected: Expected) -> Halt {
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

pub(crate) fn stands_at(bytes: &[u8], at: usize, literal: &[u8]) -> bool {
    bytes
        .get(at..)
        .is_some_and(|rest| rest.starts_with(literal))
}

#[inline(never)]
fn space_end(bytes: &[u8], at: usize) -> usize {
    let mut cursor = Cursor::new(bytes, at);
    while matches!(cursor.peek(), b' ' | b'\t' | b'\n' | b'\r') {
        cursor.step();
    }
    cursor.at
}

/// Where the search ends that runs into the last bytes of the record: these are looked at together with the ones
/// before them, which reach back to a whole chunk.
#[inline]
fn tail(bytes: &[u8], at: usize, mask: impl Fn(&[u8; 16]) -> u32) -> usize {
    let cursor = Cursor::new(bytes, at);
    let left = bytes.len().saturating_sub(at);
    let mask = match bytes.last_chunk::<16>() {
        Some(chunk) => mask(chunk) >> cursor.beyond(16).saturating_sub(bytes.len()).min(16),
        None => mask(&short(bytes.get(at..).unwrap_or_default())),
    };
    cursor.beyond(left.min(mask.trailing_zeros() as usize))
}

/// Fewer bytes than a chunk, and zeros.
#[inline(never)]
fn short(rest: &[u8]) -> [u8; 16] {
    let mut chunk = [0; 16];
    for (to, from) in chunk.iter_mut().zip(rest) {
        *to = *from;
    }
    chunk
}

/// With the second lowest bit turned, a quote and the control characters are the bytes up to 0x20: so two compares
/// find them and the backslash.
const TURN: u8 = 2;

/// One bit for each byte of the chunk that is not plain: as a signed byte, everything beyond ASCII is below the quote.
#[inline(always)]
fn not_plain(chunk: &[u8; 16]) -> u32 {
    let turned = i8x16::new(chunk.map(|byte| (byte ^ TURN) as i8));
    let special =
        turned.simd_lt(i8x16::splat(0x21)) | turned.simd_eq(i8x16::splat((b'\\' ^ TURN) as i8));
    special.to_bitmask()
}

/// One bit for each byte of the chunk that cannot stand for itself in a string: quotes, backslashes, control characters.
#[inline(always)]
pub(crate) fn special(chunk: [u8; 16]) -> u32 {
    let turned = u8x16::new(chunk) ^ u8x16::splat(TURN);
    let special =
        turned.min(u8x16::splat(0x20)).simd_eq(turned) | turned.simd_eq(u8x16::splat(b'\\' ^ TURN));
    special.to_bitmask()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_ends_at_the_first_special_byte_wherever_the_record_ends() {
        for length in 0..70 {
            for special in 0..=length {
                let mut bytes = vec![b'a'; length];
                if let Some(byte) = bytes.get_mut(special) {
                    *byte = b'"';
                }
                for start in 0..=special {
                    let mut plain = Cursor::new(&bytes, start);
                    let mut any = plain.clone();
                    plain.plain_text();
                    any.any_text();
                    let found = (plain.at, any.at);
                    assert_eq!(found, (special, special), "{length} bytes from {start}");
                }
            }
        }
    }

    #[test]
    fn eight_digits_reads_what_is_there() {
        for (text, want) in [
            (&b"12345678,"[..], Some((12_345_678, 8))),
            (b"1234567890", Some((12_345_678, 8))),
            (b"7,123456", Some((7, 1))),
            (b"000042}}", Some((42, 6))),
            (b"/1234567", Some((0, 0))),
            (b":1234567", Some((0, 0))),
            (b"12\xb0\xff1234", Some((12, 2))),
            (b"1234567", None),
            (b"{}123456", Some((0, 0))),
        ] {
            assert_eq!(Cursor::new(text, 0).eight_digits(), want, "{text:?}");
        }
    }

    #[test]
    fn eight_digits_reads_up_to_the_end() {
        for (text, at, want) in [
            (&b"{id:1234}"[..], 4, Some((1234, 4))),
            (b"{id:12345", 4, Some((12345, 5))),
            (b"{12345678", 1, Some((12_345_678, 8))),
            (b"{12345678", 8, Some((8, 1))),
            (b"{12345678", 9, None),
        ] {
            assert_eq!(Cursor::new(text, at).eight_digits(), want, "{text:?}");
        }
    }

    #[test]
    fn masks_are_right_for_every_byte_and_lane() {
        for byte in 0..=255u8 {
            let is_special = byte < 0x20 || byte == b'"' || byte == b'\\';
            for lane in 0..16 {
                let mut chunk = [b'a'; 16];
                chunk[lane] = byte;
                let bit = |set: bool| u32::from(set) << lane;
                let found = (special(chunk), not_plain(&chunk));
                let want = (bit(is_special), bit(is_special || byte >= 0x80));
                assert_eq!(found, want, "byte {byte:#x} in lane {lane}");
            }
        }
    }
}
