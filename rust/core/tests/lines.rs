//! Lines: every short buffer against the standard library's way of splitting.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use vmcodec_core::lines::Lines;

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
        }
    }
}
