"""The readers of NDJSON into columns: vmcodec's and those of data tools, with the check of what they read.

Called by columns.py and bench_arrow.py. All are told the same columns: `id` and every attribute of the classes. What
the others do less than vmcodec, in their own favour, or otherwise:

- all of them: a code stays an integer, a `time` two integers; members without a column are dropped.
- pyarrow leaves out Extensions, Reasons, UserData and CallHistory: it refuses an object where a string is to be.
- polars keeps these as text, but does not escape backslashes in it: such text is not always JSON.
- DuckDB writes them anew as well, as JSON. It reads no memory, so it is given a file, in memory where that is to be
  had; vmcodec reads the same file.
- decode_batch + pyarrow.table has the messages in a list already, and leaves nested objects as bytes (`"lazy"`).
"""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import peers
import vmcodec
from corpus import lines
from peers import Messages, Peer
from vmcodec.cli.bench.model import ROWS, Row

try:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.json
except ImportError:  # pragma: no cover - depends on what is installed
    pa = None
try:
    import polars
except ImportError:  # pragma: no cover
    polars = None  # type: ignore[assignment]
try:
    import duckdb
except ImportError:  # pragma: no cover
    duckdb = None  # type: ignore[assignment]

Kind = Literal["text", "integer", "code", "time", "nested"]
BLOCK = 2**22  # bytes: what a thread takes in one go, where a reader can be told; no reader was quicker with another
KINDS: dict[Any, Kind] = {str: "text", dict: "nested", vmcodec.Time: "time"}


class Column(NamedTuple):
    """A column: its name on the wire, the attribute of the classes, what it holds, and the enumeration of a code."""

    name: str
    attribute: str
    kind: Kind
    codes: Any

    @classmethod
    def of(cls, row: Row) -> Column:
        """The column of an attribute."""
        if row.is_enum:
            return cls(row.wire, row.attribute, "code", row.type)
        return cls(row.wire, row.attribute, KINDS.get(row.type, "integer"), None)


ATTRIBUTES = tuple({row.wire: Column.of(row) for table in ROWS.values() for row in table}.values())
COLUMNS = (Column("id", "", "text", None), *ATTRIBUTES)


def _typed(text: Any, integer: Any, time: Any, nested: Any = None) -> dict[str, Any]:
    """The columns with a reader's types; without one for nested objects they are left out."""
    types = {"text": text, "integer": integer, "code": integer, "time": time, "nested": nested}
    return {column.name: types[column.kind] for column in COLUMNS if types[column.kind] is not None}


# What they read, compared column by column ---------------------------------------------------------------------------


def _array(values: list[Any], kind: Any) -> Any:
    return pa.chunked_array([pa.array(values, kind)])


def _plain(column: Column, values: Any) -> Any:
    """A column as every reader can have it: text, integers, microseconds."""
    if column.kind in ("text", "nested"):
        return values.cast(pa.string())
    if pa.types.is_timestamp(values.type):
        return values.cast(pa.int64())
    if pa.types.is_struct(values.type):
        seconds, useconds = (pc.struct_field(values, name) for name in ("seconds", "useconds"))
        return pc.add(pc.multiply(seconds, 1_000_000), useconds)
    if pa.types.is_dictionary(values.type):
        codes = {code.name: code.value for code in column.codes}
        return _array([codes.get(name) for name in values.to_pylist()], pa.int64())
    return values.cast(pa.int64())


def _columns(table: Any) -> Iterator[Any]:
    """One column after the other of a table that pyarrow takes."""
    table = table.to_arrow() if hasattr(table, "to_arrow") else pa.table(table)
    for column in COLUMNS:
        yield _plain(column, table.column(column.name))


def _columns_of_pyarrow(table: Any) -> Iterator[Any]:
    """None for the columns that pyarrow.json cannot read."""
    for column in COLUMNS:
        yield None if column.kind == "nested" else _plain(column, table.column(column.name))


class _Respelt(NamedTuple):
    """A column of nested objects, written anew by the reader, and how Python writes the same."""

    values: Any
    spell: Callable[[Any], str]


def _columns_respelt(spell: Callable[[Any], str]) -> Callable[[Any], Iterator[Any]]:
    """The columns of a reader that does not keep nested objects as they came."""

    def columns(table: Any) -> Iterator[Any]:
        for column, values in zip(COLUMNS, _columns(table), strict=True):
            yield _Respelt(values, spell) if column.kind == "nested" else values

    return columns


