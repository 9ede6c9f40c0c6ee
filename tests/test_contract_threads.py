"""Threads on one decoder, buffers that change under a call, and memory after a million records."""

import gc
import itertools
import os
import pickle
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import vmcodec
from support import all_told, data_of, turns, vectors
from vmcodec import DecodeError, Decoder, Encoder, EventDNOutOfService

OUT = b'{"id":"EventDNOutOfService","ThisDN":"%b"}'


@pytest.fixture(autouse=True)
def eager_threads() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@contextmanager
def meanwhile(call: Callable[[], Any]) -> Iterator[None]:
    """Another thread makes the call again and again."""
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            call()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def samples() -> list[bytes]:
    plain = [vector for name in ("valid", "forms", "invalid") for vector in vectors(name) if "options" not in vector]
    return [data_of(vector) for vector in plain if "item" not in vector]


def test_eight_threads_on_one_decoder() -> None:
    decoder, encoder = Decoder(), Encoder()
    messages = samples()
    lines = b"\n".join(message for message in messages if b"\n" not in message)
    wanted = all_told(decoder.decode_batch(messages, errors="return"))
    wanted_lines = all_told(decoder.decode_lines(lines, errors="return"))
    wanted_errors = all_told(decoder.validate_lines(lines))
    good = [result for result in wanted if not isinstance(result, tuple)]
    wanted_bytes = encoder.encode_lines(good)
    assert len(good) > 500
    failures: list[Any] = []
    start = threading.Barrier(8)

    def work(number: int) -> None:
        start.wait()
        try:
            for turn in range(4):
                match (number + turn) % 4:
                    case 0:
                        assert all_told(decoder.decode_batch(messages, errors="return")) == wanted
                    case 1:
                        assert all_told(decoder.decode_lines(lines, errors="return")) == wanted_lines
                    case 2:
                        assert all_told(decoder.iter_decode(lines, errors="return", batch_size=50)) == wanted_lines
                    case _:
                        assert all_told(decoder.validate_lines(lines)) == wanted_errors
                assert encoder.encode_lines(good) == wanted_bytes
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert gc.isenabled()


ODD, EVEN = OUT % (b"1" * 40), OUT % b'","Extensions":{"k":[2,2,2]},"x":"'
STATES = [(b"".join([record, b"\n"]) * 500) for record in (ODD, EVEN)]


@pytest.mark.parametrize("view", [lambda buffer: buffer, memoryview])
def test_a_buffer_changed_by_another_thread_is_read_in_one_state(view: Callable[[bytearray], Any]) -> None:
    assert len(ODD) != len(EVEN)
    states = STATES if view is not memoryview else [STATES[0], STATES[0].replace(b"1", b"2")]
    wanted = [vmcodec.decode_lines(state) for state in states]
    buffer = bytearray(states[0])
    turn = iter(range(10**9))

    def change() -> None:
        buffer[:] = states[next(turn) % 2]

    seen: set[int] = set()
    with meanwhile(change):
        for _ in turns(150, lambda: len(seen) == 2):
            found = vmcodec.decode_lines(view(buffer))
            assert found in wanted
            seen.add(wanted.index(found))
            assert vmcodec.validate_lines(view(buffer)) == []
            assert list(vmcodec.iter_decode(view(buffer))) in wanted
    assert seen == {0, 1}


def test_items_changed_by_another_thread_are_read_in_one_state() -> None:
    states = {"1": OUT % b"1", "22": OUT % b"22", "empty_input": b""}
    buffers = [bytearray(OUT % b"1") for _ in range(300)]
    numbers = itertools.count()

    def change() -> None:
        number = next(numbers)
        # In each round every buffer gets another state than in the one before.
        buffers[number % 300][:] = [*states.values()][(number + number // 300) % 3]

    def told(result: Any) -> str:
        return str(result.code if isinstance(result, DecodeError) else result.this_dn)

    seen: set[str] = set()
    with meanwhile(change):
        for _ in turns(150, lambda: len(seen) == 3):
            seen.update(map(told, vmcodec.decode_batch(buffers, errors="return")))
            assert {error.code for error in vmcodec.validate_batch(buffers)} <= {"empty_input"}
    assert seen == states.keys()


def test_a_list_changed_by_another_thread_is_read_in_one_state() -> None:
    messages = [OUT % b"1"] * 1000

    def change() -> None:
        messages.clear()
        messages.extend([OUT % b"1"] * 1000)

    seen: set[int] = set()
    with meanwhile(change):
        for _ in turns(300, lambda: len(seen) == 2):
            events = vmcodec.decode_batch(messages)
            assert set(events) <= {EventDNOutOfService(this_dn="1")}
            seen.add(len(events))
            assert vmcodec.validate_batch(messages) == []
    assert seen == {0, 1000}


def test_threads_run_while_records_are_validated() -> None:
    lines = (OUT % b"1" + b"\n") * 500_000
    counted = 0

    def count() -> None:
        nonlocal counted
        counted += 1
        time.sleep(0.0005)

    # Nobody is made to let go of the interpreter's lock here: others run only where a call does so by itself.
    sys.setswitchinterval(1000)
    with meanwhile(count):
        before = counted
        for _ in turns(1, lambda: counted > before):
            assert vmcodec.validate_lines(lines) == []
        assert counted > before


def resident() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def test_memory_does_not_creep() -> None:
    messages = samples()
    lazy, skipping = Decoder(kv_lists="lazy"), Decoder(extra="forbid", only=(EventDNOutOfService,))
    encoder = Encoder()

    def work() -> None:
        for _ in range(8):
            results = vmcodec.decode_batch(messages, errors="return")
            errors = [result for result in results if isinstance(result, DecodeError)]
            pickle.loads(pickle.dumps(errors))
            encoder.encode_batch([result for result in results if not isinstance(result, DecodeError)])
            for result in lazy.decode_batch(messages, errors="return"):
                str(getattr(result, "user_data", None))
            skipping.validate_batch(messages)
            collected = [*skipping.iter_decode((message + b"\n" for message in messages), errors="return")]
            assert collected
            Decoder(max_depth=7)
        gc.collect()

    for _ in range(3):
        work()
    before = resident()
    for _ in range(6):
        work()
    # A single byte leaked for each of these records would be 0.1 MB, one object 3 MB.
    assert resident() - before < 3
