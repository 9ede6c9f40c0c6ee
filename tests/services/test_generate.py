"""`vmcodec generate` into a real topic: what arrives, under which keys and times, and what is said where it fails."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from itertools import islice

import pytest
import vmcodec as v
from vmcodec import synthetic

from services.clients import make_topic, read_topic
from services.kafka import Broker

pytestmark = pytest.mark.services


def generate(*arguments: str, code: int = 0) -> str:
    command = [sys.executable, "-m", "vmcodec", "generate", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    return done.stderr


def test_events_arrive_in_order_under_their_keys_and_times(kafka: Broker) -> None:
    make_topic(kafka, "generated", partitions=4)
    where = ["--bootstrap", kafka.address, "--topic", "generated"]
    said = generate("--events", "20000", "--agents", "25", "--bad", "0.005", *where)
    records = read_topic(kafka, "generated")
    bad = {
        (record.partition, record.offset)
        for record, result in zip(
            records, v.decode_batch([record.value for record in records], errors="return"), strict=True
        )
        if isinstance(result, v.DecodeError)
    }
    assert len(records) == 20_000 and 50 < len(bad) < 150
    assert f"20,000 records, {len(bad)} of them bad;" in said
    expected: dict[bytes, list[tuple[int, bytes]]] = {}
    for dated in islice(synthetic.events(1, 25), 20_000 - len(bad)):
        told = (dated.time_us // 1_000, v.encode(dated.event))
        expected.setdefault(dated.key.encode(), []).append(told)
    found: dict[bytes | None, list[tuple[int, bytes | None]]] = {}
    for record in records:
        if (record.partition, record.offset) not in bad:
            found.setdefault(record.key, []).append((record.timestamp, record.value))
    assert found == expected
    # A key has one partition, and the keys are spread.
    places = {(record.key, record.partition) for record in records}
    assert max(Counter(key for key, _ in places).values()) == 1
    assert {partition for _, partition in places} == {0, 1, 2, 3}


def test_with_a_rate_they_arrive_now(kafka: Broker) -> None:
    make_topic(kafka, "paced", partitions=1)
    begin = time.time() * 1000
    generate("--events", "30", "--rate", "20", "--bootstrap", kafka.address, "--topic", "paced")
    records = read_topic(kafka, "paced")
    assert len(records) == 30
    assert begin - 1 < records[0].timestamp < records[-1].timestamp - 1_000 < time.time() * 1000


def test_records_that_do_not_arrive_are_told(kafka: Broker) -> None:
    from confluent_kafka.admin import AdminClient
    from confluent_kafka.cimpl import NewTopic

    admin = AdminClient({"bootstrap.servers": kafka.address})
    small = NewTopic("small", 1, 1, config={"max.message.bytes": "300"})
    for future in admin.create_topics([small]).values():
        future.result(60)
    said = generate("--events", "300", "--bootstrap", kafka.address, "--topic", "small", code=2)
    assert said.startswith(f"vmcodec generate: {kafka.address}: ") and said.count("\n") == 1
    assert "the topic small: " in said and "too large" in said.lower()


def test_a_broker_that_is_not_there_is_told_soon() -> None:
    begin = time.monotonic()
    said = generate("--bootstrap", "127.0.0.1:1", code=2)
    assert said.startswith("vmcodec generate: 127.0.0.1:1: no broker answers: ") and said.count("\n") == 1
    assert time.monotonic() - begin < 60
