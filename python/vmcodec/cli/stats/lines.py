"""Chunks of bytes cut into lines, in blocks and in bounded memory: the survey needs the lines as they stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


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
