"""A decoder as plain as can be, over Python's own `json` and the lowered rows, to compare the real one with.

The property tests call it. It gives the event or tells which kind of fault there is; where the fault is, it leaves out.
"""

import json
import math
from typing import Any, NoReturn

from vmcodec._schema import EventRow, FieldRow, Rows
from vmcodec.events import Time, UnknownEvent


class NotJson(Exception):
    """The text is no JSON of ours: by the grammar, or by what characters, numbers and depths we take."""


class NotAnEvent(Exception):
    """The JSON does not fit the table."""


class Pairs(list[tuple[str, Any]]):
    """The members of an object, repeated ones included."""


def parse(data: bytes, max_depth: int = 128) -> Any:
    """The JSON value in the bytes, each object as `Pairs`."""
    try:
        value = _STRICT.decode(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from None
    _look_through(value, max_depth)
    return value


def _refuse(text: str) -> NoReturn:
    raise NotJson(text)


def _finite(text: str) -> float:
    return float(text) if math.isfinite(float(text)) else _refuse("a float out of range")


_STRICT = json.JSONDecoder(object_pairs_hook=Pairs, parse_float=_finite, parse_constant=_refuse)


def _look_through(value: Any, depth: int) -> None:
    match value:
        case str():
            if any("\ud800" <= one <= "\udfff" for one in value):
                raise NotJson("a lone surrogate")
        case list():
            if depth == 0:
                raise NotJson("too deep")
            for item in value:
                for part in item if isinstance(item, tuple) else (item,):
                    _look_through(part, depth - 1)


def plain(value: Any) -> Any:
    """The parsed value with dicts for objects."""
    match value:
        case Pairs():
            return {key: plain(item) for key, item in value}
        case list():
            return [plain(item) for item in value]
    return value


def decode(data: bytes, rows: Rows) -> Any:
    """The event in the bytes, or an UnknownEvent. Raises NotJson or NotAnEvent."""
    members = parse(data)
    if not isinstance(members, Pairs):
        raise NotAnEvent("not an object")
    ids = [value for key, value in members if key == "id"]
    if len(ids) != 1 or not isinstance(ids[0], str):
        raise NotAnEvent("not one id")
    for row in rows.events:
        if ids[0] in row.ids:
            return _event(members, row, rows)
    return UnknownEvent(ids[0], data)


def _event(members: Pairs, row: EventRow, rows: Rows) -> Any:
    fields = {name: field for field in row.fields for name in field.names}
    values: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for key, value in members:
        if key in fields:
            values[fields[key].attribute] = _value(value, fields[key], rows)
        elif key != "id":
            extra[key] = plain(value)
    if any(field.required and field.attribute not in values for field in row.fields):
        raise NotAnEvent("an attribute is missing")
    return row.cls(**values, extra=extra or None)


def _value(value: Any, row: FieldRow, rows: Rows) -> Any:
    match row.kind, value:
        case _, None if row.nullable:
            return None
        case "text" | "integer_or_text", str():
            return value
        case "integer_or_text", int() if not isinstance(value, bool):
            return value
        case "integer", int() | str():
            return _integer(value)
        case "enum", int():
            return rows.enums[row.enum].cls(_integer(value))
        case "enum", str():
            if value not in rows.enums[row.enum].names:
                raise NotAnEvent("no such name")
            return rows.enums[row.enum].cls(rows.enums[row.enum].names[value])
        case "time", int():
            seconds, milliseconds = divmod(_integer(value), 1000)
            return Time(seconds, milliseconds * 1000)
        case "time", Pairs():
            return _time(value, rows)
        case "kv_list", Pairs():
            return plain(value)
    raise NotAnEvent("a value of another type")


def _integer(value: int | str) -> int:
    if isinstance(value, bool):
        raise NotAnEvent("a boolean")
    if isinstance(value, str):
        digits = value.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()):
            raise NotAnEvent("not digits")
        # int() itself refuses over 4,300 digits, however many of them are leading zeros.
        value = int((digits.lstrip("0") or "0")[:30]) * (-1 if digits != value else 1)
    if not -(2**63) <= value < 2**64:
        raise NotAnEvent("out of range")
    return value


def _time(members: Pairs, rows: Rows) -> Time:
    values = dict(members)
    if any(isinstance(value, bool) or not isinstance(value, int) for _, value in members):
        raise NotAnEvent("time is made of integers")
    for seconds, useconds in rows.time_pairs:
        if values.keys() == {seconds, useconds}:
            if not all(-(2**63) <= value < 2**63 for key, value in members if key == seconds):
                raise NotAnEvent("seconds out of range")
            if not all(0 <= value < 1_000_000 for key, value in members if key == useconds):
                raise NotAnEvent("useconds out of range")
            return Time(values[seconds], values[useconds])
    raise NotAnEvent("not one pair")
