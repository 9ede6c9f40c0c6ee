//! The sink that makes Python objects: values into slots, trees into dicts and lists.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use vmcodec_core::{
    Container, EventId, FieldId, Literal, Number, Scalar, Sink, Stopped, Target, Text,
};

use crate::cache::{IntCache, TextCache};
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
    error: Option<PyErr>,
}

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
            error: None,
        }
    }

    /// The event's instance, from the values that came since the last one.
    #[inline]
    pub fn finish(&mut self, event: EventId) -> PyResult<Bound<'py, PyAny>> {
        let schema = self.schema;
        let Some(shape) = schema.shapes.get(usize::from(event)) else {
            return Err(pyo3::exceptions::PyIndexError::new_err("no such event"));
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

    /// Why the sink stopped.
    pub fn take_error(&mut self) -> PyErr {
        let unknown = || pyo3::exceptions::PyRuntimeError::new_err("the builder stopped");
        self.error.take().unwrap_or_else(unknown)
    }

    #[cold]
    fn stop(&mut self, error: PyErr) -> Stopped {
        self.error = Some(error);
        Stopped
    }

    fn put(&mut self, field: FieldId, value: Option<Bound<'py, PyAny>>) {
        if let Some(place) = self.values.get_mut(usize::from(field)) {
            *place = value;
        }
    }

    #[inline(always)]
    fn value(&mut self, field: FieldId, value: Scalar<'_>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = self.py;
        Ok(Some(match value {
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
                None => return Ok(None),
            },
            Scalar::Time { seconds, useconds } => {
                let seconds = self.caches.seconds.get(py, seconds)?.into_any();
                let useconds = objects::int(py, i64::from(useconds))?.into_any();
                let mut parts = [Some(useconds), Some(seconds)].into_iter();
                let missing = || pyo3::exceptions::PyTypeError::new_err("a time has two parts");
                self.schema
                    .time
                    .instance(py, |_| parts.next_back().flatten().ok_or_else(missing))?
            }
            plain => plain_value(py, plain)?,
        }))
    }
}

impl<'py> Sink for Builder<'py, '_> {
    #[inline(always)]
    fn field(&mut self, field: FieldId, value: Scalar<'_>) -> Result<(), Stopped> {
        let value = self.value(field, value).map_err(|error| self.stop(error))?;
        self.put(field, value);
        Ok(())
    }

    fn raw(&mut self, field: FieldId, bytes: &[u8]) -> Result<(), Stopped> {
        let value =
            Bound::new(self.py, KVList::of_valid(bytes)).map_err(|error| self.stop(error))?;
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
                let name = self.caches.keys.get(self.py, root, name);
                let (name, spot) = name.map_err(|error| self.stop(error))?;
                self.owner = Owner::Extra(name);
                self.tree.spot = self.caches.keys.inside(spot);
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn end(&mut self) -> Result<(), Stopped> {
        let value = self.tree.root.take();
        match &self.owner {
            Owner::Field(field) => {
                let field = *field;
                self.put(field, value);
                Ok(())
            }
            Owner::Extra(name) => {
                let result = keep_extra(self.py, &mut self.extra, name, value);
                result.map_err(|error| self.stop(error))
            }
        }
    }

    #[inline(always)]
    fn scalar(&mut self, value: Scalar<'_>) -> Result<(), Stopped> {
        let object = match (value, self.caches.keys.values(self.tree.spot)) {
            (Scalar::Text(text), Some(cache)) => cache.get(self.py, text).map(Bound::into_any),
            _ => plain_value(self.py, value),
        };
        let result = object.and_then(|object| self.tree.add(object));
        result.map_err(|error| self.stop(error))
    }

    #[inline(always)]
    fn open(&mut self, container: Container) -> Result<(), Stopped> {
        let outer = self.tree.spot;
        let nested = self.tree.current.is_some();
        let result = self.tree.open(self.py, container);
        if nested {
            self.tree.spot = self.caches.keys.inside(outer);
        }
        result.map_err(|error| self.stop(error))
    }

    fn key(&mut self, key: Text<'_>) -> Result<(), Stopped> {
        match self.caches.keys.get(self.py, self.tree.spot, key) {
            Ok((key, spot)) => {
                self.tree.key = Some(key);
                self.tree.spot = spot;
                Ok(())
            }
            Err(error) => Err(self.stop(error)),
        }
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
        self.tree.close().map_err(|error| self.stop(error))
    }

    fn clear(&mut self) {
        self.values.iter_mut().for_each(|value| *value = None);
        self.extra = None;
        self.tree = Tree::default();
    }
}

fn keep_extra<'py>(
    py: Python<'py>,
    extra: &mut Option<Bound<'py, PyDict>>,
    name: &Bound<'py, PyString>,
    value: Option<Bound<'py, PyAny>>,
) -> PyResult<()> {
    if extra.is_none() {
        *extra = Some(objects::dict(py)?);
    }
    match (extra, value) {
        (Some(extra), Some(value)) => extra.set_item(name, value),
        _ => Ok(()),
    }
}
