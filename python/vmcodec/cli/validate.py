"""`vmcodec validate`: what is wrong with the records of files."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from .. import Decoder
from . import bad_records, files, output
from .trouble import telling

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
    show = bad_records.on_stderr if options.dead_letter == output.STDOUT else bad_records.on_stdout
    records = 0
    decoder = Decoder()
    with (
        bad_records.collected(options, show, bad_records.FORMS[options.format]) as bad,
        files.followed(inputs) as source_of,
    ):
        for one in inputs:
            with telling(one.name):
                errors = decoder.iter_validate(source_of(one))
                for error in errors:
                    bad.take(one.name, error)
                records += errors.records
    sys.stdout.flush()  # the lines come before the summary
    read = f"{bad_records.counted(records, 'record')} in {bad_records.counted(len(inputs), 'file')}"
    print(f"{read}: {bad.told()}", file=sys.stderr)
    return 1 if bad.count else 0
