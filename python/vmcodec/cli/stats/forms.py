"""The forms in which an attribute's values stand on the wire, by its kind; the decoder reads all of them alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec

from ..._schema import EnumRow, FieldRow, Rows
from .tally import Mark, Marks, Place

NULL, ABSENT = "null", "absent"
INTEGER, STRING, MILLISECONDS = "integer", "string", "milliseconds"
NAME, PREFIXED_NAME, OTHER_NAME, UNKNOWN_INTEGER = "name", "prefixed name", "other name", "unknown integer"

CODES = 1_000


class Forms:
    """One attribute's forms with their marks, and the codes of an enumeration that it does not list."""

    def __init__(self, form: Callable[[Any], str]) -> None:
        self.marks: Marks[str] = Marks(limit=100)
        self.codes: Marks[int] = Marks(CODES)
        self._form = form

    def marks_of(self, raw: msgspec.Raw, place: Place) -> list[Mark]:
        """The marks to count where a value of these bytes stands; new ones begin at this place."""
        value = json.loads(bytes(raw))  # msgspec would not take an integer of very many digits
        form = NULL if value is None else self._form(value)
        marks = [self.marks.of(form, place)]
        if form == UNKNOWN_INTEGER:
            marks.append(self.codes.of(value, place))
        return marks


def forms(rows: Rows) -> dict[str, Forms]:
    """The forms of every attribute that may come in several, by its wire name, in the order of the classes."""
    found: dict[str, Forms] = {}
    for event in rows.events:
        for field in event.fields:
            if field.names[0] not in found and (form := _form(rows, field)) is not None:
                found[field.names[0]] = Forms(form)
    return found


def _form(rows: Rows, field: FieldRow) -> Callable[[Any], str] | None:
    match field.kind:
        case "time":
            return _of_time(rows.time_pairs)
        case "enum":
            return _of_enum(rows.enums[field.enum])
        case "integer" | "integer_or_text":
            return lambda value: STRING if isinstance(value, str) else INTEGER
    return None


def _of_time(pairs: tuple[tuple[str, str], ...]) -> Callable[[Any], str]:
    names = {frozenset(pair): "/".join(pair) for pair in pairs}
    return lambda value: names[frozenset(value)] if isinstance(value, dict) else MILLISECONDS


def _of_enum(row: EnumRow) -> Callable[[Any], str]:
    members = row.cls.__members__

    def form(value: Any) -> str:
        if isinstance(value, int):
            return INTEGER if value in row.members else UNKNOWN_INTEGER
        if value not in members:
            return PREFIXED_NAME
        return NAME if members[value].name == value else OTHER_NAME

    return form
