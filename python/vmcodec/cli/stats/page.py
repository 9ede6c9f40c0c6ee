"""The report as one HTML page without scripts and without anything from elsewhere; page.html has its frame and style.

Its plots are bars of plain HTML and SVG and not pictures by matplotlib: their labels are the page's own text, as large
on a telephone as elsewhere, they take the colours of a light and a dark page, and the command needs no further library.
All texts pass `plain`, which escapes them: names come from strangers.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from importlib.resources import files
from string import Template
from typing import Any

from . import words
from .periods import periods
from .report import now
from .words import NUMBERS, caveats, moment, number, rate, sections, share, span

COLUMNS = 120
"""So many columns of hours, at most."""
SHORT = 24
RANKINGS = {
    "tenants": "Tenants",
    "agents": "Agents",
    "dns": "DNs, by ThisDN",
    "customers": "Customers, by CustomerID",
}


def page(report: dict[str, Any]) -> str:
    """The page."""
    names = [file["file"] for file in report["files"]]
    title = names[0] if len(names) == 1 else f"{len(names):,} files"
    body = [
        f"<h1>{plain(title)}</h1>",
        _when(report),
        _figures(report),
        _notes(caveats(report)),
        _hours(report),
        '<div class="columns">',
        _types(report),
        _sizes(report),
        *(_ranking(report[key], heading) for key, heading in RANKINGS.items()),
        "</div>",
        "<h2>Drift report</h2>",
        '<p class="muted">How the records differ from the schema, how often, and where first.</p>',
        *(_section(section) for section in sections(report["drift"])),
        _files(report["files"]),
    ]
    template = Template(files(__package__).joinpath("page.html").read_text("utf-8"))
    return template.substitute(
        title=plain(f"{title}: events"), version=plain(report["vmcodec"]), now=now(), body="\n".join(body)
    )


def plain(text: Any) -> str:
    """A text for the page, escaped."""
    return html.escape(words.plain(text))


def _when(report: dict[str, Any]) -> str:
    time = report["time"]
    if time["first"] is None:
        return '<p class="muted">No event has a time.</p>'
    return f'<p class="muted">{moment(time["first"])} to {moment(time["last"])} UTC, {span(time["seconds"])}</p>'


def _figures(report: dict[str, Any]) -> str:
    told = report["rate"]
    figures = [
        ("events", number(report["events"]), False),
        ("unknown events", number(report["unknown_events"]), report["unknown_events"] > 0),
        ("bad records", number(report["bad_records"]), report["bad_records"] > 0),
        ("bytes", number(report["bytes"]), False),
    ]
    if told is not None:
        minute, hour = told["busiest_minute"], told["busiest_hour"]
        figures += [
            ("events a second", rate(told["mean"]), False),
            (f"a second in the busiest minute, {moment(minute['start'])[:-3]}", rate(minute["per_second"]), False),
            (f"a second in the busiest hour, {moment(hour['start'])[:-3]}", rate(hour["per_second"]), False),
        ]
    cells = "".join(
        f"<div{' class=warn' if warn else ''}><dt>{plain(name)}</dt><dd>{plain(value)}</dd></div>"
        for name, value, warn in figures
    )
    return f'<dl class="figures">{cells}</dl>'


def _notes(notes: list[str]) -> str:
    if not notes:
        return ""
    return '<ul class="notes">' + "".join(f"<li>{plain(note)}</li>" for note in notes) + "</ul>"


def _hours(report: dict[str, Any]) -> str:
    found = periods(report["hours"], COLUMNS)
    if found is None:
        return ""
    bars = [(f"{period.start:%Y-%m-%d %H:%M}", period.events) for period in found.periods]
    outside = f" {number(found.outside)} events lie far before or behind these." if found.outside else ""
    caption = f"{number(max(count for _, count in bars))} in the highest column.{outside}"
    axis = [bars[0][0], bars[len(bars) // 2][0], bars[-1][0]] if len(bars) > 2 else [label for label, _ in bars]
    return f"<section><h2>Events by {found.unit}</h2>{_plot(bars, axis, caption)}</section>"


def _sizes(report: dict[str, Any]) -> str:
    sizes = report["sizes"]
    if sizes is None:
        return ""
    rows = sizes["histogram"]
    bars = [(f"{number(row['from'])} to {number(row['to'] - 1)} bytes", row["records"]) for row in rows]
    caption = (
        f"From {number(sizes['min'])} to {number(sizes['max'])}; half of the records have up to "
        f"{number(sizes['median'])}, 99 % up to {number(sizes['p99'])}."
    )
    axis = [number(rows[0]["from"]), number(rows[-1]["to"] - 1)]
    return f"<section><h2>Bytes a record</h2>{_plot(bars, axis, caption)}</section>"


def _plot(bars: Sequence[tuple[str, int]], axis: Iterable[str], caption: str) -> str:
    """Columns as wide as the page; each tells its label and its number where a pointer rests on it."""
    most = max(count for _, count in bars)
    columns = "".join(
        f'<rect x="{place + 0.05:g}" y="{100 - 100 * count / most:g}" width="0.9" height="{100 * count / most:g}">'
        f"<title>{plain(label)}: {number(count)}</title></rect>"
        for place, (label, count) in enumerate(bars)
    )
    # A single bar as wide as the page would look like a frame.
    width = max(len(bars), 8)
    labels = "".join(f"<span>{plain(label)}</span>" for label in axis)
    return (
        f'<figure><svg viewBox="0 0 {width} 100" preserveAspectRatio="none" role="img" aria-label="{plain(caption)}">'
        f'{columns}</svg><div class="axis">{labels}</div><figcaption>{plain(caption)}</figcaption></figure>'
    )


def _types(report: dict[str, Any]) -> str:
    rows = [(row["event"], row["events"]) for row in report["types"] if row["events"]]
    return f"<section><h2>Events by type</h2>{_bars(rows, report['events'])}</section>" if rows else ""


def _ranking(ranking: dict[str, Any] | None, heading: str) -> str:
    if ranking is None or not ranking["distinct"]:
        return ""
    rows = [
        (":".join(str(text) for name, text in row.items() if name != "events" and text is not None), row["events"])
        for row in ranking["top"]
    ]
    by = f", by {ranking['by']}" if "by" in ranking else ""
    shown = "" if len(rows) in (0, ranking["distinct"]) else f"; the first {len(rows):,} are shown"
    told = f'<p class="muted">{number(ranking["distinct"])} in all{shown}.</p>'
    return f"<section><h2>{heading}{by}</h2>{told}{_bars(rows, ranking['events'])}</section>"


def _bars(rows: list[tuple[str, int]], whole: int) -> str:
    most = max((count for _, count in rows), default=0)
    cells = "".join(
        f"<tr><td{_kind(name)}>{plain(name)}</td>"
        f'<td class="bar"><span style="width:{100 * count / most:.1f}%"></span></td>'
        f'<td class="number">{number(count)}</td><td class="number">{share(count, whole)}</td></tr>'
        for name, count in rows
    )
    return f'<table class="bars"><tbody>{cells}</tbody></table>'


def _section(section: words.Section) -> str:
    meaning, left_out = (
        f'<p class="muted">{plain(text)}</p>' if text else "" for text in (section.meaning, section.left_out())
    )
    table = _table(section.columns, section.shown())
    return f"<section><h3>{plain(section.heading)}</h3>{meaning}{table}{left_out}</section>"


def _files(files: list[dict[str, Any]]) -> str:
    rows: list[tuple[str, ...]] = [
        (file["file"], number(file["records"]), number(file["bad_records"])) for file in files
    ]
    return f"<h2>Files</h2>{_table(('file', 'records', 'bad records'), rows)}"


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table whose rows become blocks of labelled lines on a narrow page."""
    heads = "".join(f"<th{_kind(column, column)}>{plain(column)}</th>" for column in columns)
    lines = "".join(
        "<tr>"
        + "".join(
            f'<td{_kind(cell, column)} data-label="{plain(column)}">{plain(cell)}</td>'
            for column, cell in zip(columns, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return f'<table class="drift"><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>'


def _kind(cell: str, column: str = "") -> str:
    """The class of a cell: numbers stand to the right, and short texts are not broken."""
    if column in NUMBERS:
        return ' class="number"'
    return ' class="short"' if len(cell) <= SHORT else ""
