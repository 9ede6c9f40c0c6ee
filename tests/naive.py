"""A decoder as plain as can be, over Python's own `json` and the lowered rows, to compare the real one with.

The property tests call it. It gives the event or tells which kind of fault there is; where the fault is, it leaves out.
"""

import functools
import json
import math
from collections.abc import Collection
from typing import Any, NoReturn

from vmcodec._schema import EventRow, FieldRow, Rows
from vmcodec.events import Time, UnknownEvent


class Refused(Exception):
    """Carries the reason in a word, by which `differences` tells what other libraries let through."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotJson(Refused):
    """The text is no JSON of ours: by the grammar, or by what characters, numbers and depths we take."""


class NotAnEvent(Refused):
    """The JSON does not fit the table."""


class Pairs(list[tuple[str, Any]]):
    """The members of an object, repeated ones included."""


NOTHING: Collection[str] = frozenset()


def parse(data: bytes, max_depth: int = 128, allow: Collection[str] = NOTHING) -> Any:
    """The JSON value in the bytes, each object as `Pairs`. Faults with a reason in `allow` are let through."""
    try:
        text = data.decode("utf-8", "replace" if "invalid_utf8" in allow else "strict")
        value = (_decoder(frozenset(allow)) if allow else _STRICT).decode(text)
    except UnicodeDecodeError:
        raise NotJson("invalid_utf8") from None
    except json.JSONDecodeError:
        raise NotJson("grammar") from None
    except RecursionError:
        raise NotJson("too_deep") from None
    except ValueError:
        raise NotJson("digits") from None
    # Looking takes long, and there is nothing to see: halves of pairs come by escapes alone.
    if b"\\u" in data or data.count(b"[") + data.count(b"{") > max_depth:
        _look_through(value, max_depth, allow)
    return value


def _refuse(text: str) -> NoReturn:
    raise NotJson("grammar")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise NotJson("float_out_of_range")
    return value


def _some_digits(text: str) -> int:
    return int(text[:4300])


@functools.cache
def _decoder(allow: frozenset[str]) -> json.JSONDecoder:
    integer = _some_digits if "digits" in allow else None
    real = float if "float_out_of_range" in allow else _finite
    return json.JSONDecoder(object_pairs_hook=Pairs, parse_float=real, parse_int=integer, parse_constant=_refuse)


_STRICT = _decoder(frozenset())


def _look_through(value: Any, depth: int, allow: Collection[str]) -> None:
    match value:
        case str():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise NotJson("lone_surrogate") from None
        case list():
            if depth == 0 and "too_deep" not in allow:
                raise NotJson("too_deep")
            for item in value:
                for part in item if isinstance(item, tuple) else (item,):
                    _look_through(part, depth - 1, allow)


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
    return decode_members(parse(data), data, rows)


def decode_members(members: Any, data: bytes, rows: Rows, allow: Collection[str] = NOTHING) -> Any:
    """The event of a value that is parsed already. Faults with a reason in `allow` are let through."""
    if not isinstance(members, Pairs):
        raise NotAnEvent("not_an_object")
    ids = [value for key, value in members if key == "id"]
    if not ids or not all(isinstance(one, str) for one in ids):
        raise NotAnEvent("no_id")
    if len(ids) > 1 and not ("same_id_twice" in allow and len(set(ids)) == 1):
        raise NotAnEvent("same_id_twice" if len(set(ids)) == 1 else "two_ids")
    for row in rows.events:
        if ids[0] in row.ids:
            return _event(members, row, rows, allow)
    return UnknownEvent(ids[0], data)


def _event(members: Pairs, row: EventRow, rows: Rows, allow: Collection[str]) -> Any:
    fields = {name: field for field in row.fields for name in field.names}
    values: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for key, value in members:
        if key in fields:
            field = fields[key]
            try:
                values[field.attribute] = _value(value, field, rows, allow)
            except NotAnEvent:
                if key == field.names[0]:
                    raise
                if "value_under_an_alias" not in allow:
                    raise NotAnEvent("value_under_an_alias") from None
        elif key != "id":
            extra[key] = plain(value)
    if any(field.required and field.attribute not in values for field in row.fields):
        raise NotAnEvent("missing_attribute")
    return row.cls(**values, extra=extra or None)


def _value(value: Any, row: FieldRow, rows: Rows, allow: Collection[str]) -> Any:
    match row.kind, value:
        case _, None if row.nullable:
            return None
        case "text" | "integer_or_text", str():
            return value
        case "integer_or_text", int() if not isinstance(value, bool):
            return value
        case "integer", int() | str():
            return _integer(value, allow)
        case "enum", int():
            return rows.enums[row.enum].cls(_integer(value))
        case "enum", str():
            if value not in rows.enums[row.enum].names:
                raise NotAnEvent("unknown_enum")
            return rows.enums[row.enum].cls(rows.enums[row.enum].names[value])
        case "time", int():
            seconds, milliseconds = divmod(_integer(value), 1000)
            return Time(seconds, milliseconds * 1000)
        case "time", Pairs():
            return _time(value, rows, allow)
        case "kv_list", Pairs():
            return plain(value)
    raise NotAnEvent("wrong_type")


def _integer(value: int | str, allow: Collection[str] = NOTHING) -> int:
    if isinstance(value, bool):
        raise NotAnEvent("wrong_type")
    if isinstance(value, str):
        digits = value.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()):
            raise NotAnEvent("invalid_integer")
        # int() itself refuses over 4,300 digits, however many of them are leading zeros.
        value = int((digits.lstrip("0") or "0")[:30]) * (-1 if digits != value else 1)
    if not -(2**63) <= value < 2**64 and "integer_out_of_range" not in allow:
        raise NotAnEvent("integer_out_of_range")
    return value


def _time(members: Pairs, rows: Rows, allow: Collection[str]) -> Time:
    values = dict(members)
    if any(isinstance(value, bool) or not isinstance(value, int) for _, value in members):
        raise NotAnEvent("invalid_time")
    for seconds, useconds in rows.time_pairs:
        if values.keys() == {seconds, useconds}:
            if not all(0 <= value < 1_000_000 for key, value in members if key == useconds):
                raise NotAnEvent("useconds_out_of_range")
            fit = all(-(2**63) <= value < 2**63 for key, value in members if key == seconds)
            if not fit and "seconds_out_of_range" not in allow:
                raise NotAnEvent("seconds_out_of_range")
            return Time(values[seconds], values[useconds])
    raise NotAnEvent("invalid_time")


def identical(one: Any, other: Any) -> bool:
    """Whether the two are equal and look the same: True is not 1, 0.0 is not -0.0, and the order of a dict counts."""
    return type(one) is type(other) and bool(one == other) and repr(one) == repr(other)
