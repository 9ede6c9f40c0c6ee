"""Events as texts in columns, the columns of Arrow tables: for CSV and for the table on the screen.

The events have to be decoded with `kv_lists="lazy"`: so the free-form attributes are at hand as they came.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from .. import EVENTS, Decoder, OpenIntEnum, UnknownEvent
from .._schema import Columns, lower
from ..events import BaseEvent
from . import selection

ID, EXTRA = Columns().id, Columns().extra


def columns(names: str | None) -> list[str]:
    """The columns that these names choose, in their order, or all of them; Trouble for a name that is none."""
    every = Decoder().arrow_schema().names
    if names is None:
        return every
    wanted = [name.strip() for name in names.split(",")]
    for name in wanted:
        if name not in every:
            raise selection.unknown("column", name, every)
    return list(dict.fromkeys(wanted))


class Cells:
    """Makes rows of these columns."""

    def __init__(self, names: Sequence[str]) -> None:
        places = {name: place for place, name in enumerate(names)}
        self._width = len(places)
        # What no column is asked for goes to one behind the last, which is then cut off.
        self._id, self._extra = places.get(ID, self._width), places.get(EXTRA, self._width)
        extra = EXTRA in places
        self._fields = {
            row.cls: [
                (places.get(name, self._width), name, field.attribute, _TEXTS[field.kind])
                for field in row.fields
                if (name := field.names[0]) in places or (extra and field.kind in _MAY_BE_EXTRA)
            ]
            for row in lower(EVENTS).events
        }

    def row(self, event: BaseEvent | UnknownEvent) -> list[str]:
        """The event's texts; empty where it has no such attribute."""
        cells = [""] * (self._width + 1)
        if isinstance(event, UnknownEvent):
            cells[self._id] = event.id
            cells[self._extra] = event.raw.decode()
        else:
            cells[self._id] = type(event).__name__
            extra = event.extra
            for place, name, attribute, text_of in self._fields[type(event)]:
                value = getattr(event, attribute)
                if value is not None:
                    text = text_of(value)
                    if text is None:  # as in Arrow, what no column can hold
                        extra = {**(extra or {}), name: _plain(value)}
                    else:
                        cells[place] = text
            if extra:
                cells[self._extra] = json.dumps(extra, ensure_ascii=False, separators=(",", ":"))
        del cells[self._width]
        return cells


def _integer(value: int) -> str | None:
    return str(value) if -(2**63) <= value < 2**63 else None


def _time(value: Any) -> str | None:
    """ISO 8601 in UTC, always with six digits behind the seconds."""
    try:
        return f"{value.to_datetime().isoformat(timespec='microseconds')[:26]}Z"
    except OverflowError:
        return None


def _name(value: OpenIntEnum) -> str:
    return value.name if value in type(value)._value2member_map_ else str(value.value)


def _plain(value: Any) -> Any:
    return value if isinstance(value, int) else {"seconds": value.seconds, "useconds": value.useconds}


_MAY_BE_EXTRA = ("integer", "time")
_TEXTS: dict[str, Callable[[Any], str | None]] = {
    "text": str,
    "integer": _integer,
    "integer_or_text": str,
    "enum": _name,
    "time": _time,
    "kv_list": lambda value: value.raw.decode(),
}
