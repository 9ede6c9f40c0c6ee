"""`consume_events` with a real broker: what comes, what is committed and when, and what comes again."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterable
from contextlib import closing
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from vmcodec.kafka import DeadLetters, Record, consume_events, decode_messages
from vmcodec.samples import BAD_SAMPLE, SAMPLES

from services.clients import TIMEOUT, make_topic, read_topic
from services.filled import PARTITIONS, VALUES, Place, agent, comparable, decoded, fill
from services.kafka import Broker

pytestmark = pytest.mark.services

PROTOCOLS = pytest.mark.parametrize("protocol", ["classic", "consumer"])


class Stop(Exception):
    """What a loop's body raises."""


def consumer_of(
    broker: Broker, group: str, protocol: str = "classic", settings: dict[str, Any] | None = None
) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": broker.address,
            "group.id": group,
            "group.protocol": protocol,
            "auto.offset.reset": "earliest",
            "enable.auto.offset.store": False,
            "enable.partition.eof": True,
            "log_level": 3,
            **(settings or {}),
        }
    )


def committed(consumer: Consumer, topic: str) -> dict[int, int]:
    """What the broker says is committed, by partition; 0 where nothing is."""
    places = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
    return {place.partition: max(place.offset, 0) for place in consumer.committed(places, TIMEOUT)}


def places(records: Iterable[Record[Any]]) -> list[Place]:
    return [(record.partition, record.offset) for record in records]


def within_time(batches: Generator[list[Record[Any]], None, None]) -> Generator[list[Record[Any]], None, None]:
    """The batches, for as long as a test may take; closed when this one is."""
    late = time.monotonic() + TIMEOUT
    with closing(batches):
        for batch in batches:
            assert time.monotonic() < late, "what the test waits for does not come"
            yield batch


def handle(consumer: Consumer, topic: str, count: int, **options: Any) -> list[Record[Any]]:
    """Records until so many came, all of them handled and committed."""
    found: list[Record[Any]] = []
    with closing(within_time(consume_events(consumer, [topic], timeout=0.2, **options))) as batches:
        for batch in batches:
            if len(found) >= count:
                return found
            found += batch
    raise AssertionError("the loop ended by itself")


def test_batches_of_confluent_kafka(kafka: Broker) -> None:
    written = fill(kafka, "batches")
    with closing(consumer_of(kafka, "batches")) as consumer:
        consumer.subscribe(["batches"])
        records: list[Record[Any]] = []
        while sum(record.kafka_error is None for record in records) < len(VALUES):
            messages = consumer.consume(7, 10)
            batch = decode_messages(messages)
            assert [record.message for record in batch] == messages
            records += batch
    words = [record for record in records if record.kafka_error is not None]
    assert {record.kafka_error.name() for record in words if record.kafka_error} <= {"_PARTITION_EOF"}
    assert {(record.event, record.tenant_id) for record in words} == {(None, None)}
    records = [record for record in records if record.kafka_error is None]
    assert {(r.partition, r.offset): comparable(r.event) for r in records} == decoded(written)
    assert [(r.tenant_id, r.agent_id, r.topic) for r in records] == [
        ("T", agent(r.partition, r.offset), "batches") for r in records
    ]
    now = time.time() * 1000
    assert all(r.timestamp is not None and now - 600_000 < r.timestamp <= now for r in records)


@PROTOCOLS
def test_what_was_handled_is_committed_and_nothing_else(kafka: Broker, protocol: str) -> None:
    topic = f"handled-{protocol}"
    written = fill(kafka, topic)
    handled: list[Place] = []
    with closing(consumer_of(kafka, topic, protocol)) as consumer:
        with pytest.raises(Stop):
            for batch in within_time(consume_events(consumer, [topic], batch_size=5, timeout=0.2)):
                assert committed(consumer, topic) == ends(handled)
                if len(handled) >= 10:
                    refused = places(batch)
                    assert refused
                    raise Stop
                handled += places(batch)
        assert committed(consumer, topic) == ends(handled)
        # The same consumer goes on: what was not handled comes again, and nothing else does.
        again = places(handle(consumer, topic, len(VALUES) - len(handled)))
        assert set(refused) <= set(again)
        assert sorted(handled + again) == sorted(written)
        assert committed(consumer, topic) == ends(written)


