"""`vmcodec generate`: synthetic events into a file, or into a topic.

Which events there are is up to `vmcodec.synthetic`; here they are written, spoilt now and then, at the pace asked for.
"""

from __future__ import annotations

import contextlib
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from .. import _progress
from . import numbers, output
from .growing import growing
from .producing import Record, producing
from .trouble import Trouble

if TYPE_CHECKING:
    from ..synthetic import Chance, Dated

HELP = "write synthetic events: agents that live plausible days"
EXAMPLE = """\
vmcodec generate --events 100000 --bad 0.001 -o day.ndjson.gz
vmcodec generate --agents 500 --rate 20 --bootstrap localhost:9092"""

TOPIC = "voice-agentstate"
BATCH = 1_000
A_DAY = 400  # events of an agent
PACES = 20  # batches a second, where there is a pace


def arguments(parser: ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "--events", type=numbers.count, metavar="N", help="how many; 10,000 by default, with --rate no end"
    )
    parser.add_argument(
        "--agents", type=numbers.count, metavar="N", help="of how many agents; as many as make about one day of events"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the same seed gives the same events (1)")
    parser.add_argument(
        "--rate",
        type=numbers.rate,
        metavar="N",
        help="events a second; they tell the time of now. Otherwise as fast as it can, from 2025-01-06 on",
    )
    parser.add_argument(
        "--bad", type=numbers.share, default=0.0, metavar="SHARE", help="put bad records in between, this share of all"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "-o",
        "--output",
        default=output.STDOUT,
        metavar="PATH",
        help="the file to write, .gz and .zst compressed; - is standard output, the default",
    )
    where.add_argument("--bootstrap", metavar="HOST:PORT", help="the Kafka broker to write to")
    parser.add_argument("--topic", metavar="NAME", help=f"with --bootstrap: the topic ({TOPIC})")


def run(options: Namespace) -> int:
    """Write the events."""
    if options.topic and not options.bootstrap:
        raise Trouble("--topic needs --bootstrap")
    number = options.events or (None if options.rate else 10_000)
    agents = options.agents or max(1, round((number or 100 * A_DAY) / A_DAY))
    written = bad = size = 0
    hidden = options.output == output.STDOUT and not options.bootstrap  # a bar would stand among the lines
    with _progress.bar(number, False if hidden else None, records=True) as show, _target(options) as write:
        for records, spoilt in _batches(options, number, agents):
            write(records)
            written += len(records)
            bad += spoilt
            size += sum(len(record.value) + 1 for record in records)
            show(written, f"{size / 1e6:,.0f} MB")
    print(f"{written:,} records, {bad:,} of them bad; {size:,} bytes; agents: {agents:,}", file=sys.stderr)
    return 0


def _batches(options: Namespace, number: int | None, agents: int) -> Iterator[tuple[list[Record], int]]:
    """The records, and how many of them are bad; at the pace asked for."""
    from .. import encode_batch
    from ..synthetic import Chance, events, spoil

    planned = _planned(events(options.seed, agents), options.bad, Chance(options.seed, 3))
    faults = Chance(options.seed, 4)
    most = max(1, int(options.rate / PACES)) if options.rate else BATCH
    begin, given = time.monotonic(), 0
    while part := list(islice(planned, most if number is None else min(most, number - given))):
        if options.rate:
            time.sleep(max(0.0, begin + given / options.rate - time.monotonic()))
            part = [(_now(dated), bad) for dated, bad in part]
        values = encode_batch([dated.event for dated, _ in part])
        records = [
            Record(dated.key.encode(), dated.time_us // 1_000, spoil(value, faults) if bad else value)
            for (dated, bad), value in zip(part, values, strict=True)
        ]
        yield records, sum(bad for _, bad in part)
        given += len(part)


def _planned(events: Iterator[Dated], share: float, chance: Chance) -> Iterator[tuple[Dated, bool]]:
    """The events, and whether each is to be spoilt. Bad ones are copies put in between: no event is lost to them."""
    for dated in events:
        while chance.happens(share):
            yield dated, True
        yield dated, False


def _now(dated: Dated) -> Dated:
    """The event as if it happened now."""
    from msgspec.structs import replace

    from ..events import Time

    moment = time.time_ns() // 1_000
    event = dated.event if dated.event.time is None else replace(dated.event, time=Time.from_epoch_us(moment))
    return dated._replace(time_us=moment, event=event)


@contextlib.contextmanager
def _target(options: Namespace) -> Iterator[Callable[[list[Record]], None]]:
    """Give a function that writes records where they are to go."""
    if options.bootstrap:
        with producing(options.bootstrap, options.topic or TOPIC) as write:
            yield write
        return
    stdout = options.output == output.STDOUT
    with output.opened(output.STDOUT) if stdout else growing(options.output) as file:

        def write_lines(records: list[Record]) -> None:
            file.write(b"".join(record.value + b"\n" for record in records))
            if stdout:
                file.flush()  # whoever reads a pipe need not wait for it to fill

        yield write_lines
