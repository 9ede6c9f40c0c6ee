//! Writing JSON: the canonical spelling of strings, integers and floats. What to write is decided
//! by the caller.
//!
//! Most of what an event is made of is shorter than 16 bytes, and a call to copy so little costs more
//! than the copy. So short runs are appended as whole chunks, and what is too much is taken back.

use crate::number::Number;
use crate::scan::special;

/// A text that is written again and again, such as a member's name with its punctuation.
#[derive(Clone, Debug)]
pub struct Head {
    /// The first bytes, zeros behind them.
    start: [u8; HEAD + 1],
    length: usize,
    /// What is beyond the first `HEAD` bytes.
    rest: Box<[u8]>,
}

/// Nearly all names are shorter.
const HEAD: usize = 32;

impl Head {
    /// The bytes, as they will be written.
    pub fn new(bytes: &[u8]) -> Head {
        let mut start = [0; HEAD + 1];
        for (to, from) in start.iter_mut().zip(bytes) {
            *to = *from;
        }
        Head {
            start,
            length: bytes.len(),
            rest: bytes.get(HEAD..).unwrap_or_default().into(),
        }
    }

    /// A member's name between a comma and a colon.
    pub fn member(text: &str) -> Head {
        let mut bytes = Vec::new();
        name(&mut bytes, text, false);
        Head::new(&bytes)
    }

    /// Appends the bytes.
    #[inline(always)]
    pub fn write(&self, out: &mut Vec<u8>) {
        if let Some(start) = self.start.first_chunk::<HEAD>() {
            append(out, start, self.length);
        }
        if self.length > HEAD {
            out.extend_from_slice(&self.rest);
        }
    }

    /// Appends the bytes of a `member`, without the comma if it is the `first`. False, and nothing
    /// appended, where they are too long for that.
    #[inline(always)]
    pub fn write_member(&self, out: &mut Vec<u8>, first: bool) -> bool {
        let skipped = usize::from(first);
        let start = self
            .start
            .get(skipped..)
            .and_then(|start| start.first_chunk::<HEAD>());
        match start {
            Some(start) if self.length <= HEAD => {
                append(out, start, self.length.saturating_sub(skipped));
            }
            _ => return false,
        }
        true
    }
}

/// Appends so many bytes of a chunk.
#[inline(always)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "no more bytes than the chunk has, behind a Vec, which is no longer than isize::MAX"
)]
pub(crate) fn append<const N: usize>(out: &mut Vec<u8>, chunk: &[u8; N], length: usize) {
    let end = out.len() + length;
    out.extend_from_slice(chunk);
    out.truncate(end);
}

/// Appends a string in quotes: only quotes, backslashes and control characters are escaped. False, and
/// nothing written, where there is no memory for a long one.
#[inline]
pub fn text(out: &mut Vec<u8>, text: &str) -> bool {
    quoted(out, b"\"", text, b"\"")
}

/// Appends a member's name and its colon, with a comma before it unless it is the `first`. False as for
/// [`text`].
#[inline]
pub fn name(out: &mut Vec<u8>, name: &str, first: bool) -> bool {
    if first {
        quoted(out, b"\"", name, b"\":")
    } else {
        quoted(out, b",\"", name, b"\":")
    }
}

/// Makes room for so many items that take at most `ITEM` bytes each, but for long strings, which see to
/// their own. False where there is no memory.
#[inline(always)]
pub fn room(out: &mut Vec<u8>, items: usize) -> bool {
    let wanted = items.saturating_mul(ITEM).saturating_add(ITEM);
    out.capacity().saturating_sub(out.len()) >= wanted || out.try_reserve(wanted).is_ok()
}

/// A name that is not long, a number or a string that is not long, and what stands around them.
const ITEM: usize = 96;

/// The room for a short string and what stands around it.
const ROOM: usize = 24;

#[inline(always)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "at most ROOM bytes, behind a Vec, which is no longer than isize::MAX"
)]
fn quoted<const B: usize, const A: usize>(
    out: &mut Vec<u8>,
    before: &[u8; B],
    text: &str,
    after: &[u8; A],
) -> bool {
    let bytes = text.as_bytes();
    let length = bytes.len();
    if length <= 16 {
        let chunk = padded(bytes);
        if special(chunk).trailing_zeros() as usize >= length {
            let end = out.len() + B + length + A;
            out.extend_from_slice(&[0; ROOM]);
            if let Some(room) = out.last_chunk_mut::<ROOM>() {
                put(room, 0, before);
                put(room, B, &chunk);
                put(room, B + length, after);
            }
            out.truncate(end);
            return true;
        }
    }
    long(out, before, bytes, after)
}

/// Puts a few bytes into a room that has the place for them.
#[inline(always)]
fn put<const N: usize>(room: &mut [u8; ROOM], at: usize, bytes: &[u8; N]) {
    if let Some(place) = room.get_mut(at..).and_then(|rest| rest.first_chunk_mut()) {
        *place = *bytes;
    }
}

/// Appends a string of any length, with escapes where it needs them.
#[inline(never)]
fn long(out: &mut Vec<u8>, before: &[u8], bytes: &[u8], after: &[u8]) -> bool {
    let start = out.len();
    if out.try_reserve(bytes.len().saturating_add(AROUND)).is_err() {
        return false;
    }
    out.extend_from_slice(before);
    let plain = plain(out, bytes);
    if plain < bytes.len() && !escaped(out, bytes.get(plain..).unwrap_or_default()) {
        out.truncate(start);
        return false;
    }
    out.extend_from_slice(after);
    true
}

/// What stands around a string, an escape, and what is written in excess for a moment.
pub(crate) const AROUND: usize = 32;

