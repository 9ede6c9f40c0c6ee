//! The wide paths, each beside the plain loop that it stands for: at any place of any bytes, wherever they end.

use vmcodec_core::{Block, Literal, inside};

/// Takes a place, a length, and bytes.
pub fn run(data: &[u8]) {
    let Some((&[at, length], bytes)) = data.split_first_chunk() else {
        return;
    };
    let at = usize::from(at).min(bytes.len());
    let rest = &bytes[at..];
    let count = |matches: fn(&u8) -> bool| rest.iter().take_while(|&byte| matches(byte)).count();

    let plain = count(|byte| matches!(byte, 0x20..0x80) && !b"\"\\".contains(byte));
    assert_eq!(inside::plain_text_end(bytes, at), at + plain);
    let any = count(|byte| *byte >= 0x20 && !b"\"\\".contains(byte));
    assert_eq!(inside::any_text_end(bytes, at), at + any);
    let space = count(|byte| b" \t\r\n".contains(byte));
    assert_eq!(inside::space_end(bytes, at), at + space);

    let digits = count(u8::is_ascii_digit);
    numbers(bytes, at, digits);
    blocks(rest, usize::from(length).min(rest.len()));
    literals(bytes, at, usize::from(length));
}

fn numbers(bytes: &[u8], at: usize, digits: usize) {
    let rest = &bytes[at..];
    let value = |length: usize| {
        let digits = rest[..length].iter();
        digits.fold(0, |value, digit| value * 10 + u64::from(digit - b'0'))
    };
    // Eight bytes are read at once: shorter input is left to others, and so is its end.
    let known = bytes.len() >= 8 && !rest.is_empty();
    let eight = known.then(|| (value(digits.min(8)), digits.min(8)));
    assert_eq!(inside::eight_digits(bytes, at), eight);

    let behind = rest.get(digits);
    let ends = behind.is_some_and(|byte| !b".eE".contains(byte));
    let whole = known && ends && (digits == 1 || rest.first() != Some(&b'0'));
    let integer = |lengths: std::ops::RangeInclusive<usize>| {
        let fits = whole && lengths.contains(&digits);
        fits.then(|| (value(digits).cast_signed(), at + digits))
    };
    assert_eq!(inside::short_integer(bytes, at), integer(1..=8));
    assert_eq!(inside::seconds(bytes, at), integer(8..=15));
}

/// Blocks are equal where texts are, and what stands behind a text does not matter.
fn blocks(rest: &[u8], length: usize) {
    let text = &rest[..length];
    let block = Block::beginning(rest, length);
    assert_eq!(block, Block::beginning(text, length));
    assert_eq!(block.hash(), Block::beginning(text, length).hash());
    let other = &rest[rest.len() - length..];
    let same = text
        .iter()
        .take(Block::SIZE)
        .eq(other.iter().take(Block::SIZE));
    assert_eq!(block == Block::beginning(other, length), same);
}

/// A member is found where it stands, and nowhere else.
fn literals(bytes: &[u8], at: usize, length: usize) {
    // No character takes more than four bytes.
    let (length, behind) = (length % 40, length / 40 % 3);
    let name = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * length)]);
    let name: String = name.chars().take(length).collect();
    let literal = Literal::member(&name);
    let separator = if length.is_multiple_of(2) { b',' } else { b'{' };
    let mut record = vec![separator];
    serde_json::to_writer(&mut record, &name).unwrap();
    record.push(b':');
    let end = record.len();
    let found = bytes[at..].starts_with(&record).then_some(at + end);
    let second = bytes.get(at + 1);
    if second.is_none_or(|byte| *byte > b' ') {
        assert_eq!(inside::member_end(bytes, at, separator, &literal), found);
    }
    // Its end may be that of the record.
    record.extend_from_slice(&b"1,\"and so on, and so on\":[]"[..behind * 12]);
    assert_eq!(
        inside::member_end(&record, 0, separator, &literal),
        Some(end)
    );
    assert_eq!(
        inside::member_end(&record[..end - 1], 0, separator, &literal),
        None
    );
    for space in *b" \n\r\t" {
        record.insert(1, space);
    }
    assert_eq!(
        inside::member_end(&record, 0, separator, &literal),
        Some(end + 4)
    );
}
