//! Free-form values as dicts and lists: inside events for the builder, alone for `KVList`.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyList, PyString};
use vmcodec_core::{Container, FieldId, Number, Scalar, Sink, Stopped, Target, Text};

use crate::ffi::{objects, text};
use crate::keys::Spot;

/// A free-form value in the making.
#[derive(Default)]
pub(crate) struct Tree<'py> {
    /// The containers around the current one, each with the key that waits for the inner one, and
    /// that key's spot.
    outer: Vec<(Node<'py>, Option<Bound<'py, PyString>>, Spot)>,
    pub current: Option<Node<'py>>,
    /// The key that waits for a value of the current container.
    pub key: Option<Bound<'py, PyString>>,
    /// Where the walk is, for guessing keys.
    pub spot: Spot,
    pub root: Option<Bound<'py, PyAny>>,
}

pub(crate) enum Node<'py> {
    Dict(Bound<'py, PyDict>),
    List(Bound<'py, PyList>),
}

impl<'py> Tree<'py> {
    #[inline(always)]
    pub fn open(&mut self, py: Python<'py>, container: Container) -> PyResult<()> {
        let node = match container {
            Container::Object => Node::Dict(objects::dict(py)?),
            Container::Array => Node::List(objects::list(py)?),
        };
        if let Some(outer) = self.current.replace(node) {
            self.outer.push((outer, self.key.take(), self.spot));
        }
        Ok(())
    }

    #[inline(always)]
    pub fn close(&mut self) -> PyResult<()> {
        let value = match self.current.take() {
            Some(Node::Dict(dict)) => dict.into_any(),
            Some(Node::List(list)) => list.into_any(),
            None => return Ok(()),
        };
        if let Some((outer, key, spot)) = self.outer.pop() {
            self.current = Some(outer);
            self.key = key;
            self.spot = spot;
        }
        self.add(value)
    }

    #[inline(always)]
    pub fn add(&mut self, value: Bound<'py, PyAny>) -> PyResult<()> {
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

/// The dict of an object's bytes that were validated before; for `KVList`.
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

/// The object of a value that needs no schema.
#[inline(always)]
pub(crate) fn plain_value<'py>(py: Python<'py>, value: Scalar<'_>) -> PyResult<Bound<'py, PyAny>> {
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
