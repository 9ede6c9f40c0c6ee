//! Strings: from the opening quote to text that is known to be ASCII or known to be UTF-8.

use crate::block::Block;
use crate::encode::append;
use crate::error::{Code, Expected, Halt, fault};
use crate::scan::Cursor;

/// Nearly all values of attributes are shorter.
const SHORT: usize = 32;

/// Bytes that are printable ASCII: only the reader of strings makes them, so whoever gets them may
/// rely on it.
#[derive(Clone, Copy, Debug)]
pub struct Ascii<'a> {
    /// The bytes, and what follows them in the record.
    rest: &'a [u8],
    length: usize,
}

impl<'a> Ascii<'a> {
    /// The bytes, each from 0x20 to 0x7f.
    #[inline(always)]
    pub fn bytes(self) -> &'a [u8] {
        self.rest.get(..self.length).unwrap_or_default()
    }
}

/// A string's characters, unescaped. Whoever builds an object from it need not look for either
/// property again.
#[derive(Clone, Copy, Debug)]
pub enum Text<'a> {
    /// Printable ASCII, straight from the record.
    Ascii(Ascii<'a>),
    /// Any text.
    Unicode(&'a str),
}

impl<'a> Text<'a> {
    /// The text's UTF-8 bytes.
    #[inline(always)]
    pub fn as_bytes(self) -> &'a [u8] {
        match self {
            Text::Ascii(ascii) => ascii.bytes(),
            Text::Unicode(text) => text.as_bytes(),
        }
    }

    /// Appends the text's UTF-8 bytes. Short ones, as nearly all are, go as one wide word, and what is
    /// too much is taken back: a call to copy so little would cost more.
    #[inline(always)]
    pub fn append_to(self, out: &mut Vec<u8>) {
        if let Text::Ascii(Ascii { rest, length }) = self
            && length <= SHORT
            && let Some(chunk) = rest.first_chunk::<SHORT>()
        {
            append(out, chunk, length);
        } else {
            out.extend_from_slice(self.as_bytes());
        }
    }

    /// The text's bytes as one block, if they fit into it. No two texts have the same one: the zeros behind a
    /// text are not its own.
    #[inline(always)]
    pub fn block(self) -> Option<Block> {
        match self {
            Text::Ascii(Ascii { length, .. }) if length > Block::SIZE => None,
            Text::Unicode(text) if text.len() > Block::SIZE || text.ends_with('\0') => None,
            text => Some(text.beginning()),
        }
    }

    /// The text's first bytes.
    #[inline(always)]
    pub(crate) fn beginning(self) -> Block {
        match self {
            Text::Ascii(ascii) => Block::beginning(ascii.rest, ascii.length),
            Text::Unicode(text) => Block::beginning(text.as_bytes(), text.len()),
        }
    }

    /// The same, if there is memory for it.
    pub(crate) fn try_to_owned(self) -> Option<String> {
        let text = match self {
            Text::Ascii(ascii) => std::str::from_utf8(ascii.bytes()).unwrap_or_default(),
            Text::Unicode(text) => text,
        };
        let mut owned = String::new();
        owned.try_reserve_exact(text.len()).ok()?;
        owned.push_str(text);
        Some(owned)
    }

    /// The text as an owned string.
    pub fn to_owned(self) -> String {
        match self {
            Text::Ascii(ascii) => String::from_utf8_lossy(ascii.bytes()).into_owned(),
            Text::Unicode(text) => text.to_owned(),
        }
    }
}

impl<'a> Cursor<'a> {
    /// Reads a string whose opening quote is just behind the cursor, and its closing quote too.
    /// `scratch` holds the text where escapes must be undone.
    #[inline(always)]
    pub fn text<'s>(&mut self, scratch: &'s mut Vec<u8>) -> Result<Text<'s>, Halt>
    where
        'a: 's,
    {
        let start = self.at;
        match self.plain_string() {
            Some(plain) => Ok(Text::Ascii(plain)),
            None => self.aside(|cursor| cursor.long_text(start, scratch)),
        }
    }

    /// The same, if the text is plain; else the cursor is left somewhere in it.
    #[inline(always)]
    pub fn plain_string(&mut self) -> Option<Ascii<'a>> {
        let start = self.at;
        self.plain_text();
        if self.peek() != b'"' {
            return None;
        }
        let length = self.since(start);
        self.step();
        let rest = self.bytes.get(start..).unwrap_or_default();
        Some(Ascii { rest, length })
    }

    /// The rest of a string that is not plain: characters beyond ASCII are checked, escapes undone.
    #[inline(never)]
    fn long_text<'s>(&mut self, start: usize, scratch: &'s mut Vec<u8>) -> Result<Text<'s>, Halt>
    where
        'a: 's,
    {
        self.any_text();
        if self.peek() != b'"' {
            return self.escaped_text(start, scratch).map(Text::Unicode);
        }
        let text = self.utf8(start)?;
        self.step();
        Ok(Text::Unicode(text))
    }

    /// The bytes from `start` to the cursor, checked to be UTF-8.
    pub fn utf8(&self, start: usize) -> Result<&'a str, Halt> {
        let run = self.bytes.get(start..self.at).unwrap_or_default();
        std::str::from_utf8(run).map_err(|error| {
            // A character cut off by the end of the input is a matter of length, not of coding.
            if error.error_len().is_none() && self.at_end() {
                fault(Code::Truncated, self.at, Expected::ClosingQuote)
            } else {
                fault(
                    Code::InvalidUtf8,
                    start.saturating_add(error.valid_up_to()),
                    Expected::Utf8,
                )
            }
        })
    }
}
