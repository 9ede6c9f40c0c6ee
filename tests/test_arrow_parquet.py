"""`vmcodec.arrow.to_parquet`: what the file holds, what becomes of bad records and of failures, and memory."""

import gzip
import io
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import vmcodec
import zstandard
from support import run_python
from vmcodec import DecodeError, Decoder, EventDNOutOfService
from vmcodec.arrow import Written, to_parquet
from vmcodec.samples import SAMPLES

BAD = b'{"id":"EventDNOutOfService","ThisDN":7}'
LINES = b"\n".join([*SAMPLES, BAD, *SAMPLES, b"{"]) + b"\n"


def same(path: Path, table: Any) -> None:
    assert pq.read_table(path).cast(pa.schema(table)).to_pylist() == pa.table(table).to_pylist()


def test_the_file_holds_the_table(tmp_path: Path) -> None:
    good = b"\n".join(SAMPLES)
    plain, packed, other = tmp_path / "a.ndjson", tmp_path / "a.ndjson.gz", tmp_path / "a.ndjson.zst"
    plain.write_bytes(good)
    packed.write_bytes(gzip.compress(good))
    other.write_bytes(zstandard.compress(good))
    for source in (plain, str(packed), other, good, io.BytesIO(good), [good[:100], good[100:]]):
        path = tmp_path / "out.parquet"
        assert to_parquet(source, path, row_group_rows=7) == Written(len(SAMPLES), 0)
        assert pq.ParquetFile(path).num_row_groups == -(-len(SAMPLES) // 7)
        same(path, vmcodec.decode_arrow(good))
    assert {path.name for path in tmp_path.iterdir()} == {"a.ndjson", "a.ndjson.gz", "a.ndjson.zst", "out.parquet"}


@pytest.mark.parametrize("rows", ["all", "events"])
def test_bad_records_go_to_a_file_of_their_own(tmp_path: Path, rows: Any) -> None:
    path, errors_path = tmp_path / "good.parquet", tmp_path / "bad.parquet"
    table = vmcodec.decode_arrow(LINES, errors="return", rows=rows)
    wanted = Written(table.num_rows, 2)
    for size in (1, 5, 1000):
        assert to_parquet(
            LINES, path, errors="return", errors_path=errors_path, rows=rows, row_group_rows=size
        ) == wanted  # fmt: skip
        same(path, table)
        same(errors_path, table.errors)
    assert to_parquet(b"\n".join(SAMPLES), path, errors="return", errors_path=errors_path).bad == 0
    assert pq.read_table(errors_path).num_rows == 0


def test_the_options_of_a_decoder_count(tmp_path: Path) -> None:
    decoder = Decoder(only=[EventDNOutOfService], kv_lists="skip")
    to_parquet(LINES, tmp_path / "a", decoder=decoder, rows="events", errors="return", errors_path=tmp_path / "b")
    same(tmp_path / "a", decoder.decode_arrow(LINES, rows="events", errors="return"))


def test_a_failure_leaves_no_file_and_keeps_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    with pytest.raises(DecodeError) as caught:
        to_parquet(LINES, path)
    assert caught.value.index == len(SAMPLES)
    assert list(tmp_path.iterdir()) == []
    path.write_bytes(b"old")

    def source() -> Any:
        yield LINES[:2000]
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        to_parquet(source(), path, row_group_rows=2)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("out.parquet", b"old")]
    with pytest.raises(FileNotFoundError):
        to_parquet(tmp_path / "none.ndjson", tmp_path / "out")


def test_errors_are_neither_dropped_nor_expected_where_none_are_returned(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="errors_path"):
        to_parquet(LINES, tmp_path / "a", errors="return")
    with pytest.raises(ValueError, match="errors_path"):
        to_parquet(LINES, tmp_path / "a", errors_path=tmp_path / "b")
    assert list(tmp_path.iterdir()) == []


def test_progress_is_shown_where_it_is_wanted(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "a.ndjson"
    source.write_bytes(LINES)
    options: dict[str, Any] = {"errors": "return", "errors_path": tmp_path / "b"}
    to_parquet(source, tmp_path / "out", **options)
    assert capfd.readouterr() == ("", "")
    to_parquet(source, tmp_path / "out", progress=True, **options)
    out, err = capfd.readouterr()
    assert out == "" and f"{2 * len(SAMPLES) + 2} rows, 2 bad" in err


CONVERT = """
import resource, sys, vmcodec.arrow
small, archive, path = sys.argv[1:]
vmcodec.arrow.to_parquet(small, path)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
written = vmcodec.arrow.to_parquet(archive, path)
print(written.rows, before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def converted(tmp_path: Path, suffix: str, count: int) -> tuple[int, int, int]:
    """Rows of an archive of so many events, and the peak of memory in kB before and after it is converted."""
    event = (
        b'{"id":"EventAgentReady","Server":101,"ThisDN":"%06d","time":{"seconds":%d,"useconds":%d},"AgentWorkMode":2,'
        b'"AgentID":"%d","Extensions":{"Session":"%032x","Place":"Madrid, floor 3"}}\n'
    )
    small, archive = tmp_path / f"small{suffix}", tmp_path / f"large{suffix}"
    opened: dict[str, Any] = {
        ".gz": lambda path: io.BufferedWriter(gzip.open(path, "wb", 1), 1 << 20),
        ".zst": lambda path: io.BufferedWriter(zstandard.open(path, "wb"), 1 << 20),
    }
    for path, number in ((small, 200_000), (archive, count)):
        with opened[suffix](path) as file:
            for n in range(number):
                file.write(event % (n % 5000, 1718001941 + n, n % 10**6, n % 5000, n * 7919**8))
    printed = run_python(CONVERT, str(small), str(archive), str(tmp_path / "out.parquet"))
    os.unlink(archive)
    rows, before, after = map(int, printed.split())
    return rows, before, after


def test_memory_does_not_grow_with_the_archive(tmp_path: Path) -> None:
    rows, before, after = converted(tmp_path, ".zst", 800_000)
    assert rows == 800_000
    # Four times what was written before took less than one row group more.
    assert after - before < 60_000, (before, after)


@pytest.mark.soak
@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_ten_million_events_in_bounded_memory(tmp_path: Path, suffix: str) -> None:
    rows, before, after = converted(tmp_path, suffix, 10_000_000)
    print(f"\n{rows:,} events from {suffix}: peak {after / 1024:.0f} MB, after 200,000 events {before / 1024:.0f} MB")
    assert rows == 10_000_000
    assert after - before < 60_000
