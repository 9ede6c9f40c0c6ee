//! Small caches of str and int objects: agents, queues and servers come again and again.
//!
//! Used by the builder. What is found costs a comparison instead of an allocation, and is shared.

use pyo3::prelude::*;
use pyo3::types::{PyInt, PyString};
use vmcodec_core::{Text, hash};

use crate::ffi::pending::Pending;
use crate::ffi::{objects, text};

/// Longer texts seldom come twice.
const LONGEST: usize = 32;
/// After so many questions a cache looks whether it is worth its comparisons.
const TRIAL: u32 = 2048;

/// How often a cache was of use; it is switched off where that is less than once in four.
#[derive(Default)]
struct Worth {
    asked: u32,
    found: u32,
    off: bool,
}

impl Worth {
    #[inline(always)]
    fn note(&mut self, found: bool) {
        self.asked += 1;
        self.found += u32::from(found);
        if self.asked == TRIAL {
            *self = Worth {
                off: self.found < TRIAL / 4,
                ..Worth::default()
            };
        }
    }
}

/// Strings by content. One place for each hash: a newer text takes the place of an older one.
pub(crate) struct TextCache {
    places: Vec<Option<Py<PyString>>>,
    size: usize,
    worth: Worth,
}

impl TextCache {
    /// A cache of at most `size` texts, a power of two. Memory is taken when the first one comes.
    pub fn new(size: usize) -> TextCache {
        TextCache {
            places: Vec::new(),
            size,
            worth: Worth::default(),
        }
    }

    /// The str of this text, an earlier one where it is still there.
    #[inline(always)]
    pub fn get<'py>(
        &mut self,
        py: Python<'py>,
        text: Text<'_>,
    ) -> Result<Bound<'py, PyString>, Pending<'py>> {
        match text {
            Text::Ascii(ascii) if !self.worth.off && ascii.bytes().len() <= LONGEST => {
                let bytes = ascii.bytes();
                let place = hash(bytes) & (self.size - 1);
                if let Some(Some(known)) = self.places.get(place)
                    && text::ascii_bytes(known.bind(py)) == Some(bytes)
                {
                    self.worth.note(true);
                    return Ok(known.bind(py).clone());
                }
                self.put(py, place, text)
            }
            _ => text::string(py, text),
        }
    }

    #[inline(never)]
    fn put<'py>(
        &mut self,
        py: Python<'py>,
        place: usize,
        text: Text<'_>,
    ) -> Result<Bound<'py, PyString>, Pending<'py>> {
        let new = text::string(py, text)?;
        if self.places.is_empty() {
            self.places.resize_with(self.size, || None);
        }
        if let Some(place) = self.places.get_mut(place) {
            *place = Some(new.clone().unbind());
        }
        self.worth.note(false);
        if self.worth.off {
            self.places = Vec::new();
        }
        Ok(new)
    }
}

/// Ints by value, as [`TextCache`] keeps strings.
pub(crate) struct IntCache {
    places: Vec<Option<(i64, Py<PyInt>)>>,
    size: usize,
    worth: Worth,
}

impl IntCache {
    /// A cache of at most `size` ints, a power of two. Memory is taken when the first one comes.
    pub fn new(size: usize) -> IntCache {
        IntCache {
            places: Vec::new(),
            size,
            worth: Worth::default(),
        }
    }

    /// The int of this value, an earlier one where it is still there.
    #[inline(always)]
    pub fn get<'py>(
        &mut self,
        py: Python<'py>,
        value: i64,
    ) -> Result<Bound<'py, PyInt>, Pending<'py>> {
        // CPython shares these itself.
        if self.worth.off || (-5..=256).contains(&value) {
            return objects::int(py, value);
        }
        let place = value as usize & (self.size - 1);
        if let Some(Some((known, object))) = self.places.get(place)
            && *known == value
        {
            self.worth.note(true);
            return Ok(object.bind(py).clone());
        }
        self.put(py, place, value)
    }

    #[inline(never)]
    fn put<'py>(
        &mut self,
        py: Python<'py>,
        place: usize,
        value: i64,
    ) -> Result<Bound<'py, PyInt>, Pending<'py>> {
        let new = objects::int(py, value)?;
        if self.places.is_empty() {
            self.places.resize_with(self.size, || None);
        }
        if let Some(place) = self.places.get_mut(place) {
            *place = Some((value, new.clone().unbind()));
        }
        self.worth.note(false);
        if self.worth.off {
            self.places = Vec::new();
        }
        Ok(new)
    }
}
