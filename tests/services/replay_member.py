"""A consumer as an operator would run it, for test_kafka_replay: notes each event it handles, and ends on SIGTERM.

`python -m services.replay_member ADDRESS TOPIC LETTERS JOURNAL HOLD`. The group is named like the topic; bad records go
to the topic LETTERS. With a HOLD above 0 it stops dead in the middle of a batch, once it has handled so many events,
and waits to be killed.
"""

from __future__ import annotations

import faulthandler
import signal
import struct
import sys
import time
from pathlib import Path
from typing import Any
from zlib import crc32

from confluent_kafka import Consumer, Producer
from vmcodec import BaseEvent
from vmcodec.kafka import DeadLetters, Record, consume_events

from services.replay_plan import NUMBER

ENDED = "ended as asked"
LATE = 60  # seconds within which it should end
# A line of the journal: when the event was handled, where it lay, a mark of its key, and its number.
LINE = struct.Struct("<QIIII")


def held(journal: Path) -> Path:
    """The file that says that the member holds."""
    return journal.with_suffix(".held")


def line(record: Record[Any]) -> bytes:
    """What is noted of an event, now; the clock is the same in all processes."""
    assert isinstance(record.event, BaseEvent) and record.event.extra is not None
    number = record.event.extra[NUMBER]
    mark = crc32(f"{record.tenant_id}:{record.agent_id}".encode())
    return LINE.pack(time.monotonic_ns(), record.partition, record.offset, mark, number)


def main(address: str, topic: str, letters: str, journal: Path, hold: int) -> None:
    """Consume until asked to end."""
    asked: list[int] = []

    def ask(number: int, _: object) -> None:
        asked.append(number)
        faulthandler.dump_traceback_later(LATE)  # should it hang, its log tells where

    signal.signal(signal.SIGTERM, ask)
    consumer = Consumer(
        {
            "bootstrap.servers": address,
            "group.id": topic,
            "client.id": journal.stem,
            "auto.offset.reset": "earliest",
            "enable.auto.offset.store": False,
            "session.timeout.ms": 6_000,  # the shortest that brokers allow: how long a dead member is waited for
            "socket.timeout.ms": 10_000,  # how long a commit may wait for a broker that has gone
        }
    )
    # Letters lie here until they are flushed: those that are not in time would be lost with this process.
    producer = Producer({"bootstrap.servers": address, "enable.idempotence": True, "linger.ms": 60_000})
    # Unbuffered: what was noted stays noted, whatever becomes of this process.
    with journal.open("ab", buffering=0) as noted:
        count = 0
        for batch in consume_events(consumer, [topic], on_error=DeadLetters(producer, letters)):
            if asked:
                break
            for at, record in enumerate(batch):
                if hold and count >= hold and at == len(batch) // 2 > 0:
                    held(journal).touch()
                    time.sleep(600)
                noted.write(line(record))
                count += 1
    # The consumer is not closed: once a broker has gone, the client may wait for it there for ever (librdkafka's issue
    # 3740). What was handled is committed.
    print(ENDED, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4]), int(sys.argv[5]))
