//! The words of a fault: its path, and what would have been right. Called by `error` alone, but for names.

use std::borrow::Cow;
use std::fmt::Write;

use vmcodec_core::{Expected, Step};

use crate::schema::Codec;

/// Words that are mostly fixed ones, so that little is allocated for an error.
pub(crate) type Told = Cow<'static, str>;

/// The way from the record's root to the fault.
pub(crate) fn path(codec: &Codec, steps: &[Step]) -> Told {
    if steps.is_empty() {
        return "$".into();
    }
    let plan = &codec.core.plan;
    let mut text = String::with_capacity(32 + 5 * steps.len());
    text.push('$');
    for step in steps {
        match step {
            Step::Name(name) => push_name(&mut text, plan.name_text(*name)),
            Step::Time(pair, member) => push_name(&mut text, plan.time_text(*pair, *member)),
            Step::Key => text.push_str("[...]"),
            // Deep paths are nearly all of these.
            Step::Index(0) => text.push_str("[0]"),
            Step::Index(index) => {
                text.push('[');
                text.push_str(itoa::Buffer::new().format(*index));
                text.push(']');
            }
        }
    }
    text.into()
}

/// Adds an attribute's name to a path: `.Name`, or `["Name"]` where it is not an identifier.
pub(crate) fn push_name(text: &mut String, name: &str) {
    let identifier = !name.starts_with(|first: char| first.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if identifier {
        text.push('.');
        text.push_str(name);
    } else {
        let _ = write!(text, "[{name:?}]");
    }
}

/// What would have been right, in words that fit behind "expected".
pub(crate) fn expected(codec: &Codec, expected: Expected) -> Told {
    let fixed = match expected {
        Expected::Size(max) => return format!("at most {max} bytes in a record").into(),
        Expected::Depth(max) => return format!("at most {max} nested containers").into(),
        Expected::Enum(table) => {
            let name = codec.schema.enum_name(table);
            return ["an integer code or a name of ", name].concat().into();
        }
        Expected::TimePair => {
            let plan = &codec.core.plan;
            let mut text = String::with_capacity(128);
            for pair in 0..plan.time_pair_count() {
                text.push_str(if pair == 0 {
                    "exactly one pair of "
                } else {
                    ", "
                });
                text.push_str(plan.time_text(pair, 0));
                text.push('/');
                text.push_str(plan.time_text(pair, 1));
            }
            return text.into();
        }
        Expected::Record => "one JSON object",
        Expected::NoByteOrderMark => "a JSON object with no byte order mark before it",
        Expected::NoFrame => {
            "a JSON object, found a schema-registry frame (is framing=\"confluent\" missing?)"
        }
        Expected::Frame => "a Confluent frame (magic byte 0 or 1) before the JSON",
        Expected::End => "the end of the record",
        Expected::Value => "a JSON value",
        Expected::MemberName => "a member name in double quotes",
        Expected::MemberNameOrEnd => "a member name in double quotes, or '}'",
        Expected::Colon => "':' after the member name",
        Expected::CommaOrBrace => "',' or '}'",
        Expected::CommaOrBracket => "',' or ']'",
        Expected::Literal => "true, false or null",
        Expected::Digit => "a digit",
        Expected::JsonNumber => "a number as JSON writes it",
        Expected::NumberInRange => {
            "a number that fits (64-bit float, or integer of up to 4300 digits)"
        }
        Expected::ClosingQuote => "the closing quote of a string",
        Expected::Utf8 => "valid UTF-8",
        Expected::Escape => "a JSON escape",
        Expected::SurrogatePair => "both halves of a surrogate pair",
        Expected::NoControlCharacter => "no unescaped control character in a string",
        Expected::OneId => "the member id only once",
        Expected::KnownEvent => "the id of a registered event",
        Expected::KnownMember => "an attribute of this event",
        Expected::Attribute => "the mandatory attribute, found none",
        Expected::Text => "a string",
        Expected::Integer => "a 64-bit integer, or a string of its digits",
        Expected::Integer64 => "a 64-bit integer",
        Expected::IntegerOrText => "an integer or a string",
        Expected::Time => "a time object or integer epoch milliseconds",
        Expected::Microseconds => "an integer from 0 to 999999",
        Expected::ClassRules => "values that the event's class accepts",
        Expected::NoDefect => "no defect of vmcodec (please report it)",
        Expected::Boolean => "a boolean",
        Expected::Float => "a number",
        Expected::Object => "an object",
        Expected::Array => "an array",
        Expected::Memory => "memory for what it holds",
    };
    fixed.into()
}
