//! The forms of a time stamp: an object of one of the plan's pairs, or epoch milliseconds.

use crate::decode::Walk;
use crate::error::{Code, Expected, Halt, Step, fault, mismatch};
use crate::error::{Fault, JsonType};
use crate::number::Number;
use crate::sink::Scalar;

const MICROS: u32 = 1_000_000;

impl<'w> Walk<'w> {
    /// Reads the time stamp at the cursor.
    #[inline]
    pub(crate) fn time(&mut self) -> Result<Scalar<'static>, Halt> {
        match self.cursor.peek() {
            b'{' => {
                self.too_deep(2)?;
                let start = self.cursor.at;
                if let Some(time) = self.usual_time() {
                    return Ok(time);
                }
                self.cursor.at = start;
                self.time_object()
            }
            b'-' | b'0'..=b'9' => self.epoch_milliseconds(),
            _ => Err(self.cursor.wrong_type(Expected::Time)),
        }
    }

    /// The form that nearly every record has: the pair seen last, in order, without white space.
    /// Whatever differs is left to `time_object`.
    #[inline(always)]
    fn usual_time(&mut self) -> Option<Scalar<'static>> {
        let [seconds_name, useconds_name] = self
            .decoder
            .plan
            .time_pairs
            .get(usize::from(self.time_pair))?;
        let cursor = &mut self.cursor;
        cursor.step();
        if !cursor.take(&seconds_name.literal) || !cursor.peek().is_ascii_digit() {
            return None;
        }
        let Ok(Number::Int(seconds)) = cursor.number() else {
            return None;
        };
        if cursor.peek() != b',' {
            return None;
        }
        cursor.step();
        if !cursor.take(&useconds_name.literal) || !cursor.peek().is_ascii_digit() {
            return None;
        }
        let Ok(Number::Int(useconds)) = cursor.number() else {
            return None;
        };
        if cursor.peek() != b'}' {
            return None;
        }
        cursor.step();
        let useconds = u32::try_from(useconds).ok().filter(|&u| u < MICROS)?;
        Some(Scalar::Time { seconds, useconds })
    }

    fn epoch_milliseconds(&mut self) -> Result<Scalar<'static>, Halt> {
        let milliseconds = match self.integer(Expected::Time)? {
            Number::Int(value) => i128::from(value),
            Number::UInt(value) => i128::from(value),
            _ => 0,
        };
        let seconds = milliseconds.div_euclid(1000);
        let useconds = milliseconds.rem_euclid(1000) * 1000;
        Ok(Scalar::Time {
            // A thousandth of 64 bits always fits.
            seconds: i64::try_from(seconds).unwrap_or_default(),
            useconds: u32::try_from(useconds).unwrap_or_default(),
        })
    }

    /// Any object with exactly one pair: members in either order, the last of a repeated one wins.
    #[inline(never)]
    fn time_object(&mut self) -> Result<Scalar<'static>, Halt> {
        self.cursor.step();
        self.cursor.space();
        let mut pair = None;
        let mut values: [Option<i64>; 2] = [None, None];
        if self.cursor.peek() != b'}' {
            loop {
                self.time_member(&mut pair, &mut values)?;
                self.cursor.space();
                match self.cursor.peek() {
                    b',' => {
                        self.cursor.step();
                        self.cursor.space();
                    }
                    b'}' => break,
                    _ => return Err(self.cursor.unexpected(Expected::CommaOrBrace)),
                }
            }
        }
        let [Some(seconds), Some(useconds)] = values else {
            let at = self.cursor.at;
            return Err(fault(Code::InvalidTime, at, Expected::TimePair));
        };
        self.cursor.step();
        self.time_pair = pair.unwrap_or_default();
        Ok(Scalar::Time {
            seconds,
            // In range: checked when it was read.
            useconds: u32::try_from(useconds).unwrap_or_default(),
        })
    }

    fn time_member(
        &mut self,
        pair: &mut Option<u8>,
        values: &mut [Option<i64>; 2],
    ) -> Result<(), Halt> {
        let key_at = self.cursor.at;
        self.quote(Expected::MemberName)?;
        let key = self.cursor.text(self.scratch)?.as_bytes();
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
        self.cursor.space();
        self.colon()?;
        self.cursor.space();
        let value = self.time_value(member == 1).map_err(|halt| {
            let member = u8::from(member == 1);
            add_step(halt, Step::Time(number, member))
        })?;
        if let Some(slot) = values.get_mut(member) {
            *slot = Some(value);
        }
        Ok(())
    }

    fn time_value(&mut self, microseconds: bool) -> Result<i64, Halt> {
        let at = self.cursor.at;
        let expected = if microseconds {
            Expected::Microseconds
        } else {
            Expected::Integer64
        };
        if !matches!(self.cursor.peek(), b'-' | b'0'..=b'9') {
            return Err(self.cursor.wrong_type(expected));
        }
        match self.integer(expected)? {
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
