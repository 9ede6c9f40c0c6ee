"""Writing to and reading from a broker, through librdkafka: what the tests put in, and what is really there."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, NamedTuple

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from services.kafka import Broker

TIMEOUT = 60.0


class Record(NamedTuple):
    """A record as it lies in the topic."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int
    headers: list[Any]  # pairs of a name and bytes


def make_topic(broker: Broker, name: str, partitions: int = 6) -> None:
    """Make a topic; returns when it is there."""
    admin = AdminClient({"bootstrap.servers": broker.address})
    for future in admin.create_topics([NewTopic(name, partitions, 1)], operation_timeout=TIMEOUT).values():
        future.result(TIMEOUT)


def write(broker: Broker, topic: str, records: Iterable[tuple[int, bytes | None, bytes | None]]) -> None:
    """Write records of partition, key and value; returns when the broker has them all."""
    producer = Producer(
        {"bootstrap.servers": broker.address, "linger.ms": 5, "enable.idempotence": True, "log_level": 3}
    )
    failed: list[object] = []
    for partition, key, value in records:
        # The queue is bounded; `poll` makes room.
        while True:
            try:
                producer.produce(
                    topic, value, key, partition, on_delivery=lambda error, _: failed.append(error) if error else None
                )
                break
            except BufferError:
                producer.poll(0.1)
    left = producer.flush(TIMEOUT)
    assert not failed and not left, (failed[:3], left)


def read_topic(broker: Broker, topic: str) -> list[Record]:
    """Every record of a topic, from its beginning to where it ends now."""
    consumer = Consumer(
        {"bootstrap.servers": broker.address, "group.id": "reader", "enable.auto.commit": False, "check.crcs": True}
    )
    try:
        partitions = consumer.list_topics(topic, TIMEOUT).topics[topic].partitions
        ends = {place: _end(consumer, TopicPartition(topic, place)) for place in partitions}
        consumer.assign([TopicPartition(topic, place, OFFSET_BEGINNING) for place in partitions])
        records: list[Record] = []
        while len(records) < sum(ends.values()):
            message = consumer.poll(TIMEOUT)
            assert message is not None, f"{len(records)} of {sum(ends.values())} records came"
            if message.error():
                raise RuntimeError(str(message.error()))
            place, offset = message.partition(), message.offset()
            assert place is not None and offset is not None
            headers: list[Any] = list(message.headers() or ())
            records.append(Record(place, offset, message.key(), message.value(), message.timestamp()[1], headers))
        return records
    finally:
        consumer.close()


def _end(consumer: Consumer, place: TopicPartition) -> int:
    """The offset behind the last record. A broker that has just started may not lead its partitions yet."""
    late = time.monotonic() + TIMEOUT
    while True:
        try:
            return int(consumer.get_watermark_offsets(place, TIMEOUT)[1])
        except KafkaException as exception:
            if exception.args[0].name() != "NOT_LEADER_FOR_PARTITION" or time.monotonic() > late:
                raise
            time.sleep(0.1)
