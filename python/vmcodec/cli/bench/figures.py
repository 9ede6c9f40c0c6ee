"""The figures of a race: as rows of plain numbers, and as a table on the terminal.

`vmcodec bench` shows them, the benches keep them too; bars.py draws them.
"""

from __future__ import annotations

import importlib.metadata
from typing import Any

from rich.table import Table

from .rounds import Clock, Clocked, Spread, ratios

OURS = ("vmcodec", "vmcodec_lazy")


def plain(spread: Spread) -> dict[str, float]:
    """A spread as JSON takes it, four digits."""
    return {name: float(f"{getattr(spread, name):.4g}") for name in ("median", "low", "high")}


def version(package: str) -> str | None:
    """The installed version of a package, if it is installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def ratio(row: dict[str, Any], ours: str) -> str:
    """How many times our time a contestant takes, with the quartiles."""
    spread = row.get(f"over_{ours}")
    return f"{spread['median']:.2f} ({spread['low']:.2f}-{spread['high']:.2f})" if spread else ""


def row(entry: Clocked, field: list[Clocked], messages: int, clock: Clock) -> dict[str, Any]:
    """One contestant's figures: microseconds a message, and how many times vmcodec's time it takes."""
    figures: dict[str, Any] = {
        "key": entry.peer.key,
        "label": entry.peer.label,
        "cpu_us": plain(Spread.of([seconds / messages * 1e6 for seconds in entry.cpu])),
        "wall_us": plain(Spread.of([seconds / messages * 1e6 for seconds in entry.wall])),
    }
    for ours in field:
        if ours.peer.key.startswith("vmcodec") and ours is not entry:
            figures[f"over_{ours.peer.key}"] = plain(ratios(entry, ours, clock))
    return figures


def table(outcome: dict[str, Any]) -> Table:
    """One comparison as a terminal table."""
    wall = ", wall" if outcome["clock"] == "wall" else ""
    lazy = any(row["key"] == "vmcodec_lazy" for row in outcome["contestants"])
    drawn = Table(
        title=f"{outcome['title']}  [dim]{outcome['corpus']}; {outcome['messages_per_round']:,} messages a round[/dim]",
        title_justify="left",
        box=None,
        padding=(0, 2),
    )
    drawn.add_column("", width=44)
    for heading in ("CPU µs/msg", "wall µs", f"x vmcodec{wall} (IQR)", *(["x lazy (IQR)"] if lazy else [])):
        drawn.add_column(heading, justify="right", no_wrap=True)
    for row in outcome["contestants"]:
        cells = [f"{row['cpu_us']['median']:.2f}", f"{row['wall_us']['median']:.2f}", ratio(row, "vmcodec")]
        if lazy:
            cells.append(ratio(row, "vmcodec_lazy"))
        drawn.add_row(row["label"], *cells, style="bold cyan" if row["key"] in OURS else None)
    return drawn
