"""Made-up events without end: agents that live plausible days, the same for a seed on every machine.

`vmcodec generate` writes them, and `vmcodec bench` reads them by default; tests of consumers can do so too. All are in
canonical form. Nothing here comes from a real system.
"""

from __future__ import annotations

import datetime
import heapq
import math
from collections.abc import Iterator

from .agent import Agent, Dated
from .chance import Chance
from .faults import FAULTS, spoil
from .tenant import Tenant

__all__ = ["FAULTS", "Chance", "Dated", "events", "spoil"]

FIRST_DAY = datetime.date(2025, 1, 6)
_EPOCH = datetime.date(1970, 1, 1)


def events(seed: int = 1, agents: int = 100, first_day: datetime.date = FIRST_DAY) -> Iterator[Dated]:
    """Events of so many agents in order of time, from that day on (a Monday by default), without end.

    An agent gives some 400 a day, works eight and a half hours of it, and rarely at weekends. An agent's life depends
    on `seed` and the agent's number alone, not on how many others there are. Raises ValueError for less than one agent.
    """
    if agents < 1:
        raise ValueError(f"agents must be at least 1, not {agents}")
    # The first tenant has one agent, each further one two more than the one before.
    tenants = [Tenant(seed, number) for number in range(math.isqrt(agents - 1) + 1)]
    day = (first_day - _EPOCH).days
    lives = [Agent(seed, number, tenants[math.isqrt(number)]).life(day) for number in range(agents)]
    return heapq.merge(*lives, key=lambda dated: dated.time_us)
