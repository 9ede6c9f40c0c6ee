"""The report as text, by rich: tables that fit the terminal; without colours where it goes to a file or a pipe."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, Any, BinaryIO

from .periods import Period, periods
from .words import NUMBERS, Section, caveats, counted, moment, number, plain, rate, sections, share, span

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDTH = 100
"""Where it goes to no terminal."""
BAR = 24
BARS = 48
"""So many lines of hours, at most."""


def write(report: dict[str, Any], file: BinaryIO, encoding: str | None) -> None:
    """Write the report; in the encoding of the terminal, or None for UTF-8."""
    from rich.console import Console

    encoding = encoding or "utf-8"
    stream = io.TextIOWrapper(file, encoding)
    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDTH
    # Captured, since rich has its own idea of how a command ends whose output nobody reads any more.
    with console.capture() as capture:
        _print(console, report)
    stream.detach()
    for line in capture.get().splitlines(keepends=True):
        file.write((line if console.is_terminal else line.rstrip() + "\n").encode(encoding, "backslashreplace"))


def _print(console: Console, report: dict[str, Any]) -> None:
    _summary(console, report)
    _types(console, report)
    _rankings(console, report)
    _hours(console, report)
    _sizes(console, report)
    _drift(console, report["drift"])
    console.print()
    for caveat in caveats(report):
        console.print(f"Note: {caveat}", style="yellow")


def encoding_of(to_stdout: bool) -> str | None:
    """The encoding that standard output asks for."""
    return sys.stdout.encoding if to_stdout else None


def _table(*columns: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        right = column.partition(" ")[0] in NUMBERS
        table.add_column(column, justify="right" if right else "left", overflow="fold", no_wrap=right)
    return table


def _heading(console: Console, text: str) -> None:
    console.print(f"\n{text}", style="bold cyan")


def _summary(console: Console, report: dict[str, Any]) -> None:
    files, time = report["files"], report["time"]
    name = plain(files[0]["file"]) if len(files) == 1 else f"{len(files):,} files"
    console.print(name, style="bold")
    console.print(
        f"{counted(report['records'], 'record')}, {counted(report['bytes'], 'byte')}: "
        f"{counted(report['events'], 'event')}, {counted(report['unknown_events'], 'unknown event')}, "
        f"{counted(report['bad_records'], 'bad record')}"
    )
    if time["first"] is not None:
        length = span(time["seconds"])
        console.print(f"from {moment(time['first'])} to {moment(time['last'])} UTC, {length}")
        told = report["rate"]
        console.print(
            f"events a second: {rate(told['mean'])} on average; {rate(told['busiest_minute']['per_second'])} in the "
            f"busiest minute, {moment(told['busiest_minute']['start'])}; {rate(told['busiest_hour']['per_second'])} "
            f"in the busiest hour, {moment(told['busiest_hour']['start'])}"
        )


def _types(console: Console, report: dict[str, Any]) -> None:
    rows = [row for row in report["types"] if row["events"]]
    if not rows:
        return
    _heading(console, "Events by type")
    table = _table("event", "events", "share", "")
    for row in rows:
        table.add_row(row["event"], number(row["events"]), share(row["events"], report["events"]),
                      _bar(row["events"], rows[0]["events"]))  # fmt: skip
    console.print(table)


def _bar(count: int, most: int) -> str:
    return "#" * max(round(BAR * count / most), 1 if count else 0)


def _rankings(console: Console, report: dict[str, Any]) -> None:
    for key, label in (("tenants", "Tenants"), ("agents", "Agents"), ("dns", "DNs"), ("customers", "Customers")):
        ranking = report[key]
        if ranking is None or not ranking["distinct"]:
            continue
        by = {"agents": f", by {ranking.get('by')}", "dns": ", by ThisDN", "customers": ", by CustomerID"}.get(key, "")
        _heading(console, f"{label}{by}: {number(ranking['distinct'])}")
        if not ranking["top"]:
            continue
        names = [name for name in ranking["top"][0] if name != "events"]
        table = _table(*names, "events", "share", "")
        most = ranking["top"][0]["events"]
        for row in ranking["top"]:
            table.add_row(*[plain("" if row[name] is None else row[name]) for name in names], number(row["events"]),
                          share(row["events"], ranking["events"]), _bar(row["events"], most))  # fmt: skip
        console.print(table)


def _hours(console: Console, report: dict[str, Any]) -> None:
    found = periods(report["hours"], BARS)
    if found is None:
        return
    _heading(console, f"Events by {found.unit}")
    most = max(period.events for period in found.periods)
    table = _table("from (UTC)", "events", "")
    for period in found.periods:
        table.add_row(_from(period), number(period.events), _bar(period.events, most))
    console.print(table)
    if found.outside:
        console.print(f"{number(found.outside)} events lie far before or behind these, and are not shown.")


def _from(period: Period) -> str:
    return f"{period.start:%Y-%m-%d %H:%M}"


def _sizes(console: Console, report: dict[str, Any]) -> None:
    sizes = report["sizes"]
    if sizes is None:
        return
    _heading(console, "Bytes a record")
    console.print(
        f"from {number(sizes['min'])} to {number(sizes['max'])}; half of them up to {number(sizes['median'])}, "
        f"99 % up to {number(sizes['p99'])}"
    )
    most = max(row["records"] for row in sizes["histogram"])
    table = _table("bytes", "count", "")
    for row in sizes["histogram"]:
        table.add_row(f"{number(row['from'])} to {number(row['to'] - 1)}", number(row["records"]),
                      _bar(row["records"], most))  # fmt: skip
    console.print(table)


def _drift(console: Console, drift: dict[str, Any]) -> None:
    console.print("\nDrift report: how the records differ from the schema", style="bold magenta")
    for section in sections(drift):
        _section(console, section)


def _section(console: Console, section: Section) -> None:
    _heading(console, section.heading)
    if section.meaning:
        console.print(section.meaning, style="dim")
    table = _table(*section.columns)
    for row in section.shown():
        table.add_row(*row)
    console.print(table)
    if section.left_out():
        console.print(section.left_out(), style="dim")
