"""Counts that stay bounded in memory, whatever a file holds, and that tell what they had to leave out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from typing import Generic, NamedTuple, TypeVar

K = TypeVar("K", bound=Hashable)


class Place(NamedTuple):
    """A line of a file, from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Tally(Generic[K]):
    """How often each of very many keys came. Once there are `limit` of them, no further key is taken up.

    The counts of those that were taken up stay exact. `left` is how often one of the others came.
    """

    def __init__(self, limit: int) -> None:
        self.counts: Counter[K] = Counter()
        self.left = 0
        self._limit = limit

    def add(self, keys: Iterable[K]) -> None:
        """Count keys."""
        keys = list(keys)
        if len(self.counts) + len(keys) <= self._limit:
            self.counts.update(keys)
            return
        for key in keys:
            if key in self.counts or len(self.counts) < self._limit:
                self.counts[key] += 1
            else:
                self.left += 1


class Mark:
    """How often something was seen, and where first."""

    __slots__ = ("count", "first")

    def __init__(self, first: Place) -> None:
        self.count = 0
        self.first = first


class Marks(dict[K, Mark]):
    """Marks by key. Once there are `limit` of them, what is new goes to one mark for all the others: `rest`."""

    def __init__(self, limit: int) -> None:
        self.rest: Mark | None = None
        self._limit = limit

    def of(self, key: K, place: Place) -> Mark:
        """The mark of the key; a new one begins at this place."""
        mark = self.get(key)
        if mark is not None:
            return mark
        if len(self) < self._limit:
            self[key] = mark = Mark(place)
            return mark
        if self.rest is None:
            self.rest = Mark(place)
        return self.rest

    def add(self, key: K, place: Place, count: int = 1) -> None:
        """Count the key, seen first at this place if it is new."""
        self.of(key, place).count += count
