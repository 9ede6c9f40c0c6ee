//! Numbers: JSON's grammar, integers exact at any size, floats exact to the last bit.

use crate::error::{Code, Expected, Halt, fault};
use crate::scan::Cursor;

/// The longest integer, in digits: CPython's own limit for text to int, so none takes quadratic time.
pub const MAX_DIGITS: usize = 4300;

/// By the number of digits that follow: what the ones before them are worth more.
const POWERS_OF_TEN: [u64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

/// Up to here every integer is a float.
const EXACT: u64 = 1 << 53;

/// A JSON number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number<'a> {
    /// An integer of 64 bits with a sign.
    Int(i64),
    /// A larger one of 64 bits without.
    UInt(u64),
    /// A still larger one: its sign and digits.
    Big(&'a str),
    /// A number with a fraction or an exponent.
    Float(f64),
}

impl Number<'_> {
    /// An integer of 64 bits from sign and magnitude, or none where it does not fit.
    pub fn small(negative: bool, magnitude: u64) -> Option<Number<'static>> {
        if !negative {
            return Some(match i64::try_from(magnitude) {
                Ok(value) => Number::Int(value),
                Err(_) => Number::UInt(magnitude),
            });
        }
        0i64.checked_sub_unsigned(magnitude).map(Number::Int)
    }
}

