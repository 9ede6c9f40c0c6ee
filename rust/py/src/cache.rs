//! Small caches of str and int objects: agents, queues and servers come again and again.
//!
//! Used by the builder. What is found costs a comparison instead of an allocation, and is shared.

use memchr::memchr;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyString};
use vmcodec_core::{Text, hash};

use crate::ffi::pending::Pending;
use crate::ffi::{objects, text};

/// Longer texts seldom come twice.
const LONGEST: usize = 31;
/// After so many questions a cache looks whether it is worth its comparisons.
const TRIAL: u32 = 512;

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

/// A text beside its str: so no unsafe look into the object is needed to compare. (In time the two
/// ways were alike when measured one against the other.)
struct Place {
    length: u8,
    bytes: [u8; LONGEST],
    object: Py<PyString>,
}

/// Strings by content. One place for each hash: a newer text takes the place of an older one.
pub(crate) struct TextCache {
    places: Vec<Option<Place>>,
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
                    && known.bytes.get(..usize::from(known.length)) == Some(bytes)
                {
                    self.worth.note(true);
                    return Ok(known.object.bind(py).clone());
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
        let source = text.as_bytes();
        let mut bytes = [0; LONGEST];
        bytes
            .iter_mut()
            .zip(source)
            .for_each(|(to, from)| *to = *from);
        if let (Some(place), Ok(length)) = (self.places.get_mut(place), source.len().try_into()) {
            *place = Some(Place {
                length,
                bytes,
                object: new.clone().unbind(),
            });
        }
        self.worth.note(false);
        if self.worth.off {
            self.places = Vec::new();
        }
        Ok(new)
    }
}

/// Small objects without inner ones, by their text: an agent's reason is one of a dozen.
pub(crate) struct DictCache {
    places: Vec<Option<KnownDict>>,
    worth: Worth,
}

/// An object's text and its dict.
type KnownDict = (Box<[u8]>, Py<PyDict>);

impl DictCache {
    const SIZE: usize = 64;
    /// Longer objects seldom come twice.
    const LONGEST: usize = 64;

    /// An empty cache. Memory is taken when the first object comes.
    pub fn new() -> DictCache {
        DictCache {
            places: Vec::new(),
            worth: Worth::default(),
        }
    }

    /// A new dict of the object that begins `rest`, and the object's length, if it is here.
    #[inline(always)]
    pub fn get<'py>(
        &mut self,
        py: Python<'py>,
        rest: &[u8],
    ) -> Result<Option<(Bound<'py, PyDict>, usize)>, Pending<'py>> {
        if rest.get(1) == Some(&b'}') {
            return Ok(Some((objects::dict(py)?, 2)));
        }
        if self.worth.off {
            return Ok(None);
        }
        self.find(py, rest)
    }

    #[inline(never)]
    fn find<'py>(
        &mut self,
        py: Python<'py>,
        rest: &[u8],
    ) -> Result<Option<(Bound<'py, PyDict>, usize)>, Pending<'py>> {
        // A brace within a string gives a piece of the object, and no piece of one is in here.
        let near = rest.get(..DictCache::LONGEST).unwrap_or(rest);
        let found = memchr(b'}', near).and_then(|end| {
            let text = rest.get(..=end)?;
            let (known, dict) = self
                .places
                .get(hash(text) & (DictCache::SIZE - 1))?
                .as_ref()?;
            (**known == *text).then_some((dict, text.len()))
        });
        self.worth.note(found.is_some());
        match found {
            Some((dict, length)) => Ok(Some((objects::copy(dict.bind(py))?, length))),
            None => Ok(None),
        }
    }

    /// Keeps a copy of the dict of this text, which holds no containers.
    pub fn put<'py>(&mut self, text: &[u8], dict: &Bound<'py, PyDict>) -> Result<(), Pending<'py>> {
        if self.worth.off {
            self.places = Vec::new();
            return Ok(());
        }
        if text.len() > DictCache::LONGEST {
            return Ok(());
        }
        if self.places.is_empty() {
            self.places.resize_with(DictCache::SIZE, || None);
        }
        if let Some(place) = self.places.get_mut(hash(text) & (DictCache::SIZE - 1)) {
            *place = Some((text.into(), objects::copy(dict)?.unbind()));
        }
        Ok(())
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
