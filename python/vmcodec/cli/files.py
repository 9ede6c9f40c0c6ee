"""The files that a command reads: names, `-` and globs, compressed or not, and how far it has come."""

from __future__ import annotations

import contextlib
import glob
import os
import stat
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from .._progress import bar
from .._vmcodec import ChunkIterator
from .trouble import Trouble, telling

STDIN = "-"


class Pipe:
    """A pipe to read, opened when that begins. What has arrived is read at once, and Ctrl-C ends the waiting."""

    def __init__(self, name: str, descriptor: int | None = None) -> None:
        self._name = name
        self._descriptor = descriptor

    def read(self, size: int, /) -> bytes:
        """Give up to so many bytes as soon as there are any; none at the end."""
        if self._descriptor is None:
            self._descriptor = os.open(self._name, os.O_RDONLY)
        return os.read(self._descriptor, size)


Source: TypeAlias = str | Pipe | Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Input:
    """A stream of NDJSON: its name for people, and what `iter_decode` and its kin take."""

    name: str
    source: Source
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


@contextlib.contextmanager
def followed(every: Sequence[Input], shown: bool = True) -> Iterator[Callable[[Input], Source]]:
    """Give a function that gives an input's source: a bar follows on stderr how much of all of them was read.

    shown : False for no bar; there is none either where stderr is no terminal.
    """
    if not (shown and sys.stderr.isatty()):
        yield lambda one: one.source
        return
    sizes = [one.size for one in every if one.size is not None]
    with bar(sum(sizes) if len(sizes) == len(every) else None) as advance:
        before = 0

        def chunks(one: Input) -> Iterator[bytes]:
            nonlocal before
            read = ChunkIterator(one.source)
            for chunk in read:
                advance(before + (read.position or 0), one.name)
                yield chunk
            before += one.size or 0

        yield chunks


def distinct(every: Iterable[Input], *outputs: str | None) -> None:
    """Trouble where a file to write is one to read."""
    for path in outputs:
        for one in every:
            if path and isinstance(one.source, str) and os.path.exists(path) and os.path.samefile(path, one.source):
                raise Trouble(f"{path}: is read, and cannot be written at the same time")


def _inputs(file: str) -> Iterator[Input]:
    if file == STDIN:
        if sys.stdin is None:
            raise Trouble("standard input is closed")
        yield Input("<stdin>", Pipe("<stdin>", sys.stdin.fileno()), None)
        return
    # A shell expands globs itself, unless they are quoted; a file that is there may have such a name.
    names = [file] if os.path.lexists(file) or not glob.has_magic(file) else sorted(glob.glob(file, recursive=True))
    if not names:
        raise Trouble(f"no file matches {file}")
    for name in names:
        with telling(name):
            status = os.stat(name)
            if stat.S_ISDIR(status.st_mode):
                raise Trouble(f"{name}: is a directory")
            if not stat.S_ISREG(status.st_mode):  # opening it twice would lose it
                yield Input(name, Pipe(name), None)
                continue
            with open(name, "rb"):
                yield Input(name, name, status.st_size)
