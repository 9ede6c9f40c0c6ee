"""Chance that is the same everywhere: one `random()` after another, and arithmetic that every machine does alike.

Python promises the numbers of `Random.random` for a seed in every version, and no other method's.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """A source of choices, all determined by its seed."""

    def __init__(self, *seed: int) -> None:
        number = 0
        for part in seed:
            number = (number << 64) + (part & 2**64 - 1)
        self._random = Random(number)

    def happens(self, share: float) -> bool:
        """Whether something does that happens in this share of all cases."""
        return self._random.random() < share

    def below(self, limit: int) -> int:
        """An integer from 0 to below the limit, which is at most 2**52."""
        return int(self._random.random() * limit)

    def between(self, low: int, high: int) -> int:
        """An integer from low to high, each as likely."""
        return low + int(self._random.random() * (high - low + 1))

    def mostly_low(self, low: float, high: float) -> float:
        """A number between the two: many are near low, few near high, and the mean is a third of the way up."""
        drawn = self._random.random()
        return low + (high - low) * drawn * drawn

    def pick(self, choices: Sequence[T]) -> T:
        """One of them."""
        return choices[int(self._random.random() * len(choices))]

    def hex(self, digits: int) -> str:
        """So many hexadecimal digits."""
        return "".join(f"{self.below(16**4):04x}" for _ in range((digits + 3) // 4))[:digits]
