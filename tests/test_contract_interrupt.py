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
import collections, gc, itertools, signal, sys, time
import vmcodec
from vmcodec import Decoder, Encoder, EventDNOutOfService

signal.signal(signal.SIGINT, signal.default_int_handler)
# Floats make a record slow to check for its size, so that a long call needs little memory.
record = b'{"id":"EventDNOutOfService","ThisDN":"7","x":[' + b"1.5e10," * 300 + b"0]}"
small = b'{"id":"x"}'
nothing = Decoder(only=())
{setup}
gc.disable() if sys.argv[1] == "off" else gc.enable()
print("ready", flush=True)
try:
    {call}
except KeyboardInterrupt:
    print("interrupted", time.monotonic(), gc.isenabled(), flush=True)
else:
    print("finished", flush=True)
"""
CALLS = {
    "decode_batch": ("messages = [record] * 1_000_000", "nothing.decode_batch(messages)"),
    "decode_batch, small": ("messages = [small] * 20_000_000", "nothing.decode_batch(messages)"),
    "decode_lines": ("buffer = (record + b'\\n') * 200_000", "nothing.decode_lines(buffer)"),
    "validate_lines": ("buffer = (record + b'\\n') * 200_000", "nothing.validate_lines(buffer)"),
    "validate_batch": ("messages = [record] * 1_000_000", "nothing.validate_batch(messages)"),
    "validate_lines, 2 threads": ("buffer = (record + b'\\n') * 200_000", "nothing.validate_lines(buffer, threads=2)"),
    "validate_batch, 2 threads": ("messages = [record] * 1_000_000", "nothing.validate_batch(messages, threads=2)"),
    "iter_decode": (
        "chunks = itertools.repeat(record + b'\\n')",
        "collections.deque(nothing.iter_decode(chunks), maxlen=0)",
    ),
    "iter_decode, one buffer": (
        "buffer = (record + b'\\n') * 200_000",
        "collections.deque(nothing.iter_decode(buffer, batch_size=10**9), maxlen=0)",
    ),
    "iter_decode, oversized": (
        "chunks = itertools.repeat(b'x' * 2**20)",
        "collections.deque(nothing.iter_decode(chunks, errors='return'), maxlen=0)",
    ),
    "iter_decode, a silent pipe": (
        "import os; read, write = os.pipe()",
        "collections.deque(nothing.iter_decode(f'/dev/fd/{read}'), maxlen=0)",
    ),
    "encode_lines": (
        "event = EventDNOutOfService(this_dn='7', extensions={'k': [0.1] * 100}); events = [event] * 600_000",
        "Encoder().encode_lines(events)",
    ),
}
MORE = {
    "decode_lines, blank": ("buffer = b'\\n' * 600_000_000", "nothing.decode_lines(buffer)"),
    "validate_lines, blank": ("buffer = b'\\n' * 600_000_000", "nothing.validate_lines(buffer, threads=2)"),
    "validate_batch, None": ("messages = [None] * 50_000_000", "nothing.validate_batch(messages)"),
    "decode_batch, None": ("messages = [None] * 50_000_000", "nothing.decode_batch(messages)"),
    "decode, one huge record": (
        "one = Decoder(max_size=2**40)\nbuffer = "
        'b\'{"id":"EventDNOutOfService","ThisDN":"7","Extensions":{"x":[\' + b\'1.5e10,\' * 60_000_000 + b\'0]}}\'',
        "one.decode(buffer)",
    ),
}


def latency(setup: str, call: str, collector: str) -> float:
    """Seconds from the signal to the exception, in a call that would go on for much longer."""
    command = [sys.executable, "-c", SETUP.replace("{setup}", setup).replace("{call}", call), collector]
    with subprocess.Popen(command, env=new_environment({}), stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout
            assert child.stdout.readline() == "ready\n"
            time.sleep(0.2)
            sent = time.monotonic()
            child.send_signal(signal.SIGINT)
            told = child.stdout.readline().split()
            assert told[0] == "interrupted"
            assert told[2] == str(collector == "on")
            return float(told[1]) - sent
        finally:
            child.kill()


@pytest.mark.parametrize("name", CALLS)
def test_a_long_call_can_be_interrupted(name: str) -> None:
    for collector in ("on", "off"):
        seconds = latency(*CALLS[name], collector)
        print(f"{name}: {seconds * 1000:.1f} ms, collector {collector}")
        assert seconds < 5


@pytest.mark.soak
@pytest.mark.parametrize("name", MORE)
def test_odd_long_calls_can_be_interrupted(name: str) -> None:
    seconds = latency(*MORE[name], "on")
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
