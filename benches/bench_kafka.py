"""A consumer with vmcodec beside the same consumer with json, orjson and msgspec: a real broker, one loop for all.

`python benches/bench_kafka.py` (`make bench-kafka`) prints the table and puts it into README.md, which tells how to
read it; as a test it only checks that all read the same.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import vmcodec
from corpus import corpus
from peers import BATCH
from report import console, environment, setting, write_kafka
from rich.table import Table
from vmcodec.cli.bench.peers import (
    NOTES,
    json_plain,
    msgspec_ordinary,
    msgspec_ours,
    orjson_peers,
    ours_dict,
    ours_lazy,
)
from vmcodec.cli.bench.rounds import Peer, Spread, keep_freed_memory

sys.path.append(str(Path(__file__).parent.parent / "tests"))  # the services that tests start

from services.kafka import Broker
from services.kept import Missing

if TYPE_CHECKING:
    from confluent_kafka import Message

ROUNDS = 15
RECORDS = 200_000
CHECKED = 20_000  # of them, before the first round; in each round all are counted
PARTITIONS = 6
TOPIC = "voice-agentstate"
TIMEOUT = 60.0
COLUMNS = ("events/s", "time, peer / vmcodec", "share of decoding", "decoding, µs an event", "decoding, peer / vmcodec")

Decode = Callable[[Sequence["Message"]], Sequence[Any]]


@dataclass(slots=True)
class Contestant:
    """A consumer: how it makes results of messages, and its times, one entry a round, in seconds."""

    label: str
    decode: Decode
    same: Callable[[Any, Any], bool]
    whole: list[float] = field(default_factory=list)
    decoding: list[float] = field(default_factory=list)


def contestants() -> list[Contestant]:
    """vmcodec first. Its `decode_messages` gives keys and places too; the last takes the bytes and decodes nothing."""
    from vmcodec.kafka import decode_messages

    peers = [ours_dict(), ours_lazy(), msgspec_ours(), msgspec_ordinary(), *orjson_peers()[:1], json_plain()]
    first, *others = [Contestant(peer.label, _of_values(peer), peer.same) for peer in peers]
    records = Contestant("vmcodec.kafka.decode_messages", decode_messages, lambda ours, record: ours == record.event)
    nothing = Peer("nothing", "nothing decoded", list, lambda ours, value: bool(ours == vmcodec.decode(value)))
    return [first, records, *others, Contestant(nothing.label, _of_values(nothing), nothing.same)]


def _of_values(peer: Peer) -> Decode:
    run = peer.run
    return lambda messages: run([message.value() for message in messages])


@contextmanager
def topic(count: int) -> Iterator[tuple[str, list[bytes]]]:
    """A broker's address, and the messages that are in its topic; Missing where there can be no broker."""
    from services.clients import make_topic, write

    messages = corpus(count)
    with Broker() as broker:
        make_topic(broker, TOPIC, PARTITIONS)
        write(broker, TOPIC, ((at % PARTITIONS, b"tenant-07:%d" % at, value) for at, value in enumerate(messages)))
        yield broker.address, messages


def batches(address: str, count: int) -> Iterator[list[Message]]:
    """The loop: the topic from its beginning, a thousand messages at a time."""
    from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": address, "group.id": "bench", "enable.auto.commit": False})
    try:
        consumer.assign([TopicPartition(TOPIC, place, OFFSET_BEGINNING) for place in range(PARTITIONS)])
        while count:
            messages = consumer.consume(min(BATCH, count), TIMEOUT)
            if not messages or any(message.error() for message in messages):
                raise RuntimeError(f"{count} messages did not come")
            yield messages
            count -= len(messages)
    finally:
        consumer.close()


def check(address: str, messages: list[bytes], contestant: Contestant) -> None:
    """For each message that comes the contestant gives what vmcodec gives for the one that was written there."""
    count = min(CHECKED, len(messages))
    seen = set()
    for batch in batches(address, count):
        for message, result in zip(batch, contestant.decode(batch), strict=True):
            partition, offset = message.partition(), message.offset()
            assert partition is not None and offset is not None
            number = offset * PARTITIONS + partition
            if not contestant.same(vmcodec.decode(messages[number]), result):
                raise AssertionError(f"{contestant.label}: message {number} is another event")
            seen.add(number)
    if len(seen) != count:
        raise AssertionError(f"{contestant.label}: {len(seen)} of {count} messages")


def clock(address: str, count: int, contestant: Contestant) -> None:
    """One turn: what it takes to read the topic once the first messages are there, and how much of it is decoding."""
    decode, decoding, seen = contestant.decode, 0.0, 0
    gc.collect()
    turn = batches(address, count)
    batch = next(turn)
    begin = time.perf_counter()
    while batch:
        start = time.perf_counter()
        seen += len(decode(batch))  # the results are freed here, inside the clock
        decoding += time.perf_counter() - start
        batch = next(turn, [])
    contestant.whole.append(time.perf_counter() - begin)
    contestant.decoding.append(decoding)
    if seen != count:
        raise AssertionError(f"{contestant.label}: {seen} of {count} events")


def rows(all_of_them: Sequence[Contestant], count: int) -> Iterator[list[str]]:
    """A row for each contestant; ratios are formed within a round."""
    ours = all_of_them[0]
    for one in all_of_them:
        share = Spread.of([100 * part / whole for part, whole in zip(one.decoding, one.whole, strict=True)])
        yield [
            one.label,
            f"{Spread.of([count / seconds for seconds in one.whole]).median:,.0f}",
            "" if one is ours else _ratio(one.whole, ours.whole),
            f"{share.median:.0f} %",
            f"{Spread.of([1e6 * seconds / count for seconds in one.decoding]).median:.2f}",
            "" if one is ours else _ratio(one.decoding, ours.decoding),
        ]


def _ratio(theirs: list[float], ours: list[float]) -> str:
    spread = Spread.of([slow / quick for slow, quick in zip(theirs, ours, strict=True)])
    return f"{spread.median:.2f} ({spread.low:.2f}-{spread.high:.2f})"


@pytest.mark.services
def test_all_read_the_same() -> None:
    try:
        with topic(3_000) as (address, messages):
            for contestant in contestants():
                check(address, messages, contestant)
                clock(address, len(messages), contestant)
                assert 0 < contestant.decoding[0] < contestant.whole[0]
    except Missing as missing:
        pytest.skip(str(missing))


def main() -> None:
    """Check all contestants, time them in turns, and show the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=RECORDS, help="events in the topic")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = parser.parse_args()
    kept, entries = keep_freed_memory(), contestants()
    with topic(chosen.n) as (address, messages):
        for entry in entries:
            check(address, messages, entry)
        for number in range(chosen.rounds):
            turn = number % len(entries)
            for entry in [*entries[turn:], *entries[:turn]]:
                clock(address, chosen.n, entry)
    found = list(rows(entries, chosen.n))
    table = Table(title=f"{chosen.n:,} events a round", title_justify="left", box=None, padding=(0, 1))
    table.add_column("", no_wrap=True)
    for heading in COLUMNS:
        table.add_column(heading, justify="right", min_width=16 if "peer" in heading else 8)
    for row in found:
        table.add_row(*row)
    console.print(table)
    for note in NOTES:
        console.print(note, style="yellow")
    told = setting(environment(chosen.rounds, kept, ("vmcodec", "confluent-kafka", "msgspec", "orjson")))
    write_kafka(f"{told} {chosen.n:,} events a round.", ["", *COLUMNS], found)


if __name__ == "__main__":
    main()
