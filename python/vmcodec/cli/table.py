"""The first events of files as a table that fits the terminal, by rich."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from . import output
from .bad_records import counted
from .cells import Cells

WIDEST = 32
"""Longer texts are shortened, unless their columns were asked for."""
AHEAD = 10_000
"""So many records behind the last row are read, to tell how many more events there are."""
WIDTH = 100
"""Of the table where it goes to no terminal."""
GAP = 2
END = object()


class Column(NamedTuple):
    """A column, and what it has in each row."""

    name: str
    texts: list[str]

    @property
    def heading(self) -> str:
        """What stands above it."""
        return "time (UTC)" if self.name == "time" else self.name


def write(records: Iterator[Any], names: Sequence[str], chosen: bool, rows: int, path: str) -> int:
    """Write the first events; how many.

    names, chosen : the columns, and whether they were asked for. If not, those that are empty or do not fit are left
        out.
    """
    from rich.text import Text

    if not chosen:
        names = sorted(names, key=lambda name: name != "time")  # the most telling one first
    found = list(_first(records, rows))
    more, ended = _ahead(records)
    columns = _columns(names, found)
    with output.opened(path) as file:
        encoding = sys.stdout.encoding if path == output.STDOUT else "utf-8"
        text = io.TextIOWrapper(file, encoding, errors="backslashreplace", write_through=True)
        console = output.console(file=text, highlight=False)
        if not console.is_terminal and "COLUMNS" not in os.environ:
            console.width = WIDTH
        present = columns if chosen else [column for column in columns if any(column.texts)]
        shown = present if chosen else _fitting(present, console.width)
        if found:
            console.print(_table(shown))
        if left_out := [column.name for column in present if column not in shown]:
            console.print(Text(f"Not shown: {', '.join(left_out)}; --fields chooses, --to csv writes all."))
        console.print(_told(len(found), more, ended))
        text.detach()
    return len(found)


def _first(records: Iterator[Any], rows: int) -> Iterator[Any]:
    while rows and (event := next(records, END)) is not END:
        if event is not None:
            rows -= 1
            yield event


def _ahead(records: Iterator[Any]) -> tuple[int, bool]:
    """How many events there are among the next records, and whether these are all."""
    more = 0
    for number, event in enumerate(records):
        if number == AHEAD:
            return more, False
        more += event is not None
    return more, True


def _told(rows: int, more: int, ended: bool) -> str:
    if ended and not more:
        return counted(rows, "event")
    every = counted(rows + more, "event")
    return f"The first {rows:,} of {every if ended else f'at least {every}'}; --rows N shows more"


def _columns(names: Sequence[str], events: list[Any]) -> list[Column]:
    cells = Cells(names)
    rows = [cells.row(event) for event in events]
    return [Column(name, [shown(name, row[place]) for row in rows]) for place, name in enumerate(names)]


def _fitting(columns: list[Column], width: int) -> list[Column]:
    """The columns that fit beside each other, the first ones first."""
    from rich.cells import cell_len

    fitting: list[Column] = []
    left = width + GAP
    for column in columns:
        needed = min(max(map(cell_len, (column.heading, *column.texts))), WIDEST) + GAP
        if needed <= left:
            fitting.append(column)
            left -= needed
    return fitting or columns[:1]


def _table(columns: list[Column]) -> Any:
    """Headings, a line, and rows; what is too wide ends in an ellipsis."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, GAP - 1, 0, 0), pad_edge=False)
    for column in columns:
        table.add_column(Text(column.heading), no_wrap=True, overflow="ellipsis")
    for row in zip(*(column.texts for column in columns), strict=True):
        table.add_row(*map(Text, row))
    return table


def shown(name: str, text: str) -> str:
    """Times to the millisecond; nothing that a terminal would obey."""
    if name == "time":
        return f"{text[:10]} {text[11:23]}"
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
