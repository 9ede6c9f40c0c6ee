"""`vmcodec tail`: the events of a topic as they come. It joins no consumer group, and commits nothing.

`topic` knows the partitions; here is what is shown of their records.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .. import DecodeError, Encoder
from . import bad_records, output, selection
from .trouble import Trouble

if TYPE_CHECKING:
    from ..kafka import Record

HELP = "follow the events of a Kafka topic, without joining a consumer group"
EXAMPLE = """\
vmcodec tail --bootstrap localhost:9092
vmcodec tail --bootstrap localhost:9092 --from 2025-01-01T08:00 --only EventAgentLogin,EventAgentLogout
vmcodec tail --bootstrap localhost:9092 --from beginning --until end --to ndjson > events.ndjson"""

BATCH = 500
WAIT = 0.2
"""Seconds within which a record is shown."""


def arguments(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--bootstrap", required=True, metavar="HOST:PORT,...", help="a broker, or several")
    parser.add_argument("--topic", default="voice-agentstate", help="the topic (voice-agentstate)")
    parser.add_argument(
        "--from",
        dest="start",
        type=_start,
        default="end",
        metavar="WHERE",
        help="beginning, end (the default), or a time: ISO 8601, in UTC if it names no zone, or epoch milliseconds",
    )
    parser.add_argument("--until", choices=["end"], help="stop behind what is there now, instead of following")
    parser.add_argument("--events", type=bad_records.count, metavar="N", help="stop after N events")
    parser.add_argument(
        "--to", choices=["text", "ndjson"], help="a line for people, the default on a terminal, or the canonical JSON"
    )
    parser.add_argument(
        "--config",
        metavar="PATH",
        help="a file with settings of librdkafka, NAME=VALUE, one a line: for encryption and passwords",
    )
    selection.arguments(parser)


def run(options: Namespace) -> int:
    """Show records until the end that was asked for, or Ctrl-C; 1 where some were bad."""
    wanted = selection.of(options)
    text = options.to == "text" or (options.to is None and sys.stdout is not None and sys.stdout.isatty())
    write = _Text() if text else _Lines()
    decoder = wanted.decoder(kv_lists="lazy" if text else "dict")
    settings = _settings(options.config) if options.config else {}
    from .topic import Topic  # the client takes long to load

    left, bad = options.events, False
    with output.opened(output.STDOUT) as file, closing(Topic(options.bootstrap, options.topic, settings)) as topic:
        topic.begin(options.start)
        print(f"vmcodec tail: {topic.told()}", file=sys.stderr, flush=True)
        for records in topic.batches(decoder, BATCH, WAIT, ends=options.until is not None):
            good: list[Record[Any]] = []
            for record in records:
                if record.error is not None:
                    bad = True
                    _tell(record, record.error)
                elif wanted.keeps(record.event):
                    good.append(record)
                if len(good) == left:
                    break
            file.write(write(good))
            file.flush()
            if left is not None and (left := left - len(good)) <= 0:
                break
    return int(bad)


def _tell(record: Record[Any], error: DecodeError) -> None:
    """Say in a line where a bad record is, and why."""
    place = f"{record.topic}/{record.partition}/{record.offset}"
    print(f"{place} {error.code} {bad_records.reason(error)}", file=sys.stderr, flush=True)


class _Lines:
    """The canonical form."""

    def __init__(self) -> None:
        self._encoder = Encoder()

    def __call__(self, records: list[Record[Any]]) -> bytes:
        events: list[Any] = [record.event for record in records]
        return self._encoder.encode_lines(events)


class _Text:
    """When, who, what, and the attributes that the event has."""

    def __init__(self) -> None:
        from . import cells

        self._names = cells.columns(None)
        self._cells = cells.Cells(self._names)

    def __call__(self, records: list[Record[Any]]) -> bytes:
        encoding = sys.stdout.encoding or "utf-8"
        return "".join(f"{self._line(record)}\n" for record in records).encode(encoding, "backslashreplace")

    def _line(self, record: Record[Any]) -> str:
        from .table import shown

        event: Any = record.event
        texts = dict(zip(self._names, self._cells.row(event), strict=True))
        name, time = texts.pop("id"), texts.pop("time")
        when = f"{shown('time', time)}Z" if time else "-"
        who = ":".join(filter(None, [record.tenant_id, record.agent_id])) or "-"
        what = " ".join(f"{attribute}={shown(attribute, text)}" for attribute, text in texts.items() if text)
        return f"{when:24}  {shown('who', who):20}  {shown('id', name):20}  {what}".rstrip()


def _start(text: str) -> str | int:
    """Where to begin: a word, or epoch milliseconds."""
    if text in ("beginning", "end"):
        return text
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is neither beginning nor end nor a time") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _settings(path: str) -> dict[str, str]:
    """The settings in a file; blank lines and comments are passed by."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = [line.strip() for line in file]
    except (OSError, UnicodeDecodeError) as error:
        raise Trouble(f"{path}: {getattr(error, 'strerror', None) or 'is no text'}") from None
    return dict(_setting(path, number, line) for number, line in enumerate(lines, 1) if line and line[0] != "#")


def _setting(path: str, number: int, line: str) -> tuple[str, str]:
    name, sign, value = line.partition("=")
    if not sign:
        raise Trouble(f"{path}:{number}: is no NAME=VALUE")
    return name.strip(), value.strip()
