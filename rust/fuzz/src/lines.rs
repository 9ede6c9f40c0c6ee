//! NDJSON in one buffer: cut at its newlines as the standard library would, in stretches of any size too.

use vmcodec_core::lines::{Line, Lines, Stretches};

/// Takes the size of stretches, in one byte, and a buffer.
pub fn run(data: &[u8]) {
    let Some((&size, buffer)) = data.split_first() else {
        return;
    };
    let whole = lines(buffer);
    let found: Vec<_> = Lines::new(buffer).collect();
    assert_eq!(found, whole);
    let mut found = Vec::new();
    let (mut records, mut seen, mut length) = (0, 0, 0);
    for stretch in Stretches::new(buffer, usize::from(size)) {
        length += stretch.len();
        let whole_lines = stretch.len() > usize::from(size) && stretch.ends_with(b"\n");
        assert!(whole_lines || length == buffer.len());
        let mut lines = Lines::new(stretch);
        found.extend(lines.by_ref().map(|line| Line {
            index: records + line.index,
            number: seen + line.number,
            ..line
        }));
        assert!(lines.rest().is_empty());
        records += lines.records();
        seen += lines.seen();
    }
    assert_eq!(length, buffer.len());
    assert_eq!(found, whole);
}

/// The records of a buffer, by the plainest of means.
pub fn lines(buffer: &[u8]) -> Vec<Line<'_>> {
    let mut found = Vec::new();
    for (number, line) in buffer.split(|&byte| byte == b'\n').enumerate() {
        let bytes = line.strip_suffix(b"\r").unwrap_or(line);
        if bytes.iter().any(|byte| !b" \t\r".contains(byte)) {
            let index = found.len();
            found.push(Line {
                bytes,
                index,
                number,
            });
        }
    }
    found
}
