//! Free-form values as dicts and lists: inside events for the builder, alone for `KVList`.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyList, PyString};
use vmcodec_core::{Container, Number, Scalar, Sink, Stopped, Text};

use crate::cache::Templates;
use crate::ffi::pending::Pending;
use crate::ffi::template::Template;
use crate::ffi::{objects, text};
use crate::keys::Spot;
use crate::memory;
use crate::words::raised;

/// A free-form value in the making.
#[derive(Default)]
pub(crate) struct Tree<'py> {
    /// The containers around the current one, each with the key that waits for the inner one, and
    /// that key's spot.
    outer: Vec<(Node<'py>, Option<Bound<'py, PyString>>, Spot)>,
    pub current: Option<Node<'py>>,
    /// The key that waits for a value of the current container, where it is a dict.
    key: Option<Bound<'py, PyString>>,
    /// Where the walk is, for guessing keys.
    pub spot: Spot,
    pub root: Option<Bound<'py, PyAny>>,
}

pub(crate) enum Node<'py> {
    Dict(Bound<'py, PyDict>),
    /// An object with the keys of an earlier one, so far.
    Like(Box<Template>),
    List(Bound<'py, PyList>),
}

impl<'py> Tree<'py> {
    /// Opens a container; the spot is that before its first key.
    #[inline(always)]
    pub fn open(
        &mut self,
        py: Python<'py>,
        container: Container,
        spot: Spot,
        templates: &mut Templates,
    ) -> Result<(), Pending<'py>> {
        let node = match container {
            Container::Object => match templates.take(spot) {
                Some(template) => Node::Like(template),
                None => Node::Dict(objects::dict(py)?),
            },
            Container::Array => Node::List(objects::list(py)?),
        };
        if let Some(outer) = self.current.replace(node) {
            self.outer.push((outer, self.key.take(), self.spot));
        }
        self.spot = spot;
        Ok(())
    }

    /// The key of the value that comes next, and the spot behind it.
    #[inline(always)]
    pub fn key(
        &mut self,
        py: Python<'py>,
        key: &Py<PyString>,
        spot: Spot,
        templates: &mut Templates,
    ) -> Result<(), Pending<'py>> {
        self.spot = spot;
        if let Some(Node::Like(template)) = &self.current {
            if template.expects(key) {
                return Ok(());
            }
            self.unlike(py, templates)?;
        }
        self.key = Some(key.bind(py).clone());
        Ok(())
    }

    /// From here on the object goes its own way.
    #[inline(never)]
    fn unlike(&mut self, py: Python<'py>, templates: &mut Templates) -> Result<(), Pending<'py>> {
        if let Some(Node::Like(mut template)) = self.current.take() {
            let dict = template.dict(py);
            templates.put(self.spot, template);
            self.current = Some(Node::Dict(dict?));
        }
        Ok(())
    }

    #[inline(always)]
    pub fn close(
        &mut self,
        py: Python<'py>,
        templates: &mut Templates,
    ) -> Result<(), Pending<'py>> {
        let value = match self.current.take() {
            Some(Node::Like(mut template)) => {
                let dict = template.dict(py);
                templates.put(self.spot, template);
                dict?.into_any()
            }
            Some(Node::Dict(dict)) => {
                templates.learn(self.spot, &dict)?;
                dict.into_any()
            }
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

    /// Drops what there is of a value.
    pub fn clear(&mut self, templates: &mut Templates) {
        let current = self.current.take().map(|node| (node, self.spot));
        let outer = self.outer.drain(..).map(|(node, _, spot)| (node, spot));
        for (node, spot) in outer.chain(current) {
            if let Node::Like(mut template) = node {
                template.clear();
                templates.put(spot, template);
            }
        }
        *self = Tree::default();
    }

    #[inline(always)]
    pub fn add(&mut self, value: Bound<'py, PyAny>) -> Result<(), Pending<'py>> {
        match &mut self.current {
            Some(Node::Like(template)) => {
                template.add(value);
                Ok(())
            }
            Some(Node::Dict(dict)) => match self.key.take() {
                Some(key) => objects::set_item(dict, &key, &value),
                None => Ok(()),
            },
            Some(Node::List(list)) => objects::append(list, &value),
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
        templates: Templates::none(),
    };
    let walked = vmcodec_core::walk_value(bytes, 0, vmcodec_core::depth_limit(), &mut sink);
    if let Some(error) = PyErr::take(py) {
        return Err(error);
    }
    match (walked, sink.tree.root) {
        (Err(fault), _) if fault.is_want_of_memory() => Err(memory::short()),
        (Ok(_), Some(root)) => Ok(root.cast_into::<PyDict>()?),
        _ => Err(raised::<PyValueError>("not a JSON object")),
    }
}

/// The sink of a tree that stands alone. Where it stops, a Python exception is set.
struct Loose<'py> {
    py: Python<'py>,
    tree: Tree<'py>,
    templates: Templates,
}

impl Sink for Loose<'_> {
    fn scalar(&mut self, value: Scalar<'_>) -> Result<(), Stopped> {
        let value = plain_value(self.py, value)?;
        Ok(self.tree.add(value)?)
    }
    fn open(&mut self, container: Container) -> Result<(), Stopped> {
        let spot = Spot::default();
        Ok(self
            .tree
            .open(self.py, container, spot, &mut self.templates)?)
    }
    fn key(&mut self, key: Text<'_>) -> Result<(), Stopped> {
        let key = text::string(self.py, key)?.unbind();
        let spot = Spot::default();
        Ok(self.tree.key(self.py, &key, spot, &mut self.templates)?)
    }
    fn close(&mut self) -> Result<(), Stopped> {
        Ok(self.tree.close(self.py, &mut self.templates)?)
    }
}

/// The object of a value that needs no schema.
#[inline(always)]
pub(crate) fn plain_value<'py>(
    py: Python<'py>,
    value: Scalar<'_>,
) -> Result<Bound<'py, PyAny>, Pending<'py>> {
    Ok(match value {
        Scalar::Text(text) => text::string(py, text)?.into_any(),
        Scalar::Boolean(value) => PyBool::new(py, value).to_owned().into_any(),
        Scalar::Number(number) => match number {
            Number::Int(value) => objects::int(py, value)?.into_any(),
            Number::UInt(value) => objects::uint(py, value)?.into_any(),
            Number::Big(digits) => big_int(py, digits)?,
            Number::Float(value) => objects::float(py, value)?.into_any(),
        },
        Scalar::Null | Scalar::Enum { .. } | Scalar::Time { .. } => py.None().into_bound(py),
    })
}

/// The int of many digits. CPython's own limit may be set lower than ours: then it is put together.
#[cold]
fn big_int<'py>(py: Python<'py>, digits: &str) -> Result<Bound<'py, PyAny>, Pending<'py>> {
    let error = match objects::big_int(py, digits) {
        Ok(value) => return Ok(value),
        Err(pending) => PyErr::from(pending),
    };
    if !error.is_instance_of::<PyValueError>(py) {
        return Err(Pending::set(py, error));
    }
    let (negative, digits) = match digits.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, digits),
    };
    let mut value = objects::int(py, 0)?.into_any();
    for part in digits.as_bytes().chunks(18) {
        let number = part
            .iter()
            .fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
        let shifted = value.mul(10i64.pow(part.len() as u32));
        let sum = shifted.and_then(|shifted| shifted.add(number));
        value = sum.map_err(|error| Pending::set(py, error))?;
    }
    if negative {
        value = value.neg().map_err(|error| Pending::set(py, error))?;
    }
    Ok(value)
}
