"""What test_kafka_replay writes: events of many agents, each with a number of its own, and poison among them.

All follows from the count alone, so the test draws it twice: once to write it, once to know what must have come of it.
The events are those of the benchmarks' corpus, whose member EventSequenceNumber, unknown to the classes, is the number.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple
from zlib import crc32

from support import ROOT

sys.path.append(str(ROOT / "benches"))

from corpus import TENANTS, corpus

PARTITIONS = 6
NUMBER = "EventSequenceNumber"
DISTINCT = 20_000  # events of the corpus; they come again and again, each time with other numbers
POISON_EVERY = 1_000


class Poison(NamedTuple):
    """A way to spoil an event's bytes, and the code of the error that comes of it."""

    code: str
    spoil: Callable[[bytes], bytes]


def _member(text: bytes) -> Callable[[bytes], bytes]:
    """One more member."""
    return lambda value: b"%b,%b}" % (value[:-1], text)


NAMED = b'{"id":"EventAgentReady","ThisDN":"2205","Server":101,"time":1735718405750,"AgentWorkMode":"Asleep"%b'

POISONS = {
    "truncated": Poison("truncated", lambda value: value[:-3]),
    "a number for a string": Poison("wrong_type", lambda value: value.replace(b'"ThisDN":"', b'"ThisDN":7,"DN":"', 1)),
    "invalid UTF-8": Poison("invalid_utf8", _member(b'"Note":"M\xe1laga"')),
    "a second id": Poison("duplicate_id", _member(b'"id":"EventDNDOn"')),
    "a missing attribute": Poison("missing_attribute", lambda value: value.replace(b'"ThisDN":', b'"DN":', 1)),
    "an unknown name": Poison("unknown_enum", lambda value: NAMED % value[value.rindex(b",") :]),
    "a lone surrogate": Poison("lone_surrogate", _member(rb'"Note":"\ud83d"')),
    "too deep": Poison("too_deep", _member(b'"Note":' + b"[" * 200 + b"]" * 200)),
    "too large a number": Poison("out_of_range", _member(b'"Note":1e999')),
    "nothing at all": Poison("empty_input", lambda _: b""),
    "a byte order mark": Poison("byte_order_mark", lambda value: b"\xef\xbb\xbf" + value),
    "two records in one": Poison("trailing_data", lambda value: value + value),
}


class Planned(NamedTuple):
    """A record to write: the event of that number, or one that was spoilt; `poison` names in which way."""

    number: int
    partition: int
    offset: int
    key: bytes
    value: bytes
    poison: str | None

    @property
    def key_mark(self) -> int:
        """The key, short enough for a journal."""
        return crc32(self.key)


def plan(count: int) -> Iterator[Planned]:
    """So many events, and poison besides, in the order in which they are written; a key's are all in one partition."""
    events = [(*_agent(message), message[:-1]) for message in corpus(DISTINCT)]
    names = list(POISONS)
    offsets = [0] * PARTITIONS
    for number in range(count):
        agent, key, start = events[number % DISTINCT]
        value = b'%b,"%b":%d}' % (start, NUMBER.encode(), number)
        partition = agent % PARTITIONS
        yield Planned(number, partition, offsets[partition], key, value, None)
        offsets[partition] += 1
        if number % POISON_EVERY == POISON_EVERY // 2:
            poison = names[number // POISON_EVERY % len(names)]
            yield Planned(number, partition, offsets[partition], key, POISONS[poison].spoil(value), poison)
            offsets[partition] += 1


def _agent(message: bytes) -> tuple[int, bytes]:
    """The agent's number, by the DN, and the key of all its records."""
    found = re.search(rb'"ThisDN":"(\d+)"', message)
    assert found is not None
    agent = int(found[1])
    return agent, b"tenant-%02d:%d" % (agent % TENANTS, agent)
