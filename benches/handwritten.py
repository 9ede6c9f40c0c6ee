"""What a careful team writes with the standard library alone: json.loads, one dataclass an event, checks by hand.

Called by peers.py. The code of the 14 readers is generated from the rows, as straight-line Python, so that it is as
fast as code typed by hand and every attribute is checked.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import vmcodec
from vmcodec.cli.bench.model import ROWS, Row


@dataclasses.dataclass(slots=True)
class Time:
    """A moment, as two checked integers."""

    seconds: int
    useconds: int


def read_time(value: Any) -> Time:
    """Check and read the time object."""
    if value.__class__ is not dict or len(value) != 2:
        raise ValueError("time must be an object of two members")
    seconds, useconds = value.get("seconds"), value.get("useconds")
    if seconds.__class__ is not int or useconds.__class__ is not int:
        raise ValueError("seconds and useconds must be integers")
    if not 0 <= useconds <= 999_999:
        raise ValueError("useconds is out of range")
    return Time(seconds, useconds)


def _check(row: Row) -> list[str]:
    """The lines that check `v`, the raw value of a present attribute, and turn it into what the dataclass holds."""
    complaint = f"raise ValueError('{row.wire} has the wrong type')"
    if row.type is vmcodec.Time:
        return ["v = read_time(v)"]
    if row.is_enum:
        name = row.type.__name__
        return [
            f"if v.__class__ is not int: {complaint}",
            f"m = table_{name}.get(v)",
            f"v = {name}(v) if m is None else m",
        ]
    if row.type in (str, int, dict):
        return [f"if v.__class__ is not {row.type.__name__}: {complaint}"]
    return [f"if v.__class__ is not int and v.__class__ is not str: {complaint}"]


def _source(name: str, rows: list[Row]) -> str:
    """The reader of one event: mandatory attributes by index (KeyError when missing), optional ones by get()."""
    lines = [f"def read_{name}(o):"]
    for row in rows:
        if row.required:
            lines.append(f"    v = o['{row.wire}']")
            lines += [f"    {line}" for line in _check(row)]
        else:
            lines += [f"    v = o.get('{row.wire}')", "    if v is not None:"]
            lines += [f"        {line}" for line in _check(row)]
        lines.append(f"    {row.attribute} = v")
    ordered = sorted(rows, key=lambda row: not row.required)
    lines.append(f"    return {name}({', '.join(row.attribute for row in ordered)})")
    return "\n".join(lines)


def _readers() -> dict[str, Callable[[dict[str, Any]], Any]]:
    readers = {}
    for event, rows in ROWS.items():
        name = event.__name__
        ordered = sorted(rows, key=lambda row: not row.required)  # a dataclass wants the mandatory ones first
        fields: list[Any] = [
            (row.attribute, Any) if row.required else (row.attribute, Any, dataclasses.field(default=None))
            for row in ordered
        ]
        scope: dict[str, Any] = {"read_time": read_time, name: dataclasses.make_dataclass(name, fields, slots=True)}
        for row in rows:
            if row.is_enum:
                scope[row.type.__name__] = row.type
                scope[f"table_{row.type.__name__}"] = {int(member): member for member in row.type}
        exec(_source(name, rows), scope)
        readers[name] = scope[f"read_{name}"]
    return readers


_READERS = _readers()


def decode(message: bytes) -> Any:
    """One message to one checked dataclass instance."""
    loaded = json.loads(message)
    if loaded.__class__ is not dict:
        raise ValueError("a message must be an object")
    return _READERS[loaded["id"]](loaded)
