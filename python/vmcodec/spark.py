"""Events as columns inside Spark: a function for `DataFrame.mapInArrow`, and the schema of what it gives.

Needs the extra `spark`. Every row that goes in gives one row, so nothing is lost: a record that cannot be decoded is a
row whose error columns say why and hold its bytes. Which columns an event has is asked of the decoder, not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from ._vmcodec import Decoder

if TYPE_CHECKING:
    from pyspark.sql.types import DataType, StructType

__all__ = ["DecodeInArrow", "decode_in_arrow"]

_PLACES = ("index", "line")  # of an error within the batch: a row says it by where it stands


def decode_in_arrow(
    value: str = "value",
    *,
    keep: Iterable[str] = ("key", "topic", "partition", "offset", "timestamp"),
    key: str | None = None,
    **options: Any,
) -> DecodeInArrow:
    """Return a function for `DataFrame.mapInArrow` that decodes the records in the column `value`, binary or string.

    A row that comes out has the columns `keep` of the row that went in, the columns of an event, and those of an error:
    `error_code`, `error_offset`, `error_path`, `error_event`, `error_raw`, `error_reason`. One of the two is null:
    `WHERE error_code IS NULL` are the good records, and the others hold their bytes in `error_raw`. A null value gives
    nulls in both; so does an event that the option `only` leaves out. `key` names the column of Kafka keys, if
    `tenant_id` and `agent_id` are to be read from it. The options are those of `Decoder`.

    Raises what `Decoder` raises for these options, and ValueError where two columns would have one name.
    """
    return DecodeInArrow(value, tuple(keep), key, options)


@dataclass(frozen=True, eq=False)
class DecodeInArrow:
    """What `decode_in_arrow` returns: give it to `mapInArrow`, with its `schema` or `ddl`. It can be pickled."""

    value: str
    keep: tuple[str, ...]
    key: str | None
    options: dict[str, Any]

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for name in [*self.keep, *self._columns().names]:
            if name.lower() in seen:  # as Spark compares names, unless it is told otherwise
                raise ValueError(f"two columns would be named {name!r}: rename the one that is kept")
            seen.add(name.lower())

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Decode batch by batch, each row to one row."""
        decoder = Decoder(**self.options)
        for batch in batches:
            keys = None if self.key is None else batch.column(self.key)
            decoded = self._decoded(decoder, batch.column(self.value), keys)
            kept = [batch.column(name) for name in self.keep]
            yield pa.RecordBatch.from_arrays([*kept, *decoded.columns], [*self.keep, *decoded.schema.names])

    def schema(self, source: StructType | None = None) -> StructType:
        """The schema of the rows that come out, for rows of the schema `source` (that of Spark's Kafka source if None).

        Raises ValueError where `source` lacks a column that is read or kept, TypeError where records cannot be in one.
        """
        from pyspark.sql.pandas.types import from_arrow_type
        from pyspark.sql.types import BinaryType, StringType, StructField, StructType

        columns = {field.name: field.dataType for field in (_kafka() if source is None else source)}
        for name in [self.value, *filter(None, [self.key]), *self.keep]:
            if name not in columns:
                raise ValueError(f"there is no column {name!r} among {', '.join(columns)}")
        for name in [self.value, *filter(None, [self.key])]:
            if not isinstance(columns[name], BinaryType | StringType):
                raise TypeError(f"the column {name!r} is {columns[name].simpleString()}, neither binary nor string")
        fields = [StructField(name, columns[name]) for name in self.keep]
        fields += [StructField(column.name, from_arrow_type(column.type)) for column in self._columns()]
        return StructType(fields)

    def ddl(self, source: StructType | None = None) -> str:
        """The same as text."""
        fields = self.schema(source).fields
        return ", ".join(f"`{field.name.replace('`', '``')}` {field.dataType.simpleString()}" for field in fields)

    def _columns(self) -> pa.Schema:
        """What comes after the columns that are kept: that of no records, decoded."""
        nothing = pa.array([], pa.binary())
        return self._decoded(Decoder(**self.options), nothing, None if self.key is None else nothing).schema

    def _decoded(self, decoder: Decoder[Any], records: pa.Array, keys: pa.Array | None) -> pa.RecordBatch:
        """The columns of events and of errors, one row for each record."""
        table = decoder.decode_arrow(records, errors="return", rows="all", keys=keys, threads=1)
        events, errors = pa.record_batch(table), pa.record_batch(table.errors)
        columns = dict(zip(events.schema.names, events.columns, strict=True))
        for name, column in zip(errors.schema.names, _spread(errors, len(records)), strict=True):
            if name not in _PLACES:
                columns[f"error_{name}"] = column
        return pa.RecordBatch.from_arrays([_plain(column) for column in columns.values()], list(columns))


def _spread(errors: pa.RecordBatch, rows: int) -> list[pa.Array]:
    """The columns of the errors, each error in the row that it is about, and null in the others."""
    if not errors.num_rows:
        return [pa.nulls(rows, field.type) for field in errors.schema]
    # For each row the place of its error, or null.
    places = pc.index_in(pa.array(range(rows), pa.int64()), value_set=errors.column("index"))
    return [column.take(places) for column in errors.columns]


def _kafka() -> StructType:
    """The schema of Spark's Kafka source, headers included."""
    from pyspark.sql import types

    header = types.StructType(
        [types.StructField("key", types.StringType()), types.StructField("value", types.BinaryType())]
    )
    columns: dict[str, DataType] = {
        "key": types.BinaryType(),
        "value": types.BinaryType(),
        "topic": types.StringType(),
        "partition": types.IntegerType(),
        "offset": types.LongType(),
        "timestamp": types.TimestampType(),
        "timestampType": types.IntegerType(),
        "headers": types.ArrayType(header),
    }
    return types.StructType([types.StructField(name, kind) for name, kind in columns.items()])


def _plain(column: pa.Array) -> pa.Array:
    """The column in a type that Spark takes: no dictionary, no extension type, and microseconds."""
    if isinstance(column.type, pa.BaseExtensionType):
        column = column.storage
    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("us", column.type.tz))
    return column
