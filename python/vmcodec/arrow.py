"""Archives as Parquet files: needs the extra `arrow` (pyarrow, and rich for the progress bar).

Columns are made by `Decoder.iter_arrow`; what they hold is told in docs/arrow.md.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pyarrow
from pyarrow import parquet

from . import Decoder
from ._progress import bar

__all__ = ["Written", "to_parquet"]


class Written(NamedTuple):
    """What `to_parquet` did: how many rows it wrote, and how many records were bad."""

    rows: int
    bad: int


def to_parquet(
    source: Any,
    path: str | os.PathLike[str],
    *,
    decoder: Decoder[Any] | None = None,
    errors: Literal["raise", "return"] = "raise",
    errors_path: str | os.PathLike[str] | None = None,
    rows: Literal["all", "events"] = "all",
    row_group_rows: int = 1 << 17,
    compression: str = "zstd",
    threads: int | None = None,
    progress: bool | None = None,
) -> Written:
    """Write an NDJSON stream of any length as a Parquet file, a row group at a time, in bounded memory.

    source : what `iter_arrow` takes: a path (`.gz` and `.zst` are decompressed), a binary file, a buffer, or chunks.
    path : the file to write. It is there only when it is complete; until then it has another name beside it.
    decoder : a `Decoder` with options; by default one without.
    errors, errors_path : "raise" raises the first DecodeError, and leaves no file. With "return" bad records stop
        nothing, and are written to the Parquet file `errors_path`, which must be given: their place, the reason, their
        bytes.
    rows, threads : as for `decode_arrow`.
    row_group_rows : rows in a row group.
    compression : what pyarrow's Parquet writer takes.
    progress : whether a progress bar is shown on stderr; by default where that is a terminal.

    Returns the numbers of rows and of bad records. Raises DecodeError, OSError, and ValueError for wrong arguments.
    """
    if (errors == "return") != (errors_path is not None):
        raise ValueError('errors_path goes with errors="return", and "return" with errors_path')
    tables = (decoder or Decoder()).iter_arrow(
        source, errors=errors, rows=rows, batch_rows=row_group_rows, threads=threads
    )
    size = _size(source)
    del source  # an error's traceback holds this frame: nothing of a record is to be in it
    written, bad = 0, 0
    with contextlib.ExitStack() as stack:
        advance = stack.enter_context(bar(size, progress))
        write = stack.enter_context(_file(path, pyarrow.schema(tables), compression))
        write_error: Callable[[Any], None] | None = None
        for table in tables:
            write(table)
            written += table.num_rows
            if table.errors.num_rows and errors_path is not None:
                if write_error is None:
                    schema = pyarrow.schema(table.errors)
                    write_error = stack.enter_context(_file(errors_path, schema, compression))
                write_error(table.errors)
                bad += table.errors.num_rows
            advance(tables.position, f"{written:,} rows" + (f", {bad:,} bad" if bad else ""))
        if errors_path is not None and write_error is None:
            none = pyarrow.schema(Decoder().decode_arrow([]).errors)
            stack.enter_context(_file(errors_path, none, compression))
    return Written(written, bad)


@contextlib.contextmanager
def _file(path: str | os.PathLike[str], schema: Any, compression: str) -> Iterator[Callable[[Any], None]]:
    """Give a function that adds a table to the file as a row group. The file has its name once all went well."""
    target = Path(path)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with parquet.ParquetWriter(part, schema, compression=compression) as writer:
            yield lambda table: writer.write_table(pyarrow.table(table), row_group_size=max(1, table.num_rows))
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _size(source: Any) -> int | None:
    """How many bytes there are to read, where that is known."""
    if isinstance(source, bytes | bytearray | memoryview):
        return len(source)
    return os.stat(source).st_size if isinstance(source, str | os.PathLike) else None
