//! Small caches of objects by what they were made of: agents, queues and servers come again and again.
//!
//! Used by the builder. What is found costs a comparison instead of an allocation, and is shared.

use memchr::{memchr, memchr2};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyString};
use vmcodec_core::{Block, Text};

use crate::ffi::pending::Pending;
use crate::ffi::template::Template;
use crate::ffi::{objects, text};
use crate::keys::Spot;

/// After so many questions a cache looks whether it is worth its comparisons.
const TRIAL: u32 = 512;

/// How often a cache was of use: less than once in four, and it is switched off.
#[derive(Default)]
pub(crate) struct Worth {
    missed: u32,
    found: u32,
    off: bool,
}

impl Worth {
    #[inline(always)]
    fn found(&mut self) {
        self.found += 1;
    }

    fn missed(&mut self) {
        self.missed += 1;
        if self.missed + self.found >= TRIAL {
            self.off = self.found < TRIAL / 4;
            (self.missed, self.found) = (0, 0);
        }
    }
}

/// Objects by key, one place for each hash: a newer key takes the place of an older one.
struct Table<K, T> {
    places: Vec<Option<(K, Py<T>)>>,
    /// How many places, a power of two. Memory is taken when the first object comes.
    size: usize,
}

impl<K: PartialEq, T> Table<K, T> {
    fn new(size: usize) -> Table<K, T> {
        Table {
            places: Vec::new(),
            size,
        }
    }

    /// The object of this key, if it is here.
    #[inline(always)]
    fn get<'py>(&self, py: Python<'py>, hash: usize, key: &K) -> Option<Bound<'py, T>> {
        match self.places.get(hash & (self.size - 1)) {
            Some(Some((known, object))) if *known == *key => Some(object.bind(py).clone()),
            _ => None,
        }
    }

    /// Keeps the object of a key that was not found.
    #[inline(never)]
    fn put(&mut self, hash: usize, key: K, object: &Bound<'_, T>) {
        if self.places.is_empty() {
            self.places.resize_with(self.size, || None);
        }
        if let Some(place) = self.places.get_mut(hash & (self.size - 1)) {
            *place = Some((key, object.clone().unbind()));
        }
    }
}

/// Strings by content.
pub(crate) struct TextCache(Table<Block, PyString>);

impl TextCache {
    /// A cache of at most `size` texts, a power of two.
    pub fn new(size: usize) -> TextCache {
        TextCache(Table::new(size))
    }

    /// The str of this text, an earlier one where it is still there. `worth` is that of the texts of
    /// this kind.
    #[inline(always)]
    pub fn get<'py>(
        &mut self,
        py: Python<'py>,
        worth: &mut Worth,
        text: Text<'_>,
    ) -> Result<Bound<'py, PyString>, Pending<'py>> {
        // Longer texts seldom come twice.
        let block = if worth.off { None } else { text.block() };
        let Some(block) = block else {
            return text::string(py, text);
        };
        let hash = block.hash();
        if let Some(known) = self.0.get(py, hash, &block) {
            worth.found();
            return Ok(known);
        }
        let new = text::string(py, text)?;
        worth.missed();
        self.0.put(hash, block, &new);
        Ok(new)
    }
}

/// Ints by value.
pub(crate) struct IntCache {
    table: Table<i64, PyInt>,
    worth: Worth,
}

impl IntCache {
    /// A cache of at most `size` ints, a power of two.
    pub fn new(size: usize) -> IntCache {
        IntCache {
            table: Table::new(size),
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
        // CPython shares small ones itself.
        if self.worth.off || (-5..=256).contains(&value) {
            return objects::int(py, value);
        }
        if let Some(known) = self.table.get(py, value as usize, &value) {
            self.worth.found();
            return Ok(known);
        }
        let new = objects::int(py, value)?;
        self.worth.missed();
        self.table.put(value as usize, value, &new);
        Ok(new)
    }
}

/// Small objects without inner ones, by their text: an agent's reason is one of a dozen.
pub(crate) struct ObjectCache {
    table: Table<Block, PyAny>,
    worth: Worth,
}

impl ObjectCache {
    const SIZE: usize = 64;

    /// An empty cache.
    pub fn new() -> ObjectCache {
        ObjectCache {
            table: Table::new(ObjectCache::SIZE),
            worth: Worth::default(),
        }
    }

    /// What was kept for the object that begins `rest`, and the object's length, if it is here.
    #[inline(always)]
    pub fn get<'py>(&mut self, py: Python<'py>, rest: &[u8]) -> Option<(Bound<'py, PyAny>, usize)> {
        if self.worth.off {
            return None;
        }
        // A brace within a string gives a piece of the object, and no piece of one is in here.
        let near = rest.get(..Block::SIZE).unwrap_or(rest);
        let Some(end) = memchr(b'}', near) else {
            self.worth.missed();
            return None;
        };
        let block = Block::beginning(rest, end + 1);
        let known = self.table.get(py, block.hash(), &block)?;
        self.worth.found();
        Some((known, end + 1))
    }

