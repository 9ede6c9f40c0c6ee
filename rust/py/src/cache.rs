//! Small caches of str objects: agents, queues and keys come again and again.
//!
//! Used by the builder. A cached str costs a comparison instead of an allocation, and is shared.

use pyo3::prelude::*;
use pyo3::types::PyString;
use vmcodec_core::Text;

use crate::ffi::text;

/// Longer texts seldom come twice.
const LONGEST: usize = 32;
/// After so many texts the cache looks whether it is worth its comparisons.
const TRIAL: u32 = 2048;

/// One place for each hash: a newer text takes the place of an older one.
pub(crate) struct TextCache {
    places: Vec<Option<Py<PyString>>>,
    size: usize,
    asked: u32,
    found: u32,
    off: bool,
}

impl TextCache {
    /// A cache of at most `size` texts, a power of two. Memory is taken when the first one comes.
    pub fn new(size: usize) -> TextCache {
        TextCache {
            places: Vec::new(),
            size,
            asked: 0,
            found: 0,
            off: false,
        }
    }

    /// The str of this text, an earlier one where it is still there.
    #[inline]
    pub fn get<'py>(&mut self, py: Python<'py>, text: Text<'_>) -> PyResult<Bound<'py, PyString>> {
        let Text::Ascii(bytes) = text else {
            return text::string(py, text);
        };
        if self.off || bytes.len() > LONGEST {
            return text::string(py, text);
        }
        if self.places.is_empty() {
            self.places.resize_with(self.size, || None);
        }
        let place = hash(bytes) & (self.size - 1);
        let Some(place) = self.places.get_mut(place) else {
            return text::string(py, text);
        };
        self.asked += 1;
        if let Some(known) = place {
            let known = known.bind(py);
            if text::ascii_bytes(known) == Some(bytes) {
                self.found += 1;
                return Ok(known.clone());
            }
        }
        let new = text::string(py, text)?;
        *place = Some(new.clone().unbind());
        if self.asked >= TRIAL {
            self.review();
        }
        Ok(new)
    }

    /// Switches the cache off where fewer than a quarter of the texts were in it.
    #[cold]
    fn review(&mut self) {
        self.off = self.found < self.asked / 4;
        if self.off {
            self.places = Vec::new();
        }
        self.asked = 0;
        self.found = 0;
    }
}

/// The texts are at most 32 bytes: their first and last eight and their length tell most apart.
#[inline(always)]
fn hash(text: &[u8]) -> usize {
    let (first, last) = match (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => {
            let short = text
                .iter()
                .fold(0u64, |word, &byte| word << 8 | u64::from(byte));
            (short, 0)
        }
    };
    let mixed =
        (first ^ last.rotate_left(29) ^ text.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 40) as usize
}
