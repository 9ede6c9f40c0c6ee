"""The records of a topic from some place on, for `vmcodec tail`: all partitions, no consumer group, no commits."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from .. import Decoder
from ..kafka import Record, decode_messages
from ..kafka.loop import passes
from .bad_records import counted
from .trouble import Trouble

PATIENCE = 5.0
"""Seconds to wait for a broker that does not answer."""
LOOK = 5.0
"""Seconds after which new partitions are looked for."""
OURS = {
    # The client wants a group's name. Partitions are assigned here and begin at offsets, so that no broker is told.
    "group.id": "vmcodec-tail",
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "enable.partition.eof": True,
    "auto.offset.reset": "earliest",  # where records were deleted before they were read
}


class Topic:
    """A topic that is being read. Trouble where it cannot be."""

    def __init__(self, bootstrap: str, name: str, settings: dict[str, str]) -> None:
        self._bootstrap, self._name = bootstrap, name
        self._ends: dict[int, int] = {}
        """For each partition the offset behind what was there at first."""
        try:
            self._consumer = Consumer(
                {"log_level": 0, **settings, **OURS, "bootstrap.servers": bootstrap, "error_cb": self._say}
            )
        except KafkaException as error:
            raise Trouble(_words(error)) from None

    def begin(self, start: str | int) -> None:
        """Begin at the `beginning`, at the `end`, or with the records from a time on, in epoch milliseconds."""
        try:
            # Asked for by its name, a topic might be made.
            topics = self._consumer.list_topics(timeout=PATIENCE).topics
            if self._name not in topics:
                raise Trouble(f"there is no topic {self._name} on {self._bootstrap}")
            bounds = {partition: self._bounds(partition) for partition in topics[self._name].partitions}
            first = {partition: low if start == "beginning" else high for partition, (low, high) in bounds.items()}
            if isinstance(start, int):
                wanted = [TopicPartition(self._name, partition, start) for partition in bounds]
                found = self._consumer.offsets_for_times(wanted, timeout=PATIENCE)
                # Where no record is as late as that, the answer is no offset.
                first |= {place.partition: place.offset for place in found if place.offset >= 0}
            self._ends = {partition: high for partition, (_, high) in bounds.items()}
            self._consumer.assign([TopicPartition(self._name, *place) for place in first.items()])
        except KafkaException as error:
            raise Trouble(f"{self._bootstrap}: {_words(error)}") from None

    def told(self) -> str:
        """What is being read, in words."""
        return f"{self._name} on {self._bootstrap}, {counted(len(self._ends), 'partition')}"

    def batches(self, decoder: Decoder[Any], size: int, wait: float, *, ends: bool) -> Iterator[list[Record[Any]]]:
        """Give the records as they come; with `ends` only those that were there at first."""
        unread = set(self._ends)
        looked = time.monotonic()
        while unread or not ends:
            messages = [message for message in self._consumer.consume(size, wait) if self._is_record(message, unread)]
            if ends:
                messages = [message for message in messages if self._was_there(message)]
            yield decode_messages(messages, decoder=decoder)
            if not ends and time.monotonic() > looked + LOOK:
                self._add_new_partitions()
                looked = time.monotonic()

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()

    def _bounds(self, partition: int) -> tuple[int, int]:
        return self._consumer.get_watermark_offsets(TopicPartition(self._name, partition), timeout=PATIENCE)

    def _is_record(self, message: Message, unread: set[int]) -> bool:
        """Whether it is a message; notes which partitions are read to the end that they had at first."""
        error = message.error()
        place, offset = message.partition(), message.offset()
        if error is None or error.code() == KafkaError._PARTITION_EOF:
            if place is not None and offset is not None and offset + (error is None) >= self._ends[place]:
                unread.discard(place)
        elif not passes(error):
            raise Trouble(f"{self._bootstrap}: {error.str()}")
        else:
            self._say(error)
        return error is None

    def _was_there(self, message: Message) -> bool:
        place, offset = message.partition(), message.offset()
        return place is not None and offset is not None and offset < self._ends[place]

    def _add_new_partitions(self) -> None:
        """Partitions that were added to the topic are read from their beginning, for all in them is new."""
        try:
            there = self._consumer.list_topics(self._name, timeout=PATIENCE).topics[self._name].partitions
        except KafkaException:
            return  # the broker is away; it is asked again
        if new := sorted(there.keys() - self._ends.keys()):
            self._ends |= dict.fromkeys(new, 0)
            self._consumer.incremental_assign([TopicPartition(self._name, partition, 0) for partition in new])

    def _say(self, error: KafkaError) -> None:
        """What goes on with the brokers, in a line; before the beginning it ends the command, and is told then."""
        if self._ends and (error.code() == KafkaError._ALL_BROKERS_DOWN or not passes(error)):
            print(f"vmcodec tail: {self._bootstrap}: {error.str()}", file=sys.stderr, flush=True)


def _words(error: KafkaException) -> str:
    """What it says; that no broker answered, it says in several ways."""
    cause: KafkaError = error.args[0]
    if cause.code() in (KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._ALL_BROKERS_DOWN):
        return "no broker answers"
    return cause.str()
