"""Where a command writes: standard output, or a file that `-o` names, compressed by its name."""

from __future__ import annotations

import contextlib
import gzip
import sys
from argparse import ArgumentParser, _MutuallyExclusiveGroup
from collections.abc import Iterator
from typing import BinaryIO, cast

from .files import readable


def arguments(
    parser: ArgumentParser | _MutuallyExclusiveGroup, text: str = "the file to write; standard output by default"
) -> None:
    """Add the option `-o`."""
    parser.add_argument("-o", "--output", metavar="PATH", help=text)


@contextlib.contextmanager
def target(name: str | None) -> Iterator[BinaryIO]:
    """Open what is to be written; Trouble where it cannot be."""
    if name is None:
        yield sys.stdout.buffer
        return
    with readable(name), contextlib.ExitStack() as stack:
        if name.endswith(".zst"):
            import pyarrow as pa

            yield stack.enter_context(pa.output_stream(name, compression="zstd"))
            return
        file: BinaryIO = stack.enter_context(open(name, "wb"))
        if name.endswith(".gz"):
            # Without name and time, so that the same content gives the same bytes.
            packed = gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0)
            file = cast(BinaryIO, stack.enter_context(packed))
        yield file
