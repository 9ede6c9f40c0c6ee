//! What callers hand in: single records as bytes, and containers of them.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyList, PyMemoryView, PyString, PyTuple};

use crate::error::{DecodeError, Place, type_name};
use crate::ffi::{ahead, foreign};
use crate::leavings::leave;
use crate::memory;
use crate::session::Pulse;
use crate::threads::Message;
use crate::words::{name, raised};

/// The bytes of a record or buffer, which nobody can change while they are read: those of an
/// immutable object where it is one, a copy of all others.
pub(crate) enum Input<'a, 'py> {
    Borrowed(&'a [u8]),
    Copied(Bound<'py, PyBytes>),
}

impl<'a, 'py> Input<'a, 'py> {
    /// The bytes of bytes, str (as UTF-8), bytearray, memoryview; none of anything else.
    #[inline(always)]
    pub fn of(item: &'a Bound<'py, PyAny>) -> PyResult<Option<Input<'a, 'py>>> {
        if let Ok(bytes) = item.cast::<PyBytes>() {
            return Ok(Some(Input::Borrowed(bytes.as_bytes())));
        }
        Input::of_other(item)
    }

    fn of_other(item: &'a Bound<'py, PyAny>) -> PyResult<Option<Input<'a, 'py>>> {
        let py = item.py();
        if let Ok(text) = item.cast::<PyString>() {
            if let Ok(text) = text.to_str() {
                return Ok(Some(Input::Borrowed(text.as_bytes())));
            }
            // Lone surrogates: the walk shall find and place them like any bad byte.
            let how = (name!(py, "utf-8")?, name!(py, "surrogatepass")?);
            let bytes = text.call_method1(name!(py, "encode")?, how)?;
            return Ok(Some(Input::Copied(bytes.cast_into()?)));
        }
        if item.is_instance_of::<PyByteArray>() || item.is_instance_of::<PyMemoryView>() {
            return match Input::copy(item) {
                // A released view has no bytes any more.
                Err(error) if error.is_instance_of::<PyValueError>(py) => Ok(None),
                copied => copied.map(Some),
            };
        }
        Ok(None)
    }

    /// The bytes of what is a buffer and not a container of items: of anything that `of` takes, or that
    /// has the buffer protocol.
    pub fn of_whole(source: &'a Bound<'py, PyAny>) -> PyResult<Option<Input<'a, 'py>>> {
        if source.is_instance_of::<PyList>() || source.is_instance_of::<PyTuple>() {
            return Ok(None);
        }
        if let Some(input) = Input::of(source)? {
            return Ok(Some(input));
        }
        match Input::copy(source) {
            Err(error) if error.is_instance_of::<PyTypeError>(source.py()) => Ok(None),
            copied => copied.map(Some),
        }
    }

    /// The bytes of a whole buffer: of anything that `of` takes, or that has the buffer protocol.
    pub fn of_buffer(buffer: &'a Bound<'py, PyAny>) -> PyResult<Input<'a, 'py>> {
        if let Some(input) = Input::of(buffer)? {
            return Ok(input);
        }
        Input::copy(buffer).map_err(|error| {
            if !error.is_instance_of::<PyTypeError>(buffer.py()) {
                return error;
            }
            let told = type_name(buffer).map(|name| {
                raised::<PyTypeError>(format!(
                    "expected bytes, bytearray, memoryview, str or another buffer, got {name}"
                ))
            });
            told.unwrap_or_else(|error| error)
        })
    }

    fn copy(item: &'a Bound<'py, PyAny>) -> PyResult<Input<'a, 'py>> {
        let view = PyMemoryView::from(item)?;
        let bytes = view.call_method0(name!(item.py(), "tobytes")?)?;
        Ok(Input::Copied(bytes.cast_into()?))
    }

    #[inline(always)]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Input::Borrowed(bytes) => bytes,
            Input::Copied(bytes) => bytes.as_bytes(),
        }
    }
}

/// Asks for the bytes of an item whose turn comes soon.
#[inline(always)]
pub(crate) fn fetch(item: &Bound<'_, PyAny>) {
    if let Ok(bytes) = item.cast::<PyBytes>() {
        ahead::fetch(bytes.as_bytes());
    }
}

/// The bytes of a batch's items, none in the place of None and of what is no record: that is an error. So many
/// items came `before`.
pub(crate) fn records<'a, 'py>(
    py: Python<'py>,
    items: &'a [Bound<'py, PyAny>],
    before: usize,
) -> PyResult<(Vec<Option<Input<'a, 'py>>>, Vec<DecodeError>)> {
    let mut inputs = memory::vec(items.len())?;
    let mut wrong = Vec::new();
    let mut pulse = Pulse::default();
    for (index, item) in (before..).zip(items) {
        if pulse.beat(0) {
            py.check_signals()?;
        }
        let input = if item.is_none() {
            None
        } else {
            Input::of(item)?
        };
        if input.is_none() && !item.is_none() {
            wrong.push(DecodeError::wrong_item(item, Place { index, line: None })?);
        }
        inputs.push(input);
    }
    Ok((inputs, wrong))
}

/// What threads are to read of these.
pub(crate) fn messages<'a>(
    py: Python<'_>,
    inputs: &'a [Option<Input<'_, '_>>],
) -> PyResult<Vec<Message<'a>>> {
    let mut messages = memory::vec(inputs.len())?;
    for some in inputs.chunks(1 << 16) {
        py.check_signals()?;
        messages.extend(some.iter().map(|input| input.as_ref().map(Input::bytes)));
    }
    Ok(messages)
}

/// The items of a list, tuple or other iterable, as they are now: no later change of the container
/// reaches the call.
pub(crate) fn items<'py>(container: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let py = container.py();
    // Other code runs only where a class of others is iterated.
    if let Ok(tuple) = container.cast_exact::<PyTuple>() {
        return memory::collect(tuple.len(), tuple.iter());
    }
    if let Ok(list) = container.cast_exact::<PyList>() {
        return memory::collect(list.len(), list.iter());
    }
    let single = container.is_instance_of::<PyBytes>()
        || container.is_instance_of::<PyString>()
        || container.is_instance_of::<PyByteArray>()
        || container.is_instance_of::<PyMemoryView>()
        || container.is_instance_of::<PyDict>();
    if single {
        return Err(raised::<PyTypeError>(format!(
            "expected an iterable of items, got one {}",
            type_name(container)?
        )));
    }
    let mut items = Vec::new();
    let next = container.try_iter()?.getattr(name!(py, "__next__")?)?;
    let interrupted = loop {
        match foreign::next(&next) {
            Ok(Some(item)) => memory::push(&mut items, item)?,
            Ok(None) => return Ok(items),
            Err(error) => break error,
        }
        if items.len().is_multiple_of(1 << 16)
            && let Err(error) = py.check_signals()
        {
            break error;
        }
    };
    Err(leave(interrupted, py, items))
}
