"""`vmcodec.kafka` with a real broker in each client: their deserializers' call, and their batches."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
import vmcodec
from confluent_kafka import DeserializingConsumer
from confluent_kafka.error import ValueDeserializationError
from vmcodec import DecodeError
from vmcodec.kafka import EventDeserializer, dead_letter, decode_polled

from services.clients import TIMEOUT, make_topic, read_topic, write
from services.filled import BAD, VALUES, Place, agent, comparable, decoded, fill
from services.kafka import Broker

pytestmark = [
    pytest.mark.services,
    # kafka-python reads its schemas in a way that Python 3.11 calls deprecated, and 3.13 does not.
    pytest.mark.filterwarnings("ignore:(read|open)_text is deprecated:DeprecationWarning"),
]


@pytest.mark.parametrize("errors", ["raise", "return"])
def test_the_deserializer_in_confluent_kafka(kafka: Broker, errors: Any) -> None:
    """Where it raises, the client does too, once for each bad record, and goes on behind it."""
    topic = f"deserialized-{errors}"
    make_topic(kafka, topic, 1)
    write(kafka, topic, [(0, b"k", value) for value in VALUES])
    settings = {"bootstrap.servers": kafka.address, "group.id": topic, "auto.offset.reset": "earliest"}
    consumer = DeserializingConsumer({**settings, "value.deserializer": EventDeserializer(errors=errors)})
    found: list[Any] = []
    with closing(consumer):
        consumer.subscribe([topic])
        for value in VALUES:
            try:
                message = consumer.poll(TIMEOUT)
                assert message is not None
                found.append(message.value())
            except ValueDeserializationError as failed:
                error = failed.exception
                assert errors == "raise" and isinstance(error, DecodeError) and error.raw is None
                assert dead_letter(failed.kafka_message, error)["value"] == value
                found.append(error)
    expected = [vmcodec.decode_batch([value], errors="return")[0] for value in VALUES]
    if errors == "return":
        assert list(map(comparable, found)) == list(map(comparable, expected))
    assert list(map(str, found)) == list(map(str, expected))


def test_the_deserializer_in_kafka_python(kafka: Broker) -> None:
    from kafka import KafkaConsumer, KafkaProducer

    written = fill(kafka, "python")
    make_topic(kafka, "python-dead", 1)
    consumer = KafkaConsumer(
        "python",
        bootstrap_servers=kafka.address,
        auto_offset_reset="earliest",
        consumer_timeout_ms=int(TIMEOUT * 1000),
        value_deserializer=EventDeserializer(errors="return"),
    )
    producer = KafkaProducer(bootstrap_servers=kafka.address)
    with closing(consumer), closing(producer):
        found = {}
        for record in consumer:
            found[record.partition, record.offset] = comparable(record.value)
            if isinstance(record.value, DecodeError):
                producer.send("python-dead", **dead_letter(record, record.value))
            if len(found) == len(written):
                break
        producer.flush(TIMEOUT)
    assert found == decoded(written)
    letters = read_topic(kafka, "python-dead")
    assert sorted(letter.value or b"" for letter in letters) == sorted(BAD)


def test_batches_of_kafka_python(kafka: Broker) -> None:
    from kafka import KafkaConsumer

    written = fill(kafka, "polled")
    with closing(KafkaConsumer("polled", bootstrap_servers=kafka.address, auto_offset_reset="earliest")) as consumer:
        check_batches(written, lambda: consumer.poll(timeout_ms=1000, max_records=10))


def check_batches(written: dict[Place, bytes | None], poll: Callable[[], dict[Any, list[Any]]]) -> None:
    """All that was written comes, in the client's own partitions."""
    found: dict[Place, Any] = {}
    late = time.monotonic() + TIMEOUT
    while len(found) < len(written):
        assert time.monotonic() < late
        polled = poll()
        for place, records in decode_polled(polled).items():
            assert [record.message for record in records] == list(polled[place])
            for record in records:
                assert (record.topic, record.partition) == (place.topic, place.partition)
                assert record.agent_id == agent(record.partition, record.offset)
                assert record.timestamp is not None
                found[record.partition, record.offset] = comparable(record.event)
    assert found == decoded(written)


def test_aiokafka(kafka: Broker) -> None:
    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

    written = fill(kafka, "async")
    make_topic(kafka, "async-dead", 1)

    async def run() -> None:
        settings: dict[str, Any] = {"bootstrap_servers": kafka.address, "auto_offset_reset": "earliest"}
        async with AIOKafkaConsumer("async", **settings) as consumer:
            found: dict[Place, Any] = {}
            while len(found) < len(written):
                polled = await asyncio.wait_for(consumer.getmany(timeout_ms=1000, max_records=10), TIMEOUT)
                for place, records in decode_polled(polled).items():
                    assert all(record.message is given for record, given in zip(records, polled[place], strict=True))
                    found |= {(place.partition, record.offset): comparable(record.event) for record in records}
            assert found == decoded(written)
        deserializer = EventDeserializer(errors="return")
        async with (
            AIOKafkaConsumer("async", **settings, value_deserializer=deserializer) as consumer,
            AIOKafkaProducer(bootstrap_servers=kafka.address) as producer,
        ):
            events: list[Any] = []
            while len(events) < len(written):
                record = await asyncio.wait_for(consumer.getone(), TIMEOUT)
                events.append(record.value)
                if isinstance(record.value, DecodeError):
                    letter: Any = dead_letter(record, record.value)
                    await producer.send_and_wait("async-dead", **letter)
        assert sorted(map(str, events)) == sorted(
            str(result) for value in written.values() for result in vmcodec.decode_batch([value], errors="return")
        )

    asyncio.run(run())
    letters = read_topic(kafka, "async-dead")
    assert sorted(letter.value or b"" for letter in letters) == sorted(BAD)
    assert all(dict(letter.headers)["__connect.errors.topic"] == b"async" for letter in letters)
