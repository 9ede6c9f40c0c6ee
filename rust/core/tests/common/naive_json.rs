//! JSON read as plainly as can be, one byte after the other, with faults as docs/errors.md tells them. `naive_text` reads its
//! strings. Used by `naive`, and by tests of single values.

use vmcodec_core::{Code, JsonType, MAX_DIGITS};

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub code: Code,
    pub offset: usize,
    pub path: String,
    /// The number of the event, if it is known.
    pub event: Option<usize>,
    /// The JSON type found, for `wrong_type` and `not_an_object`.
    pub got: Option<JsonType>,
}

pub type Read<T> = Result<T, Fault>;

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Boolean(bool),
    /// The digits of an integer of any size.
    Integer(String),
    Float(f64),
    Text(String),
    Array(Vec<Value>),
    /// A key that came again keeps its place and has the last value.
    Object(Vec<(String, Value)>),
    /// Seconds, and microseconds after them.
    Time(i128, i128),
}

impl Value {
    /// Sets a member.
    pub fn set(members: &mut Vec<(String, Value)>, name: String, value: Value) {
        match members.iter_mut().find(|member| member.0 == name) {
            Some(member) => member.1 = value,
            None => members.push((name, value)),
        }
    }
}

/// The name of a member, and where its opening quote stands.
pub struct Member {
    pub name: String,
    pub at: usize,
}

