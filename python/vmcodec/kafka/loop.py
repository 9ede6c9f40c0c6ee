"""`consume_events`: batches of records from a consumer of confluent-kafka, each committed once it was handled."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .._vmcodec import Decoder
from ..events import Event, UnknownEvent
from .records import Record, decode_messages

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

__all__ = ["consume_events", "passes"]

T = TypeVar("T")
OnError = Callable[[Record[Any]], object]

logger = logging.getLogger(__name__)

# Who asks is no member of the group any more, or not of its present generation. The next owner begins where the last
# commit was: records come again, and none is lost.
_MOVED = frozenset(
    {
        "ILLEGAL_GENERATION",
        "UNKNOWN_MEMBER_ID",
        "FENCED_MEMBER_EPOCH",
        "STALE_MEMBER_EPOCH",
        "_ASSIGNMENT_LOST",
        "UNKNOWN_TOPIC_OR_PART",
    }
)
# What the client gets over by itself, sooner or later; of most of them it does not say so.
_PASSING = frozenset(
    {
        "_ALL_BROKERS_DOWN",
        "_MAX_POLL_EXCEEDED",
        "_RESOLVE",
        "_TIMED_OUT",
        "_TIMED_OUT_QUEUE",
        "_TRANSPORT",
        "_WAIT_COORD",
        "BROKER_NOT_AVAILABLE",
        "COORDINATOR_LOAD_IN_PROGRESS",
        "COORDINATOR_NOT_AVAILABLE",
        "FENCED_LEADER_EPOCH",
        "KAFKA_STORAGE_ERROR",
        "LEADER_NOT_AVAILABLE",
        "NETWORK_EXCEPTION",
        "NOT_COORDINATOR",
        "NOT_LEADER_FOR_PARTITION",
        "OFFSET_NOT_AVAILABLE",
        "REBALANCE_IN_PROGRESS",
        "REPLICA_NOT_AVAILABLE",
        "REQUEST_TIMED_OUT",
        "UNKNOWN_LEADER_EPOCH",
        "UNKNOWN_TOPIC_ID",
        "UNKNOWN_TOPIC_OR_PART",
    }
)


@overload
def consume_events(
    consumer: Consumer,
    topics: Iterable[str] | None = None,
    *,
    decoder: None = None,
    batch_size: int = 1000,
    timeout: float = 0.5,
    on_error: OnError | None = None,
) -> Generator[list[Record[Event | UnknownEvent]], None, None]: ...
@overload
def consume_events(
    consumer: Consumer,
    topics: Iterable[str] | None = None,
    *,
    decoder: Decoder[T],
    batch_size: int = 1000,
    timeout: float = 0.5,
    on_error: OnError | None = None,
) -> Generator[list[Record[T]], None, None]: ...
def consume_events(
    consumer: Consumer,
    topics: Iterable[str] | None = None,
    *,
    decoder: Decoder[Any] | None = None,
    batch_size: int = 1000,
    timeout: float = 0.5,
    on_error: OnError | None = None,
) -> Generator[list[Record[Any]], None, None]:
    """Give batches of records for ever, of the topics if there are any. Each is committed when the next is asked for.

    consumer : one of confluent-kafka, made with `"enable.auto.offset.store": False`; it is not closed
    topics : subscribed to; by default the consumer has its topics or partitions already
    decoder : a `Decoder` with options; by default one without
    batch_size, timeout : a batch has so many records, or what came within so many seconds, which may be none
    on_error : called with each bad record, which then is in no batch. If it has a method `flush`, as `DeadLetters` has,
        that is called before the batch is committed. Without `on_error` bad records are in the batch, with their error.

    A batch counts as handled once the loop's body came to its end. Where the body or `on_error` raises, where the loop
    is left, or on Ctrl-C, the batch is not committed, and its records come again: here, if the consumer is used again,
    or to whichever consumer gets the partition. So every record is handled at least once, and may be more often.

    Raises ValueError where the client itself may commit, and KafkaException for errors that do not pass by themselves.
    """
    _check(consumer)
    commits = _Commits(consumer)
    if topics is not None:
        consumer.subscribe(list(topics), on_revoke=commits.revoked, on_lost=commits.lost)
    return _batches(consumer, commits, decoder, batch_size, timeout, on_error)


def _batches(
    consumer: Consumer,
    commits: _Commits,
    decoder: Decoder[Any] | None,
    batch_size: int,
    timeout: float,
    on_error: OnError | None,
) -> Generator[list[Record[Any]], None, None]:
    flush = getattr(on_error, "flush", None)
    while True:
        messages = consumer.consume(batch_size, timeout)
        try:
            messages = [message for message in messages if _is_record(message)]
            records = decode_messages(messages, decoder=decoder)
            if on_error is not None:
                for record in records:
                    if record.error is not None:
                        on_error(record)
                records = [record for record in records if record.error is None]
            yield records
            if flush is not None:
                flush()
        except BaseException:
            _rewind(consumer, messages)
            raise
        commits.add(messages)
        commits.commit()


class _Commits:
    """The offsets behind what was handled, until the broker has them.

    While the loop's body runs no partition leaves: the client asks `revoked` first, and only inside of `consume`.
    """

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self._waiting: dict[tuple[str, int], int] = {}

    def add(self, messages: Iterable[Message]) -> None:
        """Take the offsets of messages that were handled."""
        for message in messages:
            place, offset = _place(message)
            self._waiting[place] = offset + 1

    def commit(self) -> None:
        """Commit what waits. What cannot be committed for now waits on; KafkaException for what never can be."""
        from confluent_kafka import KafkaException

        error = self._try()
        if error is not None:
            raise KafkaException(error)

    def revoked(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        """Partitions go to another consumer: it should begin behind what was handled here."""
        error = self._try()
        if error is not None:
            logger.warning("not committed before its partition went: %s", error)
        self.lost(_, partitions)

    def lost(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        """Partitions went to another consumer already."""
        for partition in partitions:
            self._waiting.pop((partition.topic, partition.partition), None)

    def _try(self) -> KafkaError | None:
        """Commit what waits, and give an error that does not pass, if there was one."""
        from confluent_kafka import KafkaException, TopicPartition

        if not self._waiting:
            return None
        offsets = [TopicPartition(*place, offset) for place, offset in self._waiting.items()]
        errors: dict[tuple[str, int], KafkaError | None]
        try:
            answers = self._consumer.commit(offsets=offsets, asynchronous=False)
            errors = {(answer.topic, answer.partition): answer.error for answer in answers}
        except KafkaException as exception:
            errors = dict.fromkeys(self._waiting, exception.args[0])
        serious = None
        for place, error in errors.items():
            if error is None:
                self._waiting.pop(place, None)
            elif not error.fatal() and error.name() in _MOVED:
                self._waiting.pop(place, None)
                logger.warning("not committed, since the partition went; its records come again: %s", error)
            elif passes(error):
                logger.warning("not committed yet: %s", error)
            else:
                serious = error
        return serious


def _check(consumer: Consumer) -> None:
    """ValueError where the client notes by itself what it gave, so that it could commit records not handled yet."""
    from confluent_kafka import KafkaException

    try:
        consumer.store_offsets(offsets=[])  # refused by a client that does it itself: there is no other way to know
    except KafkaException:
        raise ValueError(
            'consume_events commits by itself: make the consumer with "enable.auto.offset.store": False'
        ) from None


def _is_record(message: Message) -> bool:
    """Whether it is a message, and no word of the client's; KafkaException for an error that does not pass."""
    from confluent_kafka import KafkaError, KafkaException

    error = message.error()
    if error is None:
        return True
    if error.code() != KafkaError._PARTITION_EOF:
        if not passes(error):
            raise KafkaException(error)
        logger.warning("%s", error)
    return False


def passes(error: KafkaError) -> bool:
    """Whether the client gets over it by itself."""
    return not error.fatal() and (error.retriable() or error.name() in _PASSING)


def _place(message: Message) -> tuple[tuple[str, int], int]:
    """Its topic and partition, and its offset: all that is not an error has them."""
    place: Any = ((message.topic(), message.partition()), message.offset())
    return place  # type: ignore[no-any-return]


def _rewind(consumer: Consumer, messages: Iterable[Message]) -> None:
    """Let the consumer begin with these messages again, where it still has their partitions."""
    from confluent_kafka import KafkaException, TopicPartition

    first: dict[tuple[str, int], int] = {}
    for message in messages:
        if message.error() is None:
            first.setdefault(*_place(message))
    for place, offset in first.items():
        try:
            consumer.seek(TopicPartition(*place, offset))
        except (KafkaException, RuntimeError) as error:  # not its partition any more, or closed: the next owner's
            logger.debug("not read again here: %s", error)
