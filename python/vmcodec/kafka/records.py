"""`Record`, and how batches of messages become records: those of confluent-kafka, of aiokafka and of kafka-python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from msgspec import Struct

from .._vmcodec import DecodeError, Decoder
from ..events import Event, UnknownEvent

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message

__all__ = ["KEY", "Record", "decode_messages", "decode_polled"]

KEY = "$key"  # the path of what is wrong with a key, as in `decode_arrow`

T = TypeVar("T")
Place = TypeVar("Place")  # a client's own class for a topic and a partition

_DECODER = Decoder()


class Record(Struct, Generic[T], frozen=True, gc=False):
    """A message from Kafka, decoded.

    event : what `decode_batch` gives for the value: the event, the DecodeError of a bad record, or None for a message
        without a value and for an event that `only` leaves out
    tenant_id, agent_id : the key, split at its first colon. A key without a colon is a tenant's; both are None where
        there is no key. A key that is no text makes a bad record, whose error has the path `$key`.
    topic, partition, offset : where the message lies
    timestamp : epoch milliseconds, or None
    message : the client's own object
    """

    event: T | DecodeError | None
    tenant_id: str | None
    agent_id: str | None
    topic: str
    partition: int
    offset: int
    timestamp: int | None
    message: Any

    @property
    def error(self) -> DecodeError | None:
        """What is wrong with the record, or None."""
        return self.event if isinstance(self.event, DecodeError) else None

    @property
    def kafka_error(self) -> KafkaError | None:
        """What confluent-kafka says in the place of a message (a partition's end, a broker's trouble), or None."""
        error = getattr(self.message, "error", None)
        return error() if callable(error) else None


@overload
def decode_messages(messages: Sequence[Message], *, decoder: None = None) -> list[Record[Event | UnknownEvent]]: ...
@overload
def decode_messages(messages: Sequence[Message], *, decoder: Decoder[T]) -> list[Record[T]]: ...
def decode_messages(messages: Sequence[Message], *, decoder: Decoder[Any] | None = None) -> list[Record[Any]]:
    """Decode what `Consumer.consume` of confluent-kafka gave, in one call: a record for each message, in their order.

    No bad record raises: its error stands in its place. Some messages are none, but an error of the client; their
    record has the event None and a `kafka_error`.
    """
    values = [message.value() if message.error() is None else None for message in messages]
    events = (decoder or _DECODER).decode_batch(values, errors="return")
    records: list[Record[Any]] = []
    for index, (event, message) in enumerate(zip(events, messages, strict=True)):
        event, tenant, agent = _keyed(index, event, message.key(), values[index])
        kind, time = message.timestamp()
        topic: Any = message.topic()
        partition: Any = message.partition()
        offset: Any = message.offset()
        # Of the kind 0 are times that are none.
        records.append(Record(event, tenant, agent, topic, partition, offset, time if kind else None, message))
    return records


@overload
def decode_polled(
    polled: Mapping[Place, Sequence[Any]], *, decoder: None = None
) -> dict[Place, list[Record[Event | UnknownEvent]]]: ...
@overload
def decode_polled(polled: Mapping[Place, Sequence[Any]], *, decoder: Decoder[T]) -> dict[Place, list[Record[T]]]: ...
def decode_polled(
    polled: Mapping[Place, Sequence[Any]], *, decoder: Decoder[Any] | None = None
) -> dict[Place, list[Record[Any]]]:
    """Decode what `getmany` of aiokafka or `poll` of kafka-python gave, in one call.

    Gives the same dict with a `Record` for each of the client's records, in their order. No bad record raises: its
    error stands in its place, and counts the records of all partitions as one batch.
    """
    messages = [message for batch in polled.values() for message in batch]
    events = (decoder or _DECODER).decode_batch([message.value for message in messages], errors="return")
    records: list[Record[Any]] = []
    for index, (event, message) in enumerate(zip(events, messages, strict=True)):
        event, tenant, agent = _keyed(index, event, message.key, message.value)
        time = None if message.timestamp == -1 else message.timestamp
        place = (message.topic, message.partition, message.offset)
        records.append(Record(event, tenant, agent, *place, time, message))
    rest = iter(records)
    return {place: [next(rest) for _ in batch] for place, batch in polled.items()}


def _keyed(index: int, event: Any, key: Any, value: Any) -> tuple[Any, str | None, str | None]:
    """The event and the parts of the key. A key that cannot be read makes a bad record, as in `decode_arrow`."""
    if key is None:
        return event, None, None
    expected, got, offset = "valid UTF-8", None, 0
    try:
        text = key if isinstance(key, str) else str(key, "utf-8")
    except UnicodeDecodeError as error:
        code, offset = "invalid_utf8", error.start
    except TypeError:
        code, expected, got = "wrong_item", "bytes, bytearray, memoryview, str or None", type(key).__name__
    else:
        tenant, colon, agent = text.partition(":")
        return event, tenant, agent if colon else None
    if isinstance(event, DecodeError) and event.code == "wrong_item":  # no message at all
        return event, None, None
    raw = value.encode() if isinstance(value, str) else value
    raw = None if raw is None else bytes(raw)
    return DecodeError(code, index, offset, path=KEY, expected=expected, got=got, raw=raw), None, None
