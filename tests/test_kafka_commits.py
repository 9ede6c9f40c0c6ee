"""What `consume_events` makes of answers to its commits that no broker gives at will. A consumer here answers as told.

All that a broker does give is in services/test_kafka_consumers.py.
"""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest
from vmcodec.kafka.loop import _Commits, _is_record, passes

Answer = str | dict[int, str] | None


class Answering:
    """Notes what is committed; answers each commit with an error for the whole, or by partition."""

    def __init__(self, *answers: Answer) -> None:
        self.asked: list[dict[int, int]] = []
        self._answers = list(answers)

    def commit(self, offsets: list[Any], asynchronous: bool) -> list[Any]:
        assert not asynchronous
        self.asked.append({place.partition: place.offset for place in offsets})
        answer = self._answers.pop(0)
        if isinstance(answer, str):
            raise pytest.importorskip("confluent_kafka").KafkaException(error_of(answer))
        errors = {} if answer is None else answer
        return [
            SimpleNamespace(topic="t", partition=place.partition, error=error_of(errors.get(place.partition)))
            for place in offsets
        ]


def error_of(name: str | None) -> Any:
    client = pytest.importorskip("confluent_kafka")
    return None if name is None else client.KafkaError(getattr(client.KafkaError, name))


def message(partition: int, offset: int) -> Any:
    return SimpleNamespace(topic=lambda: "t", partition=lambda: partition, offset=lambda: offset)


def partition(number: int) -> Any:
    return SimpleNamespace(topic="t", partition=number)


def commits_with(*answers: Answer) -> tuple[Answering, Any]:
    pytest.importorskip("confluent_kafka")
    consumer: Any = Answering(*answers)
    commits = _Commits(consumer)
    commits.add([message(0, 4), message(1, 7), message(0, 5)])
    return consumer, commits


def test_the_offset_behind_the_last_is_committed_once() -> None:
    consumer, commits = commits_with(None)
    commits.commit()
    commits.commit()
    assert consumer.asked == [{0: 6, 1: 8}]


@pytest.mark.parametrize("name", ["_WAIT_COORD", "_TRANSPORT", "REBALANCE_IN_PROGRESS", "COORDINATOR_NOT_AVAILABLE"])
def test_what_cannot_be_committed_yet_waits(name: str, caplog: pytest.LogCaptureFixture) -> None:
    consumer, commits = commits_with(name, {1: name}, None)
    commits.commit()
    commits.add([message(0, 9)])
    commits.commit()
    commits.commit()
    commits.commit()
    assert consumer.asked == [{0: 6, 1: 8}, {0: 10, 1: 8}, {1: 8}]
    assert {record.levelno for record in caplog.records} == {logging.WARNING} and name in caplog.text


@pytest.mark.parametrize("name", ["ILLEGAL_GENERATION", "UNKNOWN_MEMBER_ID", "STALE_MEMBER_EPOCH", "_ASSIGNMENT_LOST"])
def test_what_went_to_another_consumer_is_left_to_it(name: str, caplog: pytest.LogCaptureFixture) -> None:
    consumer, commits = commits_with(name, {0: name})
    commits.commit()
    commits.commit()
    assert consumer.asked == [{0: 6, 1: 8}]
    commits.add([message(0, 9)])
    commits.commit()
    commits.commit()
    assert consumer.asked[1:] == [{0: 10}]
    assert name in caplog.text


@pytest.mark.parametrize("answer", ["GROUP_AUTHORIZATION_FAILED", {1: "TOPIC_AUTHORIZATION_FAILED"}])
def test_what_can_never_be_committed_raises(answer: Answer) -> None:
    client = pytest.importorskip("confluent_kafka")
    _, commits = commits_with(answer)
    with pytest.raises(client.KafkaException, match="AUTHORIZATION_FAILED"):
        commits.commit()


def test_before_partitions_go_what_waits_is_committed() -> None:
    consumer, commits = commits_with("_TRANSPORT", None)
    commits.commit()
    commits.revoked(consumer, [partition(0)])
    commits.commit()
    assert consumer.asked == [{0: 6, 1: 8}] * 2


@pytest.mark.parametrize("name", ["_TRANSPORT", "GROUP_AUTHORIZATION_FAILED"])
def test_what_could_not_be_committed_before_is_not_afterwards(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """Its new owner may have gone further."""
    consumer, commits = commits_with("_TRANSPORT", name, None)
    commits.commit()
    commits.revoked(consumer, [partition(0)])  # within a rebalance nothing is raised
    commits.commit()
    assert consumer.asked[2:] == [{1: 8}]
    assert name in caplog.text


def test_partitions_that_are_lost_are_not_committed() -> None:
    consumer, commits = commits_with(None)
    commits.lost(consumer, [partition(1)])
    commits.commit()
    assert consumer.asked == [{0: 6}]


def test_which_errors_pass() -> None:
    client = pytest.importorskip("confluent_kafka")
    error = client.KafkaError
    assert passes(error(error._ALL_BROKERS_DOWN)) and passes(error(error.UNKNOWN_TOPIC_OR_PART))
    assert passes(error(error._FAIL, retriable=True))
    assert not passes(error(error._TRANSPORT, fatal=True)) and not passes(error(error.TOPIC_AUTHORIZATION_FAILED))
    assert not _is_record(SimpleNamespace(error=lambda: error(error._PARTITION_EOF)))  # type: ignore[arg-type]
    assert not _is_record(SimpleNamespace(error=lambda: error(error._MAX_POLL_EXCEEDED)))  # type: ignore[arg-type]
    with pytest.raises(client.KafkaException, match="_AUTO_OFFSET_RESET"):
        _is_record(SimpleNamespace(error=lambda: error(error._AUTO_OFFSET_RESET)))  # type: ignore[arg-type]


def test_every_name_of_an_error_is_one_of_the_clients() -> None:
    from vmcodec.kafka import loop

    client = pytest.importorskip("confluent_kafka")
    for name in loop._MOVED | loop._PASSING:
        assert client.KafkaError(getattr(client.KafkaError, name)).name() == name
