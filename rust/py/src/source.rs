//! Where a stream's bytes come from: a file, perhaps compressed, or Python objects that give chunks.

use std::collections::TryReserveError;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use flate2::read::MultiGzDecoder;
use pyo3::exceptions::{PyMemoryError, PyOSError, PyTypeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyIterator, PyString};

use crate::error::type_name;
use crate::ffi::{foreign, objects};
use crate::input::Input;
use crate::memory;
use crate::stream::not_bytes;
use crate::words::{attribute, import, name, raised};

/// Bytes asked of a file at a time.
const CHUNK: usize = 1 << 18;

pub(crate) enum Source {
    /// A file of ours; read with the GIL released.
    File {
        // Only ever used by the iterator that owns it: the lock makes that plain to the compiler.
        reader: Mutex<Box<dyn Read + Send>>,
        chunk: Vec<u8>,
        /// What the caller named it by.
        name: Py<PyAny>,
        /// How far the file itself was read, before it is decompressed.
        position: Arc<AtomicU64>,
        /// It lies on a disk, and is no pipe.
        regular: bool,
    },
    /// A binary file object.
    Object(Py<PyAny>),
    /// An iterator of chunks.
    Chunks(Py<PyIterator>),
    /// A buffer, and how much of it was read. It is read piece by piece too: between two, signals are
    /// looked at, and no second copy of it is made.
    Buffer(Py<PyBytes>, usize),
    /// No more.
    Closed,
}

impl Source {
    pub fn of(source: &Bound<'_, PyAny>) -> PyResult<Source> {
        let py = source.py();
        if source.is_instance_of::<PyString>() || source.hasattr(name!(py, "__fspath__")?)? {
            return Source::open(source);
        }
        if source.hasattr(name!(py, "read")?)? {
            return Ok(Source::Object(source.clone().unbind()));
        }
        match Input::of(source)? {
            Some(Input::Copied(bytes)) => return Ok(Source::Buffer(bytes.unbind(), 0)),
            Some(Input::Borrowed(_)) => {
                let bytes = source.cast::<PyBytes>()?;
                return Ok(Source::Buffer(bytes.clone().unbind(), 0));
            }
            None => {}
        }
        if let Ok(Input::Copied(bytes)) = Input::of_buffer(source) {
            return Ok(Source::Buffer(bytes.unbind(), 0));
        }
        match source.try_iter() {
            Ok(chunks) => Ok(Source::Chunks(chunks.unbind())),
            Err(error) if !error.is_instance_of::<PyTypeError>(py) => Err(error),
            Err(_) => Err(raised::<PyTypeError>(format!(
                "expected a path, a binary file, a buffer or an iterable of chunks, got {}",
                type_name(source)?
            ))),
        }
    }

    fn open(name: &Bound<'_, PyAny>) -> PyResult<Source> {
        let py = name.py();
        let path: PathBuf = name.extract()?;
        let position = Arc::new(AtomicU64::new(0));
        let opened = py.detach(|| -> std::io::Result<(Box<dyn Read + Send>, bool)> {
            let file = File::open(&path)?;
            let regular = file.metadata()?.is_file();
            let position = position.clone();
            let file = Counted { file, position };
            let extension = path.extension().and_then(|extension| extension.to_str());
            let reader: Box<dyn Read + Send> = match extension {
                Some("gz") => Box::new(MultiGzDecoder::new(std::io::BufReader::new(file))),
                Some("zst") => Box::new(zstd::Decoder::new(file)?),
                _ => Box::new(file),
            };
            Ok((reader, regular))
        });
        match opened {
            Ok((reader, regular)) => Ok(Source::File {
                reader: Mutex::new(reader),
                chunk: vec![0; CHUNK],
                name: name.clone().unbind(),
                position,
                regular,
            }),
            Err(error) => Err(os_error(&error, name)),
        }
    }

