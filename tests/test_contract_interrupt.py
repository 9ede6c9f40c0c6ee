"""Ctrl-C ends every long call soon: a process of its own is sent SIGINT in the middle of one.

The latencies are printed; the promise is 50 ms, what is asserted is that a slow machine keeps it within seconds.
"""

import signal
import subprocess
import sys
import time
from typing import Any

import pytest
import vmcodec
from support import new_environment

SETUP = """
import collections, gc, itertools, os, signal, sys, time
from functools import partial
import vmcodec
from vmcodec import Decoder, Encoder, EventDNOutOfService

signal.signal(signal.SIGINT, signal.default_int_handler)
# Floats make a record slow to check for its size, so that a long call needs little memory.
record = b'{"id":"EventDNOutOfService","ThisDN":"7","x":[' + b"1.5e10," * 300 + b"0]}"
small = b'{"id":"x"}'
nothing = Decoder(only=())
exhaust = partial(collections.deque, maxlen=0)
{setup}
gc.disable() if sys.argv[1] == "off" else gc.enable()
given = []
try:
    print("ready", flush=True)
    # No code of Python's runs between the end of the call and `given`: one that ignored the signal leaves its result.
    given.extend(map({function}, [{argument}]))
except KeyboardInterrupt:
    print("interrupted", time.monotonic(), gc.isenabled(), len(given), flush=True)
else:
    print("finished", flush=True)
"""
BUFFER, MESSAGES = "buffer = (record + b'\\n') * 200_000", "messages = [record] * 1_000_000"
EVENTS = "event = EventDNOutOfService(this_dn='7', extensions={'k': [0.1] * 100}); events = [event] * 600_000"
CALLS = {
    "decode_batch": (MESSAGES, "nothing.decode_batch", "messages"),
    "decode_batch, small": ("messages = [small] * 20_000_000", "nothing.decode_batch", "messages"),
    "decode_lines": (BUFFER, "nothing.decode_lines", "buffer"),
    "decode_arrow": (BUFFER, "partial(nothing.decode_arrow, threads=1)", "buffer"),
    "validate_lines": (BUFFER, "nothing.validate_lines", "buffer"),
    "validate_batch": (MESSAGES, "nothing.validate_batch", "messages"),
    "validate_lines, 2 threads": (BUFFER, "partial(nothing.validate_lines, threads=2)", "buffer"),
    "validate_batch, 2 threads": (MESSAGES, "partial(nothing.validate_batch, threads=2)", "messages"),
    "iter_decode": ("chunks = itertools.repeat(record + b'\\n')", "exhaust", "nothing.iter_decode(chunks)"),
    "iter_decode, one buffer": (BUFFER, "exhaust", "nothing.iter_decode(buffer, batch_size=10**9)"),
    "iter_decode, oversized": (
        "chunks = itertools.repeat(b'x' * 2**20)",
        "exhaust",
        "nothing.iter_decode(chunks, errors='return')",
    ),
    "iter_decode, a silent pipe": ("read, write = os.pipe()", "exhaust", "nothing.iter_decode(f'/dev/fd/{read}')"),
    "iter_validate": (BUFFER, "exhaust", "nothing.iter_validate(buffer, threads=1)"),
    "iter_arrow": (BUFFER, "exhaust", "nothing.iter_arrow(buffer, threads=1)"),
    "encode_batch": (EVENTS, "Encoder().encode_batch", "events"),
    "encode_lines": (EVENTS, "Encoder().encode_lines", "events"),
}
MORE = {
    "decode_lines, blank": ("buffer = b'\\n' * 600_000_000", "nothing.decode_lines", "buffer"),
    "validate_lines, blank": (
        "buffer = b'\\n' * 600_000_000",
        "partial(nothing.validate_lines, threads=2)",
        "buffer",
    ),
    "validate_batch, None": ("messages = [None] * 50_000_000", "nothing.validate_batch", "messages"),
    "decode_batch, None": ("messages = [None] * 50_000_000", "nothing.decode_batch", "messages"),
    "decode, one huge record": (
        "one = Decoder(max_size=2**40)\nbuffer = "
        'b\'{"id":"EventDNOutOfService","ThisDN":"7","Extensions":{"x":[\' + b\'1.5e10,\' * 60_000_000 + b\'0]}}\'',
        "one.decode",
        "buffer",
    ),
}


def latency(setup: str, function: str, argument: str, collector: str) -> float | None:
    """Seconds from the signal to the exception, in the middle of the call; None where it was over before the signal."""
    code = SETUP.replace("{setup}", setup).replace("{function}", function).replace("{argument}", argument)
    command = [sys.executable, "-c", code, collector]
    with subprocess.Popen(command, env=new_environment({}), stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout
            assert child.stdout.readline() == "ready\n"
            time.sleep(0.2)
            sent = time.monotonic()
            child.send_signal(signal.SIGINT)
            word, *told = child.stdout.readline().split()
            if word == "finished":
                return None
            assert (word, told[1], told[2]) == ("interrupted", str(collector == "on"), "0")
            return float(told[0]) - sent
        finally:
            child.kill()


def interrupted(call: tuple[str, str, str], collector: str) -> float:
    """The same of a call that was not over before the signal: on a busy machine this may take some tries."""
    for _ in range(20):
        seconds = latency(*call, collector)
        if seconds is not None:
            return seconds
    raise AssertionError("the call is too short to be interrupted")


@pytest.mark.parametrize("name", CALLS)
def test_a_long_call_can_be_interrupted(name: str) -> None:
    for collector in ("on", "off"):
        seconds = interrupted(CALLS[name], collector)
        print(f"{name}: {seconds * 1000:.1f} ms, collector {collector}")
        assert seconds < 5


@pytest.mark.soak
@pytest.mark.parametrize("name", MORE)
def test_odd_long_calls_can_be_interrupted(name: str) -> None:
    seconds = interrupted(MORE[name], "on")
    print(f"{name}: {seconds * 1000:.1f} ms")
    assert seconds < 0.5


class Alarm(Exception):
    """Raised by a handler of ours."""


def test_a_stream_goes_on_after_an_interrupt_without_a_loss() -> None:
    def ring(*_: object) -> None:
        raise Alarm

    lines = [b'{"id":"X","n":%d}' % number for number in range(1_000_000)]
    events = vmcodec.iter_decode([b"\n".join(lines)], batch_size=10**9)
    seen: list[Any] = []
    usual = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(Alarm):
            seen.extend(events)  # Looks at no signals itself, and keeps what it got.
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, usual)
    assert len(seen) < len(lines)
    seen.extend(events)
    assert len(seen) == len(lines)
    assert [event.raw for event in seen] == lines
