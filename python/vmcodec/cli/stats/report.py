"""The report: one object of plain values that is written as JSON, and that the text and the page are made of.

docs/cli.md describes every key. Names and ids come from the records, that is from strangers: whoever shows them
must escape them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from datetime import UTC, datetime
from heapq import nsmallest
from itertools import pairwise
from typing import Any, TypeVar

from ... import Time, __version__
from .drift import drift
from .survey import MINUTES, PEOPLE, Survey
from .tally import Tally

K = TypeVar("K", bound=Hashable)


def report(survey: Survey, top: int) -> dict[str, Any]:
    """The report on what was read; lists of tenants, agents and their like have the first `top`."""
    wire = survey.wire
    wire.settle()
    records, bad = survey.records, sum(file.bad for file in survey.files)
    events = wire.events.total()
    tenants = agents = None
    if survey.keyed:
        tenants = _ranking(survey.tenants, top, lambda key: {"tenant": _text(key)})
        agents = {"by": "key", **_ranking(survey.keys, top, _tenant_and_agent)}
    else:
        agents = {"by": "AgentID", **_ranking(survey.agents, top, lambda agent: {"agent": agent})}
    return {
        "vmcodec": __version__,
        "files": [{"file": file.name, "records": file.records, "bad_records": file.bad} for file in survey.files],
        "records": records,
        "events": events,
        "unknown_events": records - bad - events,
        "bad_records": bad,
        "tombstones": survey.tombstones if survey.keyed else None,
        "bytes": survey.bytes,
        "types": _types(survey),
        "tenants": tenants,
        "agents": agents,
        "dns": _ranking(survey.dns, top, lambda dn: {"dn": dn}),
        "customers": _ranking(survey.customers, top, lambda name: {"customer": name}),
        **_times(survey),
        "sizes": _sizes(survey),
        "drift": drift(survey),
    }


def _types(survey: Survey) -> list[dict[str, Any]]:
    """Every event with how often it came, the most frequent first; those that never came in the order of the schema."""
    events = survey.wire.events
    names = [row.ids[0] for row in survey.rows.events]
    return [{"event": name, "events": events[name]} for name in sorted(names, key=lambda name: -events[name])]


def _ranking(tally: Tally[K], top: int, names: Any) -> dict[str, Any]:
    return {
        "distinct": len(tally.counts),
        "events": tally.counts.total() + tally.left,
        "top": [{**names(key), "events": count} for key, count in _first(tally.counts, top)],
        "not_listed": tally.left,
        "limit": PEOPLE,
    }


def _first(counts: Counter[Any], top: int) -> list[tuple[Any, int]]:
    """The most frequent keys; of equally frequent ones, the first in order."""
    kept = counts.most_common(top)
    if not kept:
        return []
    # most_common breaks ties by who came first, which files in another order would change.
    least = kept[-1][1]
    above = [(key, count) for key, count in kept if count > least]
    equal = nsmallest(top - len(above), (key for key, count in counts.items() if count == least))
    return sorted(above, key=lambda item: (-item[1], item[0])) + [(key, least) for key in equal]


def _tenant_and_agent(key: bytes) -> dict[str, Any]:
    tenant, colon, agent = key.partition(b":")
    return {"tenant": _text(tenant), "agent": _text(agent) if colon else None}


def _text(key: bytes) -> str:
    return key.decode("utf-8", "backslashreplace")


def _times(survey: Survey) -> dict[str, Any]:
    minutes, left = survey.minutes.counts, survey.minutes.left
    timed = minutes.total() + left
    untimed = survey.wire.events.total() - timed - survey.beyond_years
    time: dict[str, Any] = {
        "events": timed,
        "without_time": untimed,
        "beyond_years_1_to_9999": survey.beyond_years,
        "first": None,
        "last": None,
        "seconds": None,
        "not_in_hours": left,
        "limit_minutes": MINUTES,
    }
    if survey.first is None or survey.last is None:
        return {"time": time, "rate": None, "hours": []}
    seconds = (survey.last.to_epoch_us() - survey.first.to_epoch_us()) / 1e6
    time |= {"first": _moment(survey.first), "last": _moment(survey.last), "seconds": seconds}
    hours: Counter[int] = Counter()
    for minute, count in minutes.items():
        hours[minute // 60] += count
    rate = {
        "mean": timed / seconds if seconds else None,
        "busiest_minute": _busiest(minutes, 60),
        "busiest_hour": _busiest(hours, 3600),
    }
    listed = [{"start": _start(hour * 3600), "events": hours[hour]} for hour in sorted(hours)]
    return {"time": time, "rate": rate, "hours": listed}


def _busiest(counts: Counter[int], seconds: int) -> dict[str, Any]:
    number, events = max(counts.items(), key=lambda item: (item[1], -item[0]))
    return {"start": _start(number * seconds), "events": events, "per_second": events / seconds}


def _moment(time: Time) -> str:
    return time.to_datetime().replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _start(seconds: int) -> str:
    # The first hour of the calendar begins with it, and so does no earlier one.
    return Time(seconds=seconds, useconds=0).to_datetime().replace(tzinfo=None).isoformat() + "Z"


def _sizes(survey: Survey) -> dict[str, Any] | None:
    sizes = survey.sizes
    if not sizes:
        return None
    return {
        "records": sizes.total(),
        "min": survey.shortest,
        "median": _percentile(sizes, 50),
        "p99": _percentile(sizes, 99),
        "max": survey.longest,
        "histogram": _histogram(sizes),
    }


def _percentile(sizes: Counter[int], percent: int) -> int:
    """The smallest size that so many of a hundred records do not exceed."""
    wanted = -(-sizes.total() * percent // 100)
    for size in sorted(sizes):
        wanted -= sizes[size]
        if wanted <= 0:
            return size
    raise AssertionError("more records than there are")


def _edges(last: int) -> Iterable[int]:
    """0, 16, 24, 32, 48, 64, ...: two steps from one power of two to the next."""
    yield 0
    edge = 16
    while edge <= last:
        yield edge
        yield edge + edge // 2
        edge *= 2
    yield edge


def _histogram(sizes: Counter[int]) -> list[dict[str, int]]:
    """Ranges of sizes, from the smallest that came to the greatest; the first number is in a range, the second not."""
    edges = list(_edges(max(sizes)))
    bins = [{"from": low, "to": high, "records": 0} for low, high in pairwise(edges)]
    place = 0
    for size in sorted(sizes):
        while size >= bins[place]["to"]:
            place += 1
        bins[place]["records"] += sizes[size]
    filled = [number for number, one in enumerate(bins) if one["records"]]
    return bins[filled[0] : filled[-1] + 1]


def now() -> str:
    """The present moment, to the second, as people read it."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
