"""What the libraries that take Arrow tables read of them, in plain Python values, and what they should read.

Each library is imported when it is first used: `test_arrow_consumers.py` runs some of them where others cannot be
imported.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from support import data_of, vectors
from table import TABLE
from vmcodec import DecodeError, UnknownEvent
from vmcodec.enums import OpenIntEnum
from vmcodec.events import Time

Columns = dict[str, list[Any]]
JSON = frozenset({"Extensions", "Reasons", "UserData", "CallHistory", "extra"})
INTEGERS = frozenset({"ReferenceID", "CallID", "NetworkCallID", "NetworkNodeID", "ThisTrunk"})
NAMES = frozenset({"id", "AgentWorkMode", "CallType", "CallState", "ThisDNRole", "InfoStatus"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INT64 = range(-(2**63), 2**63)
_CALENDAR = range(-62135596800, 253402300800)  # the seconds of the years 1 to 9999


def _messages() -> list[bytes]:
    # All events and forms, of one line each.
    data = [data_of(vector) for name in ("valid", "forms") for vector in vectors(name)]
    data = [record for record in data if b"\n" not in record]
    data += [b'{"id":"EventStrange%d","ThisDN":"%d","Texte":"d\xc3\xa9j\xc3\xa0"}' % (n, n) for n in range(40)]
    head = b'{"id":"EventAgentReady","ThisDN":"\xe6\x97\xa5\xf0\x9d\x84\x9e%d","Server":1,"time":%d'
    data += [(head + b',"AgentWorkMode":%d}') % (n, n, 1000 + n) for n in range(40)]
    return data


MESSAGES = _messages()
BAD = b'{"id":"EventAgentReady","ThisDN":"2205","Server":101,"time":1,"AgentWorkMode":["secret"]}'


def expected(results: Iterable[Any]) -> Columns:
    """The columns of what `decode_batch` gives, by the table that is restated by hand."""
    columns: Columns = {name: [] for name in ("id", *(wire for wire, *_ in TABLE), "extra")}
    for result in results:
        for name, value in _row(result).items():
            columns[name].append(value)
    return columns


def _row(result: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(("id", *(wire for wire, *_ in TABLE), "extra"))
    if isinstance(result, UnknownEvent):
        row |= {"id": result.id, "extra": json.loads(bytes(result.raw))}
    elif result is not None and not isinstance(result, DecodeError):
        row["id"] = type(result).__name__
        extra = dict(result.extra or {})
        for wire, attribute, kind, _ in TABLE:
            value = getattr(result, attribute, None)
            if isinstance(value, Time):
                if value.seconds not in _CALENDAR:
                    extra[wire] = {"seconds": value.seconds, "useconds": value.useconds}
                value = value.to_epoch_us() if value.seconds in _CALENDAR else None
            elif isinstance(value, OpenIntEnum):
                value = str(int(value)) if value.name.startswith("UNLISTED_") else value.name
            elif kind == int | str and value is not None:
                value = str(value)
            elif isinstance(value, int) and value not in _INT64:
                extra[wire], value = value, None
            row[wire] = value
        row["extra"] = extra or None
    return row


def plain(columns: Columns) -> Columns:
    """The columns with JSON text read: members of an object have no order."""
    return {name: [_read(value) if name in JSON else value for value in items] for name, items in columns.items()}


def _read(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _microseconds(value: Any) -> Any:
    return (value - _EPOCH) // timedelta(microseconds=1) if isinstance(value, datetime) else value


class Consumer(NamedTuple):
    """A library: how it takes a table or a stream, and the plain values of what it has taken."""

    take: Callable[[Any], Any]
    columns: Callable[[Any], Columns]

    def read(self, source: Any) -> Columns:
        """The plain values of a table or a stream."""
        return self.columns(self.take(source))


def _pyarrow_table(source: Any) -> Any:
    import pyarrow

    table = pyarrow.table(source)
    table.validate(full=True)
    return table


def _pyarrow_batch(source: Any) -> Any:
    import pyarrow

    # By __arrow_c_array__, which streams do not have.
    batch = pyarrow.record_batch(source) if hasattr(source, "__arrow_c_array__") else pyarrow.table(source)
    batch.validate(full=True)
    return batch


def _pyarrow_columns(table: Any) -> Columns:
    import pyarrow

    columns: Columns = {}
    for name, column in zip(table.schema.names, table.columns, strict=True):
        if pyarrow.types.is_timestamp(column.type):
            column = column.cast(pyarrow.int64())
        columns[name] = column.to_pylist()
    return columns


def _polars_take(source: Any) -> Any:
    import polars

    return polars.DataFrame(source)


def _polars_columns(frame: Any) -> Columns:
    return {series.name: [_microseconds(value) for value in series.to_list()] for series in frame}


def _duckdb_take(source: Any) -> Any:
    import duckdb

    connection = duckdb.connect()
    # The relation ends with its connection.
    return connection, connection.sql("SELECT * FROM source")


def _duckdb_columns(taken: Any) -> Columns:
    _, relation = taken
    # What would be a datetime needs pytz.
    times = [name for name, kind in zip(relation.columns, relation.types, strict=True) if "TIME ZONE" in str(kind)]
    names = ", ".join(f'epoch_us("{name}")' if name in times else f'"{name}"' for name in relation.columns)
    rows = relation.project(names).fetchall()
    return {name: [row[number] for row in rows] for number, name in enumerate(relation.columns)}


def _pandas_take(source: Any) -> Any:
    import pandas

    return pandas.DataFrame.from_arrow(source)


def _pandas_arrow_take(source: Any) -> Any:
    import pandas
    import pyarrow

    return pyarrow.table(source).to_pandas(types_mapper=pandas.ArrowDtype)


def _pandas_columns(frame: Any) -> Columns:
    columns: Columns = {}
    for name in frame:
        present = frame[name].notna()
        values = frame[name]
        if "time" in name:
            values = values.astype("int64[pyarrow]") if "pyarrow" in str(values.dtype) else values.astype("int64")
        columns[name] = [value if there else None for value, there in zip(values.tolist(), present, strict=True)]
    return columns


def _nanoarrow_take(source: Any) -> Any:
    import nanoarrow

    return nanoarrow.Array(source)


def _nanoarrow_array_take(source: Any) -> Any:
    import nanoarrow

    return nanoarrow.Array(nanoarrow.c_array(source) if hasattr(source, "__arrow_c_array__") else source)


def _nanoarrow_columns(array: Any) -> Columns:
    names = [field.name for field in array.schema.fields]
    children = (child.to_pylist() for child in array.iter_children())
    return {name: [_microseconds(value) for value in child] for name, child in zip(names, children, strict=True)}


CONSUMERS = {
    "pyarrow": Consumer(_pyarrow_table, _pyarrow_columns),
    "pyarrow-array": Consumer(_pyarrow_batch, _pyarrow_columns),
    "polars": Consumer(_polars_take, _polars_columns),
    "duckdb": Consumer(_duckdb_take, _duckdb_columns),
    "pandas": Consumer(_pandas_take, _pandas_columns),
    "pandas-arrow": Consumer(_pandas_arrow_take, _pandas_columns),
    "nanoarrow": Consumer(_nanoarrow_take, _nanoarrow_columns),
    "nanoarrow-array": Consumer(_nanoarrow_array_take, _nanoarrow_columns),
}
# These need no other library of Arrow.
ALONE = ["duckdb", "polars", "nanoarrow", "nanoarrow-array"]


def same(consumer: str, columns: Columns, wanted: Columns) -> None:
    """AssertionError, telling the column, where a consumer has read something else."""
    columns = plain(columns)
    assert list(columns) == sorted(wanted, key=list(columns).index)
    for name, values in wanted.items():
        if consumer == "pandas" and name in INTEGERS:
            # pandas turns integers into floats where there are nulls.
            values = [None if value is None else float(value) for value in values]
        assert columns[name] == values, (consumer, name)
        assert [type(value) for value in columns[name]] == [type(value) for value in values], (consumer, name)


def without(*modules: str) -> None:
    """Make importing these fail from here on."""
    assert not set(modules) & set(sys.modules)
    sys.modules.update(dict.fromkeys(modules))  # type: ignore[arg-type]
