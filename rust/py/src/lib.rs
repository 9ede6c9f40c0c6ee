//! The module `vmcodec._vmcodec`: classes that the Python package re-exports.
//!
//! Arguments and buffers (`input`, `source`, `marks`, `options`), the doors (`decoder`, `encoder`, `validate`, `stream`,
//! `check_stream`, `columns`, `table_stream`, `chunks`), the tables they give (`table`), work without the GIL
//! (`threads`), a call's state (`session`), the writing of events (`writer`, `tree`, `heads`, `refusal`), the builder of
//! objects (`builder`, `nodes`, `keys`, `cache`, `kvlist`), the wording of errors (`error`, `encode_error`), strs and ints (`words`), memory for input (`memory`), the classes
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
mod tree;
mod validate;
mod words;
mod writer;

use pyo3::prelude::*;
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

    use super::{Bound, Code, PyModule, PyModuleMethods, PyResult};
    use pyo3::types::PyTuple;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let codes = Code::ALL.iter().map(|code| code.name());
        let decode = PyTuple::new(module.py(), codes.collect::<Vec<_>>())?;
        module.add("DECODE_CODES", decode)?;
        #[cfg(feature = "faults")]
        module.add("FAULTS", true)?;
        let encode = PyTuple::new(module.py(), super::encoder::CODES)?;
        module.add("ENCODE_CODES", encode)
    }
}
