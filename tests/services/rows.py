"""What a record's row must be, from what `decode_batch` makes of the record; and what a row of Spark is, to compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cells
from support import data_of, vectors
from vmcodec import EVENTS, DecodeError, KVList, decode_batch
from vmcodec.samples import BAD_SAMPLE, SAMPLES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Row = dict[str, Any]


def records() -> list[bytes | None]:
    """Every event in every form, all that is refused, events outside the schema, and tombstones."""
    found: list[bytes | None] = [data_of(vector) for name in ("valid", "forms") for vector in vectors(name)]
    found += [data_of(bad) for bad in vectors("invalid") if "item" not in bad and "options" not in bad]
    return [None, *SAMPLES, *found, BAD_SAMPLE, None]


def expected(values: list[bytes | None]) -> list[Row]:
    """For each record what its row holds, nulls left out; `time` in microseconds, and JSON as its value."""
    results = decode_batch(values, errors="return")
    return [_row(*pair) for pair in zip(results, cells.expected(results, EVENTS), strict=True)]


def _row(result: Any, row: Row) -> Row:
    if isinstance(result, DecodeError):
        row = {f"error_{name}": getattr(result, name) for name in ("code", "offset", "path", "event", "raw")}
    return {name: value for name, value in row.items() if value is not None}


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
