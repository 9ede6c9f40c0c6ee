"""What must have come of a replay: each event handled, in order, by somebody; each poison record a dead letter.

Called by test_kafka_replay with the plan, the journals of the members and the dead letters as they lie in their topic.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy
from numpy.typing import NDArray

from services.clients import Record
from services.replay_member import LINE
from services.replay_plan import POISONS, Planned

Array = NDArray[Any]
# What LINE writes.
LAYOUT = numpy.dtype([("stamp", "<u8"), *((name, "<u4") for name in ("partition", "offset", "key", "number"))])
assert LAYOUT.itemsize == LINE.size
FROM = "__connect.errors."


def check_events(planned: Sequence[Planned], journals: Iterable[Path]) -> dict[str, int]:
    """Every good record was handled, as what it is, and in order; how many there were, and how often again.

    In order means: of the events of a key, each was handled for the first time after those before it. A member that
    gets a partition may begin with events that were handled before, but never behind one that was not.
    """
    good = numpy.array(
        [(0, each.partition, each.offset, each.key_mark, each.number) for each in planned if each.poison is None],
        LAYOUT,
    )
    good.sort(order=["partition", "offset"])
    runs = [numpy.fromfile(journal, LAYOUT) for journal in journals]
    handled = numpy.concatenate(runs)
    ranks = _ranks(good, handled)
    for name in ("key", "number"):
        assert (handled[name] == good[name][ranks]).all(), (
            f"events came with another {name} than they were written with"
        )

    in_time = numpy.argsort(handled["stamp"], kind="stable")
    seen, first = numpy.unique(ranks[in_time], return_index=True)
    lost = numpy.setdiff1d(numpy.arange(len(good)), seen)
    assert not len(lost), f"{len(lost)} of {len(good)} events were never handled, the first {_told(good[lost[0]])}"
    good["stamp"] = handled["stamp"][in_time][first]

    by_key = numpy.sort(good, order=["partition", "key", "number"])
    one, next_one = by_key[:-1], by_key[1:]
    same_key = (one["partition"] == next_one["partition"]) & (one["key"] == next_one["key"])
    late = same_key & (one["stamp"] >= next_one["stamp"])
    assert not late.any(), f"{late.sum()} events came before those before them, the first {_told(next_one[late][0])}"
    starts = sum(_check_starts(good, run, _ranks(good, run)) for run in runs)
    return {
        "events": len(good),
        "keys": int((~same_key).sum()) + 1,
        "handled": len(handled),
        "handled again": len(handled) - len(good),
        "starts in a partition": starts,
    }


def _ranks(good: Array, handled: Array) -> Array:
    """Where the events that were handled stand among the good ones."""
    places = good["partition"].astype("u8") << numpy.uint64(32) | good["offset"]
    wanted = handled["partition"].astype("u8") << numpy.uint64(32) | handled["offset"]
    ranks: Array = numpy.minimum(numpy.searchsorted(places, wanted), len(places) - 1)
    strange = places[ranks] != wanted
    assert not strange.any(), (
        f"{strange.sum()} records were handled that are no events, the first {_told(handled[strange][0])}"
    )
    return ranks


def _check_starts(good: Array, run: Array, ranks: Array) -> int:
    """A member goes from event to event; where it starts, all before was handled by then. How often it started."""
    starts = 0
    for partition in numpy.unique(run["partition"]):
        here = run["partition"] == partition
        mine, stamps = ranks[here], run["stamp"][here]
        begin = numpy.searchsorted(good["partition"], partition)
        # When the event and all before it had been handled.
        until = numpy.maximum.accumulate(good["stamp"][begin:])
        for at in [0, *(numpy.flatnonzero(numpy.diff(mine) != 1) + 1)]:
            before = mine[at] - begin
            assert before == 0 or until[before - 1] < stamps[at], (
                f"events before {_told(run[here][at])} were passed over"
            )
            starts += 1
    return starts


def _told(event: Any) -> str:
    return f"number {event['number']} at {event['partition']}:{event['offset']}"


def check_letters(planned: Sequence[Planned], topic: str, letters: Sequence[Record]) -> dict[str, int]:
    """Every poison record is a dead letter, with its bytes, where it lay and why it is bad; how many of each kind."""
    poison = {(each.partition, each.offset): each for each in planned if each.poison is not None}
    found: Counter[tuple[int, int]] = Counter()
    for letter in letters:
        said = {name: text.decode() for name, text in letter.headers}
        assert said[f"{FROM}topic"] == topic
        place = int(said[f"{FROM}partition"]), int(said[f"{FROM}offset"])
        assert place in poison, f"a letter of {place}, where nothing is wrong"
        wanted = poison[place]
        assert wanted.poison is not None
        code = POISONS[wanted.poison].code
        assert (letter.key, letter.value) == (wanted.key, wanted.value), f"other bytes in the letter of {place}"
        assert said["vmcodec.error.code"] == code, f"{wanted.poison}: {said}"
        assert said[f"{FROM}exception.message"].startswith(f"{code}: ")
        assert said[f"{FROM}exception.class.name"] == "vmcodec.DecodeError"
        found[place] += 1
    lost = poison.keys() - found.keys()
    assert not lost, f"{len(lost)} of {len(poison)} poison records are no dead letters: {sorted(lost)[:3]}"
    kinds = Counter(str(each.poison) for each in poison.values())
    assert kinds.keys() == POISONS.keys()
    return {
        "poison": len(poison),
        **{f"... {name} ({POISONS[name].code})": number for name, number in kinds.items()},
        "dead letters": len(letters),
        "dead letters again": len(letters) - len(poison),
    }
