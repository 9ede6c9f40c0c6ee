//! From the rows of `_schema.py` to the core's plan and to the shapes of classes.

use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};
use vmcodec_arrow::{Layout, OwnNames};
use vmcodec_core::{Decoder, EnumRow, EventId, EventRow, FieldRow, Kind, Plan, TimeRow, encode};

use crate::ffi::foreign;
use crate::shape::{EnumShape, Shape, event_shape};
use crate::words::{attribute, import, raised};
use vmcodec_core::encode::Head;

/// What a decoder reads with: the core's half and ours.
pub(crate) struct Codec {
    pub core: Decoder,
    pub schema: Schema,
}

/// All that the rows say, beside the plan.
pub(crate) struct Schema {
    pub shapes: Vec<Shape>,
    pub enums: Vec<EnumShape>,
    pub time: Shape,
    /// What is written before the seconds and before the microseconds of a time.
    pub time_heads: [Head; 2],
    pub unknown: Py<PyType>,
    /// The columns of these events.
    pub layout: Arc<Layout>,
    ids: Vec<Arc<str>>,
}

/// Lowers the classes (all of the package's events, where none are given) and compiles the rows.
pub(crate) fn compile(
    py: Python<'_>,
    events: Option<&Bound<'_, PyAny>>,
) -> PyResult<(Schema, Plan)> {
    let events = match events {
        Some(events) => events.clone(),
        None => attribute(&import(py, "vmcodec.events")?, "EVENTS")?,
    };
    let lower = attribute(&import(py, "vmcodec._schema")?, "lower")?;
    let rows = foreign::call(&lower, [&events])?;
    Rows { rows }.compile()
}

struct Rows<'py> {
    rows: Bound<'py, PyAny>,
}

impl<'py> Rows<'py> {
    fn compile(&self) -> PyResult<(Schema, Plan)> {
        let events: Vec<Bound<'py, PyAny>> = attribute(&self.rows, "events")?.extract()?;
        let time = TimeRow {
            pairs: attribute(&self.rows, "time_pairs")?.extract()?,
        };
        let (enums, enum_rows) = self.enums()?;
        let event_rows = events.iter().map(event_row).collect::<PyResult<Vec<_>>>()?;
        let plan = Plan::new("id", &event_rows, &enum_rows, &time)
            .map_err(|error| raised::<PyValueError>(error.to_string()))?;
        let shapes = events
            .iter()
            .zip(&event_rows)
            .map(|(event, row)| event_shape(event, row, &plan))
            .collect::<PyResult<Vec<_>>>()?;
        let ids = event_rows
            .iter()
            .filter_map(|row| row.ids.first().map(|id| Arc::from(id.as_str())))
            .collect();
        let time_class = attribute(&self.rows, "time")?.cast_into::<PyType>()?;
        let time_attributes = ["seconds".to_owned(), "useconds".to_owned()];
        let unknown = attribute(&self.rows, "unknown")?.cast_into::<PyType>()?;
        let layout = Layout::new(&plan, &event_rows, &enum_rows, &time, &self.columns()?);
        let schema = Schema {
            shapes,
            enums,
            time: Shape::new(
                &time_class,
                Head::new(b""),
                Vec::new(),
                &time_attributes,
                true,
            )?,
            time_heads: time_heads(&time),
            unknown: unknown.unbind(),
            layout: Arc::new(layout),
            ids,
        };
        Ok((schema, plan))
    }

    /// What the columns are called that are no attribute of an event.
    fn columns(&self) -> PyResult<OwnNames> {
        let columns = attribute(&self.rows, "columns")?;
        let name = |part: &str| attribute(&columns, part)?.extract::<String>();
        Ok(OwnNames {
            id: name("id")?,
            extra: name("extra")?,
            tenant: name("tenant")?,
            agent: name("agent")?,
            record_time: name("record_time")?,
        })
    }

    fn enums(&self) -> PyResult<(Vec<EnumShape>, Vec<EnumRow>)> {
        let mut shapes = Vec::new();
        let mut rows = Vec::new();
        for row in attribute(&self.rows, "enums")?.try_iter()? {
            let row = row?;
            let class = attribute(&row, "cls")?.cast_into::<PyType>()?;
            let names = attribute(&row, "names")?.cast_into::<PyDict>()?;
            let mut members: Vec<(i64, Py<PyAny>)> = attribute(&row, "members")?
                .cast_into::<PyDict>()?
                .iter()
                .map(|(code, member)| Ok((code.extract()?, member.unbind())))
                .collect::<PyResult<_>>()?;
            members.sort_by_key(|member| member.0);
            let open: bool = attribute(&row, "open")?.extract()?;
            rows.push(EnumRow {
                names: names
                    .iter()
                    .map(|(name, code)| Ok((name.extract()?, code.extract()?)))
                    .collect::<PyResult<_>>()?,
                closed: (!open).then(|| members.iter().map(|member| member.0).collect()),
            });
            shapes.push(EnumShape {
                name: class.name()?.to_string(),
                open,
                class: class.unbind(),
                members,
            });
        }
        Ok((shapes, rows))
    }
}

fn time_heads(time: &TimeRow) -> [Head; 2] {
    let (mut seconds, mut useconds) = (vec![b'{'], vec![b',']);
    if let Some((first, second)) = time.pairs.first() {
        encode::text(&mut seconds, first);
        encode::text(&mut useconds, second);
    }
    seconds.push(b':');
    useconds.push(b':');
    [Head::new(&seconds), Head::new(&useconds)]
}

fn event_row(event: &Bound<'_, PyAny>) -> PyResult<EventRow> {
    let fields = attribute(event, "fields")?
        .try_iter()?
        .map(|field| field_row(&field?))
        .collect::<PyResult<_>>()?;
    Ok(EventRow {
        ids: attribute(event, "ids")?.extract()?,
        fields,
    })
}

fn field_row(row: &Bound<'_, PyAny>) -> PyResult<FieldRow> {
    let kind: String = attribute(row, "kind")?.extract()?;
    let kind = match kind.as_str() {
        "text" => Kind::Text,
        "integer" => Kind::Integer,
        "integer_or_text" => Kind::IntegerOrText,
        "enum" => Kind::Enum(attribute(row, "enum")?.extract()?),
        "time" => Kind::Time,
        "kv_list" => Kind::KvList,
        "boolean" => Kind::Boolean,
        "float" => Kind::Float,
        "list" => Kind::List,
        "any" => Kind::Any,
        other => return Err(raised::<PyValueError>(format!("no such kind: {other}"))),
    };
    Ok(FieldRow {
        names: attribute(row, "names")?.extract()?,
        kind,
        required: attribute(row, "required")?.extract()?,
        nullable: attribute(row, "nullable")?.extract()?,
    })
}

impl Schema {
    /// The canonical id of the event.
    pub fn event_name(&self, event: EventId) -> Option<&Arc<str>> {
        self.ids.get(usize::from(event))
    }

    /// The class name of the enumeration.
    pub fn enum_name(&self, table: u16) -> &str {
        self.enums
            .get(usize::from(table))
            .map_or("", |row| &row.name)
    }
}
