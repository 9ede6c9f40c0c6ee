"""The event classes as plain rows, and the ordinary models that the peers decode into, all made from those rows.

peers.py makes its contestants of them, and so do the benches. The event classes stay the one place where events are
described.
"""

from __future__ import annotations

import enum
import operator
import types
from dataclasses import dataclass
from functools import reduce
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from ... import EVENTS, Time

Model = type[Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One attribute of one event: its Python name, its wire name and its type without None and annotations."""

    attribute: str
    wire: str
    type: Any
    required: bool

    @property
    def is_enum(self) -> bool:
        """Whether the attribute holds an integer code."""
        return isinstance(self.type, type) and issubclass(self.type, enum.IntEnum)


def _either(types: list[Any]) -> Any:
    """The union of the types."""
    return reduce(operator.or_, types)


def _plain(annotation: Any) -> Any:
    """The type without Annotated, without None and without type arguments of containers."""
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        left = [_plain(part) for part in get_args(annotation) if part is not type(None)]
        return _either(left)
    return get_origin(annotation) or annotation


def rows(event: type[msgspec.Struct]) -> list[Row]:
    """The attributes of an event class in class order, without `extra`: the peers have no place for unknown members."""
    hints = get_type_hints(event, include_extras=True)
    return [
        Row(field.name, field.encode_name, _plain(hints[field.name]), field.required)
        for field in msgspec.structs.fields(event)
        if field.name != "extra"
    ]


ROWS: dict[type[msgspec.Struct], list[Row]] = {event: rows(event) for event in EVENTS}


def struct_twins(*, gc: bool) -> Any:
    """The 14 events as ordinary mutable msgspec Structs with dict members, as a union for a msgspec Decoder.

    `gc=True` is what a model written without thought for speed gives; `gc=False` is tuned as vmcodec's classes are.
    """
    useconds = Annotated[int, msgspec.Meta(ge=0, le=999_999)]
    moment = msgspec.defstruct("Time", [("seconds", int), ("useconds", useconds)], gc=gc)
    twins = []
    for event, table in ROWS.items():
        fields: list[Any] = []
        for row in table:
            kind = moment if row.type is Time else dict[str, Any] if row.type is dict else row.type
            if row.required:
                fields.append((row.attribute, kind))
            else:
                fields.append((row.attribute, kind | None, None))
        names = {row.attribute: row.wire for row in table}
        twins.append(
            msgspec.defstruct(
                event.__name__,
                fields,
                tag_field="id",
                tag=event.__name__,
                rename=names,
                kw_only=True,
                omit_defaults=True,
                gc=gc,
            )
        )
    return _either(twins)


def pydantic_adapter() -> Any:
    """A pydantic v2 TypeAdapter over a discriminated union of the 14 events; ImportError without pydantic."""
    import pydantic

    useconds = Annotated[int, pydantic.Field(ge=0, le=999_999)]
    moment = pydantic.create_model("Time", seconds=(int, ...), useconds=(useconds, ...))
    models = []
    for event, table in ROWS.items():
        fields: dict[str, Any] = {"id": (Literal[event.__name__], ...)}
        for row in table:
            kind = moment if row.type is Time else dict[str, Any] if row.type is dict else row.type
            if row.required:
                fields[row.attribute] = (kind, pydantic.Field(alias=row.wire))
            else:
                fields[row.attribute] = (kind | None, pydantic.Field(None, alias=row.wire))
        models.append(pydantic.create_model(event.__name__, **fields))
    event_type: Any = Annotated[_either(models), pydantic.Field(discriminator="id")]
    return pydantic.TypeAdapter(event_type)
