"""Lowers Struct classes to the plain rows that the Rust core is built from: the only reader of msgspec.inspect.

Called by `Decoder` and `Encoder` when they are made; everything behind the rows knows no msgspec type.
"""

import enum
import functools
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect

from .enums import OpenIntEnum
from .events import EVENTS, Time, UnknownEvent

_LIMITS = ("gt", "ge", "lt", "le", "multiple_of", "pattern", "min_length", "max_length")


class FieldRow(NamedTuple):
    """One attribute: `names` are its wire name and its aliases, `enum` the place of its class in `Rows.enums` or -1.

    `nullable` tells whether null may stand for it, `none` whether that null is its value None.
    `factory` makes the value of an absent attribute, or is None where `default` is that value.
    """

    attribute: str
    names: tuple[str, ...]
    kind: str
    enum: int
    required: bool
    nullable: bool
    none: bool
    default: Any
    factory: Any


class EventRow(NamedTuple):
    """One event: `ids` are its tag and its aliases.

    `slots` tells whether its instances may be filled slot by slot, `omit` whether defaults are left out when written.
    """

    cls: type[msgspec.Struct]
    ids: tuple[str, ...]
    fields: tuple[FieldRow, ...]
    slots: bool
    omit: bool


class EnumRow(NamedTuple):
    """One enumeration: accepted names to codes, the listed members, and whether other codes are kept."""

    cls: type[enum.IntEnum]
    names: dict[str, int]
    members: dict[int, enum.IntEnum]
    open: bool


class Columns(NamedTuple):
    """What the Arrow columns are called that hold no attribute: the id, members without a column, the record's key."""

    id: str = "id"
    extra: str = "extra"
    tenant: str = "tenant_id"
    agent: str = "agent_id"
    record_time: str = "record_time"


class Rows(NamedTuple):
    """Everything that a decoder or an encoder is built from."""

    events: tuple[EventRow, ...]
    enums: tuple[EnumRow, ...]
    time: type[msgspec.Struct]
    time_pairs: tuple[tuple[str, str], ...]
    unknown: type[msgspec.Struct]
    columns: Columns = Columns()


def lower(events: Iterable[type[msgspec.Struct]]) -> Rows:
    """Lower the classes, in order.

    Raises TypeError for a class that is not an event (no string tag in the member `id`, no `extra` attribute) and for
    an attribute of a type that has no rule on the wire.
    """
    return _usual() if events is EVENTS else _lower(events)


@functools.cache
def _usual() -> Rows:
    """What nearly every decoder and encoder is built from, worked out once: it takes ten times as long as the rest."""
    return _lower(EVENTS)


def _lower(events: Iterable[type[msgspec.Struct]]) -> Rows:
    enums: dict[type[enum.IntEnum], int] = {}
    rows = tuple(_event(cls, enums) for cls in events)
    return Rows(rows, tuple(_enum(cls) for cls in enums), Time, Time.__wire_pairs__, UnknownEvent)


def _event(cls: type[msgspec.Struct], enums: dict[type[enum.IntEnum], int]) -> EventRow:
    if not (isinstance(cls, type) and issubclass(cls, msgspec.Struct)):
        raise TypeError(f"events takes msgspec Struct classes, not {cls!r}")
    info = inspect.type_info(cls)
    if not isinstance(info, inspect.StructType) or info.array_like:
        raise TypeError(f"{cls.__name__}: an event is a JSON object, not an array")
    if info.tag_field != "id" or not isinstance(info.tag, str):
        raise TypeError(f'{cls.__name__}: an event is told by a string in the member "id": derive it from BaseEvent')
    fields = [field for field in info.fields if field.name != "extra"]
    if len(fields) == len(info.fields):
        raise TypeError(f"{cls.__name__}: needs the attribute `extra` for unknown members: derive it from BaseEvent")
    # Of this class alone: a class derived from an event is another event.
    aliases: tuple[str, ...] = vars(cls).get("__id_aliases__", ())
    config = cls.__struct_config__
    hooks = hasattr(cls, "__post_init__") or hasattr(cls, "__del__")
    plain = not (config.gc or config.weakref or config.dict or hooks)
    return EventRow(
        cls,
        (info.tag, *aliases),
        tuple(_field(cls, field, enums) for field in fields),
        slots=plain,
        omit=config.omit_defaults,
    )


def _field(cls: type[msgspec.Struct], field: inspect.Field, enums: dict[type[enum.IntEnum], int]) -> FieldRow:
    aliases: list[str] = []
    types = [_plain(kind, aliases) for kind in _members(_plain(field.type, aliases))]
    nullable = any(isinstance(kind, inspect.NoneType | inspect.AnyType) for kind in types)
    types = [kind for kind in types if not isinstance(kind, inspect.NoneType)]
    kind, enum_cls = _kind(types)
    if kind is None:
        raise TypeError(
            f"{cls.__name__}.{field.name}: no rule for its type on the wire; take str, int, int | str, bool, "
            "float, an IntEnum, Time, dict[str, Any], list or Any, each with or without None"
        )
    number = -1 if enum_cls is None else enums.setdefault(enum_cls, len(enums))
    default = None if field.default is msgspec.NODEFAULT else field.default
    factory = None if field.default_factory is msgspec.NODEFAULT else field.default_factory
    names = (field.encode_name, *aliases)
    allowed = nullable or not field.required
    return FieldRow(field.name, names, kind, number, field.required, allowed, nullable, default, factory)


def _members(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    return tuple(kind.types) if isinstance(kind, inspect.UnionType) else (kind,)


def _plain(kind: inspect.Type, aliases: list[str]) -> inspect.Type:
    """Take off the Metadata wrapper, and note the aliases that it carries."""
    while isinstance(kind, inspect.Metadata):
        aliases.extend((kind.extra or {}).get("aliases", ()))
        kind = kind.type
    return kind


def _kind(types: list[inspect.Type]) -> tuple[str | None, type[enum.IntEnum] | None]:
    """Name the rule for a value of these types; None where there is none, constraints of msgspec included."""
    if any(getattr(kind, limit, None) is not None for kind in types for limit in _LIMITS):
        return None, None
    match types:
        case [inspect.StrType()]:
            return "text", None
        case [inspect.IntType()]:
            return "integer", None
        case [inspect.IntType(), inspect.StrType()] | [inspect.StrType(), inspect.IntType()]:
            return "integer_or_text", None
        case [inspect.EnumType(cls=cls)] if issubclass(cls, enum.IntEnum):
            return "enum", cls
        case [inspect.StructType(cls=cls)] if cls is Time:
            return "time", None
        case [inspect.DictType(key_type=inspect.StrType() | inspect.AnyType(), value_type=inspect.AnyType())]:
            return "kv_list", None
        case [inspect.BoolType()]:
            return "boolean", None
        case [inspect.FloatType()]:
            return "float", None
        case [inspect.ListType(item_type=inspect.AnyType())]:
            return "list", None
        case [inspect.AnyType()] | []:
            return "any", None
    return None, None


def _enum(cls: type[enum.IntEnum]) -> EnumRow:
    members = {member.value: member for member in cls}
    if issubclass(cls, OpenIntEnum):
        return EnumRow(cls, cls.wire_names(), members, open=True)
    return EnumRow(cls, {name: member.value for name, member in cls.__members__.items()}, members, open=False)
