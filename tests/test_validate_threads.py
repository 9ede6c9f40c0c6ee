"""Validation by several threads: the errors of every line or message by itself, wherever a thread's stretch ends."""

import os
import threading
import time
from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

import pytest
import vmcodec
from hypothesis import given, settings
from hypothesis import strategies as st
from support import all_told, run_python
from vmcodec import DecodeError, Decoder

STRETCH = 2**17  # Bytes that a thread takes at a time, in validate.rs.
THREADS = [1, 2, 3, 8, None]
TASKS = "/proc/self/task"
GOOD = b'{"id":"EventDNOutOfService","ThisDN":"2205"}'
BAD = b'{"id":"EventDNOutOfService","ThisDN":7}'
TORN = b'{"id":"EventAgentReady","ThisDN":"2205","time":{"seconds":1,"useconds"'
LONG = b'{"id":"EventDNOutOfService","ThisDN":"7","x":"%b"}' % (b"y" * (STRETCH + 1000))
LONG_BAD = LONG[:-1]
BLANK = [b"", b" ", b"\t \r"]
KINDS = [GOOD, BAD, TORN, b"\xff", b"{", *BLANK]

decoder = Decoder()


def placed(records: Iterable[tuple[int, int | None, Any]]) -> list[Any]:
    """The errors of records that are decoded one by one, told with the places given."""
    known: dict[Any, DecodeError | None] = {}
    errors = []
    for index, line, record in records:
        if record not in known:
            [result] = decoder.decode_batch([record], errors="return")
            known[record] = result if isinstance(result, DecodeError) else None
        if error := known[record]:
            kind, (code, _, offset, _, *others) = error.__reduce__()
            errors.append((kind, (code, index, offset, line, *others)))
    return errors


def wanted_of_lines(buffer: bytes) -> list[Any]:
    lines = [(number, line.removesuffix(b"\r")) for number, line in enumerate(buffer.split(b"\n"), 1)]
    records = [(number, line) for number, line in lines if line.strip(b" \t\r")]
    return placed((index, number, line) for index, (number, line) in enumerate(records))


def check_lines(buffer: bytes) -> list[Any]:
    """Any number of threads finds the same errors; which."""
    wanted = wanted_of_lines(buffer)
    for threads in THREADS:
        assert all_told(vmcodec.validate_lines(buffer, threads=threads)) == wanted
    return wanted


def check_batch(messages: list[Any]) -> list[Any]:
    wanted = placed((index, None, message) for index, message in enumerate(messages))
    for threads in THREADS:
        assert all_told(vmcodec.validate_batch(messages, threads=threads)) == wanted
    return wanted


def test_bad_records_around_the_end_of_a_stretch() -> None:
    tail = b"\r\n".join([BAD, b"", BAD, b" ", GOOD, TORN])
    # The end wanders from before the first line of the tail, over its line ends, to the last.
    for shift in range(-len(tail) - 4, 5):
        head = LONG_BAD[: STRETCH + shift] + b"\n"
        for end in (b"", b"\n", b"\r\n"):
            assert len(check_lines(head + tail + end)) == 4


def test_each_stretch_begins_where_the_one_before_ended() -> None:
    lines = [GOOD, BAD, b"", GOOD + b"\r", b" \t", TORN + b"\r"] * 10_000
    assert len(check_lines(b"\n".join(lines))) == 20_000
    messages = [GOOD, BAD, None, b"", GOOD.decode(), 7, bytes(1000), BAD.decode()] * 5_000
    assert len(check_batch(messages)) == 25_000


def test_lines_that_are_longer_than_a_stretch() -> None:
    assert check_lines(LONG) == []
    assert len(check_lines(LONG_BAD)) == 1
    lines = [GOOD, LONG, BAD, LONG_BAD, LONG, LONG, LONG_BAD, b"", TORN, LONG]
    for end in (b"\n", b"\r\n"):
        assert len(check_lines(end.join(lines))) == 4
    assert len(check_batch(lines)) == 5


def test_nothing_and_blank_lines_alone() -> None:
    for buffer in (b"", b"\n", b"\r\n" * 100_000, b" " * 300_000):
        assert check_lines(buffer) == []
    [error] = check_lines(b"\n" * 300_000 + BAD)
    assert error[1][1:4] == (0, 37, 300_001)
    assert check_batch([]) == check_batch([None] * 100) == []
    # Empty messages are work too.
    assert len(check_batch([b""] * (STRETCH + 2))) == STRETCH + 2


