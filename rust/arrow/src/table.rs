//! Chunks made into record batches that share their dictionaries.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, DictionaryArray, Int32Array, RecordBatch, StringArray};
use arrow_schema::{ArrowError, SchemaRef};
use arrow_select::concat::concat_batches;

use crate::column::Part;
use crate::errors::probe;
use crate::layout::Layout;

/// Some rows, as a builder has made them.
#[derive(Debug)]
pub struct Chunk {
    pub(crate) parts: Vec<Part>,
    pub(crate) rows: usize,
}

impl Chunk {
    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }
}

/// Record batches of one schema.
#[derive(Clone, Debug)]
pub struct Table {
    /// The columns.
    pub schema: SchemaRef,
    /// The rows, in order.
    pub batches: Vec<RecordBatch>,
}

impl Table {
    /// Puts chunks together, in order, without copying their values.
    pub fn new(
        layout: &Layout,
        schema: SchemaRef,
        chunks: Vec<Chunk>,
    ) -> Result<Table, ArrowError> {
        let rows: Vec<_> = chunks.iter().map(|chunk| chunk.rows).collect();
        let mut parts: Vec<_> = chunks.into_iter().map(|chunk| chunk.parts).collect();
        // A column after the other, as the names that one chunk adds to a column concern all its chunks.
        let mut columns: Vec<Vec<ArrayRef>> = parts.iter().map(|_| Vec::new()).collect();
        for number in (0..schema.fields().len()).rev() {
            let column = parts.iter_mut().filter_map(Vec::pop).collect();
            let base = match number.checked_sub(1).map(|field| layout.kinds.get(field)) {
                None => Some(&layout.ids),
                Some(kind) => kind.and_then(|kind| layout.base(*kind)),
            };
            let arrays = match base {
                Some(base) => with_names(&base.names, column)?,
                None => column.into_iter().filter_map(Part::array).collect(),
            };
            for (column, array) in columns.iter_mut().zip(arrays) {
                column.push(array);
            }
        }
        let batches = columns.into_iter().zip(rows).map(|(mut column, rows)| {
            column.reverse();
            let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(rows));
            RecordBatch::try_new_with_options(schema.clone(), column, &options)
        });
        let batches = batches.collect::<Result<_, _>>()?;
        Ok(Table { schema, batches })
    }

    /// How many rows there are.
    pub fn num_rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// The names of the columns.
    pub fn column_names(&self) -> Vec<String> {
        let fields = self.schema.fields().iter();
        fields.map(|field| field.name().clone()).collect()
    }

    /// All rows as one batch: a copy where there are several.
    pub fn one_batch(&self) -> Result<RecordBatch, ArrowError> {
        match &self.batches[..] {
            [batch] => Ok(batch.clone()),
            batches => {
                let bytes = batches.iter().map(RecordBatch::get_array_memory_size);
                probe(bytes.fold(0, usize::saturating_add))?;
                concat_batches(&self.schema, batches)
            }
        }
    }

    /// So many rows from `start` on, without a copy.
    pub fn slice(&self, start: usize, length: usize) -> Table {
        let mut batches = Vec::new();
        let (mut skipped, mut left) = (start, length);
        for batch in &self.batches {
            let rows = batch.num_rows();
            if skipped < rows && left > 0 {
                let taken = left.min(rows.saturating_sub(skipped));
                batches.push(batch.slice(skipped, taken));
                left = left.saturating_sub(taken);
            }
            skipped = skipped.saturating_sub(rows);
        }
        Table {
            schema: self.schema.clone(),
            batches,
        }
    }
}

impl Part {
    fn array(self) -> Option<ArrayRef> {
        match self {
            Part::Array(array) => Some(array),
            Part::Names(..) => None,
        }
    }
}

/// The columns of names, with one dictionary for all of them.
fn with_names(base: &Arc<StringArray>, column: Vec<Part>) -> Result<Vec<ArrayRef>, ArrowError> {
    if column.iter().all(|part| matches!(part, Part::Array(_))) {
        return Ok(column.into_iter().filter_map(Part::array).collect());
    }
    let mut names = Names {
        base: base.len(),
        added: Vec::new(),
        places: HashMap::new(),
    };
    let mut parts = Vec::new();
    for part in column {
        parts.push(match part {
            Part::Names(keys, added) => Part::Names(names.keys(keys, added), Vec::new()),
            complete => complete,
        });
    }
    let all = base.iter().flatten();
    let all = all.chain(names.added.iter().map(String::as_str));
    let values: ArrayRef = Arc::new(StringArray::from_iter_values(all));
    let arrays = parts.into_iter().map(|part| {
        let array = match part {
            Part::Names(keys, _) => DictionaryArray::try_new(keys, values.clone())?,
            // It has the base's names, with which the others begin.
            Part::Array(array) => array.as_dictionary().with_values(values.clone()),
        };
        Ok(Arc::new(array) as ArrayRef)
    });
    arrays.collect()
}

/// The names that chunks have added to a column's own.
struct Names {
    base: usize,
    added: Vec<String>,
    places: HashMap<String, i32>,
}

impl Names {
    /// A chunk's keys, as places among all names.
    fn keys(&mut self, keys: Int32Array, added: Vec<String>) -> Int32Array {
        let places: Vec<_> = added.into_iter().map(|name| self.place(name)).collect();
        let base = i32::try_from(self.base).unwrap_or(i32::MAX);
        keys.unary(|key| {
            let beyond = key
                .checked_sub(base)
                .and_then(|at| usize::try_from(at).ok());
            beyond.and_then(|at| places.get(at)).copied().unwrap_or(key)
        })
    }

    fn place(&mut self, name: String) -> i32 {
        if let Some(&place) = self.places.get(&name) {
            return place;
        }
        let place = self.base.saturating_add(self.added.len());
        let place = i32::try_from(place).unwrap_or(i32::MAX);
        self.added.push(name.clone());
        self.places.insert(name, place);
        place
    }
}