impl<'a> Cursor<'a> {
    /// Reads a number whose first byte, a minus or a digit, is at the cursor.
    #[inline(always)]
    pub fn number(&mut self) -> Result<Number<'a>, Halt> {
        match self.short_integer() {
            Some(value) => Ok(Number::Int(value)),
            None => self.aside(Cursor::long_number),
        }
    }

    /// Reads eight digits or fewer without a sign: nearly all numbers there are. Anything else is left
    /// to [`Cursor::number`].
    #[inline(always)]
    pub fn short_integer(&mut self) -> Option<i64> {
        let (value, count) = self.eight_digits()?;
        let usual = count == 1 || count > 1 && self.peek() != b'0';
        let end = self.beyond(count);
        if !usual || !self.ends_number(end) {
            return None;
        }
        self.at = end;
        Some(value.cast_signed())
    }

    /// Reads eight to fifteen digits without a sign, as seconds since the epoch have them. Anything
    /// else is left to [`Cursor::number`].
    #[inline(always)]
    pub fn seconds(&mut self) -> Option<i64> {
        let (high, 8) = self.eight_digits()? else {
            return None;
        };
        let rest = Cursor::new(self.bytes, self.beyond(8));
        let (low, count) = rest.eight_digits()?;
        let scale = *POWERS_OF_TEN.get(count)?;
        let end = rest.beyond(count);
        if self.peek() == b'0' || !self.ends_number(end) {
            return None;
        }
        self.at = end;
        // Fifteen digits never wrap.
        Some(high.wrapping_mul(scale).wrapping_add(low).cast_signed())
    }

    /// Whether no byte at `at` makes a number longer that stands before it.
    #[inline(always)]
    fn ends_number(&self, at: usize) -> bool {
        let after = self.bytes.get(at);
        after.is_some_and(|byte| !matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E'))
    }

    /// Any number.
    #[inline(never)]
    fn long_number(&mut self) -> Result<Number<'a>, Halt> {
        let start = self.at;
        let negative = self.peek() == b'-';
        if negative {
            self.step();
        }
        let digits = self.at;
        let mut magnitude = 0u64;
        while let Some((value, 8)) = self.eight_digits() {
            magnitude = magnitude.wrapping_mul(100_000_000).wrapping_add(value);
            self.at = self.beyond(8);
        }
        loop {
            let digit = self.peek().wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            // May wrap: only up to 19 digits are read from it.
            magnitude = magnitude.wrapping_mul(10).wrapping_add(u64::from(digit));
            self.step();
        }
        let count = self.since(digits);
        let simple = count == 1 || self.bytes.get(digits) != Some(&b'0');
        if count == 0 || !simple || matches!(self.peek(), b'.' | b'e' | b'E') {
            let short = simple && (1..=15).contains(&count) && self.peek() == b'.';
            if short && let Some(value) = self.short_fraction(magnitude) {
                return Ok(Number::Float(if negative { -value } else { value }));
            }
            return self.other_number(start, digits);
        }
        if count <= 19
            && let Some(small) = Number::small(negative, magnitude)
        {
            return Ok(small);
        }
        self.big_integer(start, digits)
    }

    /// The float of an integer, read already, and a fraction of seven digits or fewer, whose point is at the cursor.
    /// Its digits and the power of ten are floats themselves, so their quotient is the nearest one. Anything else is
    /// left to the standard library.
    #[inline(always)]
    fn short_fraction(&mut self, magnitude: u64) -> Option<f64> {
        let fraction = Cursor::new(self.bytes, self.beyond(1));
        let (value, count) = fraction.eight_digits()?;
        let scale = *POWERS_OF_TEN.get(count)?;
        let end = fraction.beyond(count);
        let all = magnitude.checked_mul(scale)?.checked_add(value)?;
        if count == 0 || all > EXACT || !self.ends_number(end) {
            return None;
        }
        self.at = end;
        Some(all as f64 / scale as f64)
    }

    /// An integer of 19 digits or more, too large for a sign in 64 bits, complete at the cursor.
    #[cold]
    fn big_integer(&self, start: usize, digits: usize) -> Result<Number<'a>, Halt> {
        if self.since(digits) > MAX_DIGITS {
            return Err(fault(Code::OutOfRange, start, Expected::NumberInRange));
        }
        let text = self.ascii(start)?;
        Ok(text
            .parse()
            .map_or_else(|_| Number::Big(text), Number::UInt))
    }

    /// Everything that is not a plain integer: a float, or a fault. The cursor is behind the digits.
    #[inline(never)]
    fn other_number(&mut self, start: usize, digits: usize) -> Result<Number<'a>, Halt> {
        if self.at == digits {
            return Err(self.bad_number());
        }
        if self.since(digits) > 1 && self.bytes.get(digits) == Some(&b'0') {
            self.at = digits;
            self.step();
            return Err(fault(Code::InvalidNumber, self.at, Expected::JsonNumber));
        }
        if self.peek() == b'.' {
            self.step();
            self.digits()?;
        }
        if matches!(self.peek(), b'e' | b'E') {
            self.step();
            if matches!(self.peek(), b'+' | b'-') {
                self.step();
            }
            self.digits()?;
        }
        match self.ascii(start)?.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Number::Float(value)),
            _ => Err(fault(Code::OutOfRange, start, Expected::NumberInRange)),
        }
    }

    /// One digit or more.
    fn digits(&mut self) -> Result<(), Halt> {
        if !self.peek().is_ascii_digit() {
            return Err(self.bad_number());
        }
        while self.peek().is_ascii_digit() {
            self.step();
        }
        Ok(())
    }

    #[cold]
    fn bad_number(&self) -> Halt {
        if self.at_end() {
            fault(Code::Truncated, self.at, Expected::Digit)
        } else {
            fault(Code::InvalidNumber, self.at, Expected::Digit)
        }
    }

    fn ascii(&self, start: usize) -> Result<&'a str, Halt> {
        let bytes = self.bytes.get(start..self.at).unwrap_or_default();
        std::str::from_utf8(bytes).map_err(|_| fault(Code::Internal, start, Expected::JsonNumber))
    }
}

/// What a string of digits is worth as an attribute's integer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum IntegerText {
    /// An integer of 64 bits.
    Value(Number<'static>),
    /// Digits, but too many.
    TooLarge,
    /// Not digits.
    NotDigits,
}

/// Reads the integer in a string: an optional minus and ASCII digits, leading zeros allowed.
pub fn parse_integer(text: &[u8]) -> IntegerText {
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, text),
    };
    if digits.is_empty() {
        return IntegerText::NotDigits;
    }
    let mut magnitude = Some(0u64);
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return IntegerText::NotDigits;
        }
        magnitude = magnitude
            .and_then(|value| value.checked_mul(10))
            .and_then(|value| value.checked_add(u64::from(digit)));
    }
    match magnitude.and_then(|value| Number::small(negative, value)) {
        Some(number) => IntegerText::Value(number),
        None => IntegerText::TooLarge,
    }
}
