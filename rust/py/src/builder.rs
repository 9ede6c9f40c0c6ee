//! The sink that makes Python objects: values into slots, trees into dicts and lists. Where it stops,
//! a Python exception is set.

use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use vmcodec_core::{
    Container, EventId, FieldId, Literal, Number, Scalar, Sink, Stopped, Target, Text,
};

use crate::cache::{IntCache, ObjectCache, Templates, TextCache, Worth};
use crate::ffi::pending::Pending;
use crate::ffi::{objects, text};
use crate::keys::{Keys, Spot};
use crate::kvlist::KVList;
use crate::nodes::{Tree, plain_value};
use crate::schema::Schema;
use crate::shape::Shape;
use crate::words::raised;

/// What outlives a call, to serve the next one: bounded caches of objects.
pub(crate) struct Caches {
    keys: Keys,
    texts: Vec<(TextCache, Worth)>,
    ints: Vec<IntCache>,
    objects: Vec<ObjectCache>,
    templates: Templates,
    /// The seconds of time stamps: those of one batch are few.
    seconds: IntCache,
    /// Room for the values of a record, by field; empty between records.
    values: Vec<Option<Py<PyAny>>>,
}

impl Caches {
    /// Empty caches for so many fields. Dicts are made from templates where it is `fast`.
    pub fn new(fields: usize, fast: bool) -> Caches {
        Caches {
            keys: Keys::new(),
            texts: (0..fields)
                .map(|_| (TextCache::new(256), Worth::default()))
                .collect(),
            ints: (0..fields).map(|_| IntCache::new(256)).collect(),
            objects: (0..fields).map(|_| ObjectCache::new()).collect(),
            templates: Templates::new(fast),
            seconds: IntCache::new(16),
            values: (0..fields).map(|_| None).collect(),
        }
    }
}

