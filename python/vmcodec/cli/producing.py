"""Writing records to a topic, by confluent-kafka: each once and in order, and no failure unnoticed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from .trouble import Trouble

PATIENCE = 30.0  # seconds that a record may take until the broker has it


class Record(NamedTuple):
    """A record of a topic."""

    key: bytes
    time_ms: int
    value: bytes


@contextlib.contextmanager
def producing(bootstrap: str, topic: str) -> Iterator[Callable[[Iterable[Record]], None]]:
    """Give a function that writes records to the topic; Trouble where one does not arrive."""
    from confluent_kafka import KafkaException, Producer

    failed: list[str] = []

    def delivered(error: Any, message: Any) -> None:
        if error:
            failed.append(error.str())

    def write(records: Iterable[Record]) -> None:
        for key, time_ms, value in records:
            while True:
                try:
                    producer.produce(topic, value, key, timestamp=time_ms, on_delivery=delivered)
                    break
                except BufferError:  # the queue is bounded
                    producer.poll(0.1)
        producer.poll(0)
        if failed:
            raise Trouble(f"{bootstrap}: records do not reach the topic {topic}: {failed[0]}")

    try:
        producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "linger.ms": 20,
                "message.timeout.ms": int(PATIENCE * 1000),
                "log_level": 0,  # what matters is told by the deliveries
            }
        )
        producer.list_topics(timeout=PATIENCE / 3)
    except KafkaException as error:
        raise Trouble(f"{bootstrap}: no broker answers: {error.args[0].str()}") from None
    try:
        yield write
    finally:
        left = producer.flush(PATIENCE + 5)
    if failed or left:
        reason = failed[0] if failed else "no answer"
        raise Trouble(f"{bootstrap}: {len(failed) + left:,} records did not reach the topic {topic}: {reason}")
