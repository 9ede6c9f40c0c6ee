"""`iter_decode`: every kind of source, bytes cut anywhere, errors on the way, oversized records.

The measure is `decode_lines` on the same bytes. How much memory a stream takes is told in `test_stream_memory.py`.
"""

import collections
import gzip
import io
import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import vmcodec
import zstandard
from support import all_told, told
from vmcodec import BaseEvent, DecodeError, Decoder, EventDNOutOfService, EventIterator

OUT = b'{"id":"EventDNOutOfService","ThisDN":"7011"}'
EVENT = EventDNOutOfService(this_dn="7011")
LINES = (
    b"\n \t\r\n"
    b'{"id":"EventDNOutOfService","ThisDN":"\xe2\x82\xac\\u20ac\xf0\x9f\x98\x80\\ud83d\\ude00"}\r\n'
    b'{"id":"EventQueueLogout","k":"\\\\"}\n'
    b'{"id":"EventDNOutOfService","ThisDN":7}\n\n'
    b'{"id":"EventDNOutOfService","ThisDN":"\\"","Extensions":{"\xc3\xa9":[1,{}]}}\r\n'
    b'{"id":"EventDNBackInService","ThisDN":"\xff"}\n'
    b'{"id":"EventDNBackInService","ThisDN":"last"}'
)
WANTED = all_told(vmcodec.decode_lines(LINES, errors="return"))


def read(source: Any, **options: Any) -> list[Any]:
    return all_told(vmcodec.iter_decode(source, errors="return", **options))


def without_raw(result: Any) -> Any:
    """What a raised error and a returned one have in common, or the result itself."""
    return told(result)[1][:-1] if isinstance(result, DecodeError) else result


def chunks(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def test_the_stream_in_use_has_what_it_takes() -> None:
    assert len(WANTED) == 6
    assert [result.path for result in vmcodec.validate_lines(LINES)] == ["$.ThisDN", "$.ThisDN"]


# Sources


@pytest.mark.parametrize("place", range(len(LINES) + 1))
def test_cut_in_two_at_every_byte(place: int) -> None:
    assert read([LINES[:place], LINES[place:]]) == WANTED
    assert read([LINES[:place], b"", LINES[place:]], batch_size=1) == WANTED


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64, 1000])
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_cut_into_pieces(size: int, kind: Callable[[bytes], Any]) -> None:
    for batch_size in (1, 2, 3, 1000, 2**62):
        assert read(map(kind, chunks(LINES, size)), batch_size=batch_size) == WANTED


@pytest.mark.parametrize("tail", [b"", b"\n", b"\r\n", b"\n\n \n", b"\r"])
def test_ends(tail: bytes) -> None:
    wanted = all_told(vmcodec.decode_lines(LINES + tail, errors="return"))
    assert len(wanted) == len(WANTED)
    assert read(chunks(LINES + tail, 1)) == read(LINES + tail) == wanted


