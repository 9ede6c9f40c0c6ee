"""Which events a command is about: `--only` and `--where`, for the commands that give events.

`--only` becomes the decoder's own option, so what it leaves out costs little. `--where` looks at events that were
decoded.
"""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from .. import EVENTS, Decoder, UnknownEvent
from .._schema import EnumRow, FieldRow, Rows, lower
from .trouble import Trouble

_CONDITION = re.compile(r"(?P<name>[^=!]+)(?P<sign>!?=)(?P<value>.*)", re.DOTALL)
_INTEGER = re.compile(r"-?[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class Condition:
    """An attribute that has a value, or one that has another: an event without the attribute meets neither."""

    attribute: str
    value: str | int
    equal: bool

    def holds(self, event: object) -> bool:
        """Whether the event meets it."""
        found = event_id(event) if self.attribute == "id" else getattr(event, self.attribute, None)
        if found is None:
            return False
        if isinstance(self.value, str) and isinstance(found, int):
            found = str(found)  # a Server, which may be either
        return (found == self.value) is self.equal


@dataclass(frozen=True, slots=True)
class Selection:
    """The events that were asked for."""

    only: tuple[type[msgspec.Struct], ...] | None
    conditions: tuple[Condition, ...]

    def decoder(self, **options: Any) -> Decoder[Any]:
        """Make a decoder with these options that gives None for what `--only` leaves out."""
        return Decoder(only=self.only, **options)

    def keeps(self, event: object) -> bool:
        """Whether the event was asked for; None, which stands for one that was left out, never is."""
        return event is not None and all(condition.holds(event) for condition in self.conditions)


def arguments(parser: ArgumentParser) -> None:
    """Add `--only` and `--where` to a command's arguments."""
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="EVENT,...",
        help="just these events, such as EventAgentReady,EventAgentLogin; UnknownEvent is all that no class describes",
    )
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="just the events with this attribute, such as ThisDN=7011 or AgentWorkMode=AuxWork; NAME!=VALUE for "
        "those with another value; where it is given more than once, all must hold",
    )


def of(options: Namespace) -> Selection:
    """What the arguments ask for; Trouble for names and values that no event can have."""
    rows = lower(EVENTS)
    wanted = [name.strip() for names in options.only for name in names.split(",")]
    return Selection(
        tuple(dict.fromkeys(_event(name, rows) for name in wanted)) if wanted else None,
        tuple(_condition(text, rows) for text in options.where),
    )


def event_id(event: object) -> str:
    """The id of an event, canonical where a class describes it."""
    return event.id if isinstance(event, UnknownEvent) else type(event).__name__


def unknown(what: str, name: str, names: Iterable[str]) -> Trouble:
    """The line for a name that does not exist: the names that are near, or else all of them."""
    import difflib

    names = list(dict.fromkeys(names))
    by_lower = {each.lower(): each for each in names}
    near = [by_lower[each] for each in difflib.get_close_matches(name.lower(), by_lower)]
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(names)}"
    return Trouble(f"there is no {what} {name!r}; {hint}")


def _event(name: str, rows: Rows) -> type[msgspec.Struct]:
    classes: dict[str, type[msgspec.Struct]] = {each: row.cls for row in rows.events for each in row.ids}
    classes[UnknownEvent.__name__] = UnknownEvent
    if name not in classes:
        raise unknown("event", name, classes)
    return classes[name]


def _condition(text: str, rows: Rows) -> Condition:
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise Trouble(f"--where takes NAME=VALUE or NAME!=VALUE, not {text!r}")
    name, equal = match["name"].strip(), match["sign"] == "="
    if name == "id":
        return Condition("id", match["value"], equal)
    fields = {each: field for row in rows.events for field in row.fields for each in field.names}
    if name not in fields:
        raise unknown("attribute", name, ["id", *fields])
    field = fields[name]
    return Condition(field.attribute, _value(name, match["value"], field, rows.enums), equal)


def _value(name: str, text: str, field: FieldRow, enums: tuple[EnumRow, ...]) -> str | int:
    """What the text means for an attribute of this kind."""
    if field.kind in ("text", "integer_or_text"):
        return text
    integer = int(text) if _INTEGER.fullmatch(text) else None
    if field.kind == "integer" and integer is not None:
        return integer
    if field.kind == "integer":
        raise Trouble(f"--where {name} takes an integer, not {text!r}")
    if field.kind == "enum":
        codes = enums[field.enum].names
        if integer is None and text not in codes:
            raise unknown(enums[field.enum].cls.__name__, text, codes)
        return codes[text] if integer is None else integer
    raise Trouble(f"--where cannot compare {name}: it takes attributes that are texts, numbers or names")
