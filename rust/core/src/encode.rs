//! Writing JSON: the canonical spelling of strings, integers and floats. What to write is decided
//! by the caller.

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

/// Appends a string in quotes: only quotes, backslashes and control characters are escaped.
#[inline]
pub fn text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(place) = rest.iter().position(|&byte| escape_of(byte) != 0) {
        let (plain, from) = rest.split_at(place);
        out.extend_from_slice(plain);
        if let Some((&byte, after)) = from.split_first() {
            match escape_of(byte) {
                b'u' => out.extend_from_slice(&control(byte)),
                short => out.extend_from_slice(&[b'\\', short]),
            }
            rest = after;
        }
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

#[inline(always)]
fn escape_of(byte: u8) -> u8 {
    ESCAPES.get(usize::from(byte)).copied().unwrap_or(0)
}

fn control(byte: u8) -> [u8; 6] {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).map_or(b'0', |digit| digit as u8);
    [b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]
}

/// Appends a number; false, and nothing written, for a float that JSON has no spelling for.
pub fn number(out: &mut Vec<u8>, number: Number<'_>) -> bool {
    match number {
        Number::Int(value) => out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes()),
        Number::UInt(value) => out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes()),
        Number::Big(digits) => out.extend_from_slice(digits.as_bytes()),
        Number::Float(value) if value.is_finite() => {
            out.extend_from_slice(ryu::Buffer::new().format_finite(value).as_bytes());
        }
        Number::Float(_) => return false,
    }
    true
}