@pytest.mark.parametrize("nothing", [b"", b"\n", b" \r\n\t\n"])
def test_nothing(nothing: bytes, tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.write_bytes(nothing)
    for source in (nothing, [], [nothing, nothing], io.BytesIO(nothing), path):
        assert read(source) == []


def compressed(name: str, data: bytes) -> bytes:
    """The bytes as a file of this name holds them, in several members or frames where it can."""
    if name.endswith(".gz"):
        return b"".join(gzip.compress(part) for part in chunks(data, 50))
    if name.endswith(".zst"):
        return b"".join(zstandard.compress(part) for part in chunks(data, 50))
    return data


@pytest.mark.parametrize("name", ["events", "events.ndjson", "events.ndjson.gz", "events.zst", "gz", "é.gz"])
def test_paths(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(compressed(name, LINES))
    assert read(path) == read(str(path)) == WANTED
    with os.scandir(tmp_path) as entries:
        assert [read(entry) for entry in entries] == [WANTED]


@pytest.mark.parametrize("name", ["one.gz", "one.zst"])
def test_one_member_of_a_large_file(name: str, tmp_path: Path) -> None:
    data = LINES + b"\n" + OUT + b"\n"
    path = tmp_path / name
    path.write_bytes((gzip.compress if name == "one.gz" else zstandard.compress)(data * 20_000))
    found = 0
    for result in vmcodec.iter_decode(path, errors="return"):
        found += 1
        if found % 7 == 0:
            assert result == EVENT
    assert found == 7 * 20_000


@pytest.mark.parametrize("name", ["nothing.gz", "nothing.zst"])
def test_a_compressed_file_of_no_bytes_is_cut_off(name: str, tmp_path: Path) -> None:
    # The tools gzip and zstd say so too: what lost all its bytes must not pass for an empty stream.
    (tmp_path / name).touch()
    with pytest.raises(OSError, match=name):
        read(tmp_path / name)


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(LINES)
    assert read(io.BytesIO(LINES)) == WANTED
    with path.open("rb") as buffered, path.open("rb", buffering=0) as raw:
        assert read(buffered) == read(raw) == WANTED
    with gzip.open(io.BytesIO(gzip.compress(LINES))) as unpacked:
        assert read(unpacked) == WANTED


def test_a_file_may_give_less_than_it_is_asked_for() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            assert size
            return super().read(min(size, 3))

    assert read(Slow(LINES)) == WANTED


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_buffers(kind: Callable[[bytes], Any]) -> None:
    assert read(kind(LINES)) == read(kind(LINES), batch_size=1) == WANTED


@pytest.mark.parametrize("options", [{"kv_lists": "lazy"}, {"only": (EventDNOutOfService,)}, {"extra": "forbid"}])
def test_the_decoders_options_hold(options: dict[str, Any]) -> None:
    decoder: Decoder[Any] = Decoder(**options)
    wanted = all_told(decoder.decode_lines(LINES, errors="return"))
    assert all_told(decoder.iter_decode(chunks(LINES, 9), errors="return")) == wanted


@pytest.mark.parametrize("source", [None, 5, 1.5, object(), OUT.decode])
def test_wrong_sources(source: Any) -> None:
    with pytest.raises(TypeError, match=type(source).__name__):
        vmcodec.iter_decode(source)


@pytest.mark.parametrize("source", [io.StringIO(OUT.decode()), [OUT.decode()], [OUT, 5], iter([None]), [[OUT]]])
def test_text_and_other_chunks_are_refused(source: Any) -> None:
    with pytest.raises(TypeError, match="bytes"):
        collections.deque(vmcodec.iter_decode(source), maxlen=0)


@pytest.mark.parametrize("batch_size", [0, -1])
def test_wrong_batch_sizes(batch_size: int) -> None:
    with pytest.raises(ValueError, match="batch_size"):
        vmcodec.iter_decode(LINES, batch_size=batch_size)


# Failures of the source


@pytest.mark.parametrize("name", ["missing", "missing.gz", "missing.zst"])
def test_missing_files(name: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        list(vmcodec.iter_decode(tmp_path / name))
    assert os.fspath(caught.value.filename) == str(tmp_path / name)
    assert caught.value.errno == 2


def test_directories(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        list(vmcodec.iter_decode(tmp_path))


@pytest.mark.parametrize("name", ["bad.gz", "bad.zst"])
@pytest.mark.parametrize("damage", ["cut", "flipped", "not compressed", "junk behind"])
def test_corrupt_files(name: str, damage: str, tmp_path: Path) -> None:
    data = (OUT + b"\n") * 100_000
    packed = gzip.compress(data) if name == "bad.gz" else zstandard.compress(data)
    damaged = {
        "cut": packed[:-5],
        "flipped": packed[: len(packed) // 2] + b"\xff" * 20 + packed[len(packed) // 2 + 20 :],
        "not compressed": data,
        "junk behind": packed + b"junk",
    }
    path = tmp_path / name
    path.write_bytes(damaged[damage])
    found = 0
    with pytest.raises(OSError, match=name):
        for result in vmcodec.iter_decode(path, errors="return"):
            found += 1
            assert result == EVENT or damage == "flipped"
    if damage == "junk behind":
        assert found == 100_000


def test_an_exception_of_the_source_comes_after_what_was_read() -> None:
    def broken() -> Iterator[bytes]:
        yield OUT + b"\n" + OUT + b"\n" + OUT[:9]
        raise LookupError("mine")

    events = vmcodec.iter_decode(broken())
    assert [next(events), next(events)] == [EVENT, EVENT]
    with pytest.raises(LookupError, match="mine"):
        next(events)


# The iterator


def test_it_is_an_iterator_that_stays_at_its_end() -> None:
    events = vmcodec.iter_decode(OUT)
    assert isinstance(events, EventIterator)
    assert iter(events) is events
    assert list(events) == [EVENT]
    assert next(events, None) is next(events, None) is None


def test_raise_carries_on_behind_a_bad_record() -> None:
    for size, batch_size in itertools.product((1, 40, 10**6), (1, 2, 1000)):
        events = vmcodec.iter_decode(chunks(LINES, size), batch_size=batch_size)
        results: list[Any] = []
        while True:
            try:
                results.append(next(events))
            except DecodeError as error:
                assert error.raw is None
                results.append(error)
            except StopIteration:
                break
        wanted = vmcodec.decode_lines(LINES, errors="return")
        assert list(map(without_raw, results)) == list(map(without_raw, wanted))


def test_no_more_chunks_are_taken_than_the_next_record_needs() -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield OUT + b"\n"

    events = vmcodec.iter_decode(endless())
    for count in range(1, 50):
        assert next(events) == EVENT
        assert taken <= count + 1


def test_a_file_is_not_read_far_ahead() -> None:
    file = io.BytesIO((OUT + b"\n") * 200_000)
    next(vmcodec.iter_decode(file))
    assert file.tell() <= 2**20


made = 0


class Counted(BaseEvent, frozen=True, kw_only=True):
    """Counts its instances."""

    def __post_init__(self) -> None:
        global made
        made += 1


@pytest.mark.parametrize("batch_size", [1, 10, 1000])
def test_at_most_a_batch_is_decoded_ahead(batch_size: int) -> None:
    global made
    made = 0
    events = Decoder(events=(Counted,)).iter_decode(b'{"id":"Counted"}\n' * 3000, batch_size=batch_size)
    for count in range(1, 3001):
        next(events)
        assert made <= count + batch_size - 1
    assert made == 3000


# Oversized records


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
@pytest.mark.parametrize("length", [98, 99, 100, 101, 102, 103, 250, 5000])
def test_oversized_records_are_refused_and_passed_over(length: int, end: bytes) -> None:
    decoder = Decoder(max_size=100)
    record = b'{"id":"EventDNOutOfService","ThisDN":"%b"}' % (b"7" * (length - 40))
    data = OUT + b"\n\n" + record + end + (b"\n" + OUT + b"\r\n" if end else b"")
    wanted = decoder.decode_lines(data, errors="return")
    assert [isinstance(result, DecodeError) for result in wanted] == [False, length > 100, False][: len(wanted)]
    for size in (1, 7, 99, 100, 101, 102, 150, 10**6):
        results = list(decoder.iter_decode(chunks(data, size), errors="return"))
        assert len(results) == len(wanted)
        for result, want in zip(results, wanted, strict=True):
            if not isinstance(want, DecodeError):
                assert result == want
                continue
            assert isinstance(result, DecodeError)
            assert (result.code, result.index, result.line, result.offset) == ("too_large", 1, 3, 100)
            assert without_raw(result) == without_raw(want)
            # The rest may be gone, but what is kept is the record's own beginning.
            assert result.raw
            assert want.raw is not None
            assert len(result.raw) > 100
            assert want.raw.startswith(result.raw.removesuffix(b"\r"))


def test_lines_count_on_behind_an_oversized_record() -> None:
    decoder = Decoder(max_size=50)
    data = b"x" * 200 + b"\n\n" + b"y" * 300 + b"\r\n" + OUT + b"\n{"
    wanted = decoder.decode_lines(data, errors="return")
    for size in (1, 10, 60, 500):
        results = decoder.iter_decode(chunks(data, size), errors="return")
        assert list(map(without_raw, results)) == list(map(without_raw, wanted))


def test_a_long_blank_line_is_no_record() -> None:
    data = b" " * 300 + b"\n" + OUT
    decoder = Decoder(max_size=50)
    assert decoder.decode_lines(data) == [EVENT]
    for size in (1, 60, 500):
        assert all_told(decoder.iter_decode(chunks(data, size), errors="return")) == [EVENT]
