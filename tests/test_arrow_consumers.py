"""Tables and streams as the libraries read them: values, nulls, types and errors, in several batches and in slices."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import duckdb
import nanoarrow as na
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import vmcodec
from consumers import ALONE, BAD, CONSUMERS, INTEGERS, JSON, MESSAGES, NAMES, Columns, expected, plain, same
from support import run_python
from table import NAMES as EVENT_NAMES
from vmcodec import DecodeError, EventTable
from vmcodec.samples import SAMPLES

# nanoarrow has no type for JSON, and says that it reads text.
pytestmark = pytest.mark.filterwarnings("ignore:.*'arrow.json' as storage type:UserWarning")

each = pytest.mark.parametrize("consumer", CONSUMERS)
# Bad records and nothing among the messages, where a byte of a bitmap ends and elsewhere.
MIXED: list[bytes | None] = [None, *MESSAGES[:7], BAD, BAD, *MESSAGES[7:30], None, *MESSAGES[30:], BAD]
LINES = b"\n".join(BAD if message is None else message for message in MIXED)


def test_the_messages_are_worth_reading() -> None:
    wanted = expected(vmcodec.decode_batch(MESSAGES))
    assert set(EVENT_NAMES) < set(wanted["id"])
    assert len(set(wanted["id"])) > len(EVENT_NAMES) + 40
    for name, values in wanted.items():
        assert (None in values) == (name != "id") and len(set(map(str, values))) > 1
    for name in NAMES - {"id"}:
        assert any(value.lstrip("-").isdigit() for value in wanted[name] if value)
    assert not any(value and value.isascii() for value in wanted["ThisDN"][-40:])


@each
def test_a_table(consumer: str) -> None:
    table = vmcodec.decode_arrow(MIXED, errors="return")
    same(consumer, CONSUMERS[consumer].read(table), expected(vmcodec.decode_batch(MIXED, errors="return")))


@each
def test_a_table_without_rows_for_what_is_no_event(consumer: str) -> None:
    table = vmcodec.decode_arrow(MIXED, errors="return", rows="events")
    same(consumer, CONSUMERS[consumer].read(table), expected(vmcodec.decode_batch(MESSAGES)))


@each
def test_a_table_of_several_batches(consumer: str) -> None:
    table = vmcodec.decode_arrow(MESSAGES * 4, threads=2)
    assert pa.table(table)["id"].num_chunks > 2
    same(consumer, CONSUMERS[consumer].read(table), expected(vmcodec.decode_batch(MESSAGES) * 4))


@each
def test_a_stream_of_tables_with_dictionaries_of_their_own(consumer: str) -> None:
    tables = vmcodec.iter_arrow([LINES], errors="return", batch_rows=37)
    sizes = {
        len(chunk.dictionary)
        for chunk in pa.table(vmcodec.iter_arrow([LINES], errors="return", batch_rows=37))["id"].chunks
    }
    assert len(sizes) > 2
    same(consumer, CONSUMERS[consumer].read(tables), expected(vmcodec.decode_lines(LINES, errors="return")))
    assert tables.errors.num_rows == len(MIXED) - len(MESSAGES)


def pieces(messages: list[bytes]) -> Iterator[EventTable]:
    """The tables of a stream that is cut wherever a record is bad."""
    lines = b"\n".join(BAD + b"\n" + message if at % 11 == 3 else message for at, message in enumerate(messages))
    tables = vmcodec.iter_arrow([lines])
    while True:
        try:
            yield next(tables)
        except StopIteration:
            return
        except DecodeError:
            continue


@each
def test_slices(consumer: str) -> None:
    messages = MESSAGES[::5]
    tables = list(pieces(messages))
    assert len(tables) > len(messages) / 12
    columns: Columns = {name: [] for name in tables[0].column_names}
    for table in tables:
        for name, values in CONSUMERS[consumer].read(table).items():
            columns[name] += values
    if consumer == "pandas":
        # It makes floats of some pieces' integers only.
        columns |= {name: [None if value is None else float(value) for value in columns[name]] for name in INTEGERS}
    same(consumer, columns, expected(vmcodec.decode_batch(messages)))


@each
@pytest.mark.parametrize(
    "source", [[], b"", [BAD], [None, None]], ids=["no messages", "no lines", "a bad record", "nothing twice"]
)
def test_no_rows(consumer: str, source: Any) -> None:
    table = vmcodec.decode_arrow(source, errors="return", rows="events")
    wanted: Columns = {name: [] for name in table.column_names}
    assert CONSUMERS[consumer].read(table) == wanted
    if isinstance(source, bytes):
        assert CONSUMERS[consumer].read(vmcodec.iter_arrow([source])) == wanted


@each
def test_keys_and_time_stamps(consumer: str) -> None:
    keys = ["t1:a1", b"t2:b:2", None, "t3", "é:日"]
    stamps = [0, 1718001850573, None, 1, 253402300799999]
    table = vmcodec.decode_arrow(MESSAGES[:5], keys=keys, timestamps=stamps)
    columns = CONSUMERS[consumer].read(table)
    assert columns["tenant_id"] == ["t1", "t2", None, "t3", "é"]
    assert columns["agent_id"] == ["a1", "b:2", None, None, "日"]
    unit = 1000 if consumer.startswith(("pyarrow", "pandas")) else 1
    assert columns["record_time"] == [None if stamp is None else stamp * 1000 // unit for stamp in stamps]


@each
def test_the_errors_are_a_table_too(consumer: str) -> None:
    errors = vmcodec.decode_arrow(LINES, errors="return").errors
    told = [error for error in vmcodec.decode_lines(LINES, errors="return") if isinstance(error, DecodeError)]
    assert len(told) == len(MIXED) - len(MESSAGES)
    assert CONSUMERS[consumer].read(errors) == {
        "index": [error.index for error in told],
        "line": [error.line for error in told],
        "offset": [error.offset for error in told],
        "code": [error.code for error in told],
        "path": [error.path for error in told],
        "event": [error.event for error in told],
        "raw": [error.raw for error in told],
        "reason": [str(error) for error in told],
    }
    none = vmcodec.decode_arrow(MESSAGES).errors
    assert CONSUMERS[consumer].read(none) == {name: [] for name in errors.column_names}


@each
@pytest.mark.parametrize("rows", [3, 1000])
def test_an_error_in_a_stream_reaches_the_reader(consumer: str, rows: int) -> None:
    tables = vmcodec.iter_arrow([b"\n".join([*MESSAGES[:5], BAD, *MESSAGES[5:9]])], batch_rows=rows)
    with pytest.raises(Exception, match=r"DecodeError: wrong_type: .* at \$\.AgentWorkMode \(line 6, ") as caught:
        CONSUMERS[consumer].read(tables)
    assert not isinstance(caught.value, (DecodeError, AssertionError))
    assert "secret" not in str(caught.getrepr(showlocals=False))
    # What follows can still be read.
    rest = CONSUMERS[consumer].read(tables)
    same(consumer, rest, expected(vmcodec.decode_batch(MESSAGES[5:9])))


@each
def test_a_stream_that_was_read_is_not_empty_but_an_error(consumer: str) -> None:
    tables = vmcodec.iter_arrow([LINES], errors="return")
    CONSUMERS[consumer].read(tables)
    with pytest.raises(Exception, match="these tables were read already"):
        CONSUMERS[consumer].read(tables)


def test_two_streams_do_not_take_each_others_rows() -> None:
    tables = vmcodec.iter_arrow([LINES], errors="return", batch_rows=10)
    first = pa.RecordBatchReader.from_stream(tables)
    assert first.read_next_batch().num_rows == 10
    second = pa.RecordBatchReader.from_stream(tables)
    with pytest.raises(pa.ArrowInvalid, match="another stream reads these tables"):
        first.read_next_batch()
    assert second.read_all().num_rows == len(MIXED) - 10
    tables = vmcodec.iter_arrow([LINES], errors="return", batch_rows=10)
    with pytest.raises(duckdb.Error, match=r"another stream reads|were read already"):
        duckdb.execute("SELECT count(*) FROM tables a JOIN tables b ON a.ThisDN = b.ThisDN").fetchall()


def kinds(json: Any, names: Any, integers: Any, time: Any, text: Any) -> dict[str, Any]:
    table = vmcodec.decode_arrow(MESSAGES)
    found = {name: json if name in JSON else names if name in NAMES else text for name in table.column_names}
    return found | dict.fromkeys(INTEGERS, integers) | {"time": time}


def test_the_types_of_pyarrow() -> None:
    wanted = kinds(
        pa.json_(), pa.dictionary(pa.int32(), pa.string()), pa.int64(), pa.timestamp("us", "UTC"), pa.string()
    )
    table = vmcodec.decode_arrow(MESSAGES)
    schema = pa.schema(vmcodec.Decoder().arrow_schema())
    assert {field.name: field.type for field in schema} == wanted
    assert pa.table(table).schema == pa.schema(table) == pa.record_batch(table).schema == schema
    assert pa.schema(vmcodec.iter_arrow([b""])) == schema
    added = pa.schema(vmcodec.Decoder().arrow_schema(keys=True, timestamps=True))
    assert [field.type for field in added][-3:] == [pa.string(), pa.string(), pa.timestamp("ms", "UTC")]


def test_the_types_of_polars() -> None:
    wanted = kinds("arrow.json", "cat", "i64", "datetime[μs, UTC]", "str")
    frame = pl.DataFrame(vmcodec.decode_arrow(MESSAGES))
    assert {name: kind._string_repr() for name, kind in frame.schema.items()} == wanted
    assert frame["UserData"].ext.storage().dtype == pl.String


def test_the_types_of_duckdb() -> None:
    wanted = kinds("JSON", "VARCHAR", "BIGINT", "TIMESTAMP WITH TIME ZONE", "VARCHAR")
    relation = duckdb.from_arrow(vmcodec.decode_arrow(MESSAGES))
    assert dict(zip(relation.columns, map(str, relation.types), strict=True)) == wanted


def test_the_types_of_pandas() -> None:
    wanted = kinds("object", "category", "float64", "datetime64[us, UTC]", "str")
    table = vmcodec.decode_arrow(MESSAGES)
    frame = pd.DataFrame.from_arrow(table)
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == wanted
    exact = pa.table(table).to_pandas(types_mapper=pd.ArrowDtype)
    assert {str(exact[name].dtype) for name in INTEGERS} == {"int64[pyarrow]"}


def test_the_types_of_nanoarrow() -> None:
    wanted = kinds("arrow.json", na.Type.DICTIONARY, na.Type.INT64, na.Type.TIMESTAMP, na.Type.STRING)
    fields = na.Schema(vmcodec.decode_arrow(MESSAGES)).fields
    assert {field.name: field.extension.name if field.extension else field.type for field in fields} == wanted
    [time] = [field for field in fields if field.name == "time"]
    assert (time.unit, time.timezone) == (na.TimeUnit.MICRO, "UTC")


def test_times_from_end_to_end_of_the_calendar() -> None:
    seconds = [2**33, -(2**33) - 1, 253402300799, -62135596800]
    body = '{"id":"EventDNDOn","ThisDN":"1","Server":1,"time":{"seconds":%d,"useconds":7}}'
    events = vmcodec.decode_arrow([body % second for second in seconds])
    wanted = [second * 10**6 + 7 for second in seconds]
    assert pa.table(events)["time"].cast(pa.int64()).to_pylist() == wanted
    assert pl.DataFrame(events)["time"].to_physical().to_list() == wanted
    assert [time for (time,) in duckdb.execute("SELECT epoch_us(time) FROM events").fetchall()] == wanted
    assert pd.DataFrame.from_arrow(events)["time"].astype("int64").tolist() == wanted
    assert len(str(pl.DataFrame(events)) + str(pd.DataFrame.from_arrow(events)) + str(pa.table(events))) > 100


def test_a_requested_schema_is_declined() -> None:
    table = vmcodec.decode_arrow(MESSAGES)
    wanted = expected(vmcodec.decode_batch(MESSAGES))
    schema = pa.schema([pa.field(field.name, pa.large_string()) for field in pa.schema(table)])
    for stream in (table, vmcodec.iter_arrow([b"\n".join(MESSAGES)])):
        same("pyarrow", CONSUMERS["pyarrow"].read(pa.RecordBatchReader.from_stream(stream, schema).read_all()), wanted)
    requested = schema.__arrow_c_schema__()
    assert pa.record_batch(_Asked(table.__arrow_c_array__(requested))).equals(pa.record_batch(table))
    assert pa.record_batch(_Asked(table.__arrow_c_array__(requested_schema=None))).equals(pa.record_batch(table))


class _Asked:
    """A pair of capsules, as something that gives them."""

    def __init__(self, capsules: Any) -> None:
        self.capsules = capsules

    def __arrow_c_array__(self, requested_schema: Any = None) -> Any:
        return self.capsules


@pytest.mark.parametrize("consumer", ALONE)
def test_no_pyarrow_is_needed(consumer: str) -> None:
    others = {"pyarrow", "pandas", "numpy", "polars", "duckdb", "nanoarrow"} - {consumer.partition("-")[0]}
    run_python(ALONE_CODE, consumer, *sorted(others))


ALONE_CODE = """
import sys, warnings
from consumers import BAD, CONSUMERS, MESSAGES, expected, same, without

