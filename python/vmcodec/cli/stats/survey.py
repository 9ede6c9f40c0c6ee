"""One pass over files of records: how many there are of what, when, how long, how they are spelled, which are bad.

`report` makes of it what is shown. The decoder says which records are good, and what they hold; `Wire` how they look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ... import EVENTS, DecodeError, Decoder, Time, UnknownEvent
from ..._schema import lower
from ..._vmcodec import ChunkIterator
from ..files import Input
from ..trouble import telling
from .lines import blocks
from .tally import Marks, Place, Tally
from .wire import Wire

RECORD = 1 << 24
KEY = 1 << 16
PEOPLE = 1_000_000
"""So many agents, DNs, tenants and so on are counted one by one."""
MINUTES = 1_000_000
"""So many different minutes: two years of them without a pause."""
YEARS = (-62_135_596_800, 253_402_300_799)
"""The seconds of the years 1 to 9999, which is what a calendar can show."""
EXACT_SIZE, SIZE_STEP = 1 << 16, 1 << 10
BLANK = b" \t\r"
TOMBSTONES = (b"", b"null")


@dataclass(slots=True)
class FileCount:
    """How many records a file has, and how many of them are bad."""

    name: str
    records: int = 0
    bad: int = 0


class Survey:
    """What was found in the files that were read so far.

    keyed : whether lines begin with the record's key and a tab, and what the tab separates is the record.
    """

    def __init__(self, keyed: bool = False) -> None:
        self.keyed = keyed
        self.files: list[FileCount] = []
        self.bytes = 0
        self.tombstones = 0
        self.without_key = Marks[None](1)
        self.bad: Marks[tuple[str, str | None, str, str, str | None]] = Marks(1_000)
        """By code, event, path, what was expected and what was there."""
        self.keys: Tally[bytes] = Tally(PEOPLE)
        self.tenants: Tally[bytes] = Tally(PEOPLE)
        self.agents: Tally[str] = Tally(PEOPLE)
        self.dns: Tally[str] = Tally(PEOPLE)
        self.customers: Tally[str] = Tally(PEOPLE)
        self.sizes: Counter[int] = Counter()
        """Lengths of good records; great ones are rounded down to a step."""
        self.shortest: int | None = None
        self.longest: int | None = None
        self.minutes: Tally[int] = Tally(MINUTES)
        self.beyond_years = 0
        self.first: Time | None = None
        self.last: Time | None = None
        self.rows = lower(EVENTS)
        self.wire = Wire(self.rows)
        self._decoder: Decoder[Any] = Decoder(kv_lists="skip", extra="ignore", max_size=RECORD)

    @property
    def records(self) -> int:
        """How many records were read."""
        return sum(file.records for file in self.files)

    def read(self, source: Input, advance: Callable[[int | None], None] = lambda position: None) -> None:
        """Read an input to its end; `advance` is told how much of it was read so far, where that is known."""
        count = FileCount(source.name)
        self.files.append(count)
        self.wire.file = source.name
        with telling(source.name):
            chunks = ChunkIterator(source.source)
            line = 1
            for lines in blocks(chunks, RECORD + 1 + KEY):
                self._add(count, lines, line)
                line += len(lines)
                advance(chunks.position)

    def _add(self, count: FileCount, lines: list[bytes], first: int) -> None:
        numbers, keys, records = self._cut(lines, first)
        count.records += len(records)
        self.bytes += sum(map(len, records))
        results = self._decoder.decode_batch(records, errors="return")
        good = []
        look = self.wire.look
        for number, record, result in zip(numbers, records, results, strict=True):
            if type(result) is DecodeError:
                self._bad(result, Place(count.name, number))
                count.bad += 1
            else:
                look(number, record, result)
                good.append(len(record))
        self._add_sizes(good)
        if self.keyed:
            pairs = zip(keys, results, strict=True)
            self._add_keys([key for key, result in pairs if key is not None and type(result) is not DecodeError])
        self._add_events([result for result in results if type(result) not in (DecodeError, UnknownEvent)])

    def _cut(self, lines: list[bytes], first: int) -> tuple[list[int], list[bytes | None], list[bytes]]:
        """The lines' numbers, keys and records, without blank lines and tombstones."""
        numbers: list[int] = []
        keys: list[bytes | None] = []
        records: list[bytes] = []
        if not self.keyed:
            for number, line in enumerate(lines, first):
                if record := line.strip(BLANK):
                    numbers.append(number)
                    records.append(record)
            return numbers, keys, records
        for number, line in enumerate(lines, first):
            key: bytes | None
            key, tab, record = line.partition(b"\t")
            record = record.strip(BLANK)
            if not tab:
                if not line.strip(BLANK):
                    continue
                self.without_key.add(None, Place(self.files[-1].name, number))
                key, record = None, line.strip(BLANK)
            if record in TOMBSTONES:
                self.tombstones += 1
                continue
            numbers.append(number)
            keys.append(key)
            records.append(record)
        return numbers, keys, records

    def _bad(self, error: DecodeError, place: Place) -> None:
        self.bad.add((error.code, error.event, error.path, error.expected, error.got), place)

    def _add_sizes(self, lengths: list[int]) -> None:
        if not lengths:
            return
        shortest, longest = min(lengths), max(lengths)
        self.shortest = shortest if self.shortest is None else min(self.shortest, shortest)
        self.longest = longest if self.longest is None else max(self.longest, longest)
        if longest >= EXACT_SIZE:
            lengths = [size if size < EXACT_SIZE else size // SIZE_STEP * SIZE_STEP for size in lengths]
        self.sizes.update(lengths)

    def _add_keys(self, keys: list[bytes]) -> None:
        self.keys.add(keys)
        self.tenants.add([key.partition(b":")[0] for key in keys])

    def _add_events(self, events: list[Any]) -> None:
        self.dns.add([event.this_dn for event in events])
        self.agents.add([agent for event in events if (agent := getattr(event, "agent_id", None)) is not None])
        self.customers.add([name for event in events if (name := getattr(event, "customer_id", None)) is not None])
        times = [time for event in events if (time := event.time) is not None]
        if times and not YEARS[0] <= min(times).seconds <= max(times).seconds <= YEARS[1]:
            there = [time for time in times if YEARS[0] <= time.seconds <= YEARS[1]]
            self.beyond_years += len(times) - len(there)
            times = there
        if times:
            self.minutes.add([time.seconds // 60 for time in times])
            first, last = min(times), max(times)
            self.first = first if self.first is None else min(self.first, first)
            self.last = last if self.last is None else max(self.last, last)