def _as_duckdb(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _as_polars(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\\\\", "\\")  # it does not escape backslashes


def same_column(ours: Any, theirs: Any) -> bool:
    """Equal in every row; None is a column that was left out."""
    if isinstance(theirs, _Respelt):
        texts = [None if text is None else theirs.spell(json.loads(text)) for text in ours.to_pylist()]
        return bool(_array(texts, pa.string()).equals(theirs.values))
    return theirs is None or bool(ours.equals(theirs))


# vmcodec -------------------------------------------------------------------------------------------------------------


@cache
def _folder() -> Path:
    """A place for files that goes away with the process, in memory where there is one."""
    memory = Path("/dev/shm")
    folder = tempfile.mkdtemp(prefix="vmcodec-bench-", dir=memory if memory.is_dir() else None)
    atexit.register(shutil.rmtree, folder)
    return Path(folder)


def _file(messages: Messages) -> str:
    path = _folder() / "messages.ndjson"
    path.write_bytes(lines(messages))
    return str(path)


def ours(threads: int, key: str = "vmcodec") -> Peer:
    """decode_arrow of a buffer."""
    decode = vmcodec.Decoder().decode_arrow
    label = "vmcodec.decode_arrow" if key == "vmcodec" else "vmcodec.decode_arrow, threads=1"
    return Peer(key, label, lambda buffer: decode(buffer, threads=threads), same_column, lines, _columns)


def ours_from_file(threads: int) -> Peer:
    """iter_arrow of a file, all tables kept."""
    tables = vmcodec.Decoder().iter_arrow

    def columns(found: list[Any]) -> Iterator[Any]:
        return _columns(pa.concat_tables([pa.table(table) for table in found], promote_options="permissive"))

    label = "vmcodec.iter_arrow, from a file"
    return Peer("vmcodec_file", label, lambda path: list(tables(path, threads=threads)), same_column, _file, columns)


def ours_into_polars(threads: int) -> Peer:
    """decode_arrow, then polars' own columns."""
    decode = vmcodec.Decoder().decode_arrow

    def run(buffer: bytes) -> Any:
        return polars.DataFrame(decode(buffer, threads=threads))

    label = "vmcodec.decode_arrow, into polars"
    return Peer("vmcodec_polars", label, run, same_column, lines, _columns)


# The others ----------------------------------------------------------------------------------------------------------


def polars_reader(threads: int) -> Peer:
    """polars.read_ndjson; how many threads it takes was settled when it was imported."""
    if polars.thread_pool_size() != threads:
        raise SystemExit(f"polars runs {polars.thread_pool_size()} threads: set POLARS_MAX_THREADS={threads}")
    moment = polars.Struct({"seconds": polars.Int64, "useconds": polars.Int64})
    schema = _typed(polars.String, polars.Int64, moment, polars.String)

    def run(buffer: bytes) -> Any:
        return polars.read_ndjson(buffer, schema=schema)

    return Peer("polars", "polars.read_ndjson", run, same_column, lines, _columns_respelt(_as_polars))


def pyarrow_reader(threads: int) -> Peer:
    """pyarrow.json.read_json."""
    moment = pa.struct([("seconds", pa.int64()), ("useconds", pa.int64())])
    schema = pa.schema(_typed(pa.string(), pa.int64(), moment))
    parsing = pyarrow.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    reading = pyarrow.json.ReadOptions(use_threads=threads > 1, block_size=BLOCK)
    pa.set_cpu_count(threads)

    def run(buffer: bytes) -> Any:
        return pyarrow.json.read_json(pa.BufferReader(buffer), reading, parsing)

    return Peer("pyarrow", "pyarrow.json", run, same_column, lines, _columns_of_pyarrow)


def duckdb_reader(threads: int) -> Peer:
    """DuckDB's read_json, typed, to Arrow: quicker than into a table of its own."""
    types = _typed("VARCHAR", "BIGINT", "STRUCT(seconds BIGINT, useconds BIGINT)", "JSON")
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in types.items())
    options = f"format = 'newline_delimited', maximum_object_size = {BLOCK >> 2}, columns = {{{columns}}}"
    connection = duckdb.connect(config={"threads": threads})

    def run(path: str) -> Any:
        return connection.sql(f"FROM read_json('{path}', {options})").to_arrow_table()

    return Peer("duckdb", "DuckDB read_json, from a file", run, same_column, _file, _columns_respelt(_as_duckdb))


def events_to_table() -> Peer:
    """decode_batch, then pyarrow.table of lists of attributes: what one writes without decode_arrow."""
    decode = vmcodec.Decoder(kv_lists="lazy").decode_batch
    conversions: dict[Kind, Callable[[Any], Any]] = {
        "time": lambda time: time.seconds * 1_000_000 + time.useconds,
        "nested": lambda nested: nested.raw,
    }
    types = _typed(pa.string(), pa.int64(), pa.int64(), pa.string())

    def values(column: Column, events: list[Any]) -> list[Any]:
        if not column.attribute:
            return [type(event).__name__ for event in events]
        found = [getattr(event, column.attribute, None) for event in events]
        if convert := conversions.get(column.kind):
            return [None if value is None else convert(value) for value in found]
        return found

    def run(messages: Messages) -> Any:
        events = decode(messages)
        return pa.table({column.name: pa.array(values(column, events), types[column.name]) for column in COLUMNS})

    return Peer("objects", "decode_batch + pyarrow.table", run, same_column, list, _columns)


def contestants(threads: int) -> list[Peer]:
    """All readers with this many threads, vmcodec first; with more than one, vmcodec with one as well."""
    if not peers.installed("pyarrow", pa is not None):
        raise SystemExit("pyarrow is not installed: without it nothing can be compared")
    field = [ours(threads), ours_from_file(threads)]
    field.append(events_to_table() if threads == 1 else ours(1, "one_thread"))
    field.append(pyarrow_reader(threads))
    if peers.installed("polars", polars is not None):
        field += [polars_reader(threads), ours_into_polars(threads)]
    if peers.installed("duckdb", duckdb is not None):
        field.append(duckdb_reader(threads))
    return field
