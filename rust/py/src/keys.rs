//! The keys of free-form objects: str objects made once, and a guess at the key that comes next.
//!
//! Used by the builder. Producers write the members of Extensions or UserData in the same order again
//! and again: one wide comparison then stands for scanning, hashing and finding the key.

use pyo3::prelude::*;
use pyo3::types::PyString;
use vmcodec_core::{Block, Literal, Text};

use crate::cache::{TextCache, Worth};
use crate::ffi::pending::Pending;
use crate::ffi::text;

/// How many keys are kept; a power of two.
const PLACES: usize = 512;
/// How many places a key may stand in, from the one of its hash on.
const REACH: usize = 4;
/// How often a key is passed over before it gives way to a newer one.
const PATIENCE: u8 = 16;
/// How many values are kept for all keys together: a cache for each key would leave no room in the
/// processor's own where there are hundreds of keys.
const VALUES: usize = 1024;
/// No guess.
const NONE: u16 = u16::MAX;

struct Key {
    block: Block,
    literal: Literal,
    text: Py<PyString>,
    /// Whether its values come again.
    worth: Worth,
    patience: u8,
}

/// How many guesses are kept; a power of two.
const GUESSES: usize = 4096;

/// A place in an object: in which one, and behind which key. What may follow is guessed from there.
#[derive(Clone, Copy, Default, PartialEq)]
pub(crate) struct Spot {
    /// A number of the object: of its event and attribute, or of the keys that lead to it.
    object: usize,
    /// The place of the key, plus one; 0 before the first key.
    key: usize,
}

impl Spot {
    /// The spot before the first key of an attribute's object.
    #[inline(always)]
    pub fn root(event: usize, field: usize) -> Spot {
        let object = (event * 64 + field).wrapping_mul(0x9e37_79b9) >> 8;
        Spot { object, key: 0 }
    }

    /// The spot before the first key of an object that is the value of the key at this one.
    pub fn inside(self) -> Spot {
        let object = (self.object + self.key + 1).wrapping_mul(0x9e37_79b9) >> 8;
        Spot { object, key: 0 }
    }

    /// The spot behind the key at this place.
    #[inline(always)]
    fn after(self, place: usize) -> Spot {
        Spot {
            object: self.object,
            key: place + 1,
        }
    }

    /// A number of the object.
    #[inline(always)]
    pub fn object(self) -> usize {
        self.object
    }

    /// Where its guess is kept. Others may keep theirs there: a wrong guess costs time only.
    #[inline(always)]
    fn guess(self) -> usize {
        (self.object + self.key) & (GUESSES - 1)
    }
}

/// The keys seen lately. A key that is not in use any more gives way to a newer one of a near hash.
pub(crate) struct Keys {
    places: Vec<Option<Key>>,
    /// For each spot the place of the key that came next the last time.
    next: Vec<u16>,
    values: TextCache,
}

impl Keys {
    /// No keys yet.
    pub fn new() -> Keys {
        let mut places = Vec::new();
        places.resize_with(PLACES, || None);
        Keys {
            places,
            next: vec![NONE; GUESSES],
            values: TextCache::new(VALUES),
        }
    }

    /// The key that came next at this spot, and its place.
    #[inline(always)]
    pub fn guess(&self, spot: Spot) -> Option<(usize, &Literal)> {
        let place = usize::from(*self.next.get(spot.guess())?);
        Some((place, &self.places.get(place)?.as_ref()?.literal))
    }

    /// Takes the guess of this place, made at the spot: the key's str, and its own spot.
    #[inline(always)]
    pub fn guessed(&self, place: usize, spot: Spot) -> Option<(&Py<PyString>, Spot)> {
        let key = self.places.get(place)?.as_ref()?;
        Some((&key.text, spot.after(place)))
    }

    /// The str of a key that was not guessed, and its spot; what comes after `spot` is learnt.
    pub fn get<'py>(
        &mut self,
        py: Python<'py>,
        spot: Spot,
        key: Text<'_>,
    ) -> Result<(Bound<'py, PyString>, Spot), Pending<'py>> {
        // Longer keys are made anew each time.
        let Some(block) = key.block() else {
            return Ok((text::string(py, key)?, spot));
        };
        let place = match self.find(block) {
            Ok(place) => place,
            Err(None) => return Ok((text::string(py, key)?, spot)),
            Err(Some(free)) => {
                let new = Key {
                    block,
                    literal: Literal::member(&key.to_owned()),
                    text: text::string(py, key)?.unbind(),
                    worth: Worth::default(),
                    patience: PATIENCE,
                };
                if let Some(free) = self.places.get_mut(free) {
                    *free = Some(new);
                }
                free
            }
        };
        if let Some(next) = self.next.get_mut(spot.guess()) {
            *next = u16::try_from(place).unwrap_or(NONE);
        }
        match self.places.get(place) {
            Some(Some(known)) => Ok((known.text.bind(py).clone(), spot.after(place))),
            _ => Ok((text::string(py, key)?, spot)),
        }
    }

    /// The place of this key, or else one that it may have, if there is any.
    fn find(&mut self, block: Block) -> Result<usize, Option<usize>> {
        let home = block.hash() & (PLACES - 1);
        for place in (home..home + REACH).map(|place| place & (PLACES - 1)) {
            match self.places.get_mut(place) {
                Some(Some(known)) if known.block == block => {
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

    /// The str of a text that is the value of the key at this spot.
    #[inline(always)]
    pub fn value<'py>(
        &mut self,
        py: Python<'py>,
        spot: Spot,
        text: Text<'_>,
    ) -> Result<Bound<'py, PyString>, Pending<'py>> {
        let place = spot.key.wrapping_sub(1);
        match self.places.get_mut(place) {
            Some(Some(key)) => self.values.get(py, &mut key.worth, text),
            _ => text::string(py, text),
        }
    }
}