/// Appends text whose first byte needs an escape.
#[inline(never)]
fn escaped(out: &mut Vec<u8>, mut rest: &[u8]) -> bool {
    while let Some((&byte, after)) = rest.split_first() {
        if out.try_reserve(rest.len().saturating_add(AROUND)).is_err() {
            return false;
        }
        let short = match byte {
            b'"' | b'\\' => Some(byte),
            0x08 => Some(b'b'),
            0x09 => Some(b't'),
            0x0a => Some(b'n'),
            0x0c => Some(b'f'),
            0x0d => Some(b'r'),
            _ => None,
        };
        match short {
            Some(short) => out.extend_from_slice(&[b'\\', short]),
            None => out.extend_from_slice(&control(byte)),
        }
        let plain = plain(out, after);
        rest = after.get(plain..).unwrap_or_default();
    }
    true
}

fn control(byte: u8) -> [u8; 6] {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).map_or(b'0', |digit| digit as u8);
    [b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]
}

/// Appends the bytes up to the first that needs an escape, and tells how many these are. There is room for
/// [`AROUND`] more.
#[inline(always)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "places in the text and in a Vec, both no longer than isize::MAX"
)]
pub(crate) fn plain(out: &mut Vec<u8>, bytes: &[u8]) -> usize {
    let start = out.len();
    let mut at = 0;
    let mut rest = bytes;
    while let Some((chunk, after)) = rest.split_first_chunk::<16>() {
        out.extend_from_slice(chunk);
        let special = special(*chunk);
        if special != 0 {
            at += special.trailing_zeros() as usize;
            out.truncate(start + at);
            return at;
        }
        at += 16;
        rest = after;
    }
    let chunk = padded(rest);
    out.extend_from_slice(&chunk);
    at += rest.len().min(special(chunk).trailing_zeros() as usize);
    out.truncate(start + at);
    at
}

/// At most 16 bytes, and zeros behind them: read as two overlapping words where that is enough.
#[inline(always)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "whoever has a first chunk is as long as it; no shift is wider than the word"
)]
fn padded(bytes: &[u8]) -> [u8; 16] {
    let length = bytes.len();
    let (low, high) = if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        // Of the last eight bytes those that are not among the first.
        let beyond = u64::from_le_bytes(*last).checked_shr(128 - 8 * length.min(16) as u32);
        (u64::from_le_bytes(*first), beyond.unwrap_or(0))
    } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let first = u64::from(u32::from_le_bytes(*first));
        let last = u64::from(u32::from_le_bytes(*last));
        (first | last << (8 * (length - 4)), 0)
    } else if let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) {
        let middle = bytes.get(length / 2).copied().unwrap_or_default();
        let middle = u64::from(middle) << (8 * (length / 2));
        let last = u64::from(last) << (8 * (length - 1));
        (u64::from(first) | middle | last, 0)
    } else {
        (0, 0)
    };
    (u128::from(low) | u128::from(high) << 64).to_le_bytes()
}

/// Appends a number; false, and nothing written, for a float that JSON has no spelling for.
#[inline(always)]
pub fn number(out: &mut Vec<u8>, number: Number<'_>) -> bool {
    match number {
        Number::Int(value) => integer(out, value),
        Number::UInt(value) => {
            out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
        }
        Number::Big(digits) => out.extend_from_slice(digits.as_bytes()),
        Number::Float(value) => return float(out, value),
    }
    true
}

#[inline(never)]
fn float(out: &mut Vec<u8>, value: f64) -> bool {
    let finite = value.is_finite();
    if finite {
        out.extend_from_slice(ryu::Buffer::new().format_finite(value).as_bytes());
    }
    finite
}

#[inline(always)]
fn integer(out: &mut Vec<u8>, value: i64) {
    match u64::try_from(value) {
        Ok(value @ 0..10) => out.push(b'0' | value as u8),
        Ok(value @ 0..EIGHT_DIGITS) => short_integer(out, value),
        _ => long_integer(out, value),
    }
}

const EIGHT_DIGITS: u64 = 100_000_000;

/// Up to eight digits at once: no loop, no table, no call to copy them.
#[inline]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "not all digits are zeros: the number is never 0"
)]
fn short_integer(out: &mut Vec<u8>, value: u64) {
    let digits = eight_digits(value);
    let zeros = digits.trailing_zeros() / 8;
    let end = out.len() + 8 - zeros as usize;
    out.extend_from_slice(&(ascii(digits) >> (8 * zeros)).to_le_bytes());
    out.truncate(end);
}

#[inline(never)]
fn long_integer(out: &mut Vec<u8>, value: i64) {
    let magnitude = value.unsigned_abs();
    if value < 0 || magnitude >= EIGHT_DIGITS * EIGHT_DIGITS {
        out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
        return;
    }
    short_integer(out, magnitude / EIGHT_DIGITS);
    let rest = ascii(eight_digits(magnitude % EIGHT_DIGITS));
    out.extend_from_slice(&rest.to_le_bytes());
}

/// The eight digits of a number below `EIGHT_DIGITS`, a byte for each, the first one lowest. Halves,
/// then quarters, then single digits are told apart, all of one size in one multiplication; the
/// constants divide by 100 and by 10 whatever stays within two or four digits.
#[inline(always)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "each half, quarter and digit stays within its part of the word"
)]
fn eight_digits(value: u64) -> u64 {
    let fours = (value / 10_000) | ((value % 10_000) << 32);
    let high = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let twos = high | ((fours - high * 100) << 16);
    let high = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    high | ((twos - high * 10) << 8)
}

#[inline(always)]
fn ascii(digits: u64) -> u64 {
    digits | 0x3030_3030_3030_3030
}
