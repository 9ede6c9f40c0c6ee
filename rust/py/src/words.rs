//! What is handed to Python in words and numbers: strs, ints, exceptions, attributes by their names. Used wherever
//! PyO3's own ways panic when memory is short; here that is a MemoryError.
//!
//! A lazy `PyErr` would be no better: PyO3 makes its text while it leaves the module, where a panic aborts.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyInt, PyList, PyString, PyTuple};
use pyo3::{IntoPyObject, IntoPyObjectExt, PyTypeInfo};
use vmcodec_core::Text;

use crate::ffi::{objects, text};

/// A text that becomes a str.
pub(crate) struct Words<'a>(pub &'a str);

impl<'py> IntoPyObject<'py> for Words<'_> {
    type Target = PyString;
    type Output = Bound<'py, PyString>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        Ok(text::string(py, Text::Unicode(self.0))?)
    }
}

/// A number that becomes an int.
pub(crate) struct Count(pub usize);

impl<'py> IntoPyObject<'py> for Count {
    type Target = PyInt;
    type Output = Bound<'py, PyInt>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyInt>> {
        let number = u64::try_from(self.0).unwrap_or(u64::MAX);
        Ok(objects::uint(py, number)?)
    }
}

/// A list of texts.
pub(crate) fn list<'py>(
    py: Python<'py>,
    texts: impl Iterator<Item = impl AsRef<str>>,
) -> PyResult<Bound<'py, PyList>> {
    let list = objects::list(py)?;
    for text in texts {
        let text = Words(text.as_ref()).into_pyobject(py)?;
        objects::append(&list, text.as_any())?;
    }
    Ok(list)
}

/// A tuple of what was made for it.
pub(crate) fn tuple<'py>(
    py: Python<'py>,
    items: Vec<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyTuple>> {
    let list = objects::list(py)?;
    for item in &items {
        objects::append(&list, item)?;
    }
    Ok(objects::tuple_of(&list)?)
}

/// The object itself, of whatever becomes one; None where there is nothing.
pub(crate) fn object<'py, T>(py: Python<'py>, value: T) -> PyResult<Bound<'py, PyAny>>
where
    T: IntoPyObject<'py>,
{
    value.into_bound_py_any(py)
}

/// An exception of this class with this message. The thread is attached.
#[cold]
pub(crate) fn raised<T: PyTypeInfo>(message: impl AsRef<str>) -> PyErr {
    Python::attach(|py| {
        let made = py.get_type::<T>().call1((Words(message.as_ref()),));
        made.map_or_else(|error| error, PyErr::from_value)
    })
}

/// The module of this name.
pub(crate) fn import<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    Ok(py.import(Words(name).into_pyobject(py)?)?.into_any())
}

/// The str of a name that is asked for again and again, made once. `intern!` would panic.
macro_rules! name {
    ($py:expr, $text:literal) => {{
        static NAME: pyo3::sync::PyOnceLock<pyo3::Py<pyo3::types::PyString>> =
            pyo3::sync::PyOnceLock::new();
        $crate::words::once(&NAME, $py, $text)
    }};
}
pub(crate) use name;

/// What the place holds, or is to hold.
pub(crate) fn once<'a, 'py>(
    place: &'a PyOnceLock<Py<PyString>>,
    py: Python<'py>,
    name: &str,
) -> PyResult<&'a Bound<'py, PyString>> {
    let made = place.get_or_try_init(py, || Words(name).into_pyobject(py).map(Bound::unbind));
    Ok(made?.bind(py))
}

/// The attribute of this name.
pub(crate) fn attribute<'py>(
    object: &Bound<'py, PyAny>,
    name: &str,
) -> PyResult<Bound<'py, PyAny>> {
    object.getattr(Words(name).into_pyobject(object.py())?)
}
