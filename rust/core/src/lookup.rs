//! From text to a number, in a step or two: names, ids and codes of a plan.

use crate::block::Block;
use crate::text::Text;

/// A small table from text to a number: open addressing, at most a quarter full, so that a look-up
/// ends after a step or two whatever text is asked for.
#[derive(Debug)]
pub(crate) struct Lookup<T> {
    slots: Vec<Option<Slot<T>>>,
    used: usize,
}

#[derive(Debug)]
struct Slot<T> {
    block: Block,
    text: Box<[u8]>,
    value: T,
}

impl<T> Slot<T> {
    #[inline(always)]
    fn is(&self, block: Block, text: &[u8]) -> bool {
        self.block == block
            && self.text.len() == text.len()
            && (text.len() <= Block::SIZE || *self.text == *text)
    }
}

impl<T: Copy> Lookup<T> {
    pub fn new() -> Lookup<T> {
        let mut slots = Vec::new();
        slots.resize_with(16, || None);
        Lookup { slots, used: 0 }
    }

    /// The number of a text that the walk has read.
    #[inline(always)]
    pub fn get(&self, text: Text<'_>) -> Option<T> {
        self.find(text.beginning(), text.as_bytes())
    }

    /// The number of any text.
    pub fn get_str(&self, text: &str) -> Option<T> {
        self.get(Text::Unicode(text))
    }

    /// Takes a hash to a slot: there are always a power of two.
    #[inline(always)]
    fn mask(&self) -> usize {
        self.slots.len().wrapping_sub(1)
    }

    #[inline(always)]
    fn find(&self, block: Block, text: &[u8]) -> Option<T> {
        let mask = self.mask();
        let mut place = block.hash() & mask;
        while let Some(Some(slot)) = self.slots.get(place) {
            if slot.is(block, text) {
                return Some(slot.value);
            }
            place = place.wrapping_add(1) & mask;
        }
        None
    }

    /// Puts the value in, and gives back the one that was there.
    pub fn insert(&mut self, text: &str, value: T) -> Option<T> {
        let before = self.get_str(text);
        if before.is_none() && self.used >= self.slots.len() / 4 {
            let mut larger = Vec::new();
            larger.resize_with(self.slots.len().saturating_mul(2), || None);
            for slot in std::mem::replace(&mut self.slots, larger)
                .into_iter()
                .flatten()
            {
                self.place(slot);
            }
        }
        let (text, block) = (text.as_bytes(), Text::Unicode(text).beginning());
        let text = text.into();
        self.place(Slot { block, text, value });
        self.used = self.used.saturating_add(usize::from(before.is_none()));
        before
    }

    fn place(&mut self, new: Slot<T>) {
        let mask = self.mask();
        let mut place = new.block.hash() & mask;
        while let Some(Some(slot)) = self.slots.get(place) {
            if slot.is(new.block, &new.text) {
                break;
            }
            place = place.wrapping_add(1) & mask;
        }
        if let Some(slot) = self.slots.get_mut(place) {
            *slot = Some(new);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookup_finds_what_was_put_in_and_nothing_else() {
        let mut table = Lookup::new();
        for number in 0..1000u16 {
            assert_eq!(table.insert(&format!("name{number}"), number), None);
        }
        assert_eq!(table.insert("name7", 9), Some(7));
        for number in 0..1000u16 {
            let want = if number == 7 { 9 } else { number };
            assert_eq!(table.get_str(&format!("name{number}")), Some(want));
        }
        assert_eq!(table.get_str("name1000"), None);
        assert_eq!(table.get_str(""), None);
    }

    /// The most slots that a look-up visits, whatever text is asked for: its longest run, and the free
    /// one behind it.
    fn most_steps<T>(table: &Lookup<T>) -> usize {
        let used: Vec<bool> = table.slots.iter().map(Option::is_some).collect();
        let runs = used.split(|used| !used).map(<[bool]>::len);
        let (front, back) = (
            used.iter().take_while(|used| **used).count(),
            used.iter().rev().take_while(|used| **used).count(),
        );
        runs.chain([front + back]).max().unwrap_or(0) + 1
    }

    #[test]
    fn no_text_takes_more_than_a_few_steps() {
        // Nobody but who writes the classes puts anything in; what a record asks for may hash as it likes.
        let rows = include_str!("../../../tests/vectors/plan.json");
        let rows: serde_json::Value = serde_json::from_str(rows).unwrap_or_default();
        let mut table = Lookup::new();
        let (mut rest, mut texts) = (vec![&rows], 0u16);
        while let Some(value) = rest.pop() {
            match value {
                serde_json::Value::String(text) => {
                    table.insert(text, texts);
                    texts += 1;
                }
                serde_json::Value::Array(values) => rest.extend(values),
                serde_json::Value::Object(members) => rest.extend(members.values()),
                _ => {}
            }
        }
        assert!(texts > 100, "{texts} texts");
        assert!(most_steps(&table) <= 6, "{} steps", most_steps(&table));
    }
}
