"""The broker keeps what it was given, on the same port, however it went down; and can be read as any broker can."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from services.clients import make_topic, read_topic, write
from services.kafka import Broker
from services.process import HOST, ServiceError

pytestmark = pytest.mark.services


def test_records_are_there_after_a_stop_and_after_a_crash(kafka: Broker) -> None:
    make_topic(kafka, "kept", partitions=6)
    ways: list[Callable[[], None]] = [lambda: None, kafka.stop, kafka.kill]
    for turn, way in enumerate(ways):
        write(kafka, "kept", [(partition, b"key", b"%d %d" % (turn, partition)) for partition in range(6)])
        address = kafka.address
        way()
        assert kafka.answers() == kafka.runs() == (turn == 0)
        if turn:
            kafka.start()
        assert kafka.runs() and kafka.address == address
        records = read_topic(kafka, "kept")
        assert {(r.partition, r.offset): r.value for r in records} == {
            (partition, earlier): b"%d %d" % (earlier, partition)
            for partition in range(6)
            for earlier in range(turn + 1)
        }
        assert len(records) == 6 * (turn + 1)


def test_a_broker_that_cannot_start_says_why_and_one_that_is_closed_leaves_nothing(
    new_broker: Callable[..., Broker],
) -> None:
    with pytest.raises(ServiceError, match=r"(?s)could not format its storage;.*node id 2 must be"):
        new_broker(settings={"node.id": "2"}).start()  # not the one that votes
    broker = new_broker(heap="192m")
    with socket.create_server((HOST, broker.port)):
        with pytest.raises(ServiceError, match=r"(?s)Kafka ended before it answered;.*Address already in use"):
            broker.start()
    with broker:
        assert broker.runs() and broker.answers() and broker.folder.exists()
    assert not broker.runs() and not broker.answers() and not broker.folder.exists()
