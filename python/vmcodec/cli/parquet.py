"""Events of files as one Parquet file, by pyarrow, from the columns that the decoder makes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .. import DecodeError, Decoder
from . import output
from .reading import Reading
from .trouble import telling

ROWS = 1 << 17
"""Of a row group."""


def write(reading: Reading, names: Sequence[str], path: str) -> int:
    """Write the events that are to be read; how many they are."""
    import pyarrow
    from pyarrow import parquet

    decoder = reading.selection.decoder()
    schema = pyarrow.schema(decoder.arrow_schema())
    written = 0
    with (
        output.replaced(path) as part,
        parquet.ParquetWriter(part, pyarrow.schema([schema.field(name) for name in names]), compression="zstd") as file,
    ):
        for one in reading.inputs:
            with telling(one.name):
                tables = decoder.iter_arrow(reading.source_of(one), errors="return", rows="events", batch_rows=ROWS)
                for table in tables:
                    for error in _errors(table, decoder):
                        reading.bad.take(one.name, error)
                    kept = _kept(table, reading).select(names)
                    file.write_table(kept, row_group_size=max(1, kept.num_rows))
                    written += kept.num_rows
    return written


def _kept(table: Any, reading: Reading) -> Any:
    """The rows that `--where` keeps."""
    import pyarrow

    rows = pyarrow.table(table)
    if not reading.selection.conditions:
        return rows
    return rows.filter(pyarrow.array([reading.selection.keeps(event) for event in table.to_events()], pyarrow.bool_()))


def _errors(table: Any, decoder: Decoder[Any]) -> Iterator[DecodeError]:
    """The errors whose rows the table has. Its records are checked once more: the rows have no single words."""
    import pyarrow

    if table.errors.num_rows == 0:
        return
    for row in pyarrow.table(table.errors).to_pylist():
        [error] = decoder.validate_batch([row["raw"]])
        yield DecodeError(
            error.code,
            row["index"],
            error.offset,
            row["line"],
            error.path,
            error.event,
            error.expected,
            error.got,
            row["raw"],
        )
