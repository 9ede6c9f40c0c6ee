//! A column of names that repeat: numbers into a list of names, which grows by those not listed.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{Array, DictionaryArray, Int32Array, StringArray};
use arrow_schema::ArrowError;

use crate::column::Part;
use crate::fixed::Fixed;

/// The names that are known beforehand, common to all chunks.
#[derive(Debug)]
pub(crate) struct Base {
    pub names: Arc<StringArray>,
    /// The place of the name of each small code, or -1.
    direct: Vec<i32>,
    others: HashMap<i64, i32>,
}

/// Codes below this are looked up without hashing.
const DIRECT: i64 = 256;

impl Base {
    /// Codes and their names; of several names for one code the first counts.
    pub fn new<'a>(names: impl IntoIterator<Item = (i64, &'a str)>) -> Base {
        let mut kept: Vec<&str> = Vec::new();
        let mut direct = Vec::new();
        let mut others = HashMap::new();
        for (code, name) in names {
            let place = i32::try_from(kept.len()).unwrap_or(i32::MAX);
            match usize::try_from(code) {
                Ok(small) if code < DIRECT => {
                    if direct.len() <= small {
                        direct.resize(small.saturating_add(1), -1);
                    }
                    match direct.get_mut(small) {
                        Some(known @ -1) => *known = place,
                        _ => continue,
                    }
                }
                _ if others.contains_key(&code) => continue,
                _ => drop(others.insert(code, place)),
            }
            kept.push(name);
        }
        Base {
            names: Arc::new(StringArray::from_iter_values(kept)),
            direct,
            others,
        }
    }

    /// The place of the code's name.
    #[inline(always)]
    fn place(&self, code: i64) -> Option<i32> {
        let small = usize::try_from(code).ok();
        match small.and_then(|small| self.direct.get(small)) {
            Some(&place) => (place >= 0).then_some(place),
            None => self.others.get(&code).copied(),
        }
    }
}

/// One chunk's rows.
#[derive(Debug)]
pub(crate) struct Dictionary {
    base: Arc<Base>,
    pub keys: Fixed<i32>,
    /// Names that the base does not have, in order of appearance.
    added: Vec<String>,
    places: HashMap<String, i32>,
}

impl Dictionary {
    pub fn new(base: &Arc<Base>) -> Dictionary {
        Dictionary {
            base: base.clone(),
            keys: Fixed::default(),
            added: Vec::new(),
            places: HashMap::new(),
        }
    }

    /// The row is the name of this code; false where it has none.
    #[inline(always)]
    pub fn code(&mut self, row: usize, code: i64) -> bool {
        let place = self.base.place(code);
        if let Some(place) = place {
            self.keys.put(row, place);
        }
        place.is_some()
    }

    /// The row is a name that the base does not have.
    pub fn other(&mut self, row: usize, name: &str) {
        let place = match self.places.get(name) {
            Some(&place) => place,
            None => {
                let place = self.base.names.len().saturating_add(self.added.len());
                let place = i32::try_from(place).unwrap_or(i32::MAX);
                self.added.push(name.to_owned());
                self.places.insert(name.to_owned(), place);
                place
            }
        };
        self.keys.put(row, place);
    }

    /// The first `rows` rows, leaving none: complete where the chunk needs no names of its own.
    pub fn take(&mut self, rows: usize) -> Result<Part, ArrowError> {
        self.places.clear();
        let added = std::mem::take(&mut self.added);
        let (keys, nulls) = self.keys.take(rows);
        let keys = Int32Array::try_new(keys.into(), nulls)?;
        if !added.is_empty() {
            return Ok(Part::Names(keys, added));
        }
        let array = DictionaryArray::try_new(keys, self.base.names.clone())?;
        Ok(Part::Array(Arc::new(array)))
    }
}
