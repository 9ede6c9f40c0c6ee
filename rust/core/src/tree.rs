//! Free-form values: the grammar of JSON, walked without recursion, into the sink.
//!
//! Called by `decode` for members that are trees, and by users of single values.

use crate::error::{Code, Expected, Fault, Halt, fault};
use crate::scan::Cursor;
use crate::sink::{Container, Ignore, Scalar, Sink};
use crate::usual::usual_members;

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
        return Err(too_deep(cursor, max_depth));
    }
    Ok(())
}

#[cold]
fn too_deep(cursor: &Cursor<'_>, max_depth: usize) -> Halt {
    fault(Code::TooDeep, cursor.at, Expected::Depth(max_depth))
}

/// Which of the open containers are objects: one bit each, the innermost lowest.
#[derive(Default)]
struct Nesting {
    inner: u64,
    /// What did not fit any more, 64 containers at a time.
    outer: Vec<u64>,
    depth: usize,
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "no deeper than DEPTH_LIMIT, and closed only what was opened"
)]
impl Nesting {
    #[inline(always)]
    fn push(&mut self, object: bool) {
        if self.depth.is_multiple_of(64) && self.depth > 0 {
            self.set_aside();
        }
        self.inner = self.inner << 1 | u64::from(object);
        self.depth += 1;
    }

    #[inline(always)]
    fn pop(&mut self) {
        self.inner >>= 1;
        self.depth -= 1;
        if self.depth.is_multiple_of(64) && self.depth > 0 {
            self.take_back();
        }
    }

    /// Whether the innermost container is an object.
    #[inline(always)]
    fn in_object(&self) -> bool {
        self.inner & 1 == 1
    }

    #[cold]
    fn set_aside(&mut self) {
        self.outer.push(self.inner);
    }

    #[cold]
    fn take_back(&mut self) {
        self.inner = self.outer.pop().unwrap_or(0);
    }
}

/// Reads the value at the cursor, inside of `outer` open containers.
#[inline(always)]
pub(crate) fn tree<S: Sink>(
    cursor: &mut Cursor<'_>,
    scratch: &mut Vec<u8>,
    outer: usize,
    max_depth: usize,
    sink: &mut S,
) -> Result<(), Halt> {
    let max_depth = max_depth.min(DEPTH_LIMIT);
    // Nearly all are objects of usual members and nothing else: for these nothing has to be set up.
    let brace = cursor.at;
    let opened = cursor.peek() == b'{' && outer < max_depth;
    if opened {
        sink.open(Container::Object)?;
        usual_members(cursor, b'{', sink)?;
        if cursor.peek() == b'}' {
            cursor.step();
            return Ok(sink.close()?);
        }
    }
    any_tree(
        cursor,
        scratch,
        outer,
        max_depth,
        opened.then_some(brace),
        sink,
    )
}

/// The same for any value. Of an object whose brace is `opened` usual members were read, up to the cursor.
#[inline(never)]
fn any_tree<S: Sink>(
    outside: &mut Cursor<'_>,
    scratch: &mut Vec<u8>,
    outer: usize,
    max_depth: usize,
    mut opened: Option<usize>,
    sink: &mut S,
) -> Result<(), Halt> {
    let room = max_depth.saturating_sub(outer);
    let mut nesting = Nesting::default();
    let cursor = &mut outside.clone();
    loop {
        // A value begins here, or the rest of an object.
        match cursor.peek() {
            _ if opened.is_some() => {}
            b'"' => {
                cursor.step();
                let text = cursor.text(scratch)?;
                sink.scalar(Scalar::Text(text))?;
            }
            b'-' | b'0'..=b'9' => sink.scalar(Scalar::Number(cursor.number()?))?,
            b'{' | b'[' if nesting.depth >= room => return Err(too_deep(cursor, max_depth)),
            b'{' => {
                sink.open(Container::Object)?;
                opened = Some(cursor.at);
                usual_members(cursor, b'{', sink)?;
            }
            b'[' => {
                sink.open(Container::Array)?;
                nesting.push(false);
                cursor.step();
                cursor.space();
                if cursor.peek() != b']' {
                    continue;
                }
            }
            b't' => {
                cursor.word(b"true")?;
                sink.scalar(Scalar::Boolean(true))?;
            }
            b'f' => {
                cursor.word(b"false")?;
                sink.scalar(Scalar::Boolean(false))?;
            }
            b'n' => {
                cursor.word(b"null")?;
                sink.scalar(Scalar::Null)?;
            }
            _ => return Err(cursor.unexpected(Expected::Value)),
        }
        if let Some(brace) = opened.take() {
            nesting.push(true);
            if cursor.at == brace {
                cursor.step();
                cursor.space();
                if cursor.peek() != b'}' {
                    key(cursor, scratch, Expected::MemberNameOrEnd, sink)?;
                    continue;
                }
            }
        }
        // A value is complete, or its container's closing bracket is at the cursor.
        loop {
            if nesting.depth == 0 {
                outside.at = cursor.at;
                return Ok(());
            }
            if cursor.peek() != b',' {
                cursor.space();
            }
            match (cursor.peek(), nesting.in_object()) {
                (b',', true) => {
                    let before = cursor.at;
                    usual_members(cursor, b',', sink)?;
                    if cursor.at == before {
                        cursor.step();
                        cursor.space();
                        key(cursor, scratch, Expected::MemberName, sink)?;
                        break;
                    }
                }
                (b',', false) => {
                    cursor.step();
                    cursor.space();
                    break;
                }
                (b'}', true) | (b']', false) => {
                    cursor.step();
                    nesting.pop();
                    sink.close()?;
                }
                (_, true) => return Err(cursor.unexpected(Expected::CommaOrBrace)),
                (_, false) => return Err(cursor.unexpected(Expected::CommaOrBracket)),
            }
        }
    }
}

/// The key at the cursor and its colon, up to the value.
fn key<S: Sink>(
    cursor: &mut Cursor<'_>,
    scratch: &mut Vec<u8>,
    expected: Expected,
    sink: &mut S,
) -> Result<(), Halt> {
    if let Some(guess) = sink.guess()
        && cursor.take_name(guess)
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
    match tree(&mut cursor, &mut Vec::new(), 0, max_depth, sink) {
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
