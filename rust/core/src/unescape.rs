//! Strings with escapes, undone into a buffer. Called by `text`.

use crate::encode::{AROUND, append, plain};
use crate::error::{Code, Expected, Fault, Halt, fault};
use crate::scan::Cursor;

/// So many bytes are copied before there is a look at the room again.
const PIECE: usize = 256;

impl Cursor<'_> {
    /// Reads the string that begins at `start`, and its closing quote: `out` becomes its text.
    pub fn escaped_text<'s>(
        &mut self,
        start: usize,
        out: &'s mut Vec<u8>,
    ) -> Result<&'s str, Halt> {
        let done = self.unescape(start, out);
        if done.is_ok()
            && let Ok(text) = std::str::from_utf8(out)
        {
            self.step();
            return Ok(text);
        }
        // What is no UTF-8 comes before the fault, if there is another one.
        self.utf8(start)?;
        Err(done
            .err()
            .unwrap_or_else(|| fault(Code::Internal, start, Expected::Utf8)))
    }

    /// The same up to the quote, of bytes that nobody checked.
    fn unescape(&mut self, start: usize, out: &mut Vec<u8>) -> Result<(), Halt> {
        self.at = start;
        out.clear();
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let piece = rest.get(..PIECE).unwrap_or(rest);
            self.room(out)?;
            self.at = self.beyond(plain(out, piece));
            while self.peek() == b'\\' {
                self.room(out)?;
                self.escape(out)?;
            }
            match self.peek() {
                b'"' => return Ok(()),
                b' '.. => {}
                _ if self.at_end() => {
                    return Err(fault(Code::Truncated, self.at, Expected::ClosingQuote));
                }
                _ => {
                    let expected = Expected::NoControlCharacter;
                    return Err(fault(Code::ControlCharacter, self.at, expected));
                }
            }
        }
    }

    /// Makes room for a piece, and for a character behind it.
    #[inline(always)]
    fn room(&self, out: &mut Vec<u8>) -> Result<(), Halt> {
        let room = out.try_reserve(PIECE.saturating_add(AROUND));
        room.map_err(|_| Halt::Fault(Box::new(Fault::no_memory(self.at))))
    }

    /// One escape, whose backslash is at the cursor. There is room for its character.
    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), Halt> {
        let start = self.at;
        self.step();
        let simple = match self.peek() {
            same @ (b'"' | b'\\' | b'/') => same,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                self.step();
                let character = self.unicode_escape(start)?;
                let mut bytes = [0; 4];
                let length = character.encode_utf8(&mut bytes).len();
                append(out, &bytes, length);
                return Ok(());
            }
            _ => return Err(self.bad_escape(start)),
        };
        self.step();
        out.push(simple);
        Ok(())
    }

    /// The digits after `\u`, and the second half of a pair.
    fn unicode_escape(&mut self, start: usize) -> Result<char, Halt> {
        let first = self.hex4(start)?;
        if let Some(single) = char::from_u32(first) {
            return Ok(single);
        }
        let lone = || fault(Code::LoneSurrogate, start, Expected::SurrogatePair);
        if first >= 0xdc00 {
            return Err(lone());
        }
        let second_start = self.at;
        for byte in *b"\\u" {
            if self.at_end() {
                return Err(fault(Code::Truncated, self.at, Expected::SurrogatePair));
            }
            if self.peek() != byte {
                return Err(lone());
            }
            self.step();
        }
        let second = self.hex4(second_start)?;
        if !(0xdc00..0xe000).contains(&second) {
            return Err(lone());
        }
        let beyond = (first & 0x3ff) << 10 | second & 0x3ff;
        char::from_u32(beyond.saturating_add(0x10000)).ok_or_else(lone)
    }

    fn hex4(&mut self, start: usize) -> Result<u32, Halt> {
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = char::from(self.peek()).to_digit(16) else {
                return Err(self.bad_escape(start));
            };
            code = code << 4 | digit;
            self.step();
        }
        Ok(code)
    }

    #[cold]
    fn bad_escape(&self, start: usize) -> Halt {
        if self.at_end() {
            fault(Code::Truncated, self.at, Expected::Escape)
        } else {
            fault(Code::InvalidEscape, start, Expected::Escape)
        }
    }
}
