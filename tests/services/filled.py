"""Topics with events, bad records and tombstones in them, and what becomes of each, to compare."""

from __future__ import annotations

from typing import Any

import vmcodec
from support import told
from vmcodec import DecodeError
from vmcodec.samples import BAD_SAMPLE, SAMPLES

from services.clients import make_topic, write
from services.kafka import Broker

PARTITIONS = 3
BAD = [BAD_SAMPLE, b"", BAD_SAMPLE[:-1]]
VALUES: list[bytes | None] = [*SAMPLES, *BAD, None, b'{"id":"EventQueueLogout"}']
Place = tuple[int, int]  # partition and offset


def fill(broker: Broker, topic: str, values: list[bytes | None] = VALUES) -> dict[Place, bytes | None]:
    """Make the topic, and write the values in turns over its partitions, with the keys `T:0`, `T:1`, ...

    Gives the value that lies at each place.
    """
    make_topic(broker, topic, PARTITIONS)
    write(broker, topic, [(at % PARTITIONS, b"T:%d" % at, value) for at, value in enumerate(values)])
    return {(at % PARTITIONS, at // PARTITIONS): value for at, value in enumerate(values)}


def agent(partition: int, offset: int) -> str:
    """The agent in the key of the record at this place."""
    return str(offset * PARTITIONS + partition)


def decoded(written: dict[Place, bytes | None]) -> dict[Place, Any]:
    """What `decode_batch` makes of the values, but for the errors' places in the batch."""
    results = vmcodec.decode_batch(list(written.values()), errors="return")
    return {place: comparable(result) for place, result in zip(written, results, strict=True)}


def comparable(result: Any) -> Any:
    """A result that can be compared with `==`; of an error all but its place in a batch."""
    if not isinstance(result, DecodeError):
        return result
    code, _, *others = told(result)[1]
    return code, others
