//! `EventTable` and its kin: Arrow tables that other libraries take without a copy.

use std::ffi::CStr;
use std::fmt::Write;

use pyo3::exceptions::{PyMemoryError, PyRuntimeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyList};
use vmcodec_arrow::{ArrowError, BadRecord, Rows, SchemaRef, Table, errors_table, export};
use vmcodec_core::Framing;

use crate::columns::Columns;
use crate::decoder::Decoder;
use crate::error::Place;
use crate::ffi::objects;
use crate::session::{Errors, Session};
use crate::words::{self, Count, raised};

const SCHEMA: &CStr = c"arrow_schema";
const ARRAY: &CStr = c"arrow_array";
const STREAM: &CStr = c"arrow_array_stream";

/// The error of an Arrow call of ours: a defect, or no memory.
pub(crate) fn failed(error: ArrowError) -> PyErr {
    match error {
        ArrowError::MemoryError(text) => raised::<PyMemoryError>(text),
        error => raised::<PyRuntimeError>(error.to_string()),
    }
}

/// The columns of a decoder's tables, for whatever takes an Arrow schema: pyarrow.schema(...).
#[pyclass(frozen, module = "vmcodec")]
pub(crate) struct ArrowSchema {
    pub schema: SchemaRef,
}

#[pymethods]
impl ArrowSchema {
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_capsule(py, &self.schema)
    }

    /// The names of the columns, in order.
    #[getter]
    fn names<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let fields = self.schema.fields().iter();
        words::list(py, fields.map(|field| field.name()))
    }

    fn __repr__(&self) -> String {
        let mut text = "ArrowSchema(".to_owned();
        for field in self.schema.fields() {
            let _ = write!(text, "\n    {}: {}", field.name(), field.data_type());
        }
        text.push_str("\n)");
        text
    }
}

pub(crate) fn schema_capsule<'py>(
    py: Python<'py>,
    schema: &SchemaRef,
) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = export::schema(schema).map_err(failed)?;
    PyCapsule::new_with_value(py, schema, SCHEMA)
}

/// An Arrow table, for whatever speaks the Arrow PyCapsule interface: pyarrow, polars, duckdb, pandas,
/// nanoarrow. They take its columns without a copy, and keep them alive.
#[pyclass(frozen, subclass, module = "vmcodec")]
pub(crate) struct ArrowTable {
    table: Table,
}

#[pymethods]
impl ArrowTable {
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_capsule(py, &self.table.schema)
    }

    /// All rows as one struct array: a copy, where there are several record batches.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        // A request may be declined: whoever asks then casts.
        let _ = requested_schema;
        let (schema, array) = py.detach(|| export::array(&self.table)).map_err(failed)?;
        let schema = PyCapsule::new_with_value(py, schema, SCHEMA)?;
        Ok((schema, PyCapsule::new_with_value(py, array, ARRAY)?))
    }

    /// All rows as a stream of record batches, without a copy.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        let table = self.table.clone();
        let stream = export::stream(table.schema, table.batches.into_iter().map(Ok));
        PyCapsule::new_with_value(py, stream, STREAM)
    }

    /// How many rows there are.
    #[getter]
    fn num_rows(&self) -> Count {
        Count(self.table.num_rows())
    }

    /// The names of the columns, in order.
    #[getter]
    fn column_names<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        words::list(py, self.table.column_names().into_iter())
    }

    fn __len__(&self) -> usize {
        self.table.num_rows()
    }

    fn __repr__(&self) -> String {
        format!("ArrowTable({})", self.size())
    }
}

impl ArrowTable {
    pub fn new(table: Table) -> ArrowTable {
        ArrowTable { table }
    }

    fn size(&self) -> String {
        let columns = self.table.schema.fields().len();
        format!("{} rows, {columns} columns", self.table.num_rows())
    }
}

/// Events as Arrow columns; made by `decode_arrow` and `iter_arrow`.
#[pyclass(frozen, extends = ArrowTable, module = "vmcodec")]
pub(crate) struct EventTable {
    errors: Py<ArrowTable>,
    decoder: Py<Decoder>,
}

#[pymethods]
impl EventTable {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.errors)?;
        visit.call(&self.decoder)
    }

    /// The bad records: index, line, offset, code, path, event, raw (their bytes), reason.
    #[getter]
    fn errors(&self, py: Python<'_>) -> Py<ArrowTable> {
        self.errors.clone_ref(py)
    }

    /// The rows as events again, as `decode_batch` gives them: with None in the place of a row that
    /// stands for no event.
    ///
    /// A `Server` of digits comes back as an int, whether it was one or a string.
    fn to_events<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyList>> {
        let py = slf.py();
        let decoder = slf.get().decoder.get();
        let table = slf.as_super().get();
        let layout = &decoder.codec.schema.layout;
        let frame: &[u8] = match decoder.codec.core.options.framing {
            Framing::None => b"",
            Framing::Confluent => &[0; 5],
        };
        let (codec, shelf) = (&decoder.codec, &decoder.shelf);
        Session::run(py, codec, shelf, Errors::Raise, |session| {
            let events = objects::list(py)?;
            let mut record = Vec::new();
            for batch in &table.table.batches {
                let rows = Rows::new(layout, batch);
                for row in 0..batch.num_rows() {
                    record.clear();
                    record.extend_from_slice(frame);
                    let index = events.len();
                    let event = match rows.write(row, &mut record).map_err(failed)? {
                        true => session.record(&record, Place { index, line: None })?,
                        false => py.None().into_bound(py),
                    };
                    objects::append(&events, &event)?;
                }
            }
            Ok(events)
        })
    }

    fn __repr__(slf: &Bound<'_, Self>) -> String {
        let size = slf.as_super().get().size();
        match slf.get().errors.get().table.num_rows() {
            0 => format!("EventTable({size})"),
            1 => format!("EventTable({size}, 1 error)"),
            errors => format!("EventTable({size}, {errors} errors)"),
        }
    }
}

impl EventTable {
    /// The table of these columns, or the first error where it is to be raised.
    pub fn new<'py>(
        decoder: &Bound<'py, Decoder>,
        columns: Columns<'_>,
        errors: Errors,
    ) -> PyResult<Bound<'py, EventTable>> {
        let py = decoder.py();
        if errors == Errors::Raise
            && let Some(bad) = columns.bad.first()
        {
            return Err(bad.error.without_payload().into_err(py));
        }
        let bad = columns.bad.iter();
        let bad: Vec<_> = bad.map(|bad| bad.error.bad_record(bad.raw)).collect();
        EventTable::with_errors(decoder, columns.table, &bad)
    }

    /// The table of these columns and bad records.
    pub fn with_errors<'py>(
        decoder: &Bound<'py, Decoder>,
        table: Table,
        bad: &[BadRecord<'_>],
    ) -> PyResult<Bound<'py, EventTable>> {
        let py = decoder.py();
        let errors = errors_table(bad).map_err(failed)?;
        let errors = Py::new(py, ArrowTable::new(errors))?;
        let decoder = decoder.clone().unbind();
        let events = EventTable { errors, decoder };
        Bound::new(py, (events, ArrowTable::new(table)))
    }
}
