"""Events with some of their attributes, to be written as NDJSON."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from .. import EVENTS, Encoder, UnknownEvent
from .._schema import EventRow, lower
from ..events import BaseEvent
from .cells import EXTRA


class Projection:
    """Writes events with these attributes alone; `id` is always among them, since nothing is an event without it."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = frozenset(names)
        self._attributes: dict[type, list[str]] = {}
        self._classes: dict[type, type[BaseEvent]] = {}
        for row in lower(EVENTS).events:
            fields = {field.attribute: field.names[0] for field in row.fields if field.names[0] in self._names}
            self._attributes[row.cls] = [*fields, *({EXTRA} & self._names)]
            self._classes[row.cls] = _class(row, fields)
        self._encoder = Encoder(events=tuple(self._classes.values()))

    def encode_lines(self, events: Iterable[Any]) -> bytes:
        """The events as lines in the canonical form."""
        return self._encoder.encode_lines(map(self._reduced, events))

    def _reduced(self, event: Any) -> msgspec.Struct:
        if isinstance(event, UnknownEvent):
            # All of its members are extra.
            return event if EXTRA in self._names else UnknownEvent(event.id, msgspec.json.encode({"id": event.id}))
        values = {attribute: getattr(event, attribute) for attribute in self._attributes[type(event)]}
        return self._classes[type(event)](**values)


def _class(row: EventRow, fields: dict[str, str]) -> type[BaseEvent]:
    """A class of the same event that has these attributes, all of them optional."""
    types = typing.get_type_hints(row.cls, include_extras=True)
    made = msgspec.defstruct(
        row.cls.__name__,
        [(name, types[name] | None, msgspec.field(default=None, name=wire)) for name, wire in fields.items()],
        bases=(BaseEvent,),
        frozen=True,
        kw_only=True,
    )
    return typing.cast(type[BaseEvent], made)
