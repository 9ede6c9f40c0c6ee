"""Sixteen threads on the same objects, and what is handed in changed in the middle of a call by whoever can.

`test_contract_threads.py` has buffers and lists that another thread changes all the time.
"""

import mmap
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
import vmcodec
from support import all_told, data_of, vectors
from vmcodec import DecodeError, Decoder, Encoder, KVList

OUT = b'{"id":"EventDNOutOfService","ThisDN":"%d"}'
MANY = 16


@pytest.fixture(autouse=True)
def eager_threads() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def together(work: Callable[[int], Any]) -> list[Any]:
    """What the work gives in each of sixteen threads, which begin at once."""
    barrier = threading.Barrier(MANY)

    def run(number: int) -> Any:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(MANY) as pool:
        return list(pool.map(run, range(MANY)))


def samples() -> list[Any]:
    plain = [vector for name in ("valid", "invalid") for vector in vectors(name) if "options" not in vector]
    return [data_of(vector) for vector in plain]


def test_sixteen_threads_on_one_decoder_and_one_encoder() -> None:
    decoder, encoder = Decoder(kv_lists="lazy"), Encoder()
    messages = samples()
    results = decoder.decode_batch(messages, errors="return")
    wanted, wanted_errors = all_told(results), all_told(decoder.validate_batch(messages))
    good: list[Any] = [result for result in results if not isinstance(result, DecodeError) and result is not None]
    written = encoder.encode_batch(good)
    names = decoder.decode_arrow(messages, errors="return", threads=1).column_names

    def work(number: int) -> None:
        for turn in range(4):
            match (number + turn) % 4:
                case 0:
                    assert all_told(decoder.decode_batch(messages, errors="return")) == wanted
                case 1:
                    assert all_told(decoder.validate_batch(messages, threads=2)) == wanted_errors
                case 2:
                    table = decoder.decode_arrow(messages, errors="return", threads=2)
                    assert (table.num_rows, table.column_names) == (len(messages), names)
                case _:
                    assert encoder.encode_batch(good) == written

    together(work)


def test_lazy_values_that_all_look_into_first() -> None:
    lazy = [KVList(b'{"k":[%d,{"l":"m"}],"n":null}' % number) for number in range(300)]

    def work(_: int) -> list[Any]:
        return [(value, value["k"], len(value), dict(value), hash(value.raw)) for value in lazy]

    seen = together(work)
    assert all(found == seen[0] for found in seen)
    # One dict was made of each, whoever was first.
    assert all(mine[1] is other[1] for found in seen for mine, other in zip(found, seen[0], strict=True))


def test_one_table_is_read_by_all() -> None:
    table = vmcodec.decode_arrow([OUT % number for number in range(500)] * 4, threads=2)
    wanted = table.to_events()
    for events, capsule, rows in together(lambda _: (table.to_events(), table.__arrow_c_stream__(), len(table.errors))):
        assert events == wanted
        assert capsule is not None
        assert rows == 0


def lines(count: int) -> list[bytes]:
    return [OUT % number + b"\n" for number in range(count)]


BUSY = "the iterator is in use: by another thread, or by its own source, which called back"


def test_one_iterator_is_shared_or_says_that_it_is_in_use(tmp_path: Any) -> None:
    """Each record goes to one thread. Who comes while another reads the source is told so, and may come again."""
    path = tmp_path / "events.ndjson"
    path.write_bytes(b"".join(lines(4000)))
    for source in (path, lines(4000), (line for line in lines(4000))):
        events = vmcodec.iter_decode(source, batch_size=10)

        def work(_: int, events: Any = events) -> list[str]:
            mine: list[str] = []
            while True:
                try:
                    mine.append(next(events).this_dn)
                except StopIteration:
                    return mine
                except RuntimeError as error:
                    assert str(error) == BUSY

        taken = sorted(int(number) for mine in together(work) for number in mine)
        assert taken == list(range(4000))


STREAMS: dict[str, Callable[[Any], Any]] = {
    "iter_decode": vmcodec.iter_decode,
    "iter_validate": vmcodec.iter_validate,
    "iter_arrow": vmcodec.iter_arrow,
}


@pytest.mark.parametrize("name", STREAMS)
def test_an_iterator_that_waits_for_its_source_refuses_other_threads(name: str) -> None:
    entered, leave = threading.Event(), threading.Event()

    def chunks() -> Iterator[bytes]:
        entered.set()
        leave.wait()
        yield OUT % 7 + b"\n{\n"

    stream = STREAMS[name](chunks())
    reader = threading.Thread(target=lambda: next(stream))
    reader.start()
    entered.wait()
    for call in (lambda: next(stream), stream.close):
        with pytest.raises(RuntimeError, match=f"^{BUSY}$"):
            call()
    leave.set()
    reader.join()
    stream.close()


# Changes in the middle


class Meddling(list[Any]):
    """A list that changes, and changes others, wherever somebody looks at it."""

    def __init__(self, items: Any, meddle: Callable[[], Any]) -> None:
        super().__init__(items)
        self.meddle = meddle

    def __len__(self) -> int:
        self.meddle()
        return super().__len__()

    def __getitem__(self, place: Any) -> Any:
        self.meddle()
        return super().__getitem__(place)

    def __iter__(self) -> Iterator[Any]:
        self.meddle()
        for item in list(super().__iter__()):
            self.meddle()
            yield item


