"""Ctrl-C in calls of very many records: it ends them, and the next call works.

How soon is measured by `make soak`, and told: others on the machine count too, so it should be idle. `INTERRUPTS` is
how many for each call (100), `RECORDS` how many records a call has (10 million: an hour, and up to 4 GB).
`test_contract_interrupt.py` has the odd cases.
"""

import collections
import os
import random
import signal
import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest
import vmcodec

RECORD = b'{"id":"EventDNOutOfService","ThisDN":"2205","Server":7}'
EVENT: Any = vmcodec.decode(RECORD)


def exhaust(iterator: Any) -> None:
    collections.deque(iterator, maxlen=0)


def calls(count: int) -> dict[str, Callable[[], Callable[[], Any]]]:
    """Each call of so many records, made by a function: what it reads is not kept longer than needed."""

    def of_lines(call: Callable[[bytes], Any]) -> Callable[[], Callable[[], Any]]:
        def made() -> Callable[[], Any]:
            lines = (RECORD + b"\n") * count
            return lambda: call(lines)

        return made

    def of_list(item: Any, call: Callable[[list[Any]], Any]) -> Callable[[], Callable[[], Any]]:
        def made() -> Callable[[], Any]:
            items = [item] * count
            return lambda: call(items)

        return made

    return {
        "decode_lines": of_lines(vmcodec.decode_lines),
        "decode_batch": of_list(RECORD, vmcodec.decode_batch),
        "validate_lines": of_lines(vmcodec.validate_lines),
        "validate_batch": of_list(RECORD, vmcodec.validate_batch),
        "iter_decode": of_lines(lambda lines: exhaust(vmcodec.iter_decode(lines))),
        "iter_validate": of_lines(lambda lines: exhaust(vmcodec.iter_validate(lines, threads=1))),
        "iter_arrow": of_lines(lambda lines: exhaust(vmcodec.iter_arrow(lines, threads=1))),
        "decode_arrow": of_lines(lambda lines: vmcodec.decode_arrow(lines, threads=1)),
        "encode_batch": of_list(EVENT, vmcodec.encode_batch),
        "encode_lines": of_list(EVENT, vmcodec.encode_lines),
    }


def latency(call: Callable[[], Any], seconds: float) -> float | None:
    """Seconds from the signal to the exception; None where the call was over before."""
    usual = signal.signal(signal.SIGALRM, signal.default_int_handler)
    begun = time.monotonic()
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        result = call()
        signal.setitimer(signal.ITIMER_REAL, 0)
        del result  # Letting go of it is not the call's affair.
    except KeyboardInterrupt:
        return time.monotonic() - begun - seconds
    finally:
        signal.signal(signal.SIGALRM, usual)
    return None


def works() -> None:
    assert vmcodec.decode_batch([RECORD, b"{"], errors="return")[0] == EVENT
    assert vmcodec.encode(EVENT) == RECORD
    assert vmcodec.validate_lines(RECORD, threads=2) == []
    assert vmcodec.decode_arrow([RECORD]).num_rows == 1


@pytest.mark.parametrize("name", calls(1))
def test_a_long_call_is_interrupted_and_the_next_one_works(name: str) -> None:
    call = calls(400_000)[name]()
    # Where the whole call takes less than that, another one follows.
    assert latency(lambda: [call() for _ in range(1000)], 0.04) is not None
    works()


@pytest.mark.soak
@pytest.mark.parametrize("name", calls(1))
def test_how_soon_a_call_of_ten_million_records_is_interrupted(name: str) -> None:
    wanted, count = int(os.environ.get("INTERRUPTS", 100)), int(os.environ.get("RECORDS", 10_000_000))
    call = calls(count)[name]()
    begun = time.monotonic()
    result = call()
    whole = time.monotonic() - begun
    del result
    chance = random.Random(1)
    found: list[float] = []
    threads = len(os.listdir("/proc/self/task"))
    while len(found) < wanted:
        seconds = latency(call, chance.uniform(0.01, whole))
        works()
        while len(os.listdir("/proc/self/task")) > threads:
            time.sleep(0.01)  # What the call left goes first: somebody who interrupts has no other call at hand.
        if seconds is not None:
            found.append(seconds * 1000)
    cuts = statistics.quantiles(found, n=100, method="inclusive")
    print(f"{name}: {whole:.1f} s, of {wanted}: p50 {cuts[49]:.1f}, p90 {cuts[89]:.1f}, p99 {cuts[98]:.1f} ms")
