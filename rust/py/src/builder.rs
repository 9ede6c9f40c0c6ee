//! The sink that makes Python objects: values into slots, trees into dicts and lists. Where it stops,
//! a Python exception is set.

use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use vmcodec_core::{
    Container, EventId, FieldId, Literal, Number, Scalar, Sink, Stopped, Target, Text,
};

use crate::cache::{DictCache, IntCache, TextCache};
use crate::ffi::pending::Pending;
use crate::ffi::{objects, text};
use crate::keys::Keys;
use crate::kvlist::KVList;
use crate::nodes::{Tree, plain_value};
use crate::schema::Schema;

/// What outlives a call, to serve the next one: bounded caches of objects.
pub(crate) struct Caches {
    keys: Keys,
    texts: Vec<TextCache>,
    ints: Vec<IntCache>,
    dicts: Vec<DictCache>,
    /// The seconds of time stamps: those of one batch are few.
    seconds: IntCache,
}

impl Caches {
    /// Empty caches for so many fields.
    pub fn new(fields: usize) -> Caches {
        Caches {
            // One more for the unknown members.
            keys: Keys::new(fields + 1),
            texts: (0..fields).map(|_| TextCache::new(256)).collect(),
            ints: (0..fields).map(|_| IntCache::new(256)).collect(),
            dicts: (0..fields).map(|_| DictCache::new()).collect(),
            seconds: IntCache::new(16),
        }
    }
}

/// Builds the objects of one record after the other.
pub(crate) struct Builder<'py, 'a> {
    py: Python<'py>,
    schema: &'a Schema,
    caches: &'a mut Caches,
    /// The values of the record so far, by field.
    values: Vec<Option<Bound<'py, PyAny>>>,
    extra: Option<Bound<'py, PyDict>>,
    tree: Tree<'py>,
    owner: Owner<'py>,
    /// How many values of trees there were.
    nodes: u32,
}

/// Values of trees between two looks at signals: one record may hold millions.
const NODES_A_LOOK: u32 = 1 << 16;

/// Whose value the tree becomes.
enum Owner<'py> {
    Field(FieldId),
    Extra(Bound<'py, PyString>),
}

impl<'py, 'a> Builder<'py, 'a> {
    pub fn new(py: Python<'py>, schema: &'a Schema, fields: usize, caches: &'a mut Caches) -> Self {
        Builder {
            py,
            schema,
            caches,
            values: (0..fields).map(|_| None).collect(),
            extra: None,
            tree: Tree::default(),
            owner: Owner::Field(0),
            nodes: 0,
        }
    }

    /// The event's instance, from the values that came since the last one.
    #[inline]
    pub fn finish(&mut self, event: EventId) -> Result<Bound<'py, PyAny>, Pending<'py>> {
        let schema = self.schema;
        let Some(shape) = schema.shapes.get(usize::from(event)) else {
            return Err(Pending::set(
                self.py,
                PyIndexError::new_err("no such event"),
            ));
        };
        let py = self.py;
        let (values, extra) = (&mut self.values, &mut self.extra);
        shape.instance(py, |place| {
            let Some(field) = shape.fields.get(place) else {
                let extra = extra.take().map(Bound::into_any);
                return Ok(extra.unwrap_or_else(|| py.None().into_bound(py)));
            };
            let value = values.get_mut(usize::from(field.field));
            match value.and_then(Option::take) {
                Some(value) if value.is_none() => field.null(py),
                Some(value) => Ok(value),
                None => field.default(py),
            }
        })
    }

    #[inline(always)]
    fn put(&mut self, field: FieldId, value: Option<Bound<'py, PyAny>>) {
        if let Some(place) = self.values.get_mut(usize::from(field)) {
            *place = value;
        }
    }

    #[inline(always)]
    fn value(
        &mut self,
        field: FieldId,
        value: Scalar<'_>,
    ) -> Result<Bound<'py, PyAny>, Pending<'py>> {
        let py = self.py;
        Ok(match value {
            Scalar::Null => py.None().into_bound(py),
            Scalar::Text(text) => match self.caches.texts.get_mut(usize::from(field)) {
                Some(cache) => cache.get(py, text)?.into_any(),
                None => text::string(py, text)?.into_any(),
            },
            Scalar::Number(Number::Int(value)) => {
                match self.caches.ints.get_mut(usize::from(field)) {
                    Some(cache) => cache.get(py, value)?.into_any(),
                    None => objects::int(py, value)?.into_any(),
                }
            }
            Scalar::Enum { table, code } => match self.schema.enums.get(usize::from(table)) {
                Some(shape) => shape.member(py, code)?,
                None => py.None().into_bound(py),
            },
            Scalar::Time { seconds, useconds } => {
                let seconds = self.caches.seconds.get(py, seconds)?.into_any();
                let useconds = objects::int(py, i64::from(useconds))?.into_any();
                let mut parts = [Some(seconds), Some(useconds)];
                self.schema.time.instance(py, |place| {
                    let part = parts.get_mut(place).and_then(Option::take);
                    Ok(part.unwrap_or_else(|| py.None().into_bound(py)))
                })?
            }
            plain => plain_value(py, plain)?,
        })
    }
}