SEGMENTS = st.lists(
    st.tuples(
        st.sampled_from(["one", "any", "bytes", "long"]),
        st.integers(1, 3000),
        st.sampled_from(KINDS),
        st.sampled_from([b"\n", b"\r\n"]),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(segments=SEGMENTS, seed=st.integers(0, 2**32 - 1), newline=st.booleans())
def test_any_lines(segments: list[tuple[str, int, bytes, bytes]], seed: int, newline: bool) -> None:
    random = Random(seed)
    made: dict[str, Callable[[int, bytes], list[bytes]]] = {
        "one": lambda count, line: [line] * count,
        "any": lambda count, _: random.choices(KINDS, k=count),
        "bytes": lambda count, _: [random.randbytes(count)],
        "long": lambda _, line: [LONG, line, LONG_BAD],
    }
    buffer = b"".join(end.join([*made[kind](count, line), b""]) for kind, count, line, end in segments)
    check_lines(buffer if newline else buffer.removesuffix(b"\n"))
    check_batch(buffer.split(b"\n"))


def test_by_position_and_by_default() -> None:
    for door in (vmcodec, Decoder()):
        assert len(door.validate_lines(BAD, 2)) == len(door.validate_lines(BAD)) == 1
        assert len(door.validate_batch([BAD], None)) == len(door.validate_batch([BAD])) == 1


@pytest.mark.parametrize("threads", [0, -1, 2**63, 10**30, False])
def test_numbers_that_no_threads_have(threads: int) -> None:
    with pytest.raises(ValueError, match=r"^threads is 1 to \d+$"):
        vmcodec.validate_lines(b"", threads=threads)
    with pytest.raises(ValueError, match=r"^threads is 1 to \d+$"):
        vmcodec.validate_batch([], threads=threads)


@pytest.mark.parametrize("threads", ["2", 2.0, b"2", [2]])
def test_what_is_no_number_of_threads(threads: Any) -> None:
    with pytest.raises(TypeError, match="threads"):
        vmcodec.validate_lines(b"", threads=threads)
    with pytest.raises(TypeError, match="threads"):
        vmcodec.validate_batch([], threads=threads)


def test_a_buffer_that_changes_is_read_as_it_was() -> None:
    buffer = bytearray(b"\n".join([GOOD, BAD] * 50_000))
    wanted = wanted_of_lines(bytes(buffer))
    thread = threading.Timer(0.005, lambda: buffer.__setitem__(slice(None), b""))
    thread.start()
    found = all_told(vmcodec.validate_lines(buffer, threads=3))
    thread.join()
    assert found in (wanted, [])


def helpers_of(call: Callable[[], list[DecodeError]], wanted: int = 0) -> int:
    """How many threads a call has beside its own, at most. On a busy machine it may take some tries to see them."""
    most, stop = 0, threading.Event()
    time.sleep(0.05)  # The system lists a thread a moment longer than it lives.
    before = len(os.listdir(TASKS)) + 1  # The watcher is one more. Some are not of Python's making.

    def watch() -> None:
        nonlocal most
        while not stop.is_set():
            most = max(most, len(os.listdir(TASKS)))
            time.sleep(0.0005)

    def settle() -> None:
        deadline = time.monotonic() + 1
        while len(os.listdir(TASKS)) > before and time.monotonic() < deadline:
            time.sleep(0.001)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for _ in range(50):
            assert call() == []
            settle()
            if most >= before + wanted:
                break
    finally:
        stop.set()
        watcher.join()
    return max(most - before, 0)


@pytest.mark.skipif(not os.path.isdir(TASKS), reason="needs /proc")
@pytest.mark.parametrize("door", ["lines", "batch"])
def test_as_many_threads_work_as_were_asked_for(door: str) -> None:
    def call(threads: int | None) -> list[DecodeError]:
        if door == "lines":
            return vmcodec.validate_lines(buffer, threads=threads)
        return vmcodec.validate_batch(messages, threads=threads)

    buffer, messages = (GOOD + b"\n") * 1_000_000, [GOOD] * 1_000_000
    assert helpers_of(lambda: call(1)) == 0
    assert helpers_of(lambda: call(4), 3) == 3
    # No more than there are stretches.
    assert helpers_of(lambda: vmcodec.validate_lines(LONG + b"\n" + LONG, threads=10**9)) <= 2
    processors = os.sched_getaffinity(0)
    if len(processors) > 1 and not quota():
        assert helpers_of(lambda: call(None), len(processors) - 1) == len(processors) - 1
    try:
        os.sched_setaffinity(0, {min(processors)})
        assert helpers_of(lambda: call(None)) == 0
    finally:
        os.sched_setaffinity(0, processors)


def quota() -> bool:
    """Whether this container's processors are rationed."""
    limits = Path("/sys/fs/cgroup").glob("cpu*/cpu.cfs_quota_us"), Path("/sys/fs/cgroup").glob("cpu.max")
    return any(not path.read_text().startswith(("max", "-1")) for path in chain(*limits))


def test_the_caller_does_it_all_where_there_are_no_threads_to_be_had() -> None:
    # No thread gets a stack of that size.
    code = """
import vmcodec
good, bad = b'{"id":"X"}', b'{"id":7}'
errors = vmcodec.validate_lines(b"\\n".join([good, bad] * 100_000), threads=4)
print(len(errors), {error.index % 2 for error in errors}, errors[-1].line)
print(len(vmcodec.validate_batch([good, bad] * 100_000, threads=4)))
"""
    assert run_python(code, RUST_MIN_STACK=str(2**60)) == "100000 {1} 200000\n100000\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_process_forked_in_the_middle_can_validate() -> None:
    code = """
import os, threading, time, vmcodec, warnings
warnings.simplefilter("ignore", DeprecationWarning)
buffer = b'{"id":"X"}\\n' * 1_000_000 + b"{"
thread = threading.Thread(target=lambda: [vmcodec.validate_lines(buffer, threads=3) for _ in range(8)])
thread.start()
for _ in range(5):
    time.sleep(0.02)
    child = os.fork()
    if child == 0:
        os._exit(len(vmcodec.validate_lines(buffer, threads=3)))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), end=" ")
thread.join()
"""
    assert run_python(code) == "1 " * 5
