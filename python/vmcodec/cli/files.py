"""The files that a command reads: names, `-` and globs, compressed or not, and how far it has come."""

from __future__ import annotations

import contextlib
import glob
import os
import stat
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from .trouble import Trouble

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Input:
    """A stream of NDJSON: its name for people, and what `iter_decode` and its kin take."""

    name: str
    source: str | BinaryIO
    size: int | None
    """Bytes to read, compressed where the file is; None where nobody knows."""


def arguments(parser: ArgumentParser) -> None:
    """Add the files to a command's arguments."""
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="NDJSON, also .gz and .zst; a glob; or - for standard input"
    )


def inputs(files: list[str]) -> list[Input]:
    """The inputs that the arguments name, in their order; Trouble where one cannot be read."""
    return [one for file in files for one in _inputs(file)]


def _inputs(file: str) -> Iterator[Input]:
    if file == STDIN:
        yield Input("<stdin>", sys.stdin.buffer, None)
        return
    # A shell expands globs itself, unless they are quoted; a file that is there may have such a name.
    names = [file] if os.path.lexists(file) or not glob.has_magic(file) else sorted(glob.glob(file, recursive=True))
    if not names:
        raise Trouble(f"no file matches {file}")
    for name in names:
        with readable(name):
            status = os.stat(name)
            if stat.S_ISDIR(status.st_mode):
                raise Trouble(f"{name}: is a directory")
            if not stat.S_ISREG(status.st_mode):  # a pipe: opening it twice would lose it
                yield Input(name, name, None)
                continue
            with open(name, "rb"):
                yield Input(name, name, status.st_size)


@contextlib.contextmanager
def readable(name: str) -> Iterator[None]:
    """What goes wrong with a file in here is told in one line."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Trouble(f"{name}: {error.strerror or error}") from None
