//! Strings read as plainly as can be: the part of `naive_json` that knows UTF-8 and escapes.

use vmcodec_core::Code;

use super::naive_json::{Read, Reader};

impl Reader<'_> {
    /// A string.
    pub fn text(&mut self) -> Read<String> {
        self.expect(b'"')?;
        let mut text = String::new();
        loop {
            match self.peek() {
                None => return Err(self.unexpected()),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(..0x20) => return Err(self.fault(Code::ControlCharacter, self.at)),
                Some(first) => text.push(self.character(first)?),
            }
        }
    }

    /// A character as UTF-8 has it, by the table of the Unicode standard.
    fn character(&mut self, first: u8) -> Read<char> {
        let start = self.at;
        let (length, second) = match first {
            0x00..0x80 => (1, 0..0),
            0xc2..0xe0 => (2, 0x80..0xc0),
            0xe0 => (3, 0xa0..0xc0),
            0xed => (3, 0x80..0xa0),
            0xe1..0xf0 => (3, 0x80..0xc0),
            0xf0 => (4, 0x90..0xc0),
            0xf1..0xf4 => (4, 0x80..0xc0),
            0xf4 => (4, 0x80..0x90),
            _ => return Err(self.fault(Code::InvalidUtf8, start)),
        };
        let mut code = match length {
            1 => u32::from(first),
            _ => u32::from(first) & (0x7f >> length),
        };
        for place in 1..length {
            let range = if place == 1 {
                second.clone()
            } else {
                0x80..0xc0
            };
            self.at += 1;
            match self.peek() {
                None => return Err(self.unexpected()),
                Some(byte) if range.contains(&byte) => code = code << 6 | u32::from(byte & 0x3f),
                Some(_) => return Err(self.fault(Code::InvalidUtf8, start)),
            }
        }
        self.at += 1;
        Ok(char::from_u32(code).expect("the table has characters only"))
    }

    fn escape(&mut self) -> Read<char> {
        let start = self.at;
        self.at += 1;
        let found = match self.peek() {
            None => return Err(self.unexpected()),
            Some(b'u') => {
                self.at += 1;
                let first = self.hex4(start)?;
                return match first {
                    0xd800..0xdc00 => self.second_half(start, first),
                    code => match char::from_u32(code) {
                        Some(single) => Ok(single),
                        None => Err(self.fault(Code::LoneSurrogate, start)),
                    },
                };
            }
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(_) => return Err(self.fault(Code::InvalidEscape, start)),
        };
        self.at += 1;
        Ok(found)
    }

    /// The other escape of a pair whose first one began at `start`.
    fn second_half(&mut self, start: usize, first: u32) -> Read<char> {
        let second_start = self.at;
        for byte in *b"\\u" {
            match self.peek() {
                None => return Err(self.unexpected()),
                Some(found) if found == byte => self.at += 1,
                Some(_) => return Err(self.fault(Code::LoneSurrogate, start)),
            }
        }
        match self.hex4(second_start)? {
            second @ 0xdc00..0xe000 => {
                let code = 0x10000 + (first - 0xd800) * 0x400 + (second - 0xdc00);
                Ok(char::from_u32(code).expect("pairs make characters"))
            }
            _ => Err(self.fault(Code::LoneSurrogate, start)),
        }
    }

    fn hex4(&mut self, start: usize) -> Read<u32> {
        let mut code = 0;
        for _ in 0..4 {
            let byte = self.peek().ok_or_else(|| self.unexpected())?;
            let Some(digit) = char::from(byte).to_digit(16) else {
                return Err(self.fault(Code::InvalidEscape, start));
            };
            code = code * 16 + digit;
            self.at += 1;
        }
        Ok(code)
    }
}
