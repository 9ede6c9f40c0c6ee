"""`vmcodec stats`: what is in a file, and how its records differ from what the schema says.

`survey` reads, with `wire` and `forms` for how records are spelled; `report` makes one object of what was found, and
`text` and `page` show it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO

from .. import files, output

if TYPE_CHECKING:
    from .survey import Survey

HELP = "count events by type, tenant, agent and hour, and report how records differ from the schema"
EXAMPLE = "vmcodec stats archive.ndjson.gz\nvmcodec stats --format html -o report.html archive/*.ndjson.zst"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--format", choices=("text", "json", "html"), default="text", help="text, the default; "
                        "json, one object; or html, one self-contained page")  # fmt: skip
    parser.add_argument("--top", type=_count, default=10, metavar="N", help="so many tenants, agents, DNs and customers"
                        " are listed by name; default 10")  # fmt: skip
    parser.add_argument("--keys", action="store_true", help="a line is the Kafka key, a tab and the record: what "
                        "kafka-console-consumer --property print.key=true writes, and kcat -K '\\t'; tenants and "
                        "agents are counted by key")  # fmt: skip
    output.arguments(parser)
    files.arguments(parser)


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


_count.__name__ = "number"


def run(options: argparse.Namespace) -> int:
    """Read the files and write the report; 1 where records are bad."""
    write = _writer(options)
    survey = _read(options)
    from .report import report

    found = report(survey, options.top)
    with output.opened(options.output) as file:
        write(found, file)
    return 1 if found["bad_records"] else 0


def _writer(options: argparse.Namespace) -> Callable[[dict[str, Any], BinaryIO], object]:
    """What writes the report; whatever it needs is looked for before files are read."""
    if options.format == "json":
        import json

        return lambda found, file: file.write((json.dumps(found, indent=2) + "\n").encode())
    if options.format == "html":
        from .page import page

        return lambda found, file: file.write(page(found).encode())
    import rich.console  # noqa: F401

    from . import text

    encoding = text.encoding_of(options.output == output.STDOUT)
    return lambda found, file: text.write(found, file, encoding)


def _read(options: argparse.Namespace) -> Survey:
    from ..._progress import bar
    from .survey import Survey

    survey = Survey(keyed=options.keys)
    inputs = files.inputs(options.files)
    files.distinct(inputs, options.output)
    sizes = [source.size for source in inputs if source.size is not None]
    with bar(sum(sizes) if len(sizes) == len(inputs) else None) as advance:
        done = 0
        for source in inputs:

            def read(position: int | None, done: int = done) -> None:
                advance(done + (position or 0), f"{survey.records:,} records")

            survey.read(source, read)
            done += source.size or 0
    return survey
