//! Free-form values: the grammar of JSON, walked without recursion, into the sink.
//!
//! Called by `decode` for members that are trees, and by users of single values.

use crate::error::{Code, Expected, Fault, Halt, fault};
use crate::scan::Cursor;
use crate::sink::{Container, Ignore, Scalar, Sink};

/// The deepest nesting that any `max_depth` allows: CPython cannot compare or print deeper values
/// under its usual recursion limit.
pub(crate) const DEPTH_LIMIT: usize = 1024;

#[inline(always)]
pub(crate) fn quote(cursor: &mut Cursor<'_>, expected: Expected) -> Result<(), Halt> {
    if cursor.peek() != b'"' {
        return Err(cursor.unexpected(expected));
    }
    cursor.step();
    Ok(())
}

#[inline(always)]
pub(crate) fn colon(cursor: &mut Cursor<'_>) -> Result<(), Halt> {
    if cursor.peek() != b':' {
        return Err(cursor.unexpected(Expected::Colon));
    }
    cursor.step();
    Ok(())
}

#[inline(always)]
pub(crate) fn check_depth(cursor: &Cursor<'_>, depth: usize, max_depth: usize) -> Result<(), Halt> {
    if depth > max_depth {
        return Err(fault(Code::TooDeep, cursor.at, Expected::Depth(max_depth)));
    }
    Ok(())
}

/// Which of the open containers are objects: one bit each.
struct Nesting {
    objects: [u64; DEPTH_LIMIT / 64],
    depth: usize,
}

impl Nesting {
    #[inline(always)]
    fn push(&mut self, object: bool) {
        if let Some(word) = self.objects.get_mut(self.depth / 64) {
            let bit = 1 << (self.depth % 64);
            *word = if object { *word | bit } else { *word & !bit };
        }
        self.depth += 1;
    }

    /// Whether the innermost container is an object.
    #[inline(always)]
    fn in_object(&self) -> bool {
        let level = self.depth.wrapping_sub(1);
        self.objects
            .get(level / 64)
            .is_some_and(|word| word >> (level % 64) & 1 == 1)
    }
}

/// Reads the value at the cursor, inside of `outer` open containers.
#[inline(always)]
pub(crate) fn tree<S: Sink>(
    cursor: &mut Cursor<'_>,
    scratch: &mut String,
    outer: usize,
    max_depth: usize,
    sink: &mut S,
) -> Result<(), Halt> {
    let max_depth = max_depth.min(DEPTH_LIMIT);
    let mut nesting = Nesting {
        objects: [0; DEPTH_LIMIT / 64],
        depth: 0,
    };
    loop {
        // A value begins here.
        match cursor.peek() {
            b'"' => {
                cursor.step();
                let text = cursor.text(scratch)?;
                sink.scalar(Scalar::Text(text))?;
            }
            b'-' | b'0'..=b'9' => sink.scalar(Scalar::Number(cursor.number()?))?,
            first @ (b'{' | b'[') => {
                check_depth(cursor, outer + nesting.depth + 1, max_depth)?;
                let object = first == b'{';
                sink.open(if object {
                    Container::Object
                } else {
                    Container::Array
                })?;
                cursor.step();
                cursor.space();
                nesting.push(object);
                let closing = if object { b'}' } else { b']' };
                if cursor.peek() != closing {
                    if object {
                        key(cursor, scratch, Expected::MemberNameOrEnd, sink)?;
                    }
                    continue;
                }
            }
            b't' => {
                cursor.literal(b"true")?;
                sink.scalar(Scalar::Boolean(true))?;
            }
            b'f' => {
                cursor.literal(b"false")?;
                sink.scalar(Scalar::Boolean(false))?;
            }
            b'n' => {
                cursor.literal(b"null")?;
                sink.scalar(Scalar::Null)?;
            }
            _ => return Err(cursor.unexpected(Expected::Value)),
        }
        // A value is complete, or its container's closing bracket is at the cursor.
        loop {
            if nesting.depth == 0 {
                return Ok(());
            }
            if cursor.peek() != b',' {
                cursor.space();
            }
            match (cursor.peek(), nesting.in_object()) {
                (b',', object) => {
                    cursor.step();
                    cursor.space();
                    if object {
                        key(cursor, scratch, Expected::MemberName, sink)?;
                    }
                    break;
                }
                (b'}', true) | (b']', false) => {
                    cursor.step();
                    nesting.depth -= 1;
                    sink.close()?;
                }
                (_, true) => return Err(cursor.unexpected(Expected::CommaOrBrace)),
                (_, false) => return Err(cursor.unexpected(Expected::CommaOrBracket)),
            }
        }
    }
}

/// The key at the cursor and its colon, up to the value.
#[inline(always)]
fn key<S: Sink>(
    cursor: &mut Cursor<'_>,
    scratch: &mut String,
    expected: Expected,
    sink: &mut S,
) -> Result<(), Halt> {
    if let Some(guess) = sink.guess()
        && cursor.take(guess)
    {
        sink.guessed()?;
    } else {
        quote(cursor, expected)?;
        let text = cursor.text(scratch)?;
        cursor.space();
        colon(cursor)?;
        sink.key(text)?;
    }
    cursor.space();
    Ok(())
}

/// Walks the one value at `at`, whatever follows it, into the sink. `max_depth` counts its own
/// containers.
///
/// A sink that stops gives the code `internal`: it knows the reason better.
pub fn walk_value<S: Sink>(
    bytes: &[u8],
    at: usize,
    max_depth: usize,
    sink: &mut S,
) -> Result<usize, Box<Fault>> {
    let mut cursor = Cursor::new(bytes, at);
    match tree(&mut cursor, &mut String::new(), 0, max_depth, sink) {
        Ok(()) => Ok(cursor.at),
        Err(Halt::Fault(fault)) => Err(fault),
        Err(_) => Err(Box::new(Fault::new(
            Code::Internal,
            cursor.at,
            Expected::Value,
        ))),
    }
}

/// Checks that `document` is one JSON value and nothing else, by the rules that hold for free-form
/// values.
pub fn check_value(document: &[u8], max_depth: usize) -> Result<(), Box<Fault>> {
    let mut cursor = Cursor::new(document, 0);
    cursor.space();
    let end = walk_value(document, cursor.at, max_depth, &mut Ignore)?;
    cursor.at = end;
    cursor.space();
    if cursor.at_end() {
        Ok(())
    } else {
        Err(Box::new(Fault::new(
            Code::TrailingData,
            cursor.at,
            Expected::End,
        )))
    }
}

/// The largest `max_depth`, which no other option can exceed.
pub fn depth_limit() -> usize {
    DEPTH_LIMIT
}
