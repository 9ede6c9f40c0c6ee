//! The beginnings of members, compared as a whole: separator, name, colon, and the quote of a text.
//!
//! Used where a name is guessed: by the fast path, and for times and ids.

use crate::scan::{Cursor, stands_at};

/// The beginning of a member as most producers write it, to compare with in a wide step or two: a separator, the
/// name in quotes, a colon, and the quote of its value where that is a text.
#[derive(Clone, Debug)]
pub struct Literal {
    /// The first bytes, zeros behind the end, and which they are.
    head: u128,
    mask: u128,
    /// The separator is a comma.
    bytes: Box<[u8]>,
}

impl Literal {
    /// As many bytes are compared in one step.
    const WIDE: usize = 16;

    /// Of a member of this name, whatever its value is.
    pub fn member(name: &str) -> Literal {
        Literal::new(name, b"")
    }

    /// Of a member of this name whose value is a text.
    pub fn text_member(name: &str) -> Literal {
        Literal::new(name, b"\"")
    }

    fn new(name: &str, value: &[u8]) -> Literal {
        let mut bytes = vec![b','];
        crate::encode::text(&mut bytes, name);
        bytes.push(b':');
        bytes.extend_from_slice(value);
        let mut head = [0; Literal::WIDE];
        let mut mask = [0; Literal::WIDE];
        for ((to, bit), from) in head.iter_mut().zip(&mut mask).zip(&bytes) {
            *to = *from;
            *bit = 0xff;
        }
        Literal {
            head: u128::from_le_bytes(head),
            mask: u128::from_le_bytes(mask),
            bytes: bytes.into(),
        }
    }

    /// Whether the first bytes stand in the chunk, `separator` in the place of the comma.
    #[inline(always)]
    fn begins(&self, separator: u8, chunk: &[u8; Literal::WIDE]) -> bool {
        let head = self.head ^ u128::from(separator ^ b',');
        (u128::from_le_bytes(*chunk) ^ head) & self.mask == 0
    }

    /// Whether the others follow there, if there are more than a chunk.
    #[inline(always)]
    fn ends_in(&self, rest: &[u8]) -> bool {
        let length = self.bytes.len();
        if length <= Literal::WIDE {
            return true;
        }
        let last = |bytes: &[u8]| Some(u128::from_le_bytes(*bytes.last_chunk()?));
        let found = rest.get(..length);
        found.and_then(last) == last(&self.bytes)
            && (length <= 2 * Literal::WIDE || stands_at(rest, 1, self.rest()))
    }

    /// All behind the separator.
    fn rest(&self) -> &[u8] {
        self.bytes.get(1..).unwrap_or_default()
    }

    /// The name in quotes and its colon.
    fn name(&self) -> &[u8] {
        let rest = self.rest();
        rest.strip_suffix(b"\"").unwrap_or(rest)
    }

    /// Whether the opening quote of a text belongs to it.
    fn is_text(&self) -> bool {
        self.bytes.last() == Some(&b'"')
    }
}

impl Cursor<'_> {
    /// Whether the member of this name begins here, behind `separator`; if so, steps over all up to its
    /// value, or up to the text in it.
    #[inline(always)]
    pub fn take_member(&mut self, separator: u8, literal: &Literal) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let found = match rest.first_chunk() {
            Some(chunk) => literal.begins(separator, chunk) && literal.ends_in(rest),
            None => rest.first() == Some(&separator) && stands_at(rest, 1, literal.rest()),
        };
        if found {
            self.at = self.beyond(literal.bytes.len());
            return true;
        }
        // White space behind the separator, as some producers write it.
        let second = self.bytes.get(self.beyond(1));
        second.is_some_and(|byte| *byte <= b' ')
            && self.aside(|cursor| cursor.take_spaced_member(separator, literal))
    }

    /// The same with white space behind the separator, and perhaps behind the colon.
    #[inline(never)]
    fn take_spaced_member(&mut self, separator: u8, literal: &Literal) -> bool {
        if self.peek() != separator {
            return false;
        }
        let mut ahead = self.clone();
        ahead.step();
        ahead.space();
        if !ahead.take_name(literal) {
            return false;
        }
        if literal.is_text() {
            ahead.space();
            if ahead.peek() != b'"' {
                return false;
            }
            ahead.step();
        }
        self.at = ahead.at;
        true
    }

    /// Whether the name in quotes and its colon stand here; if so, steps over both.
    pub fn take_name(&mut self, literal: &Literal) -> bool {
        self.take_slice(literal.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_taken_where_they_stand() {
        for name in [
            "a",
            "EventSequenceNumber",
            "A name that is longer than one chunk",
        ] {
            let (any, text) = (Literal::member(name), Literal::text_member(name));
            let end = name.len() + 4;
            for (separator, before, between) in
                [(b',', ",", ""), (b'{', "{", ""), (b',', ", ", " ")]
            {
                for behind in ["", "and much more than fits into a chunk"] {
                    let record = format!("{before}\"{name}\":{between}\"{behind}");
                    let mut cursor = Cursor::new(record.as_bytes(), 0);
                    assert!(cursor.clone().take_member(separator, &any), "{record}");
                    assert!(cursor.take_member(separator, &text), "{record}");
                    assert_eq!(cursor.at, end + 2 * between.len() + 1, "{record}");
                    for wrong in [
                        record.replace(name, "b"),
                        record.replace(':', ";"),
                        record[1..].to_owned(),
                    ] {
                        let cursor = Cursor::new(wrong.as_bytes(), 0);
                        assert!(!cursor.clone().take_member(separator, &any), "{wrong}");
                    }
                    assert!(
                        !Cursor::new(record.as_bytes(), 0).take_member(b'}', &any),
                        "{record}"
                    );
                }
                let record = format!("{before}\"{name}\":{between}1");
                let cursor = Cursor::new(record.as_bytes(), 0);
                assert!(cursor.clone().take_member(separator, &any), "{record}");
                assert!(!cursor.clone().take_member(separator, &text), "{record}");
            }
        }
    }
}