def test_a_consumer_may_have_its_topics_already(kafka: Broker) -> None:
    written = fill(kafka, "subscribed")
    with closing(consumer_of(kafka, "subscribed")) as consumer:
        consumer.subscribe(["subscribed"])
        handled: list[Place] = []
        for batch in within_time(consume_events(consumer, batch_size=5, timeout=0.2)):
            assert committed(consumer, "subscribed") == ends(handled)
            if len(handled) == len(written):
                break
            handled += places(batch)
        assert sorted(handled) == sorted(written)


def ends(handled: Iterable[Place]) -> dict[int, int]:
    """The offsets behind what was handled."""
    found = dict.fromkeys(range(PARTITIONS), 0)
    for partition, offset in handled:
        found[partition] = max(found[partition], offset + 1)
    return found


def test_a_consumer_whose_loop_ended_reads_the_batch_again_by_itself(kafka: Broker) -> None:
    fill(kafka, "again")
    with closing(consumer_of(kafka, "again", settings={"enable.partition.eof": False})) as consumer:
        batches = consume_events(consumer, ["again"], batch_size=4, timeout=0.5)
        first = next(batch for batch in batches if batch)
        batches.close()
        messages = decode_messages(consumer.consume(len(VALUES), TIMEOUT))
        assert len(messages) == len(VALUES) and set(places(first)) <= set(places(messages))
        assert committed(consumer, "again") == ends([])


def test_bad_records_go_to_the_dead_letters_before_anything_is_committed(kafka: Broker) -> None:
    make_topic(kafka, "sick", PARTITIONS)
    make_topic(kafka, "sick-dead", 1)
    bad = [BAD_SAMPLE, b"", b'{"id":\xff}', BAD_SAMPLE[:-1]]
    producer = Producer({"bootstrap.servers": kafka.address})
    headers: list[Any] = [("trace", b"\x00\xff"), ("nothing", None)]
    for at, value in enumerate([*SAMPLES, *bad]):
        producer.produce("sick", value, b"T:%d" % at, at % PARTITIONS, headers=headers)
    producer.produce("sick", SAMPLES[0], b"\xff\xfe", 0, headers=headers)
    assert producer.flush(TIMEOUT) == 0

    sent: list[Record[Any]] = []

    class Watched(DeadLetters):
        def __call__(self, record: Record[Any]) -> None:
            sent.append(record)
            super().__call__(record)

        def flush(self) -> None:
            super().flush()
            here = {letter.key for letter in read_topic(kafka, "sick-dead")}
            assert here == {record.message.key() for record in sent}

    with closing(consumer_of(kafka, "sick")) as consumer:
        good: list[Record[Any]] = []
        options: dict[str, Any] = {"batch_size": 5, "timeout": 0.2, "on_error": Watched(producer, "sick-dead")}
        for batch in within_time(consume_events(consumer, ["sick"], **options)):
            if sum(committed(consumer, "sick").values()) == len(SAMPLES) + len(bad) + 1:
                break
            good += batch
    assert all(record.error is None for record in good) and len(good) == len(SAMPLES)
    letters = {letter.key: letter for letter in read_topic(kafka, "sick-dead")}
    assert {key: letter.value for key, letter in letters.items()} == {
        **{b"T:%d" % (len(SAMPLES) + at): value for at, value in enumerate(bad)},
        b"\xff\xfe": SAMPLES[0],
    }
    for record in sent:
        assert record.error is not None
        letter = letters[record.message.key()]
        assert letter.headers[: len(headers)] == headers
        told_by = dict(letter.headers)
        assert told_by["__connect.errors.topic"] == b"sick"
        assert told_by["__connect.errors.partition"] == b"%d" % record.partition
        assert told_by["__connect.errors.offset"] == b"%d" % record.offset
        assert told_by["__connect.errors.exception.message"] == str(record.error).encode()
        assert told_by["vmcodec.error.code"] == record.error.code.encode()


def test_without_dead_letters_bad_records_stand_in_their_batch(kafka: Broker) -> None:
    written = fill(kafka, "open")
    with closing(consumer_of(kafka, "open")) as consumer:
        records = handle(consumer, "open", len(VALUES))
    assert sorted(places(records)) == sorted(written)
    assert sum(record.error is not None for record in records) == 3


