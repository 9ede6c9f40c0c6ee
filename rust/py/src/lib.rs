//! The module `vmcodec._vmcodec`: classes that the Python package re-exports.
//!
//! Arguments and buffers (`input`, `source`, `marks`, `options`), the doors (`decoder`, `encoder`, `validate`, `stream`,
//! `check_stream`, `columns`, `table_stream`, `chunks`), the tables they give (`table`), work without the GIL
//! (`threads`), a call's state (`session`) and what it leaves (`leavings`), the writing of events (`writer`, `tree`,
//! `heads`, `refusal`), the builder of objects (`builder`, `nodes`, `keys`, `cache`, `kvlist`), the wording of errors
//! (`error`, `encode_error`), strs and ints (`words`), memory for input (`memory`), the classes
//! (`schema`, `shape`), and all unsafe code (`ffi`).

mod builder;
mod cache;
mod check_stream;
mod chunks;
mod columns;
mod decoder;
mod encode_error;
mod encoder;
mod error;
mod ffi;
mod heads;
mod input;
mod keys;
mod kvlist;
mod leavings;
mod marks;
mod memory;
mod nodes;
mod options;
mod refusal;
mod schema;
mod session;
mod shape;
mod source;
mod stream;
mod table;
mod table_stream;
mod threads;
mod told;
mod tree;
mod validate;
mod words;
mod writer;

use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use vmcodec_core::Code;

/// The native half of vmcodec. Import from `vmcodec` instead.
#[pymodule(gil_used = true)]
mod _vmcodec {
    #[pymodule_export]
    use super::check_stream::ErrorIterator;
    #[pymodule_export]
    use super::chunks::ChunkIterator;
    #[pymodule_export]
    use super::decoder::Decoder;
    #[pymodule_export]
    use super::encode_error::EncodeError;
    #[pymodule_export]
    use super::encoder::Encoder;
    #[pymodule_export]
    use super::error::DecodeError;
    #[pymodule_export]
    use super::kvlist::KVList;
    #[pymodule_export]
    use super::stream::EventIterator;
    #[pymodule_export]
    use super::table::{ArrowSchema, ArrowTable, EventTable};
    #[pymodule_export]
    use super::table_stream::EventTableIterator;

    use super::{Bound, Code, PyModule, PyModuleMethods, PyResult, of_one_interpreter};
    use pyo3::types::PyTuple;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        of_one_interpreter(module.py())?;
        let codes = Code::ALL.iter().map(|code| code.name());
        let decode = PyTuple::new(module.py(), codes.collect::<Vec<_>>())?;
        module.add("DECODE_CODES", decode)?;
        #[cfg(feature = "faults")]
        module.add("FAULTS", true)?;
        let encode = PyTuple::new(module.py(), super::encoder::CODES)?;
        module.add("ENCODE_CODES", encode)
    }
}

/// Raises ImportError in every interpreter of the process but the first that has the module. Classes and
/// interned strings would be shared between them, and CPython keeps out isolated ones only.
fn of_one_interpreter(py: Python<'_>) -> PyResult<()> {
    // Each has its own; kept for good, so that no later one takes its address.
    static HOME: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let builtins = py.import("builtins")?;
    let home = HOME.get_or_init(py, || builtins.clone().unbind());
    if home.bind(py).is(&builtins) {
        return Ok(());
    }
    Err(PyImportError::new_err(
        "vmcodec works in one interpreter of a process: the first that imported it, not this one",
    ))
}
