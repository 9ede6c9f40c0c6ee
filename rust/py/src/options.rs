//! What options are given as: numbers within limits, and one of some words. Used by the doors.

use crate::words::raised;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyInt;

/// An option that is a number.
#[derive(Clone, Copy)]
pub(crate) struct Limit(pub usize);

impl<'py> FromPyObject<'_, 'py> for Limit {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Limit> {
        let number = object.cast::<PyInt>()?;
        // What does not fit is no better than zero, which no option takes.
        Ok(Limit(number.extract().unwrap_or(0)))
    }
}

impl Limit {
    /// The number, if it is from 1 to `most`.
    pub fn up_to(self, most: usize, option: &str) -> PyResult<usize> {
        if (1..=most).contains(&self.0) {
            return Ok(self.0);
        }
        Err(raised::<PyValueError>(format!("{option} is 1 to {most}")))
    }
}

/// The value that an option's word stands for.
pub(crate) fn choice<T: Copy>(option: &str, word: &str, choices: &[(&str, T)]) -> PyResult<T> {
    if let Some((_, value)) = choices.iter().find(|choice| choice.0 == word) {
        return Ok(*value);
    }
    let words: Vec<_> = choices
        .iter()
        .map(|choice| format!("{:?}", choice.0))
        .collect();
    Err(raised::<PyValueError>(format!(
        "{option} is one of {}",
        words.join(", ")
    )))
}
