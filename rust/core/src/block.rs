//! A short text as one wide word: compared and hashed without a loop and without a branch on its
//! length. Used wherever texts are looked up: names, ids, and the caches of the builder.

/// The first [`Block::SIZE`] bytes of a text; zeros behind them where there are fewer.
///
/// Two texts of one length that is no larger are the same if their blocks are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block([u128; 2]);

/// For each length, the bytes of a block that belong to the text.
#[expect(
    clippy::indexing_slicing,
    reason = "the compiler computes it, and would refuse what fails"
)]
const MASKS: [[u128; 2]; Block::SIZE + 1] = {
    let mut masks = [[0; 2]; Block::SIZE + 1];
    let mut length = 0;
    while length <= Block::SIZE {
        let mut byte = 0;
        while byte < length {
            masks[length][byte / 16] |= 0xff << (byte % 16 * 8);
            byte += 1;
        }
        length += 1;
    }
    masks
};

impl Block {
    /// How many bytes fit into a block.
    pub const SIZE: usize = 32;

    /// The block of the first `length` bytes of `rest`, or of as many of them as fit. What stands
    /// behind them may be read too, and is cut off.
    #[inline(always)]
    pub fn beginning(rest: &[u8], length: usize) -> Block {
        let mask = MASKS.get(length.min(Block::SIZE)).unwrap_or(&[0; 2]);
        let words = match rest.first_chunk() {
            Some(bytes) => words(bytes),
            None => short(rest),
        };
        Block([words[0] & mask[0], words[1] & mask[1]])
    }

    /// A number that differs where texts differ, as well as one multiplication can make it. For tables
    /// of a fixed number of steps only: whoever wants texts of one hash can have them.
    #[inline(always)]
    pub fn hash(self) -> usize {
        let [low, high] = self.0;
        let (a, b) = (low as u64, (low >> 64) as u64);
        let (c, d) = (high as u64, (high >> 64) as u64);
        let mixed = a ^ b.rotate_left(29) ^ c.rotate_left(13) ^ d.rotate_left(43);
        let wide = u128::from(mixed) * 0x9e37_79b9_7f4a_7c15;
        (wide >> 64 ^ wide) as usize
    }
}

#[inline(always)]
fn words(bytes: &[u8; Block::SIZE]) -> [u128; 2] {
    let mut words = [0; 2];
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
        *word = u128::from_le_bytes(*bytes);
    }
    words
}

/// The same near the end of the record.
#[inline(never)]
fn short(rest: &[u8]) -> [u128; 2] {
    let mut bytes = [0; Block::SIZE];
    if let Some(place) = bytes.get_mut(..rest.len()) {
        place.copy_from_slice(rest);
    }
    words(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_of_numbered_names_spread() {
        let places: std::collections::BTreeSet<_> = (0..500)
            .map(|number| format!("CRM_Field{number:03}"))
            .map(|name| Block::beginning(name.as_bytes(), name.len()).hash() & 511)
            .collect();
        // As many of 512 places as 500 random draws take, give or take.
        assert!(places.len() > 290, "{} places", places.len());
    }

    #[test]
    fn a_block_is_the_text_whatever_follows_it() {
        let record: Vec<u8> = (1..=80).collect();
        for start in 0..record.len() {
            let rest = &record[start..];
            for length in 0..=Block::SIZE.min(rest.len()) {
                let mut want = [0; Block::SIZE];
                want[..length].copy_from_slice(&rest[..length]);
                let block = Block::beginning(rest, length);
                assert_eq!(block, Block(words(&want)), "{length} from {start}");
                assert_eq!(block, Block::beginning(&rest[..length], length));
            }
        }
    }
}
