"""`vmcodec validate`: what is wrong with the records of files."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from .. import DecodeError, Decoder
from . import bad_records, files, output

HELP = "tell what is wrong with the records of files"
EXAMPLE = "vmcodec validate --max-errors 20 --dead-letter bad.ndjson 'archive/*.ndjson.gz'"


def arguments(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "--format",
        choices=tuple(bad_records.FORMS),
        default="text",
        help="text: file:line:column code path: reason, the default; json: an object a line; github: a workflow "
        "command of GitHub Actions a line",
    )
    bad_records.arguments(parser)
    files.arguments(parser)


def run(options: Namespace) -> int:
    """Tell the bad records of all files; 1 where there are any. Events that no class describes are not bad."""
    inputs = files.inputs(options.files)
    files.distinct(inputs, options.dead_letter)
    # Standard output is for one of the two.
    lines = sys.stderr if options.dead_letter == output.STDOUT else sys.stdout
    records = 0
    with bad_records.collected(options, lines, bad_records.FORMS[options.format]) as bad:
        for one in inputs:
            with files.readable(one.name):
                records += _check(one, bad)
    sys.stdout.flush()
    number = len(inputs)
    print(f"{records:,} records in {number:,} file{'s' * (number != 1)}: {bad.told()}", file=sys.stderr)
    return 1 if bad.count else 0


def _check(one: files.Input, bad: bad_records.BadRecords) -> int:
    """Tell the bad records of an input; how many records it has."""
    records = 0
    for result in Decoder(kv_lists="skip", extra="ignore").iter_decode(one.source, errors="return"):
        records += 1
        if isinstance(result, DecodeError):
            bad.take(one.name, result)
    return records
