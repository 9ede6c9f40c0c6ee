"""Draws arrow-light.svg and arrow-dark.svg: how many megabytes of lines a second each reader makes columns of.

plot.py calls it with the figures of columns.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from report import OURS, throughput
from vmcodec.cli.bench.theme import FOOT, HEAD, WIDTH, Theme, bar, page, save

TITLE = "From NDJSON to columns"
ROW = 0.52  # inches a reader
NAMES, LABELS = 2.75, 0.75  # inches left of the bars, and right of the longest
THICK = 0.17
LEFT_OUT = ("vmcodec_file", "vmcodec_polars", "one_thread")  # in the table, too much for a picture


def draw_throughput(results: dict[str, Any], theme: Theme, target: Path) -> None:
    """Write one picture: two bars for each reader, the quickest on top; what has one thread only has one bar."""
    one, two = (
        {row["key"]: row for row in outcome["contestants"] if row["key"] not in LEFT_OUT}
        for outcome in results["comparisons"]
    )
    corpus = results["corpora"][results["comparisons"][0]["corpus"]]
    speeds = {
        key: [throughput(rows[key], corpus) for rows in (one, two) if key in rows]
        for key in sorted(one, key=lambda key: float(one[key]["wall_us"]["median"]))
    }
    setting = results["environment"]
    versions = ", ".join(f"{name} {version}" for name, version in setting["packages"].items() if version)
    figure, axis = page(
        theme,
        HEAD + ROW * len(speeds) + FOOT,
        TITLE,
        f"MB a second by wall clock, above with 1 thread, below with 2; messages of {corpus['mean_bytes']} bytes; "
        "longer is better",
        f"{setting['implementation']} {setting['python']}, {versions}; medians of {setting['rounds']} paired rounds",
    )
    scale = (WIDTH - NAMES - LABELS) / max(max(pair) for pair in speeds.values())
    for number, (key, pair) in enumerate(speeds.items()):
        middle = HEAD + ROW * (number + 0.5)
        ours = key in OURS
        weight = "bold" if ours else "normal"
        label = one[key]["label"]
        axis.text(0.08, middle, label, color=theme.text, fontsize=10.5, fontweight=weight, va="center_baseline")
        for turn, speed in enumerate(pair):
            height = middle + (turn - (len(pair) - 1) / 2) * (THICK + 0.03)
            colour = (theme.accent_soft, theme.accent)[turn] if ours else theme.bar
            bar(axis, (NAMES, height), speed * scale, THICK, colour)
            end = NAMES + speed * scale + 0.10
            axis.text(
                end, height, f"{speed:,.0f}", color=theme.text, fontsize=9, fontweight=weight, va="center_baseline"
            )
    save(figure, target, TITLE)
