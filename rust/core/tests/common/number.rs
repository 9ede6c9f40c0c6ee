//! One number, read as a value of its own.

use vmcodec_core::{
    Code, Container, FieldId, Number, Scalar, Sink, Stopped, Target, Text, walk_value,
};

/// A number that outlives its text.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Int(i64),
    UInt(u64),
    Big(String),
    /// By its bits, so that -0.0 is not 0.0.
    Float(u64),
}

impl Value {
    pub fn of(number: Number<'_>) -> Value {
        match number {
            Number::Int(value) => Value::Int(value),
            Number::UInt(value) => Value::UInt(value),
            Number::Big(digits) => Value::Big(digits.to_owned()),
            Number::Float(value) => Value::Float(value.to_bits()),
        }
    }

    /// What the standard library makes of the text of a JSON number; none where it is a float too large.
    pub fn parse(text: &str) -> Option<Value> {
        if text.contains(['.', 'e', 'E']) {
            let value: f64 = text.parse().unwrap();
            return value.is_finite().then_some(Value::Float(value.to_bits()));
        }
        if let Ok(value) = text.parse() {
            return Some(Value::Int(value));
        }
        let value = text.parse().map(Value::UInt);
        Some(value.unwrap_or_else(|_| Value::Big(text.to_owned())))
    }
}

/// The sink of one number.
#[derive(Default)]
struct Keep(Option<Value>);

impl Sink for Keep {
    fn scalar(&mut self, value: Scalar<'_>) -> Result<(), Stopped> {
        let Scalar::Number(number) = value else {
            panic!("{value:?}");
        };
        assert_eq!(self.0.replace(Value::of(number)), None);
        Ok(())
    }
    fn field(&mut self, _: FieldId, _: Scalar<'_>) -> Result<(), Stopped> {
        panic!("an attribute")
    }
    fn raw(&mut self, _: FieldId, _: &[u8]) -> Result<(), Stopped> {
        panic!("an attribute")
    }
    fn begin(&mut self, _: Target<'_>) -> Result<(), Stopped> {
        panic!("a tree")
    }
    fn end(&mut self, _: &[u8]) -> Result<(), Stopped> {
        panic!("a tree")
    }
    fn open(&mut self, _: Container) -> Result<(), Stopped> {
        panic!("a container")
    }
    fn key(&mut self, _: Text<'_>) -> Result<(), Stopped> {
        panic!("a key")
    }
    fn close(&mut self) -> Result<(), Stopped> {
        panic!("a container")
    }
    fn clear(&mut self) {}
}

/// The number at the start of the text and where it ends.
pub fn read(text: impl AsRef<[u8]>) -> Result<(Value, usize), (Code, usize)> {
    let mut sink = Keep::default();
    match walk_value(text.as_ref(), 0, 1, &mut sink) {
        Ok(end) => Ok((sink.0.unwrap(), end)),
        Err(fault) => Err((fault.code, fault.offset)),
    }
}