    /// Shows the collector what is held.
    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self {
            Source::File { name, .. } => visit.call(name),
            Source::Object(object) => visit.call(object),
            Source::Chunks(chunks) => visit.call(chunks),
            Source::Buffer(..) | Source::Closed => Ok(()),
        }
    }

    /// How many bytes of a file were read, or of a buffer; none of other sources.
    pub fn position(&self) -> Option<u64> {
        match self {
            Source::File { position, .. } => Some(position.load(Ordering::Relaxed)),
            Source::Buffer(_, read) => u64::try_from(*read).ok(),
            _ => None,
        }
    }

    /// Whether what comes next is there already, and nobody waits for it while more is read.
    pub fn at_hand(&self) -> bool {
        matches!(
            self,
            Source::File { regular: true, .. } | Source::Buffer(..)
        )
    }

    /// Reads the next chunk and hands it to `take`; false when there is none. Where there is no memory to
    /// take it the chunk is lost: then the stream must end.
    pub fn read(
        &mut self,
        py: Python<'_>,
        take: impl FnOnce(&[u8]) -> Result<(), TryReserveError>,
    ) -> PyResult<bool> {
        let more = self.hand_over(py, |chunk| take(chunk).map_err(memory::failed));
        if more
            .as_ref()
            .is_err_and(|error| error.is_instance_of::<PyMemoryError>(py))
        {
            *self = Source::Closed;
        }
        more
    }

    fn hand_over(
        &mut self,
        py: Python<'_>,
        take: impl FnOnce(&[u8]) -> PyResult<()>,
    ) -> PyResult<bool> {
        match self {
            Source::File {
                reader,
                chunk,
                name,
                ..
            } => {
                let reader = reader.get_mut().unwrap_or_else(PoisonError::into_inner);
                let length = loop {
                    match py.detach(|| reader.read(chunk)) {
                        // A signal came. Whoever writes a pipe may let us wait: it is looked at now.
                        Err(error) if error.kind() == ErrorKind::Interrupted => {
                            py.check_signals()?
                        }
                        read => break read.map_err(|error| os_error(&error, name.bind(py)))?,
                    }
                };
                take(chunk.get(..length).unwrap_or_default())?;
                Ok(length > 0)
            }
            Source::Object(object) => {
                let read = object.bind(py).getattr(name!(py, "read")?)?;
                let size = objects::uint(py, CHUNK as u64)?;
                let chunk = foreign::call(&read, [size.as_any()])?;
                let bytes = chunk_bytes(&chunk)?;
                take(bytes.bytes())?;
                Ok(!bytes.bytes().is_empty())
            }
            Source::Chunks(chunks) => {
                let next = chunks.bind(py).getattr(name!(py, "__next__")?)?;
                let Some(chunk) = foreign::next(&next)? else {
                    return Ok(false);
                };
                take(chunk_bytes(&chunk)?.bytes())?;
                Ok(true)
            }
            Source::Buffer(bytes, read) => {
                let rest = bytes.as_bytes(py).get(*read..).unwrap_or_default();
                let piece = rest.get(..CHUNK).unwrap_or(rest);
                *read += piece.len();
                take(piece)?;
                Ok(!piece.is_empty())
            }
            Source::Closed => Ok(false),
        }
    }
}

/// A file that tells how far it was read.
struct Counted {
    file: File,
    position: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(buffer)?;
        let count = u64::try_from(read).unwrap_or_default();
        self.position.fetch_add(count, Ordering::Relaxed);
        Ok(read)
    }
}

fn chunk_bytes<'a, 'py>(chunk: &'a Bound<'py, PyAny>) -> PyResult<Input<'a, 'py>> {
    match Input::of(chunk)? {
        Some(input) if !chunk.is_instance_of::<PyString>() => Ok(input),
        _ => Err(not_bytes(chunk)),
    }
}

/// The OSError that Python's own `open` and `read` would raise, with the file's name.
fn os_error(error: &std::io::Error, name: &Bound<'_, PyAny>) -> PyErr {
    let py = name.py();
    let Some(number) = error.raw_os_error() else {
        return raised::<PyOSError>(format!("{name}: {error}"));
    };
    let made = || {
        let number = objects::int(py, i64::from(number))?;
        let text = attribute(&import(py, "os")?, "strerror")?.call1((&number,))?;
        py.get_type::<PyOSError>().call1((number, text, name))
    };
    made().map_or_else(|error| error, PyErr::from_value)
}
