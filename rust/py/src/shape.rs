//! Struct classes and enumerations as the decoder and the encoder use them: how an instance is made and
//! read, what its attributes are called on the wire.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple, PyType};
use vmcodec_core::encode::Head;
use vmcodec_core::{EventRow, FieldId, Kind, Number, Plan, encode};

use crate::ffi::pending::Pending;
use crate::ffi::slots::{Attributes, Slots, construct};
use crate::ffi::{foreign, objects, reading};
use crate::words::{self, Words, attribute, import, name, raised};

/// What an attribute of an instance is when the record does not have it.
enum Absent {
    Value(Py<PyAny>),
    Factory(Py<PyAny>),
}

/// An attribute of a shape.
pub(crate) struct ShapeField {
    pub field: FieldId,
    /// The canonical wire name.
    pub name: String,
    pub kind: Kind,
    /// Whether None is one of its values.
    pub none: bool,
    /// Whether a value may be left out when it is the default.
    omitted: bool,
    /// What is written before its value: a comma, the name, a colon.
    pub head: Head,
    absent: Absent,
}

impl ShapeField {
    /// The value of an absent attribute.
    #[inline(always)]
    pub fn default<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyAny>, Pending<'py>> {
        match &self.absent {
            Absent::Value(value) => Ok(value.bind(py).clone()),
            Absent::Factory(factory) => call(py, factory),
        }
    }

    /// The value that `null` stands for: None where that is one, else that of an absent attribute.
    #[cold]
    pub fn null<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyAny>, Pending<'py>> {
        if self.none {
            Ok(py.None().into_bound(py))
        } else {
            self.default(py)
        }
    }

    /// The value that is left out when written, where there is one.
    #[inline(always)]
    pub fn left_out(&self) -> Option<&Py<PyAny>> {
        match &self.absent {
            Absent::Value(default) if self.omitted => Some(default),
            _ => None,
        }
    }

    /// Whether the value is left out when written, by msgspec's rule for defaults: it is the default
    /// itself, or an empty list or dict where a factory would make one.
    #[inline(always)]
    pub fn is_omitted(&self, value: &Bound<'_, PyAny>) -> bool {
        match &self.absent {
            Absent::Value(default) => self.omitted && value.is(default),
            Absent::Factory(factory) => self.omitted && is_empty_of(value, factory),
        }
    }
}

#[cold]
fn is_empty_of(value: &Bound<'_, PyAny>, factory: &Py<PyAny>) -> bool {
    let empty = match (value.cast::<PyList>(), value.cast::<PyDict>()) {
        (Ok(list), _) => list.is_empty(),
        (_, Ok(dict)) => dict.is_empty(),
        _ => false,
    };
    empty && value.get_type().is(factory)
}

#[cold]
fn call<'py>(py: Python<'py>, factory: &Py<PyAny>) -> Result<Bound<'py, PyAny>, Pending<'py>> {
    let made = foreign::call(factory.bind(py), []);
    made.map_err(|error| Pending::set(py, error))
}

/// A Struct class and its attributes, in canonical order; `extra`, where it has one, comes last.
pub(crate) struct Shape {
    pub class: Py<PyType>,
    pub fields: Vec<ShapeField>,
    /// What is written first: the brace and the id.
    pub head: Head,
    /// The names of all attributes, as keywords.
    names: Py<PyTuple>,
    slots: Option<Slots>,
}

impl Shape {
    pub fn new(
        class: &Bound<'_, PyType>,
        head: Head,
        fields: Vec<ShapeField>,
        attributes: &[String],
        plain: bool,
    ) -> PyResult<Shape> {
        let py = class.py();
        let attributes: Vec<&str> = attributes.iter().map(String::as_str).collect();
        // As keywords they are compared by address first.
        let intern = attribute(&import(py, "sys")?, "intern")?;
        let interned = attributes.iter().map(|name| intern.call1((Words(name),)));
        let slots = if plain && !safe_mode() {
            Slots::check(class, &attributes)?
        } else {
            None
        };
        Ok(Shape {
            class: class.clone().unbind(),
            fields,
            head,
            names: words::tuple(py, interned.collect::<PyResult<_>>()?)?.unbind(),
            slots,
        })
    }

    /// A new instance of these values, one for each attribute: slot by slot, or by the constructor.
    #[inline(always)]
    pub fn instance<'py>(
        &self,
        py: Python<'py>,
        values: impl Iterator<Item = Result<Bound<'py, PyAny>, Pending<'py>>>,
    ) -> Result<Bound<'py, PyAny>, Pending<'py>> {
        match &self.slots {
            Some(slots) => slots.instance(py, values),
            None => {
                let names = self.names.bind(py);
                let values = values.collect::<Result<Vec<_>, _>>()?;
                construct(self.class.bind(py), names, &values)
            }
        }
    }

    /// The attributes of an instance, to be read.
    #[inline(always)]
    pub fn read<'a, 'py>(&'a self, object: &'a Bound<'py, PyAny>) -> Reader<'a, 'py> {
        Reader {
            slots: self.slots.as_ref().and_then(|slots| slots.of(object)),
            names: self.names.bind(object.py()),
            object,
        }
    }

    /// Whether instances are filled slot by slot.
    pub fn is_fast(&self) -> bool {
        self.slots.is_some()
    }
}