def test_a_letter_that_is_refused_stops_the_loop_and_is_no_loss(kafka: Broker) -> None:
    fill(kafka, "refused", [SAMPLES[0], BAD_SAMPLE])
    producer = Producer({"bootstrap.servers": kafka.address, "message.timeout.ms": 3000, "log_level": 0})
    # The broker makes no topic of such a name.
    with closing(consumer_of(kafka, "refused")) as consumer:
        with pytest.raises(KafkaException):
            handle(consumer, "refused", 1, on_error=DeadLetters(producer, "no such topic"))
        assert sum(committed(consumer, "refused").values()) < 2
        records = handle(consumer, "refused", 1)
    assert BAD_SAMPLE in [record.message.value() for record in records]


@PROTOCOLS
def test_a_rebalance_loses_nothing(kafka: Broker, protocol: str) -> None:
    """A second consumer comes while the first works, and leaves again in the middle of a batch."""
    topic = f"shared-{protocol}"
    values: list[bytes | None] = [SAMPLES[at % len(SAMPLES)] for at in range(6000)]
    written = fill(kafka, topic, values)
    handled: list[tuple[str, Place]] = []
    given_up: list[Place] = []
    done = threading.Event()

    def second() -> None:
        with closing(consumer_of(kafka, topic, protocol)) as consumer:
            for batch in consume_events(consumer, [topic], batch_size=50, timeout=0.1):
                if batch and len([who for who, _ in handled if who == "second"]) >= 200:
                    given_up.extend(places(batch))
                    return
                if done.is_set():
                    return
                handled.extend(("second", place) for place in places(batch))

    thread = threading.Thread(target=second)
    with closing(consumer_of(kafka, topic, protocol)) as consumer:
        for batch in within_time(consume_events(consumer, [topic], batch_size=50, timeout=0.1)):
            if len({place for _, place in handled}) == len(written):
                break
            handled.extend(("first", place) for place in places(batch))
            if len(handled) >= 100 and thread.ident is None:
                thread.start()
            if not given_up:
                time.sleep(0.2)  # leaves the other one some of the work
        done.set()
        thread.join(TIMEOUT)
        assert committed(consumer, topic) == ends(written)
    assert {who for who, _ in handled} == {"first", "second"} and given_up
    # Partitions moved between batches only, so nothing was handled twice, and each partition in its order.
    for partition in range(PARTITIONS):
        offsets = [offset for _, (where, offset) in handled if where == partition]
        assert offsets == sorted(offset for where, offset in written if where == partition)


def test_who_took_too_long_goes_on_and_loses_nothing(kafka: Broker, caplog: pytest.LogCaptureFixture) -> None:
    """The group gives the partitions away in the middle of a batch, so that it cannot be committed."""
    written = fill(kafka, "slow")
    handled: list[Place] = []
    settings = {"max.poll.interval.ms": 6000, "session.timeout.ms": 6000, "heartbeat.interval.ms": 500}
    with closing(consumer_of(kafka, "slow", settings=settings)) as consumer:
        for batch in within_time(consume_events(consumer, ["slow"], batch_size=5, timeout=0.2)):
            if committed(consumer, "slow") == ends(written):
                break
            if batch and not handled:
                time.sleep(8)
            handled += places(batch)
    assert "UNKNOWN_MEMBER_ID" in caplog.text
    assert set(handled) == set(written)
    assert len(handled) > len(written)  # what was not committed came again


def test_what_does_not_pass_ends_the_loop(kafka: Broker) -> None:
    fill(kafka, "ends")
    settings = {"auto.offset.reset": "error"}
    with closing(consumer_of(kafka, "ends", settings=settings)) as consumer:
        with pytest.raises(KafkaException, match="_AUTO_OFFSET_RESET"):
            handle(consumer, "ends", 1)


def test_a_topic_that_is_not_there_yet_is_waited_for(kafka: Broker, caplog: pytest.LogCaptureFixture) -> None:
    settings = {"topic.metadata.refresh.interval.ms": 500, "allow.auto.create.topics": False}
    with closing(consumer_of(kafka, "later", settings=settings)) as consumer:
        batches = consume_events(consumer, ["later"], timeout=0.5)
        while "UNKNOWN_TOPIC_OR_PART" not in caplog.text:
            assert next(batches) == []
        written = fill(kafka, "later")
        found: list[Place] = []
        while len(found) < len(written):
            found += places(next(batches))
    assert sorted(found) == sorted(written)
