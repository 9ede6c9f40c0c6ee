"""Who keeps the columns alive: tables that go before their readers, readers that go first, threads, forks and leaks."""

import gc
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import duckdb
import nanoarrow as na
import polars as pl
import pyarrow as pa
import pytest
import vmcodec
from consumers import CONSUMERS, MESSAGES, expected, same
from support import run_python
from vmcodec import EventTable

# nanoarrow has no type for JSON, and says that it reads text.
pytestmark = pytest.mark.filterwarnings("ignore:.*'arrow.json' as storage type:UserWarning")

each = pytest.mark.parametrize("consumer", CONSUMERS)
MANY = MESSAGES * 4  # more than one batch, so that an array is a copy and a stream is none
LINES = b"\n".join(MANY)
WANTED = expected(vmcodec.decode_batch(MESSAGES) * 4)


def overwrite() -> None:
    """Take the memory that was given back, and put other values into it."""
    gc.collect()
    body = '{"id":"EventDNDOff","ThisDN":"%s","Server":"%s","time":%d,"CustomerID":"%s","Extensions":{"Other":%d}}'
    others = [body % ("9" * (n % 20), "x" * (n % 7), 2**40 + n, "y" * (n % 30), n) for n in range(len(MANY))]
    for threads in (1, 2):
        kept = [vmcodec.decode_arrow(others, threads=threads) for _ in range(2)]
        for table in kept:
            del table
    bytes(b"\xff" * 2**22)


@each
def test_the_table_goes_first(consumer: str) -> None:
    table = vmcodec.decode_arrow(MANY, threads=2)
    held = CONSUMERS[consumer].take(table)
    del table
    overwrite()
    same(consumer, CONSUMERS[consumer].columns(held), WANTED)


@each
def test_the_iterator_goes_first(consumer: str) -> None:
    tables = vmcodec.iter_arrow([LINES], batch_rows=300)
    held = CONSUMERS[consumer].take(tables)
    del tables
    overwrite()
    same(consumer, CONSUMERS[consumer].columns(held), WANTED)


@each
def test_the_reader_goes_first(consumer: str) -> None:
    table = vmcodec.decode_arrow(MANY, threads=2)
    before = table.to_events()
    for _ in range(3):
        held = CONSUMERS[consumer].take(table)
        CONSUMERS[consumer].columns(held)
        del held
    overwrite()
    assert table.to_events() == before
    same(consumer, CONSUMERS[consumer].read(table), WANTED)


HOLD: dict[str, Callable[[Any], Any]] = {
    "pyarrow": lambda table: pa.table(table)["ThisDN"],
    "pyarrow-array": lambda table: pa.record_batch(table)["ThisDN"].slice(0),
    "polars": lambda table: pl.DataFrame(table)["ThisDN"],
    "nanoarrow": lambda table: na.Array(table).child(1),
    "nanoarrow-array": lambda table: na.Array(na.c_array(table).child(1)),
}


@pytest.mark.parametrize("hold", HOLD)
def test_one_column_outlives_everything_else(hold: str) -> None:
    held = HOLD[hold](vmcodec.decode_arrow(MANY, threads=2))
    overwrite()
    assert pa.chunked_array(held).to_pylist() == WANTED["ThisDN"]


def test_half_a_stream_outlives_its_iterator() -> None:
    reader = pa.RecordBatchReader.from_stream(vmcodec.iter_arrow([LINES], batch_rows=100))
    first = reader.read_next_batch()
    rest = reader.read_all()
    del reader
    overwrite()
    read = pa.concat_tables([pa.Table.from_batches([first]), rest])
    same("pyarrow", CONSUMERS["pyarrow"].columns(read), WANTED)
    # Half read, then dropped: nothing is to be seen of it but that it works.
    reader = pa.RecordBatchReader.from_stream(vmcodec.iter_arrow([LINES], batch_rows=100))
    reader.read_next_batch()
    del reader
    gc.collect()


def test_rows_that_duckdb_has_still_to_give() -> None:
    with duckdb.connect() as connection:
        source: Any = vmcodec.decode_arrow(MANY)
        connection.execute("SELECT ThisDN FROM source")
        first = connection.fetchmany(10)
        del source
        overwrite()
        assert [value for (value,) in first + connection.fetchall()] == WANTED["ThisDN"]