/// The attributes of one instance, by their places in the shape.
pub(crate) struct Reader<'a, 'py> {
    slots: Option<Attributes<'a, 'py>>,
    names: &'a Bound<'py, PyTuple>,
    object: &'a Bound<'py, PyAny>,
}

impl<'a, 'py> Reader<'a, 'py> {
    /// The slots, where the instance is read by these.
    #[inline(always)]
    pub fn slots(&self) -> Option<&Attributes<'a, 'py>> {
        self.slots.as_ref()
    }

    /// The attribute at this place: out of its slot, or by its name.
    #[inline(always)]
    pub fn get(&self, place: usize) -> Result<Bound<'py, PyAny>, Pending<'py>> {
        match self.slots.as_ref().and_then(|slots| slots.get(place)) {
            Some(value) => Ok(value),
            None => self.by_name(place),
        }
    }

    /// The attribute at this place, if it is an int of 63 bits and no bool.
    #[inline(always)]
    pub fn int(&self, place: usize) -> Result<Option<i64>, Pending<'py>> {
        match self.slots.as_ref().and_then(|slots| slots.int(place)) {
            None => Ok(reading::int(&self.get(place)?)),
            found => Ok(found),
        }
    }

    #[cold]
    fn by_name(&self, place: usize) -> Result<Bound<'py, PyAny>, Pending<'py>> {
        let name = self.names.get_item(place);
        let value = name.and_then(|name| self.object.getattr(name.cast::<PyString>()?));
        value.map_err(|error| Pending::set(self.object.py(), error))
    }
}

/// Whether the environment asks for the constructor everywhere.
fn safe_mode() -> bool {
    std::env::var_os("VMCODEC_SAFE").is_some_and(|value| value == "1")
}

/// An enumeration's class and its listed members.
pub(crate) struct EnumShape {
    pub class: Py<PyType>,
    pub name: String,
    pub open: bool,
    /// The listed members in order of their codes.
    pub members: Vec<(i64, Py<PyAny>)>,
}

impl EnumShape {
    /// The member of this code: a listed one, or whatever the class makes of it.
    #[inline(always)]
    pub fn member<'py>(
        &self,
        py: Python<'py>,
        code: Number<'_>,
    ) -> Result<Bound<'py, PyAny>, Pending<'py>> {
        // Codes are nearly always 0, 1, 2, … in order.
        if let Number::Int(code) = code
            && let Some((listed, member)) = self.members.get(code as usize)
            && *listed == code
        {
            return Ok(member.bind(py).clone());
        }
        self.other_member(py, code)
    }

    #[inline(never)]
    fn other_member<'py>(
        &self,
        py: Python<'py>,
        code: Number<'_>,
    ) -> Result<Bound<'py, PyAny>, Pending<'py>> {
        if let Number::Int(code) = code
            && let Ok(place) = self.members.binary_search_by_key(&code, |member| member.0)
            && let Some((_, member)) = self.members.get(place)
        {
            return Ok(member.bind(py).clone());
        }
        let code = match code {
            Number::UInt(code) => objects::uint(py, code)?,
            Number::Int(code) => objects::int(py, code)?,
            _ => {
                return Err(Pending::set(
                    py,
                    raised::<PyTypeError>("a code is an integer"),
                ));
            }
        };
        let member = foreign::call(self.class.bind(py).as_any(), [&code]);
        member.map_err(|error| Pending::set(py, error))
    }

    /// Whether the class has this code.
    pub fn allows(&self, code: i64) -> bool {
        let listed = |code| self.members.binary_search_by_key(&code, |member| member.0);
        self.open || listed(code).is_ok()
    }
}

/// The shape of an event's row.
pub(crate) fn event_shape(
    event: &Bound<'_, PyAny>,
    row: &EventRow,
    plan: &Plan,
) -> PyResult<Shape> {
    let py = event.py();
    let omit: bool = attribute(event, "omit")?.extract()?;
    let mut fields = Vec::new();
    let mut attributes: Vec<String> = Vec::new();
    for (source, row) in attribute(event, "fields")?.try_iter()?.zip(&row.fields) {
        let source = source?;
        let name = row.names.first().cloned().unwrap_or_default();
        let Some(field) = plan.field_by_name(&name) else {
            return Err(raised::<PyValueError>("an attribute is not in the plan"));
        };
        let factory = attribute(&source, "factory")?;
        attributes.push(attribute(&source, "attribute")?.extract()?);
        let mut head = vec![b','];
        encode::text(&mut head, &name);
        head.push(b':');
        fields.push(ShapeField {
            field,
            name,
            head: Head::new(&head),
            kind: row.kind,
            none: attribute(&source, "none")?.extract()?,
            omitted: omit && !row.required,
            absent: if factory.is_none() {
                Absent::Value(attribute(&source, "default")?.unbind())
            } else {
                Absent::Factory(factory.unbind())
            },
        });
    }
    attributes.push(name!(py, "extra")?.to_string());
    let class = attribute(event, "cls")?.cast_into::<PyType>()?;
    let plain: bool = attribute(event, "slots")?.extract()?;
    let mut head = b"{\"id\":".to_vec();
    encode::text(&mut head, row.ids.first().map_or("", String::as_str));
    Shape::new(&class, Head::new(&head), fields, &attributes, plain)
}