impl<'py> Sink for Builder<'py, '_> {
    #[inline(always)]
    fn field(&mut self, field: FieldId, value: Scalar<'_>) -> Result<(), Stopped> {
        let value = self.value(field, value)?;
        self.put(field, Some(value));
        Ok(())
    }

    fn raw(&mut self, field: FieldId, bytes: &[u8]) -> Result<(), Stopped> {
        let value = Bound::new(self.py, KVList::of_valid(bytes));
        let value = value.map_err(|error| Pending::set(self.py, error))?;
        self.put(field, Some(value.into_any()));
        Ok(())
    }

    #[inline(always)]
    fn begin(&mut self, target: Target<'_>) -> Result<(), Stopped> {
        match target {
            Target::Field(field) => {
                self.owner = Owner::Field(field);
                self.tree.spot = self.caches.keys.root(usize::from(field));
            }
            Target::Extra(name) => {
                let root = self.caches.keys.root(usize::MAX);
                let (name, spot) = self.caches.keys.get(self.py, root, name)?;
                self.owner = Owner::Extra(name);
                self.tree.spot = self.caches.keys.inside(spot);
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn known(&mut self, field: FieldId, rest: &[u8]) -> Result<Option<usize>, Stopped> {
        let Some(cache) = self.caches.dicts.get_mut(usize::from(field)) else {
            return Ok(None);
        };
        let Some((dict, length)) = cache.get(self.py, rest)? else {
            return Ok(None);
        };
        self.put(field, Some(dict.into_any()));
        Ok(Some(length))
    }

    #[inline(always)]
    fn end(&mut self, text: &[u8]) -> Result<(), Stopped> {
        let Some(value) = self.tree.root.take() else {
            return Ok(());
        };
        match &self.owner {
            Owner::Field(field) => {
                let field = *field;
                if self.tree.flat
                    && let Some(cache) = self.caches.dicts.get_mut(usize::from(field))
                    && let Ok(dict) = value.cast::<PyDict>()
                {
                    cache.put(text, dict)?;
                }
                self.put(field, Some(value));
            }
            Owner::Extra(name) => {
                if self.extra.is_none() {
                    self.extra = Some(objects::dict(self.py)?);
                }
                if let Some(extra) = &self.extra {
                    objects::set_item(extra, name, &value)?;
                }
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn scalar(&mut self, value: Scalar<'_>) -> Result<(), Stopped> {
        let object = match (value, self.caches.keys.values(self.tree.spot)) {
            (Scalar::Text(text), Some(cache)) => cache.get(self.py, text)?.into_any(),
            _ => plain_value(self.py, value)?,
        };
        self.nodes = self.nodes.wrapping_add(1);
        if self.nodes.is_multiple_of(NODES_A_LOOK) {
            let looked = self.py.check_signals();
            looked.map_err(|error| Pending::set(self.py, error))?;
        }
        Ok(self.tree.add(object)?)
    }

    #[inline(always)]
    fn open(&mut self, container: Container) -> Result<(), Stopped> {
        let outer = self.tree.spot;
        let nested = self.tree.current.is_some();
        self.tree.open(self.py, container)?;
        self.tree.flat = !nested;
        if nested {
            self.tree.spot = self.caches.keys.inside(outer);
        }
        Ok(())
    }

    #[inline(never)]
    fn key(&mut self, key: Text<'_>) -> Result<(), Stopped> {
        let (key, spot) = self.caches.keys.get(self.py, self.tree.spot, key)?;
        self.tree.key = Some(key);
        self.tree.spot = spot;
        Ok(())
    }

    #[inline(always)]
    fn guess(&self) -> Option<&Literal> {
        self.caches.keys.guess(self.tree.spot)
    }

    #[inline(always)]
    fn guessed(&mut self) -> Result<(), Stopped> {
        if let Some((key, spot)) = self.caches.keys.guessed(self.py, self.tree.spot) {
            self.tree.key = Some(key);
            self.tree.spot = spot;
        }
        Ok(())
    }

    #[inline(always)]
    fn close(&mut self) -> Result<(), Stopped> {
        Ok(self.tree.close()?)
    }

    #[inline(never)]
    fn clear(&mut self) {
        self.values.iter_mut().for_each(|value| *value = None);
        self.extra = None;
        self.tree = Tree::default();
    }
}
