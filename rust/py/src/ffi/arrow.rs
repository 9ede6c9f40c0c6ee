//! Arrow arrays of texts or bytes that others have made, taken over by the PyCapsule interface.

use std::ffi::CStr;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};
use vmcodec_arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi};
use vmcodec_arrow::ffi_stream::{ArrayStreamReader, FFI_ArrowArrayStream};
use vmcodec_arrow::{ArrayRef, ArrowError, Refused, Texts, array_of};

use crate::words::{name, raised};

/// The texts of an object that gives an Arrow array or a stream of them; none for any other object.
/// Raises TypeError for an array of another type.
pub(crate) fn texts(object: &Bound<'_, PyAny>) -> PyResult<Option<Texts>> {
    let py = object.py();
    let arrays = if object.hasattr(name!(py, "__arrow_c_array__")?)? {
        let capsules = object.call_method0(name!(py, "__arrow_c_array__")?)?;
        let (schema, array) = capsules.cast::<PyTuple>()?.extract()?;
        array_from(&schema, &array).map(|array| vec![array])
    } else if object.hasattr(name!(py, "__arrow_c_stream__")?)? {
        let capsule = object.call_method0(name!(py, "__arrow_c_stream__")?)?;
        arrays_from(&capsule.cast_into()?)
    } else {
        return Ok(None);
    };
    let invalid = |error: ArrowError| raised::<PyValueError>(error.to_string());
    let texts = Texts::new(arrays.map_err(invalid)?);
    texts.map(Some).map_err(|refused| match refused {
        Refused::Type(found) => raised::<PyTypeError>(format!(
            "expected an Arrow array of binary or string, got {found}"
        )),
        Refused::Content(error) => invalid(error),
    })
}

fn array_from(
    schema: &Bound<'_, PyCapsule>,
    array: &Bound<'_, PyCapsule>,
) -> Result<ArrayRef, ArrowError> {
    let schema = pointer(schema, c"arrow_schema")?.cast::<FFI_ArrowSchema>();
    let array = pointer(array, c"arrow_array")?.cast::<FFI_ArrowArray>();
    // SAFETY: [arrow.schema] a capsule of this name holds a schema; what is moved out is marked as
    // released there.
    let schema = unsafe { FFI_ArrowSchema::from_raw(schema) };
    // SAFETY: [arrow.array] the same of an array.
    let array = unsafe { FFI_ArrowArray::from_raw(array) };
    if schema.release().is_none() || array.is_released() {
        return Err(released());
    }
    // SAFETY: [arrow.import] neither is released; the interface has producers give an array that is as
    // its schema says. `Texts` checks what can be checked before it reads any of it.
    let data = unsafe { from_ffi(array, &schema) }?;
    Ok(array_of(data))
}

fn arrays_from(stream: &Bound<'_, PyCapsule>) -> Result<Vec<ArrayRef>, ArrowError> {
    let py = stream.py();
    let stream = pointer(stream, c"arrow_array_stream")?.cast::<FFI_ArrowArrayStream>();
    // SAFETY: [arrow.stream] a capsule of this name holds a stream; what is moved out is marked as
    // released there.
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(stream) };
    if stream.release().is_none() {
        return Err(released());
    }
    // Reading may take long, and may wait for threads that want the lock.
    py.detach(|| ArrayStreamReader::try_new(stream)?.collect())
}

/// What somebody has moved out of its capsule before.
fn released() -> ArrowError {
    ArrowError::CDataInterface("an array can be taken out of its capsule once".to_owned())
}

fn pointer(
    capsule: &Bound<'_, PyCapsule>,
    name: &'static CStr,
) -> Result<*mut std::ffi::c_void, ArrowError> {
    let pointer = capsule.pointer_checked(Some(name));
    let pointer = pointer.map_err(|error| ArrowError::CDataInterface(error.to_string()))?;
    Ok(pointer.as_ptr())
}
