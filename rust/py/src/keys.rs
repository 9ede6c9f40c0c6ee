//! The keys of free-form objects: str objects made once, and a guess at the key that comes next.
//!
//! Used by the builder. Producers write the members of Extensions or UserData in the same order again
//! and again: one wide comparison then stands for scanning, hashing and finding the key.

use pyo3::prelude::*;
use pyo3::types::PyString;
use vmcodec_core::{Literal, Text, hash};

use crate::cache::TextCache;
use crate::ffi::pending::Pending;
use crate::ffi::text;

/// How many keys are kept; a power of two.
const PLACES: usize = 512;
/// How many places a key may stand in, from the one of its hash on.
const REACH: usize = 4;
/// How often a key is passed over before it gives way to a newer one.
const PATIENCE: u8 = 16;
/// How many values are kept for each key.
const VALUES: usize = 64;
/// Longer keys are made anew each time.
const LONGEST: usize = 64;
/// No guess.
const NONE: u16 = u16::MAX;

struct Key {
    bytes: Box<[u8]>,
    literal: Literal,
    text: Py<PyString>,
    values: TextCache,
    patience: u8,
}

/// Where a key stands: what may follow it is guessed from there.
#[derive(Clone, Copy, Default)]
pub(crate) struct Spot(usize);

/// The keys seen lately. A key that is not in use any more gives way to a newer one of a near hash.
pub(crate) struct Keys {
    places: Vec<Option<Key>>,
    /// For each spot the place of the key that came next the last time: first the beginnings of the
    /// attributes' objects, then for each place what followed the key, and what came first inside.
    next: Vec<u16>,
    roots: usize,
}

impl Keys {
    /// No keys yet, for the objects of so many attributes.
    pub fn new(roots: usize) -> Keys {
        // Even, so that a spot inside is one bit away from the spot behind.
        let roots = (roots + 1).next_multiple_of(2);
        let mut places = Vec::new();
        places.resize_with(PLACES, || None);
        Keys {
            places,
            next: vec![NONE; roots + 2 * PLACES],
            roots,
        }
    }

    /// The spot before the first key of an attribute's object.
    pub fn root(&self, root: usize) -> Spot {
        Spot(root.min(self.roots - 1))
    }

    /// The spot before the first key of an object that is the value of the key at `spot`.
    pub fn inside(&self, spot: Spot) -> Spot {
        Spot(spot.0 | usize::from(spot.0 >= self.roots))
    }

    fn after(&self, place: usize) -> Spot {
        Spot(self.roots + 2 * place)
    }

    /// The key that came next at this spot.
    #[inline(always)]
    pub fn guess(&self, spot: Spot) -> Option<&Literal> {
        let place = usize::from(*self.next.get(spot.0)?);
        Some(&self.places.get(place)?.as_ref()?.literal)
    }

    /// Takes the guess: the key's str, and its own spot.
    #[inline(always)]
    pub fn guessed<'py>(
        &self,
        py: Python<'py>,
        spot: Spot,
    ) -> Option<(Bound<'py, PyString>, Spot)> {
        let place = usize::from(*self.next.get(spot.0)?);
        let key = self.places.get(place)?.as_ref()?;
        Some((key.text.bind(py).clone(), self.after(place)))
    }

    /// The str of a key that was not guessed, and its spot; what comes after `spot` is learnt.
    pub fn get<'py>(
        &mut self,
        py: Python<'py>,
        spot: Spot,
        key: Text<'_>,
    ) -> Result<(Bound<'py, PyString>, Spot), Pending<'py>> {
        let bytes = match key {
            Text::Ascii(ascii) if ascii.bytes().len() <= LONGEST => ascii.bytes(),
            _ => return Ok((text::string(py, key)?, spot)),
        };
        let place = match self.find(bytes) {
            Ok(place) => place,
            Err(None) => return Ok((text::string(py, key)?, spot)),
            Err(Some(free)) => {
                let new = Key {
                    bytes: bytes.into(),
                    literal: Literal::member(&key.to_owned()),
                    text: text::string(py, key)?.unbind(),
                    values: TextCache::new(VALUES),
                    patience: PATIENCE,
                };
                if let Some(free) = self.places.get_mut(free) {
                    *free = Some(new);
                }
                free
            }
        };
        if let Some(next) = self.next.get_mut(spot.0) {
            *next = u16::try_from(place).unwrap_or(NONE);
        }
        match self.places.get(place) {
            Some(Some(known)) => Ok((known.text.bind(py).clone(), self.after(place))),
            _ => Ok((text::string(py, key)?, spot)),
        }
    }

    /// The place of this key, or else one that it may have, if there is any.
    fn find(&mut self, bytes: &[u8]) -> Result<usize, Option<usize>> {
        let home = hash(bytes) & (PLACES - 1);
        for place in (home..home + REACH).map(|place| place & (PLACES - 1)) {
            match self.places.get_mut(place) {
                Some(Some(known)) if *known.bytes == *bytes => {
                    known.patience = PATIENCE;
                    return Ok(place);
                }
                Some(Some(_)) => {}
                _ => return Err(Some(place)),
            }
        }
        match self.places.get_mut(home) {
            Some(Some(known)) if known.patience > 0 => {
                known.patience -= 1;
                Err(None)
            }
            _ => Err(Some(home)),
        }
    }

    /// The cache for the values of the key at this spot.
    #[inline(always)]
    pub fn values(&mut self, spot: Spot) -> Option<&mut TextCache> {
        let place = spot.0.checked_sub(self.roots)? / 2;
        Some(&mut self.places.get_mut(place)?.as_mut()?.values)
    }
}
