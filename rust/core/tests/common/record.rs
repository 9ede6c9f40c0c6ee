//! A sink that records what it is given, holds the walk to the sink's protocol, and can stop at any call.

use std::collections::BTreeMap;

use vmcodec_core::{
    Container, EventRow, FieldId, Literal, Plan, Scalar, Sink, Stopped, Target, Text, depth_limit,
    encode, walk_value,
};

/// A value: a scalar as its canonical JSON, or a container.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    Scalar(String),
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// Its canonical JSON.
    pub fn json(&self) -> String {
        match self {
            Tree::Scalar(text) => text.clone(),
            Tree::Array(items) => {
                let items: Vec<_> = items.iter().map(Tree::json).collect();
                format!("[{}]", items.join(","))
            }
            Tree::Object(members) => format!("{{{}}}", self::members(members).join(",")),
        }
    }
}

fn members(members: &[(String, Tree)]) -> Vec<String> {
    let member = |(key, value): &(String, Tree)| format!("{}:{}", quoted(key), value.json());
    members.iter().map(member).collect()
}

pub fn quoted(text: &str) -> String {
    let mut out = Vec::new();
    encode::text(&mut out, text);
    String::from_utf8(out).unwrap()
}

/// Sets a member: a repeated one keeps its place and takes the last value.
fn set(members: &mut Vec<(String, Tree)>, key: String, value: Tree) {
    match members.iter_mut().find(|member| member.0 == key) {
        Some(member) => member.1 = value,
        None => members.push((key, value)),
    }
}

/// A free-form attribute, its text and its value.
type Known = (FieldId, Vec<u8>, Tree);

enum Owner {
    Field(FieldId),
    Extra(String),
}

/// The values of one record.
#[derive(Default)]
pub struct Recorder {
    pub fields: BTreeMap<FieldId, Tree>,
    pub extra: Vec<(String, Tree)>,
    /// The names of the members of a time, for its canonical JSON.
    time_names: (String, String),
    owner: Option<Owner>,
    open: Vec<(Tree, Option<String>)>,
    root: Option<Tree>,
    /// The keys inside of trees, in reading order.
    pub keys: Vec<String>,
    /// How many of them were guessed, and how many attributes were known.
    pub hits: usize,
    /// The free-form attributes, each with its text.
    pub seen: Vec<Known>,
    /// Those that it knows from before.
    memory: Vec<Known>,
    /// What it guesses the keys to be, over and over.
    guesses: Vec<(String, Literal)>,
    /// How many calls are left until it stops.
    pub calls_left: Option<usize>,
}

impl Recorder {
    pub fn new(plan: &Plan) -> Recorder {
        Recorder {
            time_names: (
                plan.time_text(0, 0).to_owned(),
                plan.time_text(0, 1).to_owned(),
            ),
            ..Recorder::default()
        }
    }

