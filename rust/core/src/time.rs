//! The forms of a time stamp: an object of one of the plan's pairs, or epoch milliseconds.

use crate::decode::Walk;
use crate::error::{Code, Expected, Halt, Step, fault, mismatch};
use crate::error::{Fault, JsonType};
use crate::number::Number;
use crate::scan::Cursor;
use crate::sink::Scalar;
use crate::tree::{check_depth, colon, quote};

const MICROS: u32 = 1_000_000;

impl<'r> Walk<'_, 'r> {
    /// The form that nearly every record has: the pair seen last, in order, without white space.
    /// Whatever differs is left to [`Walk::time`]: then the cursor stays where it is.
    #[inline(always)]
    pub(crate) fn usual_time(&self, cursor: &mut Cursor<'r>) -> Option<Scalar<'static>> {
        let pairs = &self.decoder.plan.time_pairs;
        let [seconds_name, useconds_name] = pairs.get(usize::from(self.time_pair))?;
        check_depth(cursor, 2, self.decoder.options.max_depth).ok()?;
        let mut ahead = Cursor::new(cursor.bytes, cursor.at);
        let named = ahead.take_member(b'{', &seconds_name.literal);
        let seconds = named.then(|| ahead.seconds())??;
        let named = ahead.take_member(b',', &useconds_name.literal);
        let useconds = named.then(|| ahead.short_integer())??;
        if ahead.peek() != b'}' {
            return None;
        }
        let useconds = u32::try_from(useconds).ok().filter(|&u| u < MICROS)?;
        ahead.step();
        cursor.at = ahead.at;
        Some(Scalar::Time { seconds, useconds })
    }

    /// Reads the time stamp at the cursor, in whatever form.
    pub(crate) fn time(&mut self, cursor: &mut Cursor<'r>) -> Result<Scalar<'static>, Halt> {
        match cursor.peek() {
            b'{' => {
                check_depth(cursor, 2, self.decoder.options.max_depth)?;
                self.time_object(cursor)
            }
            b'-' | b'0'..=b'9' => self.epoch_milliseconds(cursor),
            _ => Err(cursor.wrong_type(Expected::Time)),
        }
    }

    fn epoch_milliseconds(&mut self, cursor: &mut Cursor<'r>) -> Result<Scalar<'static>, Halt> {
        let milliseconds = match self.integer(cursor, Expected::Time)? {
            Number::Int(value) => i128::from(value),
            Number::UInt(value) => i128::from(value),
            _ => 0,
        };
        let seconds = milliseconds.div_euclid(1000);
        let useconds = milliseconds.rem_euclid(1000).saturating_mul(1000);
        Ok(Scalar::Time {
            // A thousandth of 64 bits always fits.
            seconds: i64::try_from(seconds).unwrap_or_default(),
            useconds: u32::try_from(useconds).unwrap_or_default(),
        })
    }

    /// Any object with exactly one pair: members in either order, the last of a repeated one wins.
    fn time_object(&mut self, cursor: &mut Cursor<'r>) -> Result<Scalar<'static>, Halt> {
        cursor.step();
        cursor.space();
        let mut pair = None;
        let mut values: [Option<i64>; 2] = [None, None];
        if cursor.peek() != b'}' {
            loop {
                self.time_member(cursor, &mut pair, &mut values)?;
                cursor.space();
                match cursor.peek() {
                    b',' => {
                        cursor.step();
                        cursor.space();
                    }
                    b'}' => break,
                    _ => return Err(cursor.unexpected(Expected::CommaOrBrace)),
                }
            }
        }
        let [Some(seconds), Some(useconds)] = values else {
            let at = cursor.at;
            return Err(fault(Code::InvalidTime, at, Expected::TimePair));
        };
        cursor.step();
        self.time_pair = pair.unwrap_or_default();
        Ok(Scalar::Time {
            seconds,
            // In range: checked when it was read.
            useconds: u32::try_from(useconds).unwrap_or_default(),
        })
    }

    fn time_member(
        &mut self,
        cursor: &mut Cursor<'r>,
        pair: &mut Option<u8>,
        values: &mut [Option<i64>; 2],
    ) -> Result<(), Halt> {
        let key_at = cursor.at;
        quote(cursor, Expected::MemberName)?;
        let key = cursor.text(self.scratch)?.as_bytes();
        cursor.space();
        colon(cursor)?;
        cursor.space();
        let found = (0u8..)
            .zip(&self.decoder.plan.time_pairs)
            .find_map(|(number, names)| {
                let member = names.iter().position(|name| name.text.as_bytes() == key)?;
                Some((number, member))
            });
        let Some((number, member)) = found.filter(|(number, _)| pair.is_none_or(|p| p == *number))
        else {
            return Err(fault(Code::InvalidTime, key_at, Expected::TimePair));
        };
        *pair = Some(number);
        let value = self.time_value(cursor, member == 1).map_err(|halt| {
            let member = u8::from(member == 1);
            add_step(halt, Step::Time(number, member))
        })?;
        if let Some(slot) = values.get_mut(member) {
            *slot = Some(value);
        }
        Ok(())
    }

    fn time_value(&mut self, cursor: &mut Cursor<'r>, microseconds: bool) -> Result<i64, Halt> {
        let at = cursor.at;
        let expected = if microseconds {
            Expected::Microseconds
        } else {
            Expected::Integer64
        };
        if !matches!(cursor.peek(), b'-' | b'0'..=b'9') {
            return Err(cursor.wrong_type(expected));
        }
        match self.integer(cursor, expected)? {
            Number::Int(value) if !microseconds || (0..i64::from(MICROS)).contains(&value) => {
                Ok(value)
            }
            _ => Err(mismatch(
                Code::OutOfRange,
                at,
                expected,
                Some(JsonType::Integer),
            )),
        }
    }
}

fn add_step(mut halt: Halt, step: Step) -> Halt {
    if let Halt::Fault(fault) = &mut halt {
        let Fault { path, .. } = fault.as_mut();
        path.push(step);
    }
    halt
}
