//! Writing JSON: the canonical spelling of strings, integers and floats. What to write is decided
//! by the caller.
//!
//! Most of what an event is made of is shorter than 16 bytes, and a call to copy so little costs more
//! than the copy. So short runs are appended as whole chunks, and what is too much is taken back.

use wide::u8x16;

use crate::number::Number;

/// For each byte of a string: 0 as it is, `u` as `\u00xx`, anything else behind a backslash.
const ESCAPES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = b'u';
        byte += 1;
    }
    table[0x08] = b'b';
    table[0x09] = b't';
    table[0x0a] = b'n';
    table[0x0c] = b'f';
    table[0x0d] = b'r';
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table
};

/// A text of the encoder's own, such as a member's name with its punctuation, quick to append.
#[derive(Clone, Debug)]
pub struct Head {
    start: [u8; HEAD],
    bytes: Box<[u8]>,
}

/// Nearly all names are shorter.
const HEAD: usize = 32;

impl Head {
    /// The bytes, as they will be written.
    pub fn new(bytes: &[u8]) -> Head {
        let mut start = [0; HEAD];
        for (to, from) in start.iter_mut().zip(bytes) {
            *to = *from;
        }
        Head {
            start,
            bytes: bytes.into(),
        }
    }

    /// Appends the bytes.
    #[inline(always)]
    pub fn write(&self, out: &mut Vec<u8>) {
        if self.bytes.len() <= HEAD {
            let end = out.len() + self.bytes.len();
            out.extend_from_slice(&self.start);
            out.truncate(end);
        } else {
            out.extend_from_slice(&self.bytes);
        }
    }
}

/// Appends a string in quotes: only quotes, backslashes and control characters are escaped.
#[inline]
pub fn text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let plain = plain(out, bytes);
    if plain < bytes.len() {
        escaped(out, bytes.get(plain..).unwrap_or_default());
    }
    out.push(b'"');
}

/// Appends text whose first byte needs an escape.
#[inline(never)]
fn escaped(out: &mut Vec<u8>, mut rest: &[u8]) {
    while let Some((&byte, after)) = rest.split_first() {
        match ESCAPES.get(usize::from(byte)).copied().unwrap_or(0) {
            b'u' => out.extend_from_slice(&control(byte)),
            short => out.extend_from_slice(&[b'\\', short]),
        }
        let plain = plain(out, after);
        rest = after.get(plain..).unwrap_or_default();
    }
}

fn control(byte: u8) -> [u8; 6] {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).map_or(b'0', |digit| digit as u8);
    [b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]
}

/// Appends the bytes up to the first that needs an escape, and tells how many these are.
#[inline(always)]
fn plain(out: &mut Vec<u8>, bytes: &[u8]) -> usize {
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

/// Fewer than 16 bytes, and anything behind them: read as two overlapping words where that is enough.
#[inline(always)]
fn padded(bytes: &[u8]) -> [u8; 16] {
    let length = bytes.len();
    let (low, high) = if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        // Of the last eight bytes those that are not in the first: none to seven.
        let beyond = u64::from_le_bytes(*last) >> (8 * (15 - length.min(15)));
        (u64::from_le_bytes(*first), beyond >> 8)
    } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let first = u64::from(u32::from_le_bytes(*first));
        let last = u64::from(u32::from_le_bytes(*last));
        (first | last << (8 * (length - 4)), 0)
    } else if let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) {
        let middle = bytes.get(length / 2).copied().unwrap_or_default();
        let middle = u64::from(middle) << (8 * (length / 2));
        (
            u64::from(first) | middle | u64::from(last) << (8 * (length - 1)),
            0,
        )
    } else {
        (0, 0)
    };
    (u128::from(low) | u128::from(high) << 64).to_le_bytes()
}

/// One bit for each byte of the chunk that needs an escape.
#[inline(always)]
fn special(chunk: [u8; 16]) -> u32 {
    let bytes = u8x16::new(chunk);
    let special = bytes.min(u8x16::splat(0x1f)).simd_eq(bytes)
        | bytes.simd_eq(u8x16::splat(b'"'))
        | bytes.simd_eq(u8x16::splat(b'\\'));
    special.to_bitmask()
}

/// Appends a number; false, and nothing written, for a float that JSON has no spelling for.
#[inline]
pub fn number(out: &mut Vec<u8>, number: Number<'_>) -> bool {
    match number {
        Number::Int(value) => integer(out, itoa::Buffer::new().format(value)),
        Number::UInt(value) => integer(out, itoa::Buffer::new().format(value)),
        Number::Big(digits) => out.extend_from_slice(digits.as_bytes()),
        Number::Float(value) if value.is_finite() => {
            out.extend_from_slice(ryu::Buffer::new().format_finite(value).as_bytes());
        }
        Number::Float(_) => return false,
    }
    true
}

#[inline(always)]
fn integer(out: &mut Vec<u8>, digits: &str) {
    let digits = digits.as_bytes();
    if digits.len() < 16 {
        let end = out.len() + digits.len();
        out.extend_from_slice(&padded(digits));
        out.truncate(end);
    } else {
        out.extend_from_slice(digits);
    }
}
