"""`iter_validate`: the same errors as `validate_lines` gives, wherever the bytes come from and however they are cut.

How much memory it takes is told in `test_stream_memory.py`.
"""

import gzip
import io
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import vmcodec
import zstandard
from support import all_told, data_of, turns, vectors
from vmcodec import Decoder, ErrorIterator
from vmcodec._vmcodec import ChunkIterator
from vmcodec.samples import BAD_SAMPLE, SAMPLES

GOOD, BAD = SAMPLES[0], BAD_SAMPLE
LINES = b"\n".join(
    [b" \t", *SAMPLES[:3], b"", BAD + b"\r"]
    + [data for bad in vectors("invalid")[:200] if isinstance(data := data_of(bad), bytes) and b"\n" not in data]
    + [GOOD]
)
WANTED = vmcodec.validate_lines(LINES)
RECORDS = len(vmcodec.decode_lines(LINES, errors="return"))


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def same(errors: ErrorIterator) -> None:
    assert all_told(errors) == all_told(WANTED)
    assert errors.records == RECORDS
    assert list(errors) == []


def test_the_stream_in_use_has_what_it_takes() -> None:
    assert len(WANTED) > 100 and RECORDS - len(WANTED) > 3
    assert (WANTED[0].index, WANTED[0].line) == (3, 6)


@pytest.mark.parametrize("size", [1, 2, 7, 100, 4096, len(LINES)])
@pytest.mark.parametrize("threads", [1, 3])
def test_bytes_may_be_cut_anywhere(size: int, threads: int) -> None:
    same(vmcodec.iter_validate(pieces(LINES, size), threads=threads))


SOURCES: dict[str, Callable[[Path], Any]] = {
    "path": lambda path: str(path),
    "gz": lambda path: path.with_suffix(".gz"),
    "zst": lambda path: path.with_suffix(".zst"),
    "bytes": lambda path: path.read_bytes(),
    "memory": lambda path: io.BytesIO(path.read_bytes()),
}


@pytest.mark.parametrize("name", SOURCES)
def test_every_source(name: str, tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(LINES)
    path.with_suffix(".gz").write_bytes(gzip.compress(LINES))
    path.with_suffix(".zst").write_bytes(zstandard.compress(LINES))
    same(vmcodec.iter_validate(SOURCES[name](path)))


def test_a_file_longer_than_what_is_checked_at_once(tmp_path: Path) -> None:
    path, copies = tmp_path / "events", 500
    path.write_bytes((LINES + b"\n") * copies)
    assert path.stat().st_size > 4 * 2**20
    errors = vmcodec.iter_validate(path, threads=2)
    assert all_told(errors) == all_told(vmcodec.validate_lines(path.read_bytes()))
    assert errors.records == RECORDS * copies
    assert errors.position == path.stat().st_size


@pytest.mark.parametrize("name", SOURCES)
def test_the_bytes_alone(name: str, tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(LINES)
    path.with_suffix(".gz").write_bytes(gzip.compress(LINES) * 2)
    path.with_suffix(".zst").write_bytes(zstandard.compress(LINES) * 2)
    chunks = ChunkIterator(SOURCES[name](path))
    assert b"".join(chunks) == LINES * (2 if name in ("gz", "zst") else 1)
    files = {"path": path, "gz": path.with_suffix(".gz"), "zst": path.with_suffix(".zst"), "bytes": path}
    assert chunks.position == (files[name].stat().st_size if name in files else None)


def test_chunks_that_are_empty_are_no_end() -> None:
    assert list(ChunkIterator([b"a", b"", b"b"])) == [b"a", b"b"]


def test_a_live_source_is_told_of_at_once() -> None:
    read, write = os.pipe()
    errors = vmcodec.iter_validate(f"/dev/fd/{read}")
    os.close(read)
    with open(write, "wb", buffering=0) as pipe:
        for line in (1, 2, 3):
            pipe.write(BAD + b"\n")  # nothing more is written until its error is there
            assert next(errors).line == line
            assert errors.records == line
    assert next(errors, None) is None


def test_a_file_object_is_told_of_at_once() -> None:
    def chunks() -> Any:
        for number in range(3):
            yield BAD + b"\n" + GOOD[:10]
            assert told == list(range(0, 2 * number + 1, 2))
            yield GOOD[10:] + b"\n"

    told: list[int] = []
    for error in vmcodec.iter_validate(chunks()):
        told.append(error.index)
    assert told == [0, 2, 4]


def test_an_oversized_record_is_one_error_and_the_rest_goes_on() -> None:
    decoder = Decoder(max_size=1000)
    errors = decoder.iter_validate([GOOD + b"\n", *[b"x" * 700] * 9, b"\n" + BAD])
    assert [(error.code, error.line, error.index) for error in errors] == [
        ("too_large", 2, 1),
        (WANTED[0].code, 3, 2),
    ]
    assert errors.records == 3


def test_options_count() -> None:
    unknown = b'{"id":"EventQueueLogout"}'
    assert list(vmcodec.iter_validate([unknown])) == []
    assert [error.code for error in Decoder(unknown="error").iter_validate([unknown])] == ["unknown_event"]
    with pytest.raises(ValueError, match="NDJSON lines carry no frames"):
        Decoder(framing="confluent").iter_validate([])
    with pytest.raises(ValueError, match="threads is 1 to"):
        vmcodec.iter_validate([], threads=0)


def test_what_a_source_raises_comes_through(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="none"):
        vmcodec.iter_validate(tmp_path / "none")
    with pytest.raises(TypeError, match="text mode"):
        next(vmcodec.iter_validate(["text"]))  # type: ignore[list-item]
    broken = tmp_path / "broken.gz"
    broken.write_bytes(gzip.compress(LINES)[:-20])
    with pytest.raises(OSError, match=r"broken\.gz"):
        list(vmcodec.iter_validate(broken))


def test_what_was_read_before_a_failure_is_told_first(tmp_path: Path) -> None:
    # The bytes at the end do not compress, so those before it can be read.
    packed = gzip.compress(b"{\n" * 10 + os.urandom(100_000).hex().encode())
    (tmp_path / "cut.gz").write_bytes(packed[:-1000])
    errors = vmcodec.iter_validate(tmp_path / "cut.gz")
    assert [next(errors).line for _ in range(10)] == list(range(1, 11))
    with pytest.raises(OSError, match=r"cut\.gz"):
        next(errors)
    assert errors.records == 10


def test_closed_it_tells_what_was_checked_and_no_more() -> None:
    errors = vmcodec.iter_validate([BAD + b"\n" + BAD + b"\n", BAD + b"\n"])
    next(errors)
    errors.close()
    assert [error.index for error in errors] == [1]


def test_other_threads_run_meanwhile() -> None:
    lines = (GOOD + b"\n") * 200_000
    counted = 0
    ended = threading.Event()

    def count() -> None:
        nonlocal counted
        while not ended.wait(0.0005):
            counted += 1

    # Nobody is made to let go of the interpreter's lock here: others run only where the stream does so by itself.
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    thread = threading.Thread(target=count)
    thread.start()
    try:
        before = counted
        for _ in turns(1, lambda: counted > before):
            assert list(vmcodec.iter_validate([lines], threads=1)) == []
        assert counted > before
    finally:
        sys.setswitchinterval(usual)
        ended.set()
        thread.join()
