//! Dicts made as copies of one with the same keys, their values written where the copy keeps them: no key
//! is hashed, looked up or compared, and no table grows.
//!
//! Used for free-form objects, whose keys come in the same order again and again. Where a dict keeps its
//! values is no part of CPython's interface. So it is looked for, once for each template, in a dict whose
//! values are known; where it is not found there is no template.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::gc::{is_collected, is_tracked};
use super::objects;
use super::pending::Pending;
use crate::words::name;

/// A dict to copy, and the values for the next copy.
///
/// Invariant: nobody else has `dict`, and no walk over objects finds it. It has the `keys`, in this order, each
/// with itself as its value. A copy of it keeps the value of each at the place that stands beside it: in bytes
/// behind the beginning of the copy's table, within that table, aligned.
pub(crate) struct Template {
    dict: Py<PyDict>,
    keys: Vec<(Py<PyString>, usize)>,
    /// Those of the first keys.
    values: Vec<Py<PyAny>>,
}

impl Template {
    /// A template for dicts like this one, all of whose keys are str; none if its table is not understood.
    pub fn of<'py>(dict: &Bound<'py, PyDict>) -> Result<Option<Template>, Pending<'py>> {
        let made = Template::try_of(dict);
        made.map_err(|error| Pending::set(dict.py(), error))
    }

    fn try_of(dict: &Bound<'_, PyDict>) -> PyResult<Option<Template>> {
        let py = dict.py();
        let template = objects::copy(dict)?;
        let (mut keys, mut marks) = (Vec::new(), Vec::new());
        for (key, _) in dict {
            let mark = py.get_type::<PyAny>().call0()?;
            template.set_item(&key, &mark)?;
            keys.push(key.cast_into::<PyString>()?.unbind());
            marks.push(mark);
        }
        let places = places_of(&objects::copy(&template)?, &marks)?;
        // Any value serves. With one for all keys, every copy would count its references up and down in
        // one place, each time waiting for the last.
        for key in &keys {
            template.set_item(key, key)?;
        }
        // SAFETY: [template.hide] a live dict, whether the collector knows it or not.
        unsafe { ffi::PyObject_GC_UnTrack(template.as_ptr().cast()) };
        let places = match keys.first() {
            Some(key) if comes_to_be_known(&template, key)? => places,
            _ => None,
        };
        Ok(places.map(|places| Template {
            dict: template.unbind(),
            values: Vec::with_capacity(keys.len()),
            keys: keys.into_iter().zip(places).collect(),
        }))
    }

    /// Whether this very key is the next one.
    #[inline(always)]
    pub fn expects(&self, key: &Py<PyString>) -> bool {
        let next = self.keys.get(self.values.len());
        next.is_some_and(|(next, _)| next.is(key))
    }

    /// Takes the value of the key that was expected.
    #[inline(always)]
    pub fn add(&mut self, value: Bound<'_, PyAny>) {
        self.values.push(value.unbind());
    }

    /// A new dict of the values that came. None are left, whatever happens.
    #[inline(always)]
    pub fn dict<'py>(&mut self, py: Python<'py>) -> Result<Bound<'py, PyDict>, Pending<'py>> {
        let dict = if self.values.len() == self.keys.len() {
            self.filled(py)
        } else {
            self.begun(py)
        };
        if dict.is_err() {
            self.clear();
        }
        dict
    }

    /// Drops the values that came.
    #[cold]
    #[inline(never)]
    pub fn clear(&mut self) {
        self.values.clear();
    }

    /// A copy with its values.
    #[inline(always)]
    fn filled<'py>(&mut self, py: Python<'py>) -> Result<Bound<'py, PyDict>, Pending<'py>> {
        let dict = objects::copy(self.dict.bind(py))?;
        for (key, place) in self.keys.iter().rev() {
            let Some(value) = self.values.pop() else {
                break;
            };
            let value = value.into_bound(py);
            // A dict that comes to hold what the collector knows must be known to it as well: CPython
            // sees to that.
            if is_collected(&value) {
                objects::set_item(&dict, key.bind(py), &value)?;
                continue;
            }
            let slot: *mut Option<Py<PyAny>> = table_of(&dict).wrapping_byte_add(*place).cast();
            // SAFETY: [template.slot] by the invariant the place is within the table, aligned, and holds
            // a reference of the dict's own, or null; nobody else has the copy yet.
            match unsafe { &mut *slot } {
                Some(blank) if blank.is(key) => {
                    std::mem::replace(blank, value.unbind()).drop_ref(py);
                }
                _ => objects::set_item(&dict, key.bind(py), &value)?,
            }
        }
        Ok(dict)
    }

    /// A dict of fewer values than there are keys.
    #[inline(never)]
    fn begun<'py>(&mut self, py: Python<'py>) -> Result<Bound<'py, PyDict>, Pending<'py>> {
        let dict = objects::dict(py)?;
        for (value, (key, _)) in self.values.drain(..).zip(&self.keys) {
            objects::set_item(&dict, key.bind(py), value.bind(py))?;
        }
        Ok(dict)
    }
}

/// The beginning of the dict's table, in which its keys and values are.
#[inline(always)]
fn table_of(dict: &Bound<'_, PyDict>) -> *mut ffi::PyDictKeysObject {
    let dict: *const ffi::PyDictObject = dict.as_ptr().cast();
    // SAFETY: [template.table] a live dict, whose head is as CPython's public header says.
    unsafe { (*dict).ma_keys }
}

/// Whether the collector knows of a copy as soon as there is a list in it.
fn comes_to_be_known(template: &Bound<'_, PyDict>, key: &Py<PyString>) -> PyResult<bool> {
    let copy = objects::copy(template)?;
    copy.set_item(key, objects::list(copy.py())?)?;
    is_tracked(&copy)
}

/// The places of these values in the table of a dict, if they are all there, in this order.
fn places_of(
    dict: &Bound<'_, PyDict>,
    values: &[Bound<'_, PyAny>],
) -> PyResult<Option<Vec<usize>>> {
    let py = dict.py();
    let size: usize = dict.call_method0(name!(py, "__sizeof__")?)?.extract()?;
    let head: usize = dict
        .get_type()
        .getattr(name!(py, "__basicsize__")?)?
        .extract()?;
    let words = size.saturating_sub(head) / size_of::<usize>();
    let table = table_of(dict).cast::<usize>();
    // SAFETY: [template.search] the size of a dict is that of its head and of its table, which is its own,
    // aligned, and written by CPython. Nothing changes it meanwhile.
    let words = unsafe { std::slice::from_raw_parts(table, words) };
    let mut places = Vec::new();
    for (number, word) in words.iter().enumerate() {
        let next = values.get(places.len());
        if next.is_some_and(|value| value.as_ptr() as usize == *word) {
            places.push(number * size_of::<usize>());
        }
    }
    Ok((places.len() == values.len()).then_some(places))
}