def test_containers_that_change_while_they_are_taken() -> None:
    buffers = [bytearray(OUT % number) for number in range(20)]

    def meddle() -> None:
        for buffer in buffers:
            buffer[:] = OUT % 77
        list.append(meddling, OUT % 78)
        if list.__len__(meddling) > 40:
            list.__setitem__(meddling, slice(None), buffers)

    meddling = Meddling(buffers, meddle)
    for call in (vmcodec.decode_batch, lambda messages: vmcodec.decode_arrow(messages).to_events()):
        results: Any = call(meddling)
        assert {event.this_dn for event in results} <= {"77", "78"}
        assert len(results) >= 20
    assert vmcodec.validate_batch(meddling, threads=2) == []
    events = Meddling(vmcodec.decode_batch(buffers), lambda: list.reverse(events))
    assert len(vmcodec.encode_batch(events)) == 20


def test_a_bytearray_is_free_to_change_once_it_was_taken() -> None:
    """Calls keep no hold of a buffer: it can be resized while its records are decoded, and while a stream is read."""
    buffer = bytearray(b"".join(lines(100)))
    stream: Any = vmcodec.iter_decode(memoryview(buffer)[:], batch_size=1)
    assert next(stream).this_dn == "0"
    with pytest.raises(BufferError):
        view = memoryview(buffer)
        buffer.clear()
    view.release()
    buffer.clear()
    assert [event.this_dn for event in stream] == [str(number) for number in range(1, 100)]


def test_maps_and_views() -> None:
    whole = b"".join(lines(50))
    wanted = vmcodec.decode_lines(whole)
    with mmap.mmap(-1, len(whole)) as mapped:
        mapped[:] = whole
        stream = vmcodec.iter_decode(mapped)
        assert vmcodec.decode_lines(mapped) == vmcodec.decode_lines(memoryview(whole)[::1]) == wanted
        # It has `read`, so a stream of it is that of a file.
        assert list(stream) == wanted
        mapped[:] = bytes(len(whole))
    twice = bytes(byte for byte in whole for _ in range(2))
    assert vmcodec.decode_lines(memoryview(twice)[::2]) == wanted


@pytest.mark.skipif(sys.version_info < (3, 12), reason="new in 3.12")
def test_a_buffer_of_a_class_that_meddles() -> None:
    other = bytearray(b"".join(lines(50)))

    class Buffer:
        def __buffer__(self, flags: int) -> memoryview:
            vmcodec.decode_lines(bytes(other))
            other[:] = lines(1)[0]
            return memoryview(other)

    buffer: Any = Buffer()
    assert vmcodec.decode_lines(buffer) == vmcodec.decode_lines(lines(1)[0])
    assert vmcodec.validate_lines(buffer) == []


# Signals


class Alarm(Exception):
    """Raised by a handler."""


def interrupted(call: Callable[[], Any], handler: Callable[[], Any], *, once: bool = False) -> Any:
    """What the call gives, while the handler runs every millisecond, or once after the first."""

    def ring(*_: object) -> None:
        handler()

    usual = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0 if once else 0.001)
        return call()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, usual)


@pytest.mark.parametrize("door", ["decode_batch", "decode_lines", "iter_decode", "validate_lines", "decode_arrow"])
def test_a_handler_decodes_with_the_same_decoder(door: str) -> None:
    decoder, ran = Decoder(), 0
    messages = [OUT % (number % 50) for number in range(60_000)]
    whole = b"\n".join([*messages, b"{"])
    wanted = decoder.decode_batch(messages)

    def handler() -> None:
        nonlocal ran
        ran += 1
        assert decoder.decode_batch([messages[7], b"{"], errors="return")[0] == wanted[7]
        assert len(decoder.validate_lines(b"{\n{", threads=2)) == 2
        assert decoder.decode_arrow([messages[7]]).num_rows == 1
        with pytest.raises(DecodeError):
            decoder.decode(b"{")

    calls: dict[str, Callable[[], Any]] = {
        "decode_batch": lambda: decoder.decode_batch(messages),
        "decode_lines": lambda: decoder.decode_lines(whole, errors="return")[:-1],
        "iter_decode": lambda: list(decoder.iter_decode([whole], errors="return", batch_size=10**6))[:-1],
        "validate_lines": lambda: wanted * len(decoder.validate_lines(whole * 20 + b"\n", threads=2)),
        "decode_arrow": lambda: decoder.decode_arrow(whole, errors="return", rows="events").to_events(),
    }
    # How often it may ring in a call is the machine's affair.
    for _ in range(20):
        found = interrupted(calls[door], handler)
        assert found[: len(wanted)] == wanted
        if ran >= 3:
            break
    assert ran >= 3


def test_a_handler_that_raises_ends_the_call_and_nothing_else() -> None:
    decoder, encoder = Decoder(), Encoder()
    messages = [OUT % (number % 50) for number in range(300_000)]
    events = decoder.decode_batch(messages)

    def handler() -> None:
        raise Alarm

    calls: list[tuple[Callable[[Any], Any], Any]] = [
        (decoder.decode_batch, messages),
        (decoder.decode_batch, iter(messages)),
        (partial(decoder.validate_batch, threads=2), messages),
        (partial(decoder.decode_arrow, threads=2), messages),
        (encoder.encode_batch, events),
        (encoder.encode_lines, events),
    ]
    for call, argument in calls:
        given: list[Any] = []
        with pytest.raises(Alarm):
            # No code of Python's runs between the end of a call and `given`: one that went on leaves its result there.
            interrupted(partial(given.extend, map(call, [argument])), handler, once=True)
        assert given == []
        assert decoder.decode_batch(messages[:100]) == events[:100]
        assert encoder.encode_batch(events[:100]) == messages[:100]