def test_a_table_keeps_its_decoder_and_no_message() -> None:
    messages = [bytes(bytearray(message)) for message in MESSAGES]
    table = vmcodec.Decoder(kv_lists="lazy").decode_arrow(messages)
    before = table.to_events()
    del messages
    overwrite()
    assert table.to_events() == before


def test_eight_threads_take_one_table() -> None:
    takers: list[Callable[[Any], Any]] = [pa.table, pa.record_batch, pl.DataFrame, na.Array]
    barrier = threading.Barrier(8)

    def take(number: int, table: EventTable) -> list[Any]:
        barrier.wait()
        return [takers[(number + turn) % 4](table) for turn in range(8)]

    with ThreadPoolExecutor(8) as pool:
        tables = [vmcodec.decode_arrow(MANY, threads=2)] * 8
        taken = [one for some in pool.map(take, range(8), tables) for one in some]
    del tables
    overwrite()
    assert len(taken) == 64
    for one in taken:
        assert pa.table(one)["ThisDN"].to_pylist() == WANTED["ThisDN"]


def test_a_stream_is_read_and_dropped_in_another_thread() -> None:
    def read(readers: list[Any]) -> Any:
        return readers.pop().read_all()

    with ThreadPoolExecutor(1) as pool:
        for _ in range(5):
            readers = [pa.RecordBatchReader.from_stream(vmcodec.iter_arrow([LINES], batch_rows=100, threads=2))]
            same("pyarrow", CONSUMERS["pyarrow"].columns(pool.submit(read, readers).result()), WANTED)


def test_an_iterator_that_is_being_read_refuses_others() -> None:
    """Its source calls back while a table is being made: an error, no deadlock, and the reading goes on."""
    refusals: list[Exception] = []

    def chunks() -> Any:
        for message in MESSAGES[:3]:
            for call in (lambda: next(tables), tables.__arrow_c_stream__, tables.__arrow_c_schema__, tables.close):
                with pytest.raises(RuntimeError, match=r"in use|borrowed") as caught:
                    call()
                refusals.append(caught.value)
            yield message + b"\n"

    tables = vmcodec.iter_arrow(chunks())
    assert sum(table.num_rows for table in tables) == 3
    assert len(refusals) == 12


def test_nothing_is_left_of_what_nobody_takes() -> None:
    """Capsules and streams that are dropped unread, or read and dropped; some would be gigabytes if they stayed."""
    for line in run_python(LEAKS).splitlines():
        grown = line.split()[1]
        assert float(grown) < 2, line


LEAKS = """
import gc
import nanoarrow
import vmcodec
from consumers import BAD, MESSAGES

def resident():
    gc.collect()
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096 / 2**20

lines = b"\\n".join([*MESSAGES[:50], BAD])
small, large = vmcodec.decode_arrow(MESSAGES[:50]), vmcodec.decode_arrow(MESSAGES * 2, threads=2)
tables = vmcodec.iter_arrow([lines])
schema = vmcodec.Decoder().arrow_schema()

def half():
    stream = nanoarrow.c_array_stream(vmcodec.iter_arrow([lines], batch_rows=20))
    stream.get_next()

def failed():
    try:
        list(nanoarrow.c_array_stream(vmcodec.iter_arrow([lines])))
    except Exception:
        return
    assert False

calls = {
    "schema": (schema.__arrow_c_schema__, 2000),
    "table-schema": (small.__arrow_c_schema__, 2000),
    "stream-schema": (tables.__arrow_c_schema__, 2000),
    "array": (small.__arrow_c_array__, 2000),
    "copied-array": (large.__arrow_c_array__, 1000),
    "stream": (large.__arrow_c_stream__, 20000),
    "iterator": (tables.__arrow_c_stream__, 20000),
    "new-iterator": (lambda: vmcodec.iter_arrow([lines]).__arrow_c_stream__(), 20000),
    "taken-array": (lambda: nanoarrow.c_array(small), 2000),
    "taken-stream": (lambda: list(nanoarrow.c_array_stream(large)), 1000),
    "half": (half, 500),
    "failed": (failed, 500),
}
for name, (call, rounds) in calls.items():
    for _ in range(100):
        call()
    before = resident()
    for _ in range(rounds):
        call()
    print(name, resident() - before)
"""


