"""Bad records, for the commands that read files: told one a line, counted, and their bytes kept.

No line shows a value of a record: an error names places, types and attributes alone.
"""

from __future__ import annotations

import contextlib
import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections import Counter
from collections.abc import Callable, Iterator
from typing import BinaryIO

from .. import DecodeError
from . import output

Form = Callable[[str, DecodeError], str]


def arguments(parser: ArgumentParser) -> None:
    """Add `--max-errors` and `--dead-letter` to a command's arguments."""
    parser.add_argument(
        "--max-errors",
        type=count,
        metavar="N",
        help="tell the first N bad records; the others are counted, and decide the exit code, all the same",
    )
    parser.add_argument(
        "--dead-letter",
        metavar="PATH",
        help="write the bytes of all bad records there, one a line; the file is there only when it is complete",
    )


def count(text: str) -> int:
    """A number of things: for arguments."""
    if not (text.isascii() and text.isdigit()):
        raise ArgumentTypeError(f"{text!r} is no number of things")
    return int(text)


def counted(number: int, what: str) -> str:
    """So many of it, in words."""
    return f"{number:,} {what}" + "s" * (number != 1)


class BadRecords:
    """Takes the bad records of a run; `collected` makes one."""

    def __init__(self, show: Callable[[str], object], form: Form, shown: int | None, letters: BinaryIO | None) -> None:
        self.codes: Counter[str] = Counter()
        self._show = show
        self._form = form
        self._shown = shown
        self._letters = letters

    @property
    def count(self) -> int:
        """How many there were so far."""
        return self.codes.total()

    def take(self, name: str, error: DecodeError) -> None:
        """A bad record of the input with this name."""
        if self._shown is None or self.count < self._shown:
            self._show(self._form(name, error))
        self.codes[error.code] += 1
        if self._letters is not None:
            self._letters.write((error.raw or b"") + b"\n")

    def told(self) -> str:
        """How many there were, of which kinds, and how many of them were not shown."""
        if not self.count:
            return "none bad"
        kinds = ", ".join(f"{code} {number:,}" for code, number in self.codes.most_common())
        hidden = 0 if self._shown is None else self.count - self._shown
        return f"{self.count:,} bad ({kinds})" + (f", {hidden:,} of them not shown" if hidden > 0 else "")


@contextlib.contextmanager
def collected(options: Namespace, show: Callable[[str], object], form: Form) -> Iterator[BadRecords]:
    """Give what takes the bad records, as the arguments say; the dead letters are complete at the end.

    show : what takes the lines.
    form : what words them.
    """
    with contextlib.ExitStack() as stack:
        letters = stack.enter_context(output.opened(options.dead_letter)) if options.dead_letter else None
        yield BadRecords(show, form, options.max_errors, letters)


def on_stdout(line: str) -> None:
    """Show a line; looked up each time, since the progress bar puts something else there."""
    print(line)


def on_stderr(line: str) -> None:
    """Show a line beside what is written to standard output."""
    print(line, file=sys.stderr)


def as_text(name: str, error: DecodeError) -> str:
    """A line as compilers print it."""
    return f"{name}:{error.line}:{error.column} {error.code} {_reason(error)}"


def as_json(name: str, error: DecodeError) -> str:
    """One JSON object."""
    attributes = ("line", "column", "code", "path", "event", "expected", "got", "index", "offset")
    return json.dumps({"file": name} | {attribute: getattr(error, attribute) for attribute in attributes})


def as_github(name: str, error: DecodeError) -> str:
    """A workflow command of GitHub Actions, which shows the error beside the line."""
    places = {"file": name, "line": error.line, "col": error.column, "title": error.code}
    listed = ",".join(f"{key}={_escaped(str(value), ':,')}" for key, value in places.items())
    return f"::error {listed}::{_escaped(_reason(error))}"


FORMS: dict[str, Form] = {"text": as_text, "json": as_json, "github": as_github}


def _reason(error: DecodeError) -> str:
    """The path, and what is wrong there."""
    got = "" if error.got is None else f", got {error.got}"
    event = "" if error.event is None else f" ({error.event})"
    return f"{error.path}: expected {error.expected}{got}{event}"


def _escaped(text: str, marks: str = "") -> str:
    """Workflow commands give a meaning to these characters."""
    for mark in "%\r\n" + marks:
        text = text.replace(mark, f"%{ord(mark):02X}")
    return text
