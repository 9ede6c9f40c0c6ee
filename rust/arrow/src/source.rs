//! Columns of others as input: arrays of texts or bytes, whatever their layout.
//!
//! arrow-rs takes over the arrays of others as they are. So the offsets are checked here, before anything
//! is read by them; the bytes of a string need be no UTF-8, as a record is decoded like any stranger's.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, make_array};
use arrow_schema::{ArrowError, DataType};

/// Arrays of bytes, behind one another.
#[derive(Debug)]
pub struct Texts(Vec<ArrayRef>);

/// Why an array cannot be read.
#[derive(Debug)]
pub enum Refused {
    /// It holds neither texts nor bytes, but this.
    Type(DataType),
    /// Its offsets lead out of its bytes.
    Content(ArrowError),
}

impl Texts {
    /// Takes the arrays, if all of them hold texts or bytes.
    pub fn new(arrays: Vec<ArrayRef>) -> Result<Texts, Refused> {
        let arrays: Result<_, _> = arrays.iter().map(as_bytes).collect();
        arrays.map(Texts)
    }

    /// The bytes of each item; none for nulls.
    pub fn iter(&self) -> impl Iterator<Item = Option<&[u8]>> {
        self.0.iter().flat_map(|array| items(array))
    }
}

/// The same array as one of bytes, checked.
fn as_bytes(array: &ArrayRef) -> Result<ArrayRef, Refused> {
    let bytes = match array.data_type() {
        DataType::Binary | DataType::Utf8 => DataType::Binary,
        DataType::LargeBinary | DataType::LargeUtf8 => DataType::LargeBinary,
        DataType::BinaryView | DataType::Utf8View => DataType::BinaryView,
        other => return Err(Refused::Type(other.clone())),
    };
    let data = array.to_data().into_builder().data_type(bytes);
    data.build().map(make_array).map_err(Refused::Content)
}

fn items(array: &ArrayRef) -> Box<dyn Iterator<Item = Option<&[u8]>> + '_> {
    match array.data_type() {
        DataType::Binary => Box::new(array.as_binary::<i32>().iter()),
        DataType::LargeBinary => Box::new(array.as_binary::<i64>().iter()),
        DataType::BinaryView => Box::new(array.as_binary_view().iter()),
        _ => Box::new(std::iter::empty()),
    }
}