consumer, *others = sys.argv[1:]
without(*others)
warnings.filterwarnings("ignore", ".*'arrow.json' as storage type")
import vmcodec

messages = [*MESSAGES, BAD, None]
wanted = expected(vmcodec.decode_batch(messages, errors="return"))
table = vmcodec.decode_arrow(messages, errors="return")
same(consumer, CONSUMERS[consumer].read(table), wanted)
lines = b"\\n".join([*MESSAGES, BAD])
tables = vmcodec.iter_arrow([lines], errors="return", batch_rows=50)
same(consumer, CONSUMERS[consumer].read(tables), expected(vmcodec.decode_lines(lines, errors="return")))
for errors in (table.errors, tables.errors):
    assert CONSUMERS[consumer].read(errors)["code"] == ["wrong_type"]
"""


def test_duckdb_takes_tables_and_streams_in_every_way() -> None:
    lines = b"\n".join(MESSAGES)
    wanted = (len(MESSAGES), len(set(expected(vmcodec.decode_batch(MESSAGES))["id"])))
    counts = "count(*), count(DISTINCT id)"
    with duckdb.connect() as connection:

        def by_name(source: Any) -> Any:
            return connection.execute(f"SELECT {counts} FROM source").fetchall()

        def registered(source: Any) -> Any:
            connection.register("registered", source)
            found = connection.execute(f"SELECT {counts} FROM registered").fetchall()
            connection.unregister("registered")
            return found

        def from_arrow(source: Any) -> Any:
            return connection.from_arrow(source).aggregate(counts).fetchall()

        for way in (by_name, registered, from_arrow):
            assert way(vmcodec.decode_arrow(MESSAGES)) == [wanted]
            assert way(vmcodec.iter_arrow([lines], batch_rows=37)) == [wanted]


def test_duckdb_looks_into_json_and_gives_times() -> None:
    relation = duckdb.from_arrow(vmcodec.decode_arrow(SAMPLES))
    [(city, time)] = relation.filter("id = 'EventOffHook'").project("UserData->>'$.City', time").fetchall()
    assert (city, time) == ("Zürich", datetime(2025, 1, 1, 11, 13, 20, 415926, UTC))


def test_columns_of_the_libraries_come_back_as_messages() -> None:
    """What they hold is decoded where it stands: whole, and a part of it."""
    wanted = expected(vmcodec.decode_batch([*MESSAGES[3:], None]))
    held = [*MESSAGES, None]
    frame = pl.DataFrame({"value": held})
    sources: list[Any] = [
        pa.array(held)[3:],
        pa.array(held, pa.large_binary())[3:],
        pa.array(held, pa.binary_view())[3:],
        pa.chunked_array([pa.array(held[:9]), pa.array(held[9:])])[3:],
        frame["value"][3:],
        pd.Series(held, dtype=pd.ArrowDtype(pa.binary()))[3:],
        na.Array(pa.array(held)[3:]),
    ]
    for source in sources:
        table = vmcodec.decode_arrow(source)
        assert plain(CONSUMERS["pyarrow"].read(table)) == wanted
    with pytest.raises(TypeError, match="expected an Arrow array of binary or string"):
        vmcodec.decode_arrow(frame)


def test_the_processes_memory_stays_bounded(tmp_path: Any) -> None:
    """DuckDB reads a file by the stream: eight times as many rows take no more memory."""
    block = (b"\n".join(MESSAGES) + b"\n") * 8
    for name, times in (("small", 15), ("large", 120)):
        with open(tmp_path / name, "wb") as file:
            for _ in range(times):
                file.write(block)
    small, large = map(float, run_python(BOUNDED_CODE, os.fspath(tmp_path), str(len(MESSAGES) * 8)).split())
    assert large - small < 30


BOUNDED_CODE = """
import sys
import duckdb, vmcodec

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024

folder, rows = sys.argv[1], int(sys.argv[2])
duckdb.execute("SET threads = 2")
duckdb.execute("SET enable_progress_bar = false")
for name, times in (("small", 15), ("large", 120)):
    for _ in range(2):
        tables = vmcodec.iter_arrow(f"{folder}/{name}", batch_rows=20_000, threads=2)
        counted = duckdb.sql("SELECT count(*), count(id), sum(length(UserData)) > 0 FROM tables").fetchall()
        assert counted == [(rows * times, rows * times, True)], counted
    print(peak())
"""