/// Builds the objects of one record after the other.
pub(crate) struct Builder<'py, 'a> {
    py: Python<'py>,
    schema: &'a Schema,
    caches: &'a mut Caches,
    extra: Option<Bound<'py, PyDict>>,
    tree: Tree<'py>,
    owner: Owner<'py>,
    /// The place of the key that was guessed.
    guess: usize,
    /// The event, where it is known; what is guessed depends on it.
    event: usize,
    /// Whether one of the values is null.
    nulls: bool,
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
    pub fn new(py: Python<'py>, schema: &'a Schema, caches: &'a mut Caches) -> Self {
        Builder {
            py,
            schema,
            caches,
            extra: None,
            tree: Tree::default(),
            owner: Owner::Field(0),
            guess: 0,
            event: 0,
            nulls: false,
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
                raised::<PyIndexError>("no such event"),
            ));
        };
        if self.nulls {
            self.settle(shape)?;
        }
        let py = self.py;
        let (values, extra) = (self.caches.values.as_mut_slice(), &mut self.extra);
        let values = shape.fields.iter().map(|field| {
            let value = values.get_mut(usize::from(field.field));
            match value.and_then(Option::take) {
                Some(value) => Ok(value.into_bound(py)),
                None => field.default(py),
            }
        });
        let extra = extra.take().map(Bound::into_any);
        let extra = extra.unwrap_or_else(|| py.None().into_bound(py));
        shape.instance(py, values.chain(std::iter::once(Ok(extra))))
    }

    /// Puts in the place of each null what it stands for.
    #[cold]
    fn settle(&mut self, shape: &Shape) -> Result<(), Pending<'py>> {
        self.nulls = false;
        for field in &shape.fields {
            if let Some(Some(value)) = self.caches.values.get_mut(usize::from(field.field))
                && value.is_none(self.py)
            {
                *value = field.null(self.py)?.unbind();
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn put(&mut self, field: FieldId, value: Option<Bound<'py, PyAny>>) {
        if let Some(place) = self.caches.values.get_mut(usize::from(field)) {
            *place = value.map(Bound::unbind);
        }
    }

    // One function for each kind of value, and none inlined: the walk keeps its registers.

    #[inline(never)]
    fn text(&mut self, field: FieldId, text: Text<'_>) -> Result<(), Stopped> {
        let value = match self.caches.texts.get_mut(usize::from(field)) {
            Some((cache, worth)) => cache.get(self.py, worth, text)?,
            None => text::string(self.py, text)?,
        };
        self.put(field, Some(value.into_any()));
        Ok(())
    }

    #[inline(never)]
    fn int(&mut self, field: FieldId, value: i64) -> Result<(), Stopped> {
        let value = match self.caches.ints.get_mut(usize::from(field)) {
            Some(cache) => cache.get(self.py, value)?,
            None => objects::int(self.py, value)?,
        };
        self.put(field, Some(value.into_any()));
        Ok(())
    }

    #[inline(never)]
    fn member(&mut self, field: FieldId, table: u16, code: Number<'_>) -> Result<(), Stopped> {
        let py = self.py;
        let member = match self.schema.enums.get(usize::from(table)) {
            Some(shape) => shape.member(py, code)?,
            None => py.None().into_bound(py),
        };
        self.put(field, Some(member));
        Ok(())
    }

    #[inline(never)]
    fn time(&mut self, field: FieldId, seconds: i64, useconds: u32) -> Result<(), Stopped> {
        let py = self.py;
        let seconds = self.caches.seconds.get(py, seconds)?.into_any();
        let useconds = objects::int(py, i64::from(useconds))?.into_any();
        let parts = [Ok(seconds), Ok(useconds)];
        let time = self.schema.time.instance(py, parts.into_iter())?;
        self.put(field, Some(time));
        Ok(())
    }

    #[inline(never)]
    fn text_node(&mut self, text: Text<'_>) -> Result<(), Stopped> {
        let value = self.caches.keys.value(self.py, self.tree.spot, text)?;
        self.node(value.into_any())
    }

    #[inline(never)]
    fn plain_node(&mut self, value: Scalar<'_>) -> Result<(), Stopped> {
        let value = plain_value(self.py, value)?;
        self.node(value)
    }

    /// A value without parts joins the tree.
    #[inline(always)]
    fn node(&mut self, value: Bound<'py, PyAny>) -> Result<(), Stopped> {
        self.nodes = self.nodes.wrapping_add(1);
        if self.nodes.is_multiple_of(NODES_A_LOOK) {
            let looked = self.py.check_signals();
            looked.map_err(|error| Pending::set(self.py, error))?;
        }
        Ok(self.tree.add(value)?)
    }

    #[inline(never)]
    fn plain(&mut self, field: FieldId, value: Scalar<'_>) -> Result<(), Stopped> {
        self.nulls |= matches!(value, Scalar::Null);
        let value = plain_value(self.py, value)?;
        self.put(field, Some(value));
        Ok(())
    }
}

impl<'py> Sink for Builder<'py, '_> {
    #[inline(always)]
    fn event(&mut self, event: EventId) {
        self.event = usize::from(event);
    }

    #[inline(always)]
    fn field(&mut self, field: FieldId, value: Scalar<'_>) -> Result<(), Stopped> {
        match value {
            Scalar::Text(text) => self.text(field, text),
            Scalar::Number(Number::Int(value)) => self.int(field, value),
            Scalar::Enum { table, code } => self.member(field, table, code),
            Scalar::Time { seconds, useconds } => self.time(field, seconds, useconds),
            plain => self.plain(field, plain),
        }
    }

    fn raw(&mut self, field: FieldId, bytes: &[u8]) -> Result<(), Stopped> {
        let raw = objects::bytes(self.py, bytes)?;
        let value = Bound::new(self.py, KVList::of_valid(raw));
        let value = value.map_err(|error| Pending::set(self.py, error))?;
        let value = value.into_any();
        if let Some(cache) = self.caches.objects.get_mut(usize::from(field))
            && cache.wants(bytes)
        {
            cache.put(bytes, &value);
        }
        self.put(field, Some(value));
        Ok(())
    }

    #[inline(always)]
    fn begin(&mut self, target: Target<'_>) -> Result<(), Stopped> {
        match target {
            Target::Field(field) => {
                self.owner = Owner::Field(field);
                self.tree.spot = Spot::root(self.event, usize::from(field));
            }
            Target::Extra(name) => {
                let root = Spot::default();
                let (name, spot) = self.caches.keys.get(self.py, root, name)?;
                self.owner = Owner::Extra(name);
                self.tree.spot = spot.inside();
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn known(&mut self, field: FieldId, rest: &[u8]) -> Result<Option<usize>, Stopped> {
        let Some(cache) = self.caches.objects.get_mut(usize::from(field)) else {
            return Ok(None);
        };
        let Some((object, length)) = cache.get(self.py, rest) else {
            return Ok(None);
        };
        // A dict is the caller's to change; nobody can change a KVList.
        let value = match object.cast_exact::<PyDict>() {
            Ok(dict) => objects::copy(dict)?.into_any(),
            Err(_) => object,
        };
        self.put(field, Some(value));
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
                if let Some(cache) = self.caches.objects.get_mut(usize::from(field))
                    && cache.wants(text)
                    && let Ok(dict) = value.cast_exact::<PyDict>()
                {
                    cache.put(text, objects::copy(dict)?.as_any());
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
        match value {
            Scalar::Text(text) => self.text_node(text),
            plain => self.plain_node(plain),
        }
    }

    #[inline(never)]
    fn open(&mut self, container: Container) -> Result<(), Stopped> {
        let nested = self.tree.current.is_some();
        let spot = self.tree.spot;
        let spot = if nested { spot.inside() } else { spot };
        let templates = &mut self.caches.templates;
        Ok(self.tree.open(self.py, container, spot, templates)?)
    }

    #[inline(never)]
    fn key(&mut self, key: Text<'_>) -> Result<(), Stopped> {
        let (key, spot) = self.caches.keys.get(self.py, self.tree.spot, key)?;
        let (key, templates) = (key.unbind(), &mut self.caches.templates);
        Ok(self.tree.key(self.py, &key, spot, templates)?)
    }

    #[inline(always)]
    fn guess(&mut self) -> Option<&Literal> {
        let (place, literal) = self.caches.keys.guess(self.tree.spot)?;
        self.guess = place;
        Some(literal)
    }

    #[inline(always)]
    fn guessed(&mut self) -> Result<(), Stopped> {
        if let Some((key, spot)) = self.caches.keys.guessed(self.guess, self.tree.spot) {
            let templates = &mut self.caches.templates;
            self.tree.key(self.py, key, spot, templates)?;
        }
        Ok(())
    }

    #[inline(never)]
    fn close(&mut self) -> Result<(), Stopped> {
        Ok(self.tree.close(self.py, &mut self.caches.templates)?)
    }

    #[inline(never)]
    fn clear(&mut self) {
        self.caches
            .values
            .iter_mut()
            .for_each(|value| *value = None);
        self.nulls = false;
        self.extra = None;
        self.tree.clear(&mut self.caches.templates);
    }
}
