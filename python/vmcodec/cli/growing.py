"""A file that grows for as long as a command runs, compressed by its name, and whole whenever that ends.

`output` is for files that are of use only when they are complete.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import BinaryIO, cast

from .trouble import telling


@contextlib.contextmanager
def growing(name: str) -> Iterator[BinaryIO]:
    """Open the file to write, `.gz` and `.zst` compressed; Trouble where it cannot be written."""
    with telling(name), contextlib.ExitStack() as stack:
        if name.endswith(".zst"):
            import pyarrow as pa

            yield stack.enter_context(pa.output_stream(name, compression="zstd"))
            return
        file: BinaryIO = stack.enter_context(open(name, "wb"))
        if name.endswith(".gz"):
            import gzip

            # Without name and time, so that the same content gives the same bytes.
            packed = gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0)
            file = cast(BinaryIO, stack.enter_context(packed))
        yield file
