//! The beginnings of members, compared as a whole: separator, name, and colon.
//!
//! Used where a name is guessed: by the fast path, and for times and ids.

use crate::scan::{Cursor, stands_at};

/// The beginning of a member as most producers write it, to compare with in a wide step or two: a separator, the
/// name in quotes, and a colon.
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

    /// Of a member of this name.
    pub fn member(name: &str) -> Literal {
        let mut bytes = vec![b','];
        crate::encode::text(&mut bytes, name);
        bytes.push(b':');
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

    /// Whether it is what `rest` begins with, `separator` in the place of the comma.
    #[inline(always)]
    fn begins(&self, separator: u8, rest: &[u8]) -> bool {
        match rest.first_chunk() {
            Some(chunk) => self.begins_in(separator, chunk) && self.ends_in(rest),
            None => rest.first() == Some(&separator) && stands_at(rest, 1, self.name()),
        }
    }

    /// Whether the first bytes stand in the chunk, `separator` in the place of the comma.
    #[inline(always)]
    fn begins_in(&self, separator: u8, chunk: &[u8; Literal::WIDE]) -> bool {
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
            && (length <= 2 * Literal::WIDE || stands_at(rest, 1, self.name()))
    }

    /// The name in quotes and its colon.
    fn name(&self) -> &[u8] {
        self.bytes.get(1..).unwrap_or_default()
    }
}

impl Cursor<'_> {
    /// Whether the member of this name begins here, behind `separator`; if so, steps over both and the colon.
    #[inline(always)]
    pub fn take_member(&mut self, separator: u8, literal: &Literal) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if literal.begins(separator, rest) {
            self.at = self.beyond(literal.bytes.len());
            return true;
        }
        // White space behind the separator, as some producers write it.
        rest.get(1).is_some_and(|byte| *byte <= b' ')
            && self.aside(|cursor| cursor.take_spaced_member(separator, literal))
    }

    /// The same with white space behind the separator: the last of it stands in the separator's place.
    #[inline(never)]
    fn take_spaced_member(&mut self, separator: u8, literal: &Literal) -> bool {
        if self.peek() != separator {
            return false;
        }
        let mut ahead = Cursor::new(self.bytes, self.beyond(1));
        let rest = self.bytes.get(ahead.at..).unwrap_or_default();
        if !matches!(rest, [b' ', b'"', ..]) {
            ahead.space();
            ahead.at = ahead.at.saturating_sub(1);
        }
        let rest = self.bytes.get(ahead.at..).unwrap_or_default();
        let last = rest.first().copied().unwrap_or_default();
        let found = literal.begins(last, rest);
        if found {
            self.at = ahead.beyond(literal.bytes.len());
        }
        found
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
            "A name that is longer than two whole chunks",
        ] {
            let literal = Literal::member(name);
            for (separator, before) in [(b',', ","), (b'{', "{"), (b',', ", "), (b'{', "{ \t\n")] {
                for behind in ["", "1", "\"and much more than fits into a chunk"] {
                    let record = format!("{before}\"{name}\":{behind}");
                    let mut cursor = Cursor::new(record.as_bytes(), 0);
                    assert!(!cursor.clone().take_member(b'}', &literal), "{record}");
                    assert!(cursor.take_member(separator, &literal), "{record}");
                    assert_eq!(cursor.at, record.len() - behind.len(), "{record}");
                    for wrong in [
                        record.replace(name, "b"),
                        record.replace(name, &name.replace(['k', 'r'], "_")),
                        record.replace(':', ";"),
                        record.replace(':', ""),
                        record[1..].to_owned(),
                        String::new(),
                    ] {
                        let mut cursor = Cursor::new(wrong.as_bytes(), 0);
                        let same = wrong == record;
                        assert_eq!(cursor.take_member(separator, &literal), same, "{wrong}");
                    }
                }
            }
        }
    }
}
