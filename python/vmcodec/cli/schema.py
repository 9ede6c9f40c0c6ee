"""`vmcodec schema`: what records and columns look like, for other tools."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING

from . import output
from .trouble import Trouble

if TYPE_CHECKING:
    from ..schemas import Wire

HELP = "print the schema of records, or of the columns made of them"
EXAMPLE = "vmcodec schema --format json-schema --wire canonical -o events.schema.json\nvmcodec schema --format arrow"


def arguments(parser: ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "--format",
        choices=list(_FORMATS),
        default="json-schema",
        help="JSON Schema 2020-12 of a record (default), AsyncAPI 3.0 of the topic, the Arrow columns as JSON, or the "
        "DDL of the rows that decode_in_arrow gives to Spark",
    )
    parser.add_argument(
        "--wire",
        choices=["accepted", "canonical"],
        help="for json-schema and asyncapi: every form that is read (default), or the one that is written",
    )
    output.arguments(parser)


def run(options: Namespace) -> int:
    """Write the schema."""
    if options.wire and options.format in ("arrow", "spark"):
        raise Trouble(f"--wire says nothing about --format {options.format}")
    text = _FORMATS[options.format](options.wire or "accepted")
    with output.opened(options.output) as file:
        file.write(text.encode() + b"\n")
    return 0


def _json_schema(wire: Wire) -> str:
    from ..schemas import json_schema

    return json.dumps(json_schema(wire=wire), indent=2)


def _asyncapi(wire: Wire) -> str:
    from ..schemas import asyncapi

    return json.dumps(asyncapi(wire=wire), indent=2)


def _arrow(wire: Wire) -> str:
    from ..schemas import arrow

    columns = (json.dumps(column) for column in arrow())
    return "[\n  " + ",\n  ".join(columns) + "\n]"


def _spark(wire: Wire) -> str:
    import pyspark  # noqa: F401 - asked for first: its extra brings pyarrow too

    from ..spark import decode_in_arrow

    return decode_in_arrow().ddl()


_FORMATS: dict[str, Callable[[Wire], str]] = {
    "json-schema": _json_schema,
    "asyncapi": _asyncapi,
    "arrow": _arrow,
    "spark": _spark,
}
