"""`iter_arrow`: tables of any source, bytes cut anywhere, errors on the way, and the stream as an Arrow stream.

The measure is `decode_arrow` on the same bytes.
"""

import gzip
import io
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import vmcodec
import zstandard
from cells import held
from support import run_python
from vmcodec import DecodeError, Decoder, EventDNBackInService

OUT = b'{"id":"EventDNOutOfService","ThisDN":"%d"}'
BAD = b'{"id":"EventDNBackInService","ThisDN":7}'
LINES = b"\n".join(
    [b"", OUT % 0, b" \t", BAD, OUT % 2 + b"\r", b'{"id":"EventNew","a":"\xe2\x82\xac"}', b"{", b"", OUT % 5, OUT % 6]
)
WANTED = vmcodec.decode_arrow(LINES, errors="return")
ROWS = held(WANTED)
ERRORS = pa.table(WANTED.errors).to_pylist()


def read(source: Any, **options: Any) -> tuple[list[Any], list[Any]]:
    """The rows and the errors of all tables."""
    tables = list(vmcodec.iter_arrow(source, errors="return", **options))
    rows = [row for table in tables for row in held(table)]
    return rows, [error for table in tables for error in pa.table(table.errors).to_pylist()]


def chunks(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@pytest.mark.parametrize("place", range(len(LINES) + 1))
def test_cut_in_two_at_every_byte(place: int) -> None:
    assert read([LINES[:place], LINES[place:]], threads=1) == (ROWS, ERRORS)
    assert read([LINES[:place], b"", LINES[place:]], batch_rows=1, threads=1) == (ROWS, ERRORS)


@pytest.mark.parametrize("batch_rows", [1, 2, 3, 4, 5, 100])
def test_no_table_has_more_rows_than_asked_for(batch_rows: int) -> None:
    for size in (1, 7, 1000):
        tables = list(vmcodec.iter_arrow(chunks(LINES, size), errors="return", batch_rows=batch_rows))
        assert all(0 < len(table) <= batch_rows for table in tables)
    full = list(vmcodec.iter_arrow([(OUT % 1 + b"\n") * 10], batch_rows=batch_rows))
    assert [len(table) for table in full] == [
        min(batch_rows, 10 - at) for at in range(0, 10, batch_rows)
    ]  # fmt: skip


def test_every_kind_of_source(tmp_path: Path) -> None:
    plain, packed, other = tmp_path / "a.ndjson", tmp_path / "a.ndjson.gz", tmp_path / "a.zst"
    plain.write_bytes(LINES)
    packed.write_bytes(gzip.compress(LINES))
    other.write_bytes(zstandard.compress(LINES))
    for source in (plain, str(plain), packed, other, LINES, bytearray(LINES), io.BytesIO(LINES), chunks(LINES, 3)):
        assert read(source) == (ROWS, ERRORS)
    with pytest.raises(FileNotFoundError):
        vmcodec.iter_arrow(tmp_path / "none")
    with pytest.raises(TypeError):
        vmcodec.iter_arrow(5)  # type: ignore[arg-type]


@pytest.mark.parametrize("rows", ["all", "events"])
@pytest.mark.parametrize("batch_rows", [1, 3, 100])
def test_after_an_error_it_carries_on(rows: Any, batch_rows: int) -> None:
    tables = vmcodec.iter_arrow(LINES, rows=rows, batch_rows=batch_rows)
    found: list[Any] = []
    errors = []
    while True:
        try:
            found += held(next(tables))
        except StopIteration:
            break
        except DecodeError as error:
            assert error.raw is None
            errors.append((error.index, error.line, error.code))
            found.append(error.index)
    # Each error comes behind the rows before it, and in the place of its own.
    at = [error["index"] for error in ERRORS]
    assert found == [index if index in at else row for index, row in enumerate(ROWS)]
    assert errors == [(error["index"], error["line"], error["code"]) for error in ERRORS]


def test_rows_of_nothing_between_events() -> None:
    decoder = Decoder(only=[EventDNBackInService])
    back = b'{"id":"EventDNBackInService","ThisDN":"5"}'
    lines = b"\n".join([OUT % 1, back, OUT % 2, BAD, back, b"{", OUT % 3])
    tables = decoder.iter_arrow(lines, rows="events", batch_rows=2)
    found = []
    while True:
        try:
            found.append(len(next(tables)))
        except StopIteration:
            break
        except DecodeError as error:
            found.append(-error.index)
    assert found == [1, -3, 1, -5]


def test_an_oversized_record_is_passed_over() -> None:
    decoder = Decoder(max_size=50)
    lines = OUT % 1 + b"\n" + b'{"a":"' + b"x" * 500_000 + b'"}\n' + OUT % 2
    for rows, counts in (("all", [1, None, 2]), ("events", [1, 2])):
        tables = list(decoder.iter_arrow(chunks(lines, 4096), errors="return", rows=rows))  # type: ignore[arg-type]
        assert [row["ThisDN"] and int(row["ThisDN"]) for table in tables for row in held(table)] == counts
        [error] = [error for table in tables for error in pa.table(table.errors).to_pylist()]
        assert (error["index"], error["line"], error["code"]) == (1, 2, "too_large")
        assert lines[len(OUT % 1) + 1 :].startswith(error["raw"])
    with pytest.raises(DecodeError, match="too_large"):
        list(decoder.iter_arrow(chunks(lines, 4096)))


def test_an_empty_source_gives_no_table() -> None:
    assert list(vmcodec.iter_arrow(b"")) == list(vmcodec.iter_arrow(b"\n \n")) == []
    assert pa.table(vmcodec.iter_arrow(b"")).schema == pa.schema(vmcodec.Decoder().arrow_schema())


def test_as_an_arrow_stream_it_gives_the_same_and_keeps_the_errors() -> None:
    for batch_rows in (1, 4, 100):
        tables = vmcodec.iter_arrow(chunks(LINES, 5), errors="return", batch_rows=batch_rows)
        assert held(tables) == ROWS
        assert pa.table(tables.errors).to_pylist() == ERRORS
        assert list(tables) == []


def test_an_error_in_an_arrow_stream_names_its_place_and_shows_no_payload() -> None:
    reader = pa.RecordBatchReader.from_stream(vmcodec.iter_arrow(b'{"secret":"topsecret"'))
    with pytest.raises(Exception, match=r"line 1") as caught:
        reader.read_all()
    assert "secret" not in str(caught.value)


def test_a_failing_source_is_told_in_an_arrow_stream() -> None:
    def source() -> Iterator[bytes]:
        yield OUT % 1 + b"\n"
        raise OSError("the disk is gone")

    with pytest.raises(pa.ArrowInvalid, match="the disk is gone"):
        pa.RecordBatchReader.from_stream(vmcodec.iter_arrow(source())).read_all()
    tables = vmcodec.iter_arrow(source(), batch_rows=1)
    assert len(next(tables)) == 1
    with pytest.raises(OSError, match="the disk is gone"):
        next(tables)


def test_closing_ends_the_stream() -> None:
    endless = itertools.repeat(OUT % 1 + b"\n")
    tables = vmcodec.iter_arrow(endless, batch_rows=3)
    assert len(next(tables)) == 3
    tables.close()
    assert sum(map(len, tables)) == 0


def test_a_source_may_ask_for_the_next_table_itself() -> None:
    def source() -> Iterator[bytes]:
        with pytest.raises(RuntimeError):
            next(tables)
        yield OUT % 1

    tables = vmcodec.iter_arrow(source())
    assert [len(table) for table in tables] == [1]


def test_a_stream_may_be_read_and_dropped_by_whoever_runs_inside_a_call_of_ours() -> None:
    # The reader releases the lock, with a call of ours below it on the stack.
    def source() -> Iterator[bytes]:
        reader = pa.RecordBatchReader.from_stream(vmcodec.iter_arrow(chunks(LINES, 100), errors="return", batch_rows=2))
        assert reader.read_next_batch().num_rows == 1
        del reader
        yield b"%d" % pa.table(vmcodec.iter_arrow(chunks(LINES, 100), errors="return")).num_rows

    for _ in range(100):
        [error] = vmcodec.iter_decode(source(), errors="return")
        assert isinstance(error, DecodeError) and error.raw == b"%d" % len(ROWS)


def test_memory_stays_bounded(tmp_path: Path) -> None:
    archive = tmp_path / "long.ndjson.zst"
    line = b'{"id":"EventDNOutOfService","ThisDN":"7011","Extensions":{"pad":"%s"}}\n' % (b"x" * 300)
    with zstandard.open(archive, "wb") as file:
        for _ in range(100):
            file.write(line * 10_000)
    code = """
import resource, sys, vmcodec
from vmcodec.samples import SAMPLES
list(vmcodec.iter_arrow(b"\\n".join(SAMPLES)))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rows = sum(len(table) for table in vmcodec.iter_arrow(sys.argv[1], batch_rows=20_000))
print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    rows, kilobytes = map(int, run_python(code, str(archive)).split())
    # 380 MB go through; a table of 20,000 rows and its text are some 15 MB.
    assert rows == 1_000_000
    assert kilobytes < 60_000
