//! `KVList`: a free-form attribute kept as its own bytes until somebody looks into it.

use std::fmt::Write;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyIterator, PyString, PyTuple, PyType};
use vmcodec_core::{check_value, depth_limit};

use crate::ffi::gc::GcPause;
use crate::ffi::objects;
use crate::memory;
use crate::nodes::dict_of;
use crate::words::{self, Words, name, raised};

/// An immutable mapping over the bytes of a JSON object, such as UserData.
///
/// The bytes were validated in full when the event was decoded. They become a dict at the first look;
/// until then they are all that is kept. It equals that dict, and `vmcodec.encode` writes the bytes
/// back as they came.
///
/// `KVList(raw)` takes the bytes of one JSON object; ValueError if they are not.
#[pyclass(frozen, mapping, freelist = 2048, module = "vmcodec")]
pub(crate) struct KVList {
    raw: Py<PyBytes>,
    dict: PyOnceLock<Py<PyDict>>,
}

impl KVList {
    /// Of bytes that the walk has validated.
    pub fn of_valid(raw: Bound<'_, PyBytes>) -> KVList {
        KVList {
            raw: raw.unbind(),
            dict: PyOnceLock::new(),
        }
    }

    /// The bytes as they came.
    pub fn bytes<'a>(&'a self, py: Python<'a>) -> &'a [u8] {
        self.raw.as_bytes(py)
    }

    fn dict<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyDict>> {
        let dict = self.dict.get_or_try_init(py, || {
            let _pause = GcPause::new(py);
            dict_of(py, self.bytes(py)).map(Bound::unbind)
        })?;
        Ok(dict.bind(py))
    }
}

#[pymethods]
impl KVList {
    #[new]
    fn new(py: Python<'_>, raw: &[u8]) -> PyResult<KVList> {
        let object = raw.first() == Some(&b'{') && raw.last() == Some(&b'}');
        let checked = check_value(raw, depth_limit());
        if checked
            .as_ref()
            .is_err_and(|fault| fault.is_want_of_memory())
        {
            return Err(memory::short());
        }
        if !object || checked.is_err() {
            return Err(raised::<PyValueError>(
                "raw is not the text of one JSON object",
            ));
        }
        Ok(KVList::of_valid(objects::bytes(py, raw)?))
    }

    /// The bytes as they came.
    #[getter]
    fn raw<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        self.raw.bind(py).clone()
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.dict(py)?.len())
    }

    fn __getitem__<'py>(&self, key: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.dict(key.py())?.as_any().get_item(key)
    }

    fn __contains__(&self, key: &Bound<'_, PyAny>) -> PyResult<bool> {
        self.dict(key.py())?.contains(key)
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.dict(py)?.as_any().try_iter()
    }

    /// The value of `key`, or `default` where it has none.
    #[pyo3(signature = (key, default=None))]
    fn get<'py>(
        &self,
        key: &Bound<'py, PyAny>,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.dict(key.py())?.get_item(key)?.or(default))
    }

    /// The keys, as a dict gives them.
    fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.dict(py)?.call_method0(name!(py, "keys")?)
    }

    /// The values, as a dict gives them.
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.dict(py)?.call_method0(name!(py, "values")?)
    }

    /// The pairs, as a dict gives them.
    fn items<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.dict(py)?.call_method0(name!(py, "items")?)
    }

    /// A new dict of the same content.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let _pause = GcPause::new(py);
        dict_of(py, self.bytes(py))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        let mine = self.dict(other.py())?;
        match other.cast::<KVList>() {
            Ok(other) => mine.eq(other.get().dict(mine.py())?),
            Err(_) => mine.eq(other),
        }
    }

    fn __repr__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        let dict = self.dict(py)?.repr()?;
        let dict = dict.to_str()?;
        let mut text = String::new();
        let room = text.try_reserve_exact(dict.len() + "KVList()".len());
        room.map_err(memory::failed)?;
        let _ = write!(text, "KVList({dict})");
        Words(&text).into_pyobject(py)
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        let raw = slf.get().raw(slf.py());
        Ok((
            slf.get_type(),
            words::tuple(slf.py(), vec![raw.into_any()])?,
        ))
    }
}