    /// The same, guessing at these keys, in this order.
    pub fn guessing<'a>(self, keys: impl IntoIterator<Item = &'a String>) -> Recorder {
        let keys = keys.into_iter();
        let guesses = keys.map(|key| (key.clone(), Literal::member(key)));
        Recorder {
            guesses: guesses.collect(),
            ..self
        }
    }

    /// The same, knowing these attributes from before.
    pub fn knowing(self, memory: &[Known]) -> Recorder {
        Recorder {
            memory: memory.to_vec(),
            ..self
        }
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
            && self.extra.is_empty()
            && self.owner.is_none()
            && self.open.is_empty()
            && self.root.is_none()
    }

    /// The canonical message of the values.
    pub fn message(&self, id: &str, row: &EventRow, plan: &Plan) -> String {
        let mut parts = vec![format!("{}:{}", quoted(id), quoted(&row.ids[0]))];
        for attribute in &row.fields {
            let field = plan.field_by_name(&attribute.names[0]).unwrap();
            if let Some(value) = self.fields.get(&field) {
                parts.push(format!("{}:{}", quoted(&attribute.names[0]), value.json()));
            }
        }
        parts.extend(members(&self.extra));
        format!("{{{}}}", parts.join(","))
    }

    /// The value of a walk over one value.
    pub fn value(&mut self) -> Tree {
        assert!(self.open.is_empty());
        self.root.take().unwrap()
    }

    fn call(&mut self) -> Result<(), Stopped> {
        match &mut self.calls_left {
            Some(0) => Err(Stopped),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn put_key(&mut self, key: String) {
        self.keys.push(key.clone());
        match self.open.last_mut() {
            Some((Tree::Object(_), place @ None)) => *place = Some(key),
            _ => panic!("a key where a value belongs"),
        }
    }

    fn add(&mut self, value: Tree) {
        match self.open.last_mut() {
            Some((Tree::Array(items), _)) => items.push(value),
            Some((Tree::Object(members), key)) => set(members, key.take().unwrap(), value),
            Some((Tree::Scalar(_), _)) => panic!("a value inside a scalar"),
            None => assert!(self.root.replace(value).is_none(), "two values in one tree"),
        }
    }

    fn json(&self, value: Scalar<'_>) -> String {
        let mut out = Vec::new();
        match value {
            Scalar::Null => out.extend_from_slice(b"null"),
            Scalar::Boolean(value) => out.extend_from_slice(value.to_string().as_bytes()),
            Scalar::Number(number) | Scalar::Enum { code: number, .. } => {
                assert!(encode::number(&mut out, number));
            }
            Scalar::Text(text) => {
                let bytes = text.as_bytes();
                if matches!(text, Text::Ascii(_)) {
                    let plain = |byte: &u8| (0x20..0x80).contains(byte) && !b"\"\\".contains(byte);
                    assert!(
                        bytes.iter().all(plain),
                        "not the plain ASCII that it claims"
                    );
                }
                encode::text(&mut out, std::str::from_utf8(bytes).unwrap());
            }
            Scalar::Time { seconds, useconds } => {
                assert!(useconds < 1_000_000);
                let (first, second) = &self.time_names;
                let (first, second) = (quoted(first), quoted(second));
                out = format!("{{{first}:{seconds},{second}:{useconds}}}").into_bytes();
            }
        }
        String::from_utf8(out).unwrap()
    }
}

impl Sink for Recorder {
    fn field(&mut self, field: FieldId, value: Scalar<'_>) -> Result<(), Stopped> {
        self.call()?;
        assert!(self.owner.is_none(), "an attribute inside a tree");
        match value {
            Scalar::Null => self.fields.remove(&field),
            value => self.fields.insert(field, Tree::Scalar(self.json(value))),
        };
        Ok(())
    }

    fn raw(&mut self, field: FieldId, bytes: &[u8]) -> Result<(), Stopped> {
        self.call()?;
        assert!(self.owner.is_none(), "an attribute inside a tree");
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(text.starts_with('{') && text.ends_with('}'));
        self.fields.insert(field, Tree::Scalar(text));
        Ok(())
    }

    fn begin(&mut self, target: Target<'_>) -> Result<(), Stopped> {
        self.call()?;
        let owner = match target {
            Target::Field(field) => Owner::Field(field),
            Target::Extra(name) => Owner::Extra(name.to_owned()),
        };
        assert!(self.owner.replace(owner).is_none(), "a tree inside a tree");
        Ok(())
    }

    fn end(&mut self, text: &[u8]) -> Result<(), Stopped> {
        self.call()?;
        let value = self.value();
        // The text is that of the value, no more and no less.
        let mut again = Recorder::default();
        let end = walk_value(text, 0, depth_limit(), &mut again);
        assert_eq!((end, again.value()), (Ok(text.len()), value.clone()));
        match self.owner.take().unwrap() {
            Owner::Field(field) => {
                self.seen.push((field, text.to_vec(), value.clone()));
                self.fields.insert(field, value);
            }
            Owner::Extra(name) => set(&mut self.extra, name, value),
        }
        Ok(())
    }

    fn known(&mut self, field: FieldId, rest: &[u8]) -> Result<Option<usize>, Stopped> {
        self.call()?;
        assert!(self.owner.is_none(), "an attribute inside a tree");
        let known = self.memory.iter();
        let mut known = known.filter(|known| known.0 == field && rest.starts_with(&known.1));
        let Some((field, text, value)) = known.next() else {
            return Ok(None);
        };
        self.hits += 1;
        self.fields.insert(*field, value.clone());
        Ok(Some(text.len()))
    }

    fn scalar(&mut self, value: Scalar<'_>) -> Result<(), Stopped> {
        self.call()?;
        let typed = matches!(value, Scalar::Enum { .. } | Scalar::Time { .. });
        assert!(!typed, "a typed value inside a tree");
        let json = self.json(value);
        self.add(Tree::Scalar(json));
        Ok(())
    }

    fn open(&mut self, container: Container) -> Result<(), Stopped> {
        self.call()?;
        let tree = match container {
            Container::Object => Tree::Object(Vec::new()),
            Container::Array => Tree::Array(Vec::new()),
        };
        self.open.push((tree, None));
        Ok(())
    }

    fn key(&mut self, key: Text<'_>) -> Result<(), Stopped> {
        self.call()?;
        self.put_key(key.to_owned());
        Ok(())
    }

    fn guess(&mut self) -> Option<&Literal> {
        let place = self.keys.len().checked_rem(self.guesses.len())?;
        self.guesses.get(place).map(|guess| &guess.1)
    }

    fn guessed(&mut self) -> Result<(), Stopped> {
        self.call()?;
        self.hits += 1;
        let place = self.keys.len() % self.guesses.len();
        let key = self.guesses[place].0.clone();
        self.put_key(key);
        Ok(())
    }

    fn close(&mut self) -> Result<(), Stopped> {
        self.call()?;
        let (tree, key) = self.open.pop().unwrap();
        assert!(key.is_none(), "a key without a value");
        self.add(tree);
        Ok(())
    }

    fn clear(&mut self) {
        *self = Recorder {
            time_names: std::mem::take(&mut self.time_names),
            guesses: std::mem::take(&mut self.guesses),
            memory: std::mem::take(&mut self.memory),
            calls_left: self.calls_left,
            ..Recorder::default()
        };
    }
}
