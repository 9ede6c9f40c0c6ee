//! Columns of others as input: arrays of texts or bytes, whatever their layout.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

/// Arrays of texts or bytes, behind one another.
#[derive(Debug)]
pub struct Texts(Vec<ArrayRef>);

impl Texts {
    /// Takes the arrays; the type of one that holds something else is the error.
    pub fn new(arrays: Vec<ArrayRef>) -> Result<Texts, DataType> {
        match arrays.iter().find(|array| !holds_texts(array.data_type())) {
            Some(other) => Err(other.data_type().clone()),
            None => Ok(Texts(arrays)),
        }
    }

    /// The bytes of each item; none for nulls.
    pub fn iter(&self) -> impl Iterator<Item = Option<&[u8]>> {
        self.0.iter().flat_map(|array| items(array))
    }
}

fn holds_texts(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Utf8View
    )
}

fn items(array: &ArrayRef) -> Box<dyn Iterator<Item = Option<&[u8]>> + '_> {
    match array.data_type() {
        DataType::Binary => Box::new(array.as_binary::<i32>().iter()),
        DataType::LargeBinary => Box::new(array.as_binary::<i64>().iter()),
        DataType::BinaryView => Box::new(array.as_binary_view().iter()),
        DataType::Utf8 => Box::new(array.as_string::<i32>().iter().map(bytes)),
        DataType::LargeUtf8 => Box::new(array.as_string::<i64>().iter().map(bytes)),
        DataType::Utf8View => Box::new(array.as_string_view().iter().map(bytes)),
        _ => Box::new(std::iter::empty()),
    }
}

fn bytes(text: Option<&str>) -> Option<&[u8]> {
    text.map(str::as_bytes)
}