pub struct Reader<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
    /// The number of the event, once it is known.
    pub event: Option<usize>,
    path: Vec<String>,
    max_depth: usize,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8], max_depth: usize) -> Reader<'a> {
        Reader {
            bytes,
            at: 0,
            event: None,
            path: Vec::new(),
            max_depth,
        }
    }

    pub fn fault(&self, code: Code, offset: usize) -> Fault {
        Fault {
            code,
            offset,
            path: format!("${}", self.path.concat()),
            event: self.event,
            got: None,
        }
    }

    /// Runs a part of the reading one step further down the path.
    pub fn within<T>(&mut self, step: &str, part: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.path.push(step.to_owned());
        let result = part(self);
        self.path.pop();
        result
    }

    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The fault of a byte that cannot stand here, or of the end.
    pub fn unexpected(&self) -> Fault {
        match self.peek() {
            Some(_) => self.fault(Code::Syntax, self.at),
            None => self.fault(Code::Truncated, self.at),
        }
    }

    /// The fault of a place where no value begins.
    pub fn no_value(&self) -> Fault {
        let rest = &self.bytes[self.at..];
        let numbers = [&b"NaN"[..], b"Infinity", b"+", b"."];
        if numbers.iter().any(|number| rest.starts_with(number)) {
            return self.fault(Code::InvalidNumber, self.at);
        }
        self.unexpected()
    }

    pub fn expect(&mut self, byte: u8) -> Read<()> {
        if self.peek() != Some(byte) {
            return Err(self.unexpected());
        }
        self.at += 1;
        Ok(())
    }

    /// The type of the value that begins here.
    pub fn value_type(&self) -> Option<JsonType> {
        match self.peek()? {
            b'n' => Some(JsonType::Null),
            b't' | b'f' => Some(JsonType::Boolean),
            b'"' => Some(JsonType::String),
            b'[' => Some(JsonType::Array),
            b'{' => Some(JsonType::Object),
            b'-' | b'0'..=b'9' => {
                let mut ahead = Reader::new(self.bytes, 0);
                ahead.at = self.at;
                match ahead.number() {
                    Ok(Value::Float(_)) => Some(JsonType::Number),
                    _ => Some(JsonType::Integer),
                }
            }
            _ => None,
        }
    }

    /// The fault of a value of another type than its place takes, or of none at all.
    pub fn wrong_type(&self) -> Fault {
        match self.value_type() {
            None => self.no_value(),
            got => Fault {
                got,
                ..self.fault(Code::WrongType, self.at)
            },
        }
    }

    /// Any value; a container here would be the one of this depth.
    pub fn value(&mut self, depth: usize) -> Read<Value> {
        match self.value_type() {
            Some(JsonType::Null) => self.word("null", Value::Null),
            Some(JsonType::Boolean) if self.peek() == Some(b't') => {
                self.word("true", Value::Boolean(true))
            }
            Some(JsonType::Boolean) => self.word("false", Value::Boolean(false)),
            Some(JsonType::String) => Ok(Value::Text(self.text()?)),
            Some(JsonType::Integer | JsonType::Number) => self.number(),
            Some(JsonType::Array) => self.array(depth),
            Some(JsonType::Object) => {
                let mut members = Vec::new();
                self.object(depth, &mut |reader, member| {
                    let value = reader.within("[...]", |reader| reader.value(depth + 1))?;
                    Value::set(&mut members, member.name.clone(), value);
                    Ok(())
                })?;
                Ok(Value::Object(members))
            }
            None => Err(self.no_value()),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Read<Value> {
        word.bytes().try_for_each(|byte| self.expect(byte))?;
        Ok(value)
    }

    fn open(&mut self, bracket: u8, depth: usize) -> Read<()> {
        if self.peek() == Some(bracket) && depth > self.max_depth {
            return Err(self.fault(Code::TooDeep, self.at));
        }
        self.expect(bracket)?;
        self.space();
        Ok(())
    }

    fn array(&mut self, depth: usize) -> Read<Value> {
        let mut items = Vec::new();
        self.open(b'[', depth)?;
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(items));
        }
        loop {
            // Up to the next value, the path has the number of values that are complete.
            let step = format!("[{}]", items.len());
            items.push(self.within(&step, |reader| reader.value(depth + 1))?);
            self.space();
            if self.peek() == Some(b']') {
                self.at += 1;
                return Ok(Value::Array(items));
            }
            let step = format!("[{}]", items.len());
            self.within(&step, |reader| reader.expect(b','))?;
            self.space();
        }
    }

    /// An object, each of whose members is read from behind its colon.
    pub fn object(
        &mut self,
        depth: usize,
        value: &mut dyn FnMut(&mut Self, &Member) -> Read<()>,
    ) -> Read<()> {
        self.open(b'{', depth)?;
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            let at = self.at;
            let name = self.text()?;
            self.space();
            self.expect(b':')?;
            self.space();
            value(self, &Member { name, at })?;
            self.space();
            if self.peek() == Some(b'}') {
                self.at += 1;
                return Ok(());
            }
            self.expect(b',')?;
            self.space();
        }
    }

    /// A number, which may be of either type.
    pub fn number(&mut self) -> Read<Value> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let zero = self.peek() == Some(b'0');
        let digits = self.digits(if zero { 1 } else { usize::MAX })?;
        if zero && matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.fault(Code::InvalidNumber, self.at));
        }
        let mut float = false;
        if self.peek() == Some(b'.') {
            float = true;
            self.at += 1;
            self.digits(usize::MAX)?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            float = true;
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits(usize::MAX)?;
        }
        let text = str::from_utf8(&self.bytes[start..self.at]).expect("digits are ASCII");
        if !float {
            return match text {
                "-0" => Ok(Value::Integer("0".to_owned())),
                _ if digits <= MAX_DIGITS => Ok(Value::Integer(text.to_owned())),
                _ => Err(self.fault(Code::OutOfRange, start)),
            };
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Value::Float(value)),
            _ => Err(self.fault(Code::OutOfRange, start)),
        }
    }

    /// At least one digit, and how many there are.
    fn digits(&mut self, most: usize) -> Read<usize> {
        let start = self.at;
        while self.at - start < most && matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        match (self.at - start, self.peek()) {
            (0, None) => Err(self.unexpected()),
            (0, Some(_)) => Err(self.fault(Code::InvalidNumber, self.at)),
            (count, _) => Ok(count),
        }
    }
}
