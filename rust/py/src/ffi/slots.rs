//! Filling and reading the attributes of Struct instances where the class keeps them, without a call
//! of the constructor. Used for classes that passed [`Slots::check`], and for no others.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};

use super::foreign::call_by_names;
use super::gc::{is_collected, is_tracked};
use super::objects;
use super::pending::Pending;
use super::reading;
use crate::words::{Words, attribute as attribute_of};

/// Where the attributes of a class lie in its instances.
///
/// Invariant: every offset is that of a distinct member descriptor of `class` for an object that may
/// be null (`T_OBJECT_EX`), aligned and within an instance; the class is not known to the collector,
/// has a fixed size, CPython's own allocator, and neither dict nor weak references.
#[derive(Debug)]
pub(crate) struct Slots {
    class: Py<PyType>,
    offsets: Vec<usize>,
}

/// `T_OBJECT_EX` of CPython's structmember.h: an object that may be null.
const OBJECT_EX: std::ffi::c_int = 16;

impl Slots {
    /// The slots of these attributes, if the class is as the invariant says and a look at real
    /// instances confirms it.
    pub fn check(class: &Bound<'_, PyType>, attributes: &[&str]) -> PyResult<Option<Slots>> {
        let Some(size) = plain_instance_size(class) else {
            return Ok(None);
        };
        let mut offsets = Vec::new();
        for attribute in attributes {
            let descriptor = attribute_of(class, attribute)?;
            match member_offset(&descriptor, class, size) {
                Some(offset) if !offsets.contains(&offset) => offsets.push(offset),
                _ => return Ok(None),
            }
        }
        let slots = Slots {
            class: class.clone().unbind(),
            offsets,
        };
        Ok(slots.confirmed(class, attributes)?.then_some(slots))
    }

    /// Compares an instance made by the constructor with one made here: each must hold, where the
    /// other way of access looks for them, the very objects that were put in.
    fn confirmed(&self, class: &Bound<'_, PyType>, attributes: &[&str]) -> PyResult<bool> {
        let py = class.py();
        let marks: Vec<_> = attributes
            .iter()
            .map(|_| py.get_type::<PyAny>().call0())
            .collect::<PyResult<_>>()?;
        let named = objects::dict(py)?;
        for (attribute, mark) in attributes.iter().zip(&marks) {
            named.set_item(Words(attribute), mark)?;
        }
        let constructed = class.call((), Some(&named))?;
        if !constructed.get_type().is(class) || is_collected(&constructed) {
            return Ok(false);
        }
        let filled = self.instance(py, marks.iter().map(|mark| Ok(mark.clone())))?;
        for ((attribute, mark), place) in attributes.iter().zip(&marks).zip(0..) {
            let read = self.of(&constructed).and_then(|all| all.get(place));
            if !read.is_some_and(|read| read.is(mark))
                || !attribute_of(&filled, attribute)?.is(mark)
            {
                return Ok(false);
            }
        }
        Ok(!is_tracked(&constructed)? && !is_tracked(&filled)? && filled.get_type().is(class))
    }

    /// A new instance of these values, one for each attribute in the order given to `check`.
    #[inline(always)]
    pub fn instance<'py>(
        &self,
        py: Python<'py>,
        values: impl Iterator<Item = Result<Bound<'py, PyAny>, Pending<'py>>>,
    ) -> Result<Bound<'py, PyAny>, Pending<'py>> {
        let object = objects::blank_instance(py, self.class.bind(py))?;
        for (&offset, value) in self.offsets.iter().zip(values) {
            let value = Some(value?.unbind());
            // SAFETY: [slots.fill] by the invariant the slot is within the instance, and aligned. Nobody
            // else has seen the instance yet, and the slot is null: no reference is lost.
            unsafe { slot(&object, offset).write(value) };
        }
        Ok(object)
    }

    /// The attributes of an instance of exactly this class; none for any other object.
    #[inline(always)]
    pub fn of<'a, 'py>(&'a self, object: &'a Bound<'py, PyAny>) -> Option<Attributes<'a, 'py>> {
        let class = object.get_type_ptr().cast::<ffi::PyObject>();
        std::ptr::eq(class, self.class.as_ptr()).then_some(Attributes {
            offsets: &self.offsets,
            object,
        })
    }
}

/// The attributes of one instance.
///
/// Invariant: the object is an instance of the class whose `offsets` these are. Its class could only be
/// changed to one of the same slots.
pub(crate) struct Attributes<'a, 'py> {
    offsets: &'a [usize],
    object: &'a Bound<'py, PyAny>,
}