    /// Whether the object of this text is to be kept: longer ones seldom come twice.
    #[inline(always)]
    pub fn wants(&self, text: &[u8]) -> bool {
        !self.worth.off && text.len() <= Block::SIZE && is_flat(text)
    }

    /// Keeps the object of a text that it wants.
    #[inline(never)]
    pub fn put(&mut self, text: &[u8], object: &Bound<'_, PyAny>) {
        let block = Block::beginning(text, text.len());
        self.worth.missed();
        self.table.put(block.hash(), block, object);
    }
}

/// Whether there is no container in the object of this text, at a first look: a brace may be one of a string.
fn is_flat(text: &[u8]) -> bool {
    text.get(1..)
        .is_some_and(|inside| memchr2(b'{', b'[', inside).is_none())
}

/// Templates of free-form objects: one for each object of an attribute, or of a key.
pub(crate) struct Templates(Vec<Known>);

#[derive(Default)]
struct Known {
    template: Option<Box<Template>>,
    /// How many keys the template has, which may be in use.
    keys: usize,
    /// Where the last object ended that was not like the template, and how many keys it had.
    last: (Spot, usize),
    /// How often it came in a row.
    times: usize,
    /// How often that is not often enough for a new template.
    seldom: usize,
}

impl Templates {
    /// How many are kept; a power of two.
    const SIZE: usize = 128;
    /// The most keys of one, the longest key, and the most keys of all together: what they keep is so
    /// bounded to some 300 kB.
    const KEYS: usize = 96;
    const LONGEST: usize = Block::SIZE;
    const ALL_KEYS: usize = 2048;

    /// No templates yet, or for good where it is not `fast`.
    pub fn new(fast: bool) -> Templates {
        let mut places = Vec::new();
        places.resize_with(if fast { Templates::SIZE } else { 0 }, Known::default);
        Templates(places)
    }

    /// Never a template.
    pub fn none() -> Templates {
        Templates::new(false)
    }

    /// Takes the template for the object that begins at the spot.
    #[inline(always)]
    pub fn take(&mut self, spot: Spot) -> Option<Box<Template>> {
        self.known(spot)?.template.take()
    }

    /// Puts it back, at any spot of the object.
    #[inline(always)]
    pub fn put(&mut self, spot: Spot, template: Box<Template>) {
        if let Some(known) = self.known(spot) {
            // There is another one only where an object within this one has the same place.
            if let Some(other) = known.template.replace(template) {
                Templates::drop(other);
            }
        }
    }

    /// Apart, so that what dropping needs is no part of the usual way.
    #[cold]
    #[inline(never)]
    fn drop(_: Box<Template>) {}

    /// Sees the dict of an object that ends at the spot and was not like the template.
    #[inline(never)]
    pub fn learn<'py>(
        &mut self,
        spot: Spot,
        dict: &Bound<'py, PyDict>,
    ) -> Result<(), Pending<'py>> {
        let Some(known) = self.known(spot) else {
            return Ok(());
        };
        let now = (spot, dict.len());
        if known.last != now {
            (known.last, known.times) = (now, 0);
        }
        known.times += 1;
        if known.times > known.seldom && Templates::fits(dict) {
            // Each one asks for twice as much: where keys are never the same, they soon cost nothing.
            (known.times, known.seldom) = (0, known.seldom * 2 + 1);
            let template = Template::of(dict)?.map(Box::new);
            known.keys = template.as_ref().map_or(0, |_| dict.len());
            known.template = template;
            self.bound();
        }
        Ok(())
    }

    /// Lets go of all that are at rest, if they have too many keys.
    fn bound(&mut self) {
        let keys: usize = self.0.iter().map(|known| known.keys).sum();
        if keys > Templates::ALL_KEYS {
            for known in &mut self.0 {
                if known.template.take().is_some() {
                    known.keys = 0;
                }
            }
        }
    }

    /// Whether the dict's keys are neither too many nor too long.
    fn fits(dict: &Bound<'_, PyDict>) -> bool {
        let short = |length| length <= Templates::LONGEST;
        (1..=Templates::KEYS).contains(&dict.len())
            && dict.iter().all(|(key, _)| key.len().is_ok_and(short))
    }

    #[inline(always)]
    fn known(&mut self, spot: Spot) -> Option<&mut Known> {
        self.0.get_mut(spot.object() & (Templates::SIZE - 1))
    }
}
