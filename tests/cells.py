"""What the columns of a table should hold, worked out from the objects of `decode_batch`; and what they do hold."""

import functools
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from vmcodec import DecodeError, Time, UnknownEvent
from vmcodec._schema import FieldRow, Rows, lower
from vmcodec.events import BaseEvent

Cells = dict[str, Any]
_FIRST, _LAST = (Time.from_datetime(moment.replace(tzinfo=UTC)).seconds for moment in (datetime.min, datetime.max))


def held(table: Any) -> list[Cells]:
    """The rows of anything that is an Arrow stream: JSON text parsed, times as microseconds."""
    read = pa.table(table)
    columns = {name: _plain(read.column(name), read.schema.field(name)) for name in read.column_names}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _plain(column: Any, field: Any) -> list[Any]:
    if pa.types.is_timestamp(field.type):
        # Not every moment is one of Python's.
        return list(column.cast(pa.int64()).to_pylist())
    if isinstance(field.type, pa.JsonType):
        texts = [text for chunk in column.chunks for text in chunk.storage.to_pylist()]
        return [None if text is None else json.loads(text) for text in texts]
    return list(column.to_pylist())


@functools.cache
def _lowered(classes: tuple[type[BaseEvent], ...]) -> tuple[Rows, set[str], Cells]:
    """The rows of the classes, the attributes that they do not agree on, and a row of nulls."""
    rows = lower(classes)
    fields = {field.names[0]: field for event in rows.events for field in event.fields}
    mixed = {
        name for name in fields for event in rows.events for field in event.fields
        if field.names[0] == name and (field.kind, field.enum) != (fields[name].kind, fields[name].enum)
    }  # fmt: skip
    return rows, mixed, dict.fromkeys(("id", *fields, "extra"))


def expected(results: Iterable[Any], classes: tuple[type[BaseEvent], ...]) -> list[Cells]:
    """The rows for results of `decode_batch`."""
    rows, mixed, blank = _lowered(classes)
    return [blank | _cells(result, rows, mixed) for result in results]


def _cells(result: Any, rows: Rows, mixed: set[str]) -> Cells:
    if result is None or isinstance(result, DecodeError):
        return {}
    if isinstance(result, UnknownEvent):
        return {"id": result.id, "extra": json.loads(result.raw)}
    row = next(row for row in rows.events if row.cls is type(result))
    cells: Cells = {"id": row.ids[0]}
    extra = dict(result.extra or {})
    for field in row.fields:
        name, value = field.names[0], getattr(result, field.attribute)
        if value is None:
            continue
        cell = _cell(value, "any" if name in mixed else field.kind, field, rows)
        if cell is None:
            extra[name] = {"seconds": value.seconds, "useconds": value.useconds} if field.kind == "time" else value
        cells[name] = cell
    return cells | {"extra": extra or None}


def _cell(value: Any, kind: str, field: FieldRow, rows: Rows) -> Any:
    """The value as a column holds it; None where none can."""
    match kind:
        case "integer":
            return value if -(2**63) <= value < 2**63 else None
        case "integer_or_text":
            return str(value)
        case "enum":
            member = rows.enums[field.enum].members.get(int(value))
            return str(int(value)) if member is None else member.name
        case "time":
            return value.to_epoch_us() if _FIRST <= value.seconds <= _LAST else None
        case "any" if isinstance(value, Time):
            return {"seconds": value.seconds, "useconds": value.useconds}
    return value
