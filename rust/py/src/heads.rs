//! The keys of free-form objects as they are written: a key that comes again is copied, quotes, comma and
//! colon included, instead of being read, searched for escapes and quoted.
//!
//! Used by `tree` for batches. Decoded events share their keys, and so do those made by one piece of
//! code, so a key is known by its address. With it a large `encode_batch` takes a tenth less time.

use pyo3::prelude::*;
use pyo3::types::PyString;
use vmcodec_core::encode::{self, Head};

use crate::ffi::reading;

/// How many keys are kept; a power of two.
const PLACES: usize = 256;
/// How often a key is passed over before it gives way to a newer one.
const PATIENCE: u8 = 16;

struct Known<'py> {
    /// Keeps the address from being used again.
    key: Bound<'py, PyString>,
    head: Head,
    patience: u8,
}

/// The keys written lately.
#[derive(Default)]
pub(crate) struct Heads<'py> {
    places: Vec<Option<Known<'py>>>,
}

impl<'py> Heads<'py> {
    /// No keys yet, and room for some.
    pub fn with_room() -> Heads<'py> {
        let mut places = Vec::new();
        places.resize_with(PLACES, || None);
        Heads { places }
    }

    /// Writes a key and its colon, behind a comma unless it is the first; false, and nothing written,
    /// for a str with lone surrogates, or where there is no memory.
    #[inline(always)]
    pub fn write(&mut self, out: &mut Vec<u8>, key: &Bound<'py, PyString>, first: bool) -> bool {
        let place = place_of(key);
        if let Some(Some(known)) = self.places.get_mut(place)
            && known.key.is(key)
            && known.head.write_member(out, first)
        {
            known.patience = PATIENCE;
            return true;
        }
        self.write_new(out, key, first)
    }

    #[inline(never)]
    fn write_new(&mut self, out: &mut Vec<u8>, key: &Bound<'py, PyString>, first: bool) -> bool {
        let Some(text) = reading::utf8(key) else {
            return false;
        };
        if !encode::name(out, text, first) {
            return false;
        }
        match self.places.get_mut(place_of(key)) {
            Some(Some(known)) if known.patience > 0 => known.patience -= 1,
            // Of a subclass, the end of the last reference might run Python code.
            Some(place) if key.is_exact_instance_of::<PyString>() => {
                *place = Some(Known {
                    key: key.clone(),
                    head: Head::member(text),
                    patience: PATIENCE,
                });
            }
            _ => {}
        }
        true
    }
}

/// The place of a key: its address, without the bits that are alike, well mixed.
#[inline(always)]
fn place_of(key: &Bound<'_, PyString>) -> usize {
    let address = key.as_ptr().addr() >> 4;
    (address ^ address >> 8) & (PLACES - 1)
}