def test_tables_and_streams_go_through_a_fork() -> None:
    assert run_python(FORK) == "child\nparent\n"


FORK = """
import os, sys
import nanoarrow
import vmcodec
from consumers import MESSAGES, expected

def names(source):
    return nanoarrow.Array(source).child(0).to_pylist()

wanted = expected(vmcodec.decode_batch(MESSAGES))["id"] * 4
table = vmcodec.decode_arrow(MESSAGES * 4, threads=2)
tables = vmcodec.iter_arrow([b"\\n".join(MESSAGES * 4)], batch_rows=100, threads=2)
first = names(next(tables))
child = os.fork()
assert names(table) == wanted
assert first + names(tables) == wanted
assert names(vmcodec.decode_arrow(MESSAGES, threads=2)) * 4 == wanted
if child:
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
print("parent" if child else "child", flush=True)
"""


def test_streams_that_are_left_at_exit() -> None:
    code = """
import threading
import duckdb, nanoarrow, vmcodec
from consumers import BAD, MESSAGES

lines = b"\\n".join([*MESSAGES, BAD])
tables = vmcodec.iter_arrow([lines], batch_rows=10)
stream = nanoarrow.c_array_stream(tables)
stream.get_next()
relation = duckdb.sql("SELECT * FROM tables")
table = vmcodec.decode_arrow(MESSAGES)
capsules = table.__arrow_c_array__(), table.__arrow_c_stream__(), tables.__arrow_c_stream__()
class Cycle:
    pass
cycle = Cycle()
cycle.all = [cycle, stream, relation, table, capsules, tables]
print("done")
"""
    assert run_python(code) == "done\n"


@pytest.mark.parametrize("consumer", ["pyarrow", "polars", "duckdb", "nanoarrow"])
def test_a_stream_is_read_and_dropped_below_a_frame_of_ours(consumer: str) -> None:
    """Libraries release the interpreter's lock before they read a stream or free it, wherever they were called from."""
    run_python(BELOW, consumer)


BELOW = """
import gc, sys, warnings
import vmcodec
from consumers import BAD, CONSUMERS, MESSAGES, expected, same

warnings.filterwarnings("ignore", ".*'arrow.json' as storage type")
lines = b"\\n".join([*MESSAGES, BAD])
wanted = expected(vmcodec.decode_batch(MESSAGES))
consumer = sys.argv[1]
take, columns = CONSUMERS[consumer]

def read():
    tables = vmcodec.iter_arrow([lines], errors="return", batch_rows=50)
    same(consumer, {name: values[:-1] for name, values in columns(take(tables)).items()}, wanted)

def fail():
    try:
        columns(take(vmcodec.iter_arrow([lines])))
    except Exception as error:
        assert "DecodeError: wrong_type" in str(error)
    else:
        assert False

def drop():
    # Readers that have not come to the end, in a cycle that only the collector can free.
    import nanoarrow, pyarrow
    streams = [vmcodec.iter_arrow([lines], batch_rows=20) for _ in range(3)]
    reader = pyarrow.RecordBatchReader.from_stream(streams[0])
    reader.read_next_batch()
    held = [reader, nanoarrow.c_array_stream(streams[1])]
    if consumer == "duckdb":
        held.append(take(streams[2]))
    held.append(held)
    del reader, streams, held
    gc.collect()

def messages():
    for call in (read, fail, drop) * 3:
        call()
        yield MESSAGES[0]

assert len(vmcodec.decode_batch(messages())) == 9
assert len(list(vmcodec.iter_decode(message + b"\\n" for message in messages()))) == 9
"""


def test_a_query_over_a_stream_is_no_column_of_messages() -> None:
    """All of the query is read below a frame of ours, by threads that want the lock, before its type is looked at."""
    assert "expected an Arrow array of binary or string, got Struct" in run_python(QUERY)


QUERY = """
import duckdb, vmcodec
from consumers import MESSAGES

tables = vmcodec.iter_arrow([b"\\n".join(MESSAGES * 20)], batch_rows=100)
duckdb.execute("SET threads = 4")
try:
    vmcodec.decode_arrow(duckdb.sql("SELECT ThisDN FROM tables"))
except TypeError as error:
    print(error)
"""
