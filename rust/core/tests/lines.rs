//! Lines: every short buffer against the standard library's way of splitting.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use vmcodec_core::lines::{Line, Lines, Stretches};

#[test]
fn every_short_buffer_is_cut_at_its_newlines() {
    let letters = b"a \t\r\n";
    for length in 0..=7u32 {
        let mut buffer = vec![0; length as usize];
        for number in 0..letters.len().pow(length) {
            let mut rest = number;
            for place in &mut buffer {
                *place = letters[rest % letters.len()];
                rest /= letters.len();
            }
            let expected: Vec<_> = buffer
                .split(|&byte| byte == b'\n')
                .enumerate()
                .map(|(line, bytes)| (line, bytes.strip_suffix(b"\r").unwrap_or(bytes)))
                .filter(|(_, bytes)| !bytes.trim_ascii().is_empty())
                .collect();
            let mut lines = Lines::new(&buffer);
            let found: Vec<_> = lines
                .by_ref()
                .map(|line| (line.number, line.bytes))
                .collect();
            assert_eq!(found, expected, "{buffer:?}");
            assert!(lines.rest().is_empty());
            assert_stretches_change_nothing(&buffer);
        }
    }
}

/// Whatever their size, stretches are the buffer, and their lines those of the whole.
fn assert_stretches_change_nothing(buffer: &[u8]) {
    let whole: Vec<_> = Lines::new(buffer).collect();
    for size in 0..=buffer.len() + 1 {
        let stretches: Vec<_> = Stretches::new(buffer, size).collect();
        assert_eq!(stretches.concat(), buffer);
        let mut found = Vec::new();
        let (mut records, mut numbers) = (0, 0);
        for (place, stretch) in stretches.iter().enumerate() {
            let last = place + 1 == stretches.len();
            assert!(last || (stretch.len() > size && stretch.ends_with(b"\n")));
            let mut lines = Lines::new(stretch);
            found.extend(lines.by_ref().map(|line| Line {
                index: records + line.index,
                number: numbers + line.number,
                ..line
            }));
            records += lines.records();
            numbers += lines.seen();
        }
        assert_eq!(found, whole, "{buffer:?} in stretches over {size}");
    }
}
