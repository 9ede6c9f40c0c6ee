"""Paired, interleaved rounds in one process: the one place where contestants are clocked.

`vmcodec bench` and the benches race with it.

Every contestant does the same work in every round, after a full collection; what its results cost to free is inside.
The order rotates, and turns round with each round: whoever comes behind another finds the input in the caches, and so
each does as often as its peer. Which contestants there are, and what the figures look like on paper, is left to others.
"""

from __future__ import annotations

import ctypes
import gc
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Messages = Sequence[bytes]
BATCH = 1_000
Same = Callable[[Any, Any], bool]


@dataclass(frozen=True, slots=True)
class Peer:
    """One contestant: `run` does the work, `same(ours, theirs)` compares one result of each."""

    key: str
    label: str
    run: Callable[[Any], Any]
    same: Same
    prepare: Callable[[Messages], Any] = list  # what `run` is given; never timed
    items: Callable[[Any], Iterable[Any]] = iter  # one result a message, from what `run` gives


Clock = Literal["cpu", "wall"]


@dataclass(slots=True)
class Clocked:
    """One contestant's times, one entry a round, in seconds."""

    peer: Peer
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Spread:
    """A median and its quartiles."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Median and interquartile range of at least two values."""
        low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(middle, low, high)


def keep_freed_memory() -> bool:
    """Ask glibc's malloc to keep what is freed; False where that cannot be asked.

    Otherwise it hands the end of the heap back after each batch and takes it again page by page. That costs a peer with
    results just over 512 bytes several times its own work, and would make vmcodec look better than it is.
    """
    trim_threshold, mmap_threshold = -1, -3  # the parameter numbers of mallopt
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return False
    return bool(mallopt(trim_threshold, 2**30) and mallopt(mmap_threshold, 2**25))


def ratios(slower: Clocked, faster: Clocked, clock: Clock) -> Spread:
    """How many times the time of `faster` the other takes: one ratio for each round, then their median."""
    times = (slower.cpu, faster.cpu) if clock == "cpu" else (slower.wall, faster.wall)
    return Spread.of([a / b for a, b in zip(*times, strict=True)])


def _clock(peer: Peer, batches: Sequence[Any]) -> tuple[float, float]:
    run = peer.run
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    for batch in batches:
        run(batch)  # the result is freed here, inside the clock
    return time.process_time() - cpu, time.perf_counter() - wall


def race(peers: Sequence[Peer], messages: Messages, *, rounds: int, share: int, batch: int) -> list[Clocked]:
    """Clock all peers over `rounds` rounds of `share` messages each, in calls of `batch` messages.

    Each round takes the next stretch of the corpus, the same for all, so that no cache learns one stretch by heart.
    Those that prepare it alike are given the same objects: of two sets made one after the other, the first fills the
    gaps of the heap, and takes longer to read.
    """
    clocked = [Clocked(peer) for peer in peers]
    stretches = max(1, len(messages) // share)
    for peer in peers:
        peer.run(peer.prepare(messages[:batch]))  # warm up
    for number in range(rounds):
        start = (number % stretches) * share
        stretch = messages[start : start + share]
        inputs = [stretch[at : at + batch] for at in range(0, len(stretch), batch)]
        prepared = {way: [way(part) for part in inputs] for way in dict.fromkeys(peer.prepare for peer in peers)}
        turn = number // 2 % len(clocked)
        order = [*clocked[turn:], *clocked[:turn]]
        for entry in order if number % 2 == 0 else reversed(order):
            cpu, wall = _clock(entry.peer, prepared[entry.peer.prepare])
            entry.cpu.append(cpu)
            entry.wall.append(wall)
    return clocked
