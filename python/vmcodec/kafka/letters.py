"""Dead letters: what becomes of a bad record, and `DeadLetters`, which sends them through confluent-kafka."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from .._vmcodec import DecodeError
from .records import KEY, Record

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message, Producer

__all__ = ["DeadLetter", "DeadLetters", "dead_letter"]


class DeadLetter(TypedDict):
    """A record for a topic of dead letters: arguments for the producers of all clients."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, str | bytes | None]]


def dead_letter(message: Any, error: DecodeError) -> DeadLetter:
    """Give the record for a topic of dead letters: `producer.produce(topic, **dead_letter(message, error))`.

    message : the client's own (a record's `message`)
    error : what is wrong with it (a record's `error`)

    Key, value and headers are the message's. Behind them stand headers by the names of Kafka Connect, which tell where
    it came from and why it is here, and the error's code, path, offset and event. None shows a value of the record.
    """
    if callable(message.value):  # confluent-kafka
        key, value, headers = message.key(), message.value(), message.headers()
        topic, partition, offset = message.topic(), message.partition(), message.offset()
    else:
        key, value, headers = message.key, message.value, message.headers
        topic, partition, offset = message.topic, message.partition, message.offset
    if isinstance(value, DecodeError):  # an EventDeserializer put it there
        value = value.raw
    said: dict[str, object] = {
        "__connect.errors.topic": topic,
        "__connect.errors.partition": partition,
        "__connect.errors.offset": offset,
        "__connect.errors.stage": "KEY_CONVERTER" if error.path == KEY else "VALUE_CONVERTER",
        "__connect.errors.class.name": "vmcodec.Decoder",
        "__connect.errors.exception.class.name": "vmcodec.DecodeError",
        "__connect.errors.exception.message": error,
        "vmcodec.error.code": error.code,
        "vmcodec.error.path": error.path,
        "vmcodec.error.offset": error.offset,
    }
    if error.event is not None:
        said["vmcodec.error.event"] = error.event
    # Should the message be a dead letter itself, the newest header of a name is the last, as clients expect.
    added = [(name, str(text).encode()) for name, text in said.items()]
    return {"key": key, "value": value, "headers": [*(headers or ()), *added]}


class DeadLetters:
    """Sends bad records to a topic of dead letters: give it to `consume_events` as `on_error`.

    producer : one of confluent-kafka
    topic : where they go
    timeout : how many seconds `flush` waits for the broker
    """

    def __init__(self, producer: Producer, topic: str, *, timeout: float = 60.0) -> None:
        self._producer = producer
        self._topic = topic
        self._timeout = timeout
        self._failed: KafkaError | None = None

    def __call__(self, record: Record[Any]) -> None:
        """Send the letter of a bad record; `flush` tells whether it arrived. ValueError for a record that is good."""
        if record.error is None:
            raise ValueError("the record is not bad")
        letter = dead_letter(record.message, record.error)
        while True:
            try:
                self._producer.produce(self._topic, **letter, on_delivery=self._delivered)
                return
            except BufferError:  # the producer's queue is full: let it get rid of some
                self._producer.poll(0.1)

    def flush(self) -> None:
        """Wait until the broker has them all; KafkaException if there is one that it did not get."""
        from confluent_kafka import KafkaError, KafkaException

        left = self._producer.flush(self._timeout)
        failed, self._failed = self._failed, None
        if left and failed is None:
            failed = KafkaError(KafkaError._TIMED_OUT, f"{left} messages were not delivered in {self._timeout:g} s")
        if failed is not None:
            raise KafkaException(failed)

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        self._failed = self._failed or error
