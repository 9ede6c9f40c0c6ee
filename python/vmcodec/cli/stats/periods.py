"""Hours gathered into periods, so that a plot of them has room: by hour, day, week, or more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

UNITS = (("hour", 1), ("6 hours", 6), ("day", 24), ("week", 168), ("4 weeks", 672), ("year of 52 weeks", 8_736))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STRAY = 0.001
"""Such a part of the events, at either end, may be far from all others: a clock that was wrong."""


class Period(NamedTuple):
    """A period's first moment and how many events it has."""

    start: datetime
    events: int


class Periods(NamedTuple):
    """Periods without gaps, how long each is, and how many events are in none of them."""

    unit: str
    periods: list[Period]
    outside: int


def periods(hours: list[dict[str, Any]], most: int) -> Periods | None:
    """Gather the report's hours into at most so many periods; None where there are none."""
    counts = {_hour(row["start"]): row["events"] for row in hours}
    if not counts:
        return None
    total = sum(counts.values())
    first, last = _ends(counts, total, most)
    unit, length = next(((unit, n) for unit, n in UNITS if last // n - first // n < most), UNITS[-1])
    while last // length - first // length >= most:
        length *= 10
        unit = f"{length:,} hours"
    gathered = dict.fromkeys(range(first // length, last // length + 1), 0)
    for hour, count in counts.items():
        if hour // length in gathered:
            gathered[hour // length] += count
    shown = [Period(_moment(number * length), count) for number, count in gathered.items()]
    return Periods(unit, shown, total - sum(gathered.values()))


def _ends(counts: dict[int, int], total: int, most: int) -> tuple[int, int]:
    """The first and the last hour; without strays, where these would squeeze the others into a corner."""
    hours = sorted(counts)
    low, high = 0, len(hours) - 1
    spared = int(total * STRAY)
    before = behind = 0
    while before + counts[hours[low]] <= spared:
        before += counts[hours[low]]
        low += 1
    while behind + counts[hours[high]] <= spared:
        behind += counts[hours[high]]
        high -= 1
    whole, inner = hours[-1] - hours[0], hours[high] - hours[low]
    return (hours[low], hours[high]) if whole > most and inner < whole / 4 else (hours[0], hours[-1])


def _hour(start: str) -> int:
    since = datetime.fromisoformat(start) - _EPOCH
    return since // timedelta(hours=1)


def _moment(hour: int) -> datetime:
    # The period may begin before the calendar does.
    try:
        return _EPOCH + timedelta(hours=hour)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)
