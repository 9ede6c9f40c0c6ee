//! A stream in pieces: wherever it is cut, its records are those of the whole, and those that are too long are told once.

use vmcodec_core::lines::Lines;
use vmcodec_core::{Buffer, Code};

use crate::common::Random;
use crate::lines::lines;

/// A record: its number, its line, and its bytes; none for one that is too long.
type Record = (usize, usize, Option<Vec<u8>>);

/// Takes the longest record, the longest piece, and a number to draw their sizes by, in one byte each; and a stream.
pub fn run(data: &[u8]) {
    let Some((&[max, longest, seed], stream)) = data.split_first_chunk() else {
        return;
    };
    let max = usize::from(max);
    let expected: Vec<Record> = lines(stream)
        .into_iter()
        .map(|line| {
            let fits = line.bytes.len() <= max;
            (line.index, line.number, fits.then(|| line.bytes.to_vec()))
        })
        .collect();
    let mut random = Random(u64::from(seed) + 1);
    let mut rest = stream;
    let pieces = std::iter::from_fn(|| {
        let length = random.below(usize::from(longest) + 1).min(rest.len());
        let (piece, behind) = rest.split_at(length.max(usize::from(longest == 0).min(rest.len())));
        let more = !rest.is_empty();
        rest = behind;
        more.then_some(piece)
    });
    let found = read(pieces, max, stream.len());
    assert_eq!(found, expected, "{}", stream.escape_ascii());
}

/// The records of the pieces, read as the module reads them.
fn read<'a>(mut pieces: impl Iterator<Item = &'a [u8]>, max: usize, total: usize) -> Vec<Record> {
    let mut buffer = Buffer::default();
    let mut found: Vec<Record> = Vec::new();
    let mut seen = 0;
    loop {
        let complete = buffer.complete();
        assert!(buffer.pending().len() <= total && complete <= buffer.pending().len());
        if complete > 0 {
            let mut lines = Lines::new(&buffer.pending()[..complete]);
            for line in lines.by_ref() {
                let fits = line.bytes.len() <= max;
                let bytes = fits.then(|| line.bytes.to_vec());
                found.push((found.len(), seen + line.number, bytes));
            }
            seen += lines.seen();
            buffer.decoded(complete);
            continue;
        }
        if buffer.ended {
            return found;
        }
        if let Some((fault, pending)) = buffer.oversized(max) {
            assert!(fault.code == Code::TooLarge && fault.offset == max && pending.len() > max);
            found.push((found.len(), seen, None));
            continue;
        }
        match pieces.next() {
            Some(piece) => buffer.push(piece).unwrap(),
            None => buffer.ended = true,
        }
    }
}
