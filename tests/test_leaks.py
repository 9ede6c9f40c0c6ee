"""Nothing is lost: neither objects nor memory, in any phase of `phases`, and no reference to an object that all share.

The default run counts objects. `pytest -m soak tests/test_leaks.py -s` measures memory, in a process for each phase,
and takes a quarter of a minute; `LEAKS=20000000` in the environment has so many events decoded in all (10,500,000 by
default).
"""

import gc
import os
import sys
from typing import Any

import pytest
import vmcodec
from phases import GOOD, PLAIN, UNKNOWN, Phase, phases
from support import run_python
from vmcodec import AgentWorkMode, DecodeError, EncodeError, KVList, Time, UnknownEvent

PHASES = phases()
# Decodes of a round in the default run, how many objects may be more afterwards, and how many rounds at most.
FEW, MORE, ROUNDS = 3_000, 40, 30
# kB for each 100,000 decodes.
SLOPE = 64


@pytest.mark.parametrize("name", PHASES)
def test_no_object_is_lost(name: str) -> None:
    def repeat(phase: Phase) -> int:
        for _ in range(max(2, FEW // phase.weight)):
            phase.call()
        gc.collect()
        return sys.getallocatedblocks()

    counts = [repeat(PHASES[name])]
    # Caches and free lists fill, and then are full; what is lost is lost each time.
    while len(counts) < ROUNDS and (len(counts) < 2 or counts[-1] - counts[-2] > MORE):
        counts.append(repeat(PHASES[name]))
    assert counts[-1] - counts[-2] <= MORE, counts


@pytest.mark.soak
def test_memory_does_not_grow() -> None:
    amount = int(os.environ.get("LEAKS", "10500000"))
    # The good ones take a fifth of it.
    amounts = {name: amount // 5 if name == "good" else amount * 4 // 5 // (len(PHASES) - 1) for name in PHASES}
    slopes = {}
    done = 0
    for name, part in amounts.items():
        points = [
            tuple(map(int, line.split()))
            for line in run_python("import phases; phases.main()", name, str(part)).splitlines()
        ]
        done += points[-1][0]
        slopes[name] = slope(points[len(points) // 4 :])
        print(f"{name:26} {points[-1][0]:>9,} decodes  {slopes[name]:8.1f} kB for each 100,000", flush=True)
    print(f"{done:,} decodes in all; the steepest: {max(slopes.values()):.1f} kB for each 100,000")
    assert max(slopes.values()) <= SLOPE, slopes


def slope(points: list[tuple[int, ...]]) -> float:
    """By how many kB memory grows with 100,000 decodes: the line of least squares."""
    mean_done = sum(done for done, _ in points) / len(points)
    mean_size = sum(size for _, size in points) / len(points)
    moved = sum((done - mean_done) * (size - mean_size) for done, size in points)
    return 1e5 * moved / sum((done - mean_done) ** 2 for done, _ in points)


@pytest.mark.parametrize("amount", [1_000_000, pytest.param(10_000_000, marks=pytest.mark.soak)])
def test_counts_of_shared_objects_do_not_drift(amount: int) -> None:
    good: list[Any] = [
        GOOD % (7011, 1, 1, 1),
        UNKNOWN % 1,
        None,
        b'{"id":"EventDNOutOfService","ThisDN":"7011","Extensions":{}}',
    ]
    bad: list[Any] = [b"", 5, GOOD[:-9], good[0].replace(b'"7011"', b"7011")]
    lazy: vmcodec.Decoder[Any] = vmcodec.Decoder(kv_lists="lazy")
    warm: Any = PLAIN.decode(good[0])
    shared: list[Any] = [
        *(None, True, False, 0, 1, 4, "", b"", (), 65200),
        *(*vmcodec.EVENTS, UnknownEvent, Time, KVList, DecodeError, EncodeError, ValueError, MemoryError),
        *(int, str, bytes, float, list, dict, type, object),
        *(AgentWorkMode, *AgentWorkMode),
        *(PLAIN, warm.this_dn, *warm.reasons, *warm.extra, *warm.extensions),
    ]
    del warm

    def work() -> None:
        for _ in range(amount // 700):
            results = PLAIN.decode_batch((good + bad) * 50, errors="return")
            events = [result for result in results if isinstance(result, vmcodec.BaseEvent)]
            vmcodec.encode_lines(events)
            vmcodec.encode_batch(lazy.decode_batch(good[:2] * 50))
            for raised in (PLAIN.decode_batch, PLAIN.decode_arrow):
                with pytest.raises(DecodeError):
                    raised((good + bad) * 10)
            PLAIN.validate_batch((good + bad) * 10)

    work()
    gc.collect()
    before = [sys.getrefcount(thing) for thing in shared]
    work()
    gc.collect()
    after = [sys.getrefcount(thing) for thing in shared]
    drift = [b - a for a, b in zip(before, after, strict=True)]
    # Caches hold some; what is immortal (from CPython 3.12 on) counts nothing.
    assert all(abs(change) < 60 for change in drift), drift
