//! The wide paths by themselves, so that each can be held against the plain loop that it stands for. Shown by the feature
//! `inside`, to the fuzz targets alone; `scan` and `number` tell what the functions do.

use crate::literal::Literal;
use crate::scan::Cursor;

/// Where plain text ends that begins at `at`.
pub fn plain_text_end(bytes: &[u8], at: usize) -> usize {
    let mut cursor = Cursor::new(bytes, at);
    cursor.plain_text();
    cursor.at
}

/// Where text ends that begins at `at`: at what cannot stand in a string.
pub fn any_text_end(bytes: &[u8], at: usize) -> usize {
    let mut cursor = Cursor::new(bytes, at);
    cursor.any_text();
    cursor.at
}

/// Where white space ends that begins at `at`.
pub fn space_end(bytes: &[u8], at: usize) -> usize {
    let mut cursor = Cursor::new(bytes, at);
    cursor.space();
    cursor.at
}

/// The value of up to eight digits at `at`, and how many they are.
pub fn eight_digits(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    Cursor::new(bytes, at).eight_digits()
}

/// A short integer at `at`, and its end.
pub fn short_integer(bytes: &[u8], at: usize) -> Option<(i64, usize)> {
    let mut cursor = Cursor::new(bytes, at);
    let value = cursor.short_integer()?;
    Some((value, cursor.at))
}

/// Eight to fifteen digits at `at`, and their end.
pub fn seconds(bytes: &[u8], at: usize) -> Option<(i64, usize)> {
    let mut cursor = Cursor::new(bytes, at);
    let value = cursor.seconds()?;
    Some((value, cursor.at))
}

/// Where the value begins of a member at `at`, behind `separator`, if its name is this one.
pub fn member_end(bytes: &[u8], at: usize, separator: u8, literal: &Literal) -> Option<usize> {
    let mut cursor = Cursor::new(bytes, at);
    cursor.take_member(separator, literal).then_some(cursor.at)
}
