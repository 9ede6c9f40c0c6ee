//! Why a value cannot be written, and where it stands: what becomes an `EncodeError`.

use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::error::type_name;
use crate::told::push_name;
use crate::words::raised;

/// Why a value cannot be written.
pub(crate) struct Refusal {
    pub code: &'static str,
    pub expected: String,
    pub got: Option<String>,
    /// The way from the value's owner, without the root's `$`.
    pub path: String,
    /// A Python error that is not about the value (out of memory, interrupted).
    pub raised: Option<PyErr>,
}

impl Refusal {
    #[cold]
    pub fn new(code: &'static str, expected: &str) -> Box<Refusal> {
        Box::new(Refusal {
            code,
            expected: expected.to_owned(),
            got: None,
            path: String::new(),
            raised: None,
        })
    }

    pub fn too_deep(max_depth: usize) -> Box<Refusal> {
        Refusal::new(
            "too_deep",
            &format!("at most {max_depth} nested containers"),
        )
    }

    #[cold]
    pub fn raised(error: impl Into<PyErr>) -> Box<Refusal> {
        let mut refusal = Refusal::new("wrong_type", "");
        refusal.raised = Some(error.into());
        refusal
    }

    /// What a panic becomes.
    #[cold]
    pub fn defect() -> Box<Refusal> {
        Refusal::new("internal", "no defect of vmcodec (please report it)")
    }

    /// A str whose text could not be written: there are lone surrogates in it, or memory is short.
    #[cold]
    pub fn unwritten(text: &Bound<'_, PyString>) -> Box<Refusal> {
        match text.to_str() {
            Ok(_) => Refusal::no_memory(),
            Err(error) if error.is_instance_of::<PyMemoryError>(text.py()) => {
                Refusal::raised(error)
            }
            Err(_) => Refusal::new("lone_surrogate", "a str without lone surrogates"),
        }
    }

    #[cold]
    pub fn no_memory() -> Box<Refusal> {
        Refusal::raised(raised::<PyMemoryError>("no memory for what is written"))
    }

    /// Puts an attribute's name before the path.
    #[cold]
    pub fn at_name(mut self: Box<Self>, name: &str) -> Box<Self> {
        let mut path = String::new();
        push_name(&mut path, name);
        path.push_str(&self.path);
        self.path = path;
        self
    }

    /// Puts some key of free-form data before the path.
    #[cold]
    pub fn at_key(mut self: Box<Self>) -> Box<Self> {
        self.path.insert_str(0, "[...]");
        self
    }

    #[cold]
    pub fn wrong_type(expected: &str, value: &Bound<'_, PyAny>) -> Box<Refusal> {
        Refusal::found("wrong_type", expected, value)
    }

    #[cold]
    pub fn found(code: &'static str, expected: &str, value: &Bound<'_, PyAny>) -> Box<Refusal> {
        let mut refusal = Refusal::new(code, expected);
        match type_name(value) {
            Ok(name) => refusal.got = Some(name),
            Err(error) => refusal.raised = Some(error),
        }
        refusal
    }
}
