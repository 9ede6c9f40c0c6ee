"""What a record's row must be, from what `decode_batch` makes of the record; and what a row of Spark is, to compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from support import data_of, vectors
from vmcodec import DecodeError, KVList, OpenIntEnum, Time, UnknownEvent, decode_batch
from vmcodec.samples import BAD_SAMPLE, SAMPLES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Row = dict[str, Any]

LARGEST = 2**63 - 1  # of a column; what is beyond stands in `extra`


def records() -> list[bytes | None]:
    """Every event in every form, all that is refused, events outside the schema, and tombstones."""
    found: list[bytes | None] = [data_of(vector) for name in ("valid", "forms") for vector in vectors(name)]
    found += [data_of(bad) for bad in vectors("invalid") if "item" not in bad and "options" not in bad]
    return [None, *SAMPLES, *found, BAD_SAMPLE, None]


def expected(values: list[bytes | None]) -> list[Row]:
    """For each record what its row holds, nulls left out; `time` in microseconds, and JSON as its value."""
    return [_row(result) for result in decode_batch(values, errors="return")]


def _row(result: Any) -> Row:
    if result is None:
        return {}
    if isinstance(result, DecodeError):
        told = {name: getattr(result, name) for name in ("code", "offset", "path", "event", "raw")}
        return {f"error_{name}": value for name, value in told.items() if value is not None}
    if isinstance(result, UnknownEvent):
        return {"id": result.id, "extra": KVList(result.raw).to_dict()}
    row: Row = {"id": type(result).__struct_config__.tag}
    extra = dict(result.extra or {})
    for field in msgspec.structs.fields(result):
        value = getattr(result, field.name)
        if value is None or field.name == "extra":
            continue
        if isinstance(value, OpenIntEnum):
            value = str(value.value) if value.name.startswith("UNLISTED_") else value.name
        elif isinstance(value, int) and field.encode_name == "Server":
            value = str(value)
        column = value.to_epoch_us() if isinstance(value, Time) else value
        if isinstance(column, int) and not -LARGEST - 1 <= column <= LARGEST:
            extra[field.encode_name] = msgspec.to_builtins(value)
        else:
            row[field.encode_name] = column
    return row | ({"extra": extra} if extra else {})


def collected(frame: DataFrame, *order: str) -> list[Row]:
    """The rows in this order, without the columns that it goes by, nulls left out, in the terms of `expected`."""
    from pyspark.sql.functions import unix_micros

    found = []
    for row in frame.withColumn("time", unix_micros("time")).orderBy(*order).collect():
        values = {name: value for name, value in row.asDict().items() if value is not None and name not in order}
        values.pop("error_reason", None)  # words, which are told of a place in a batch
        found.append({name: bytes(v) if isinstance(v, bytearray) else v for name, v in values.items()})
    return found


def same(row: Row, wanted: Row) -> bool:
    """Whether the row is the one that is wanted; JSON is compared by its value."""
    return row.keys() == wanted.keys() and all(
        (KVList(row[name].encode()).to_dict() if isinstance(value, dict) else row[name]) == value
        for name, value in wanted.items()
    )
