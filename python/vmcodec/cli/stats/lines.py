"""The lines of an input, in blocks and in bounded memory: the survey asks about the wire, so it needs the lines as such."""

from __future__ import annotations

import contextlib
import gzip
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from ..files import Input, readable
from ..trouble import Trouble

CHUNK = 1 << 16  # small enough to stay in the processor's cache


class Reader:
    """Chunks of an input's bytes, decompressed where its name says so; `position` is how much of the file was read."""

    def __init__(self, source: Input) -> None:
        self._source = source.source
        self.position = 0
        """In bytes, compressed where the file is; it stays 0 where nobody knows."""

    def __iter__(self) -> Iterator[bytes]:
        if not isinstance(self._source, str):
            yield from _chunks(self._source)
            return
        name = self._source
        if name.endswith(".zst"):
            raise Trouble(f"{name}: cannot be decompressed here")
        with readable(name), open(name, "rb") as file, _whole(name):
            opened = gzip.open(file) if name.endswith(".gz") else file
            for chunk in _chunks(opened):
                if file.seekable():
                    self.position = file.tell()
                yield chunk


def _chunks(file: BinaryIO | gzip.GzipFile) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


@contextlib.contextmanager
def _whole(name: str) -> Iterator[None]:
    try:
        yield
    except (EOFError, zlib.error) as error:
        raise Trouble(f"{name}: {error}") from None


def blocks(chunks: Iterable[bytes], longest: int) -> Iterator[list[bytes]]:
    """The lines of the chunks, without their ends, some at a time; of a line longer than `longest`, that many bytes."""
    pieces: list[bytes] = []  # of the line that goes on
    room = longest
    for chunk in chunks:
        head, end, tail = chunk.partition(b"\n")
        pieces.append(head[:room])
        room -= len(pieces[-1])
        if not end:
            continue
        lines = [b"".join(pieces), *tail.split(b"\n")]
        last = lines.pop()
        yield lines
        pieces = [last[:longest]]
        room = longest - len(pieces[0])
    if any(pieces):
        yield [b"".join(pieces)]
