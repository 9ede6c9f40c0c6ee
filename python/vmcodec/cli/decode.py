"""`vmcodec decode`: the events of files as a table, NDJSON, CSV or Parquet."""

from __future__ import annotations

import csv
import io
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from .. import Encoder
from . import bad_records, files, output, selection
from .cells import Cells, columns
from .projection import Projection
from .reading import Reading
from .trouble import Trouble

HELP = "write the events of files as a table, NDJSON, CSV or Parquet"
EXAMPLE = """\
vmcodec decode --rows 10 events.ndjson
vmcodec decode --only EventAgentReady --where ThisDN=7011 --fields time,AgentID,AgentWorkMode events.ndjson
vmcodec decode -o events.parquet 'archive/*.ndjson.gz'"""

SUFFIXES = {".ndjson": "ndjson", ".jsonl": "ndjson", ".csv": "csv", ".parquet": "parquet"}
BATCH = 1000


def arguments(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "--to",
        choices=("table", "ndjson", "csv", "parquet"),
        help="what to write; by default what PATH ends in, or else a table of the first events",
    )
    output.arguments(parser)
    selection.arguments(parser)
    parser.add_argument(
        "--fields", metavar="NAME,...", help="just these columns, such as time,ThisDN; NDJSON has the id in any case"
    )
    parser.add_argument("--rows", type=bad_records.count, default=40, metavar="N", help="rows of the table (40)")
    bad_records.arguments(parser)
    files.arguments(parser)


def run(options: Namespace) -> int:
    """Write the events; 1 where there are bad records, which are told on standard error."""
    to = options.to or SUFFIXES.get(Path(options.output).suffix, "table")
    if to == "parquet" and options.output == output.STDOUT:
        raise Trouble("--to parquet needs -o PATH")
    if options.dead_letter and options.dead_letter == options.output:
        raise Trouble("-o and --dead-letter are the same")
    names = columns(options.fields)
    wanted = selection.of(options)
    inputs = files.inputs(options.files)
    files.distinct(inputs, options.output, options.dead_letter)
    stdout = options.output == output.STDOUT
    with (
        bad_records.collected(options, bad_records.on_stderr, bad_records.as_text) as bad,
        files.followed(inputs, shown=not (stdout and sys.stdout.isatty())) as source_of,
    ):
        reading = Reading(inputs, source_of, wanted, bad)
        written = _write(to, reading, names, options)
    if bad.count or not stdout:
        print(f"{bad_records.counted(written, 'event')} written; {bad.told()}", file=sys.stderr)
    return 1 if bad.count else 0


def _write(to: str, reading: Reading, names: Sequence[str], options: Namespace) -> int:
    """Write in this form; how many events."""
    if to == "parquet":
        from . import parquet

        return parquet.write(reading, names, options.output)
    if to == "table":
        from . import table

        records = reading.records(kv_lists="lazy")
        return table.write(records, names, options.fields is not None, options.rows, options.output)
    if to == "csv":
        return _write_csv(reading.records(kv_lists="lazy"), names, options.output)
    return _write_lines(reading.records(), names if options.fields else None, options.output)


def _write_lines(records: Iterator[Any], names: Sequence[str] | None, path: str) -> int:
    """As NDJSON in the canonical form, with these attributes or all."""
    encoder: Encoder | Projection = Encoder() if names is None else Projection(names)
    written = 0
    with output.opened(path) as file:
        while batch := list(islice(records, BATCH)):
            events = [event for event in batch if event is not None]
            file.write(encoder.encode_lines(events))
            written += len(events)
    return written


def _write_csv(records: Iterator[Any], names: Sequence[str], path: str) -> int:
    """As RFC 4180 has it, a header first."""
    cells = Cells(names)
    written = 0
    with output.opened(path) as file:
        text = io.TextIOWrapper(file, "utf-8", newline="")
        writer = csv.writer(text)
        writer.writerow(names)
        while batch := list(islice(records, BATCH)):
            rows = [cells.row(event) for event in batch if event is not None]
            writer.writerows(rows)
            written += len(rows)
        text.detach()
    return written
