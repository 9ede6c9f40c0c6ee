//! The sink that makes Python objects: values into slots, trees into dicts and lists.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyList, PyString};
use vmcodec_core::{Container, EventId, FieldId, Number, Scalar, Sink, Stopped, Target, Text};

use crate::cache::TextCache;
use crate::ffi::{objects, text};
use crate::kvlist::KVList;
use crate::schema::Schema;

/// What outlives a call, to serve the next one: caches of strings, bounded in number and size.
pub(crate) struct Caches {
    keys: TextCache,
    fields: Vec<TextCache>,
}

impl Caches {
    /// Empty caches for so many fields.
    pub fn new(fields: usize) -> Caches {
        Caches {
            keys: TextCache::new(1024),
            fields: (0..fields).map(|_| TextCache::new(256)).collect(),
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
        let values = &mut self.values;
        let extra = self.extra.take();
        let fields = shape.fields.iter().map(|field| {
            let value = values.get_mut(usize::from(field.field));
            match value.and_then(Option::take) {
                Some(value) if value.is_none() => field.null(py),
                Some(value) => Ok(value),
                None => field.default(py),
            }
        });
        let extra = extra.map_or_else(|| py.None().into_bound(py), Bound::into_any);
        shape.instance(py, fields.chain(std::iter::once(Ok(extra))))
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
            Scalar::Text(text) => match self.caches.fields.get_mut(usize::from(field)) {
                Some(cache) => cache.get(py, text)?.into_any(),
                None => text::string(py, text)?.into_any(),
            },
            Scalar::Enum { table, code } => match self.schema.enums.get(usize::from(table)) {
                Some(shape) => shape.member(py, code)?,
                None => return Ok(None),
            },
            Scalar::Time { seconds, useconds } => {
                let seconds = objects::int(py, seconds)?.into_any();
                let useconds = objects::int(py, i64::from(useconds))?.into_any();
                self.schema
                    .time
                    .instance(py, [Ok(seconds), Ok(useconds)].into_iter())?
            }
            plain => plain_value(py, plain)?,
        }))
    }
}

/// The object of a value that needs no schema.
#[inline(always)]
fn plain_value<'py>(py: Python<'py>, value: Scalar<'_>) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Scalar::Text(text) => text::string(py, text)?.into_any(),
        Scalar::Boolean(value) => PyBool::new(py, value).to_owned().into_any(),
        Scalar::Number(number) => match number {
            Number::Int(value) => objects::int(py, value)?.into_any(),
            Number::UInt(value) => objects::uint(py, value)?.into_any(),
            Number::Big(digits) => objects::big_int(py, digits)?.into_any(),
            Number::Float(value) => objects::float(py, value)?.into_any(),
        },
        Scalar::Null | Scalar::Enum { .. } | Scalar::Time { .. } => py.None().into_bound(py),
    })
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
        self.owner = match target {
            Target::Field(field) => Owner::Field(field),
            Target::Extra(name) => {
                let name = self.caches.keys.get(self.py, name);
                Owner::Extra(name.map_err(|error| self.stop(error))?)
            }
        };
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
        let result = plain_value(self.py, value).and_then(|value| self.tree.add(value));
        result.map_err(|error| self.stop(error))
    }

    #[inline(always)]
    fn open(&mut self, container: Container) -> Result<(), Stopped> {
        let result = self.tree.open(self.py, container);
        result.map_err(|error| self.stop(error))
    }

    #[inline(always)]
    fn key(&mut self, key: Text<'_>) -> Result<(), Stopped> {
        match self.caches.keys.get(self.py, key) {
            Ok(key) => {
                self.tree.key = Some(key);
                Ok(())
            }
            Err(error) => Err(self.stop(error)),
        }
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

/// A free-form value in the making.
#[derive(Default)]
struct Tree<'py> {
    /// The containers around the current one, each with the key that waits for the inner one.
    outer: Vec<(Node<'py>, Option<Bound<'py, PyString>>)>,
    current: Option<Node<'py>>,
    /// The key that waits for a value of the current container.
    key: Option<Bound<'py, PyString>>,
    root: Option<Bound<'py, PyAny>>,
}

enum Node<'py> {
    Dict(Bound<'py, PyDict>),
    List(Bound<'py, PyList>),
}

impl<'py> Tree<'py> {
    #[inline(always)]
    fn open(&mut self, py: Python<'py>, container: Container) -> PyResult<()> {
        let node = match container {
            Container::Object => Node::Dict(objects::dict(py)?),
            Container::Array => Node::List(objects::list(py)?),
        };
        if let Some(outer) = self.current.replace(node) {
            self.outer.push((outer, self.key.take()));
        }
        Ok(())
    }

    #[inline(always)]
    fn close(&mut self) -> PyResult<()> {
        let value = match self.current.take() {
            Some(Node::Dict(dict)) => dict.into_any(),
            Some(Node::List(list)) => list.into_any(),
            None => return Ok(()),
        };
        if let Some((outer, key)) = self.outer.pop() {
            self.current = Some(outer);
            self.key = key;
        }
        self.add(value)
    }

    #[inline(always)]
    fn add(&mut self, value: Bound<'py, PyAny>) -> PyResult<()> {
        match &self.current {
            Some(Node::Dict(dict)) => match self.key.take() {
                Some(key) => dict.set_item(key, value),
                None => Ok(()),
            },
            Some(Node::List(list)) => list.append(value),
            None => {
                self.root = Some(value);
                Ok(())
            }
        }
    }
}

/// The dict of an object's bytes that were validated before; for [`KVList`].
pub(crate) fn dict_of<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyDict>> {
    let mut sink = Loose {
        py,
        tree: Tree::default(),
        error: None,
    };
    let walked = vmcodec_core::walk_value(bytes, 0, vmcodec_core::depth_limit(), &mut sink);
    if let Some(error) = sink.error {
        return Err(error);
    }
    match (walked, sink.tree.root) {
        (Ok(_), Some(root)) => Ok(root.cast_into::<PyDict>()?),
        _ => Err(pyo3::exceptions::PyValueError::new_err("not a JSON object")),
    }
}

/// The sink of a tree that stands alone.
struct Loose<'py> {
    py: Python<'py>,
    tree: Tree<'py>,
    error: Option<PyErr>,
}

impl Loose<'_> {
    fn kept(&mut self, result: PyResult<()>) -> Result<(), Stopped> {
        result.map_err(|error| {
            self.error = Some(error);
            Stopped
        })
    }
}

impl Sink for Loose<'_> {
    fn scalar(&mut self, value: Scalar<'_>) -> Result<(), Stopped> {
        let result = plain_value(self.py, value).and_then(|value| self.tree.add(value));
        self.kept(result)
    }
    fn open(&mut self, container: Container) -> Result<(), Stopped> {
        let result = self.tree.open(self.py, container);
        self.kept(result)
    }
    fn key(&mut self, key: Text<'_>) -> Result<(), Stopped> {
        let result = text::string(self.py, key).map(|key| self.tree.key = Some(key));
        self.kept(result)
    }
    fn close(&mut self) -> Result<(), Stopped> {
        let result = self.tree.close();
        self.kept(result)
    }
    fn field(&mut self, _: FieldId, _: Scalar<'_>) -> Result<(), Stopped> {
        Ok(())
    }
    fn raw(&mut self, _: FieldId, _: &[u8]) -> Result<(), Stopped> {
        Ok(())
    }
    fn begin(&mut self, _: Target<'_>) -> Result<(), Stopped> {
        Ok(())
    }
    fn end(&mut self) -> Result<(), Stopped> {
        Ok(())
    }
    fn clear(&mut self) {}
}
