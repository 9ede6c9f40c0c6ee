//! `ChunkIterator`: a stream's bytes, decompressed, for whoever asks about the bytes themselves.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::ffi::objects;
use crate::source::Source;
use crate::stream::alone;

/// The bytes of a path, a binary file, a buffer or chunks, piece by piece, cut anywhere.
///
/// A path that ends with `.gz` or `.zst` is decompressed. Raises OSError as `iter_decode` does.
#[pyclass(module = "vmcodec._vmcodec")]
pub(crate) struct ChunkIterator {
    source: Source,
}

#[pymethods]
impl ChunkIterator {
    #[new]
    fn new(source: &Bound<'_, PyAny>) -> PyResult<ChunkIterator> {
        let source = Source::of(source)?;
        Ok(ChunkIterator { source })
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.source.traverse(&visit)
    }

    fn __clear__(&mut self) {
        self.source = Source::Closed;
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let py = slf.py();
        let mut this = alone(slf)?;
        loop {
            py.check_signals()?;
            let mut piece = None;
            let more = this.source.read(py, |chunk| {
                piece = (!chunk.is_empty()).then(|| objects::bytes(py, chunk));
                Ok(())
            })?;
            if piece.is_some() || !more {
                return Ok(piece.transpose()?);
            }
        }
    }

    /// How many bytes of a file were read (compressed ones, where it is compressed) or of a buffer; None
    /// for other sources.
    #[getter]
    fn position(&self) -> Option<u64> {
        self.source.position()
    }
}