impl<'py> Attributes<'_, 'py> {
    /// The attribute at this place; none if it is deleted.
    #[inline(always)]
    pub fn get(&self, place: usize) -> Option<Bound<'py, PyAny>> {
        self.borrow(place).map(Borrowed::to_owned)
    }

    /// Whether the attribute at this place is this very object.
    #[inline(always)]
    pub fn is(&self, place: usize, object: &Py<PyAny>) -> bool {
        self.borrow(place).is_some_and(|found| found.is(object))
    }

    /// Writes the attribute at this place, if it is a str.
    #[inline(always)]
    pub fn write_text(&self, place: usize, out: &mut Vec<u8>) -> bool {
        self.borrow(place)
            .is_some_and(|found| reading::write_text(out, &found))
    }

    /// The attribute at this place, if it is an int of 63 bits and no bool.
    #[inline(always)]
    pub fn int(&self, place: usize) -> Option<i64> {
        self.borrow(place).and_then(|found| reading::int(&found))
    }

    /// The object in the slot, for as long as no Python code runs that might change the slot: see
    /// `reading`.
    #[inline(always)]
    fn borrow(&self, place: usize) -> Option<Borrowed<'_, 'py, PyAny>> {
        let slot = slot(self.object, *self.offsets.get(place)?);
        // SAFETY: [slots.read] by the two invariants the slot is within the instance, aligned, and null or
        // a reference of the instance's own; this thread is attached, and nobody here lets go of it.
        let value = unsafe { &*slot }.as_ref()?;
        Some(value.bind_borrowed(self.object.py()))
    }
}

/// Where the object has a slot, if it has one at this offset. Its value is null where it is deleted.
#[inline(always)]
fn slot(object: &Bound<'_, PyAny>, offset: usize) -> *mut Option<Py<PyAny>> {
    object.as_ptr().wrapping_byte_add(offset).cast()
}

/// The size of the class's instances, if nothing but slots is in them.
fn plain_instance_size(class: &Bound<'_, PyType>) -> Option<usize> {
    let class: *const ffi::PyTypeObject = class.as_type_ptr();
    // SAFETY: [slots.type] a live type object.
    let class = unsafe { class.as_ref() }?;
    let generic: ffi::allocfunc = ffi::PyType_GenericAlloc;
    let plain = class
        .tp_alloc
        .is_some_and(|alloc| std::ptr::fn_addr_eq(alloc, generic))
        && class.tp_itemsize == 0
        && class.tp_dictoffset == 0
        && class.tp_weaklistoffset == 0;
    let size = plain.then_some(class.tp_basicsize)?;
    usize::try_from(size).ok()
}

/// The offset that a member descriptor of `class` tells, if it is one for an object slot.
fn member_offset(
    descriptor: &Bound<'_, PyAny>,
    class: &Bound<'_, PyType>,
    size: usize,
) -> Option<usize> {
    let kind = descriptor.get_type_ptr();
    if !std::ptr::eq(kind, &raw const ffi::PyMemberDescr_Type) {
        return None;
    }
    let descriptor: *const ffi::PyMemberDescrObject = descriptor.as_ptr().cast();
    // SAFETY: [slots.descriptor] its type says that it is a member descriptor.
    let descriptor = unsafe { descriptor.as_ref() }?;
    // SAFETY: [slots.member] a member descriptor points to its definition, which lives as long as it does.
    let member = unsafe { descriptor.d_member.as_ref() }?;
    let owner = descriptor.d_common.d_type;
    let inherited = class.mro().iter().any(|base| base.as_ptr() == owner.cast());
    let offset = usize::try_from(member.offset).ok()?;
    let header = size_of::<ffi::PyObject>();
    let within = offset >= header && offset + size_of::<*mut ffi::PyObject>() <= size;
    let aligned = offset.is_multiple_of(align_of::<*mut ffi::PyObject>());
    (inherited && within && aligned && member.type_code == OBJECT_EX).then_some(offset)
}

/// An instance by way of the constructor: for classes without [`Slots`], and under `VMCODEC_SAFE`.
pub(crate) fn construct<'py>(
    class: &Bound<'py, PyType>,
    names: &Bound<'py, PyTuple>,
    values: &[Bound<'py, PyAny>],
) -> Result<Bound<'py, PyAny>, Pending<'py>> {
    // Behind those of the attributes there may be a value that the class has no place for.
    let values = values.iter().take(names.len());
    call_by_names(class, values, Some(names))
}
