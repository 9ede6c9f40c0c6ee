//! From text to a number, in a step or two: names, ids and codes of a plan.

/// A small table from text to a number: open addressing, at most a quarter full, so that a look-up
/// ends after a step or two whatever text is asked for.
#[derive(Debug)]
pub(crate) struct Lookup<T> {
    slots: Vec<Option<(Box<[u8]>, T)>>,
    used: usize,
}

impl<T: Copy> Lookup<T> {
    pub fn new() -> Lookup<T> {
        let mut slots = Vec::new();
        slots.resize_with(16, || None);
        Lookup { slots, used: 0 }
    }

    #[inline(always)]
    pub fn get(&self, text: &[u8]) -> Option<T> {
        let mask = self.slots.len() - 1;
        let mut place = hash(text) & mask;
        while let Some(Some((known, value))) = self.slots.get(place) {
            if **known == *text {
                return Some(*value);
            }
            place = (place + 1) & mask;
        }
        None
    }

    /// Puts the value in, and gives back the one that was there.
    pub fn insert(&mut self, text: &[u8], value: T) -> Option<T> {
        let before = self.get(text);
        if before.is_none() && self.used * 4 >= self.slots.len() {
            let mut larger = Vec::new();
            larger.resize_with(self.slots.len() * 2, || None);
            let old = std::mem::replace(&mut self.slots, larger);
            self.used = 0;
            for (text, value) in old.into_iter().flatten() {
                self.insert(&text, value);
            }
        }
        let mask = self.slots.len() - 1;
        let mut place = hash(text) & mask;
        while let Some(Some((known, _))) = self.slots.get(place) {
            if **known == *text {
                break;
            }
            place = (place + 1) & mask;
        }
        if let Some(slot) = self.slots.get_mut(place) {
            *slot = Some((text.into(), value));
        }
        self.used += usize::from(before.is_none());
        before
    }
}

/// A hash of the length and of the first and last eight bytes: names differ in these. For tables of
/// a fixed number of steps only: whoever wants texts of one hash can have them.
#[inline(always)]
pub fn hash(text: &[u8]) -> usize {
    let (first, last) = if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
    } else if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        (u64::from(first) << 32 | u64::from(last), 0)
    } else {
        let join = |word: u64, &byte: &u8| word << 8 | u64::from(byte);
        (text.iter().fold(0, join), 0)
    };
    let mixed = (first ^ last.rotate_left(29) ^ (text.len() as u64) << 56)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookup_finds_what_was_put_in_and_nothing_else() {
        let mut table = Lookup::new();
        for number in 0..1000u16 {
            assert_eq!(
                table.insert(format!("name{number}").as_bytes(), number),
                None
            );
        }
        assert_eq!(table.insert(b"name7", 9), Some(7));
        for number in 0..1000u16 {
            let want = if number == 7 { 9 } else { number };
            assert_eq!(table.get(format!("name{number}").as_bytes()), Some(want));
        }
        assert_eq!(table.get(b"name1000"), None);
        assert_eq!(table.get(b""), None);
    }
}
