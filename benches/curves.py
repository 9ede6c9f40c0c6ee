"""Draws linear-light.svg and linear-dark.svg: time a message against the size of a batch, and of a message.

plot.py calls it with the figures of linear.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from vmcodec.cli.bench.theme import Theme, save

TITLE = "Time a message, as batches and messages grow"
WIDTH, HEIGHT = 8.4, 3.9  # inches
GUIDE = 1_000  # bytes
LABELS = {"vmcodec": "vmcodec", "vmcodec_lazy": "vmcodec, lazy", "msgspec": "msgspec, vmcodec's classes"}


def _short(value: float, _place: object = None) -> str:
    """1,000,000 as 1M, 1,000 as 1k."""
    for unit, name in ((1e6, "M"), (1e3, "k")):
        if value >= unit:
            return f"{value / unit:g}{name}"
    return f"{value:g}"


def _series(axis: Axes, points: Sequence[dict[str, Any]], theme: Theme, unit: float) -> None:
    """A line for each contestant, with the interquartile range as a band behind it."""
    sizes = [point["size"] for point in points]
    looks = {"msgspec": (theme.muted, "s"), "vmcodec_lazy": (theme.accent_soft, "^"), "vmcodec": (theme.accent, "o")}
    for key, (colour, marker) in looks.items():
        low, middle, high = ([point["ns"][key][name] / unit for point in points] for name in ("low", "median", "high"))
        axis.fill_between(sizes, low, high, color=colour, alpha=0.18, linewidth=0)
        axis.plot(sizes, middle, color=colour, marker=marker, markersize=4, linewidth=1.8, label=LABELS[key])


def _dress(axis: Axes, theme: Theme, title: str, below: str, ticks: Sequence[float]) -> None:
    """Quiet axes: a light grid, no box, the title where a reader begins."""
    axis.set_xscale("log")
    axis.xaxis.set_major_locator(FixedLocator(list(ticks)))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(FuncFormatter(_short))
    axis.set_title(title, loc="left", color=theme.text, fontsize=10.5, pad=8)
    axis.set_xlabel(below, color=theme.muted, fontsize=9.5)
    axis.grid(color=theme.bar, linewidth=0.6)
    axis.set_axisbelow(True)
    axis.tick_params(colors=theme.muted, labelsize=9, length=0)
    axis.spines[:].set_visible(False)


def draw_linear(results: dict[str, Any], theme: Theme, target: Path) -> None:
    """Write one picture: batches on the left, messages on the right."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, HEIGHT))
    figure.subplots_adjust(left=0.055, right=0.985, top=0.72, bottom=0.19, wspace=0.17)
    figure.text(0.01, 0.95, TITLE, color=theme.text, fontsize=14, fontweight="bold", va="center")

    _series(left, results["batch"], theme, 1e3)
    _dress(left, theme, "µs a message", "messages in a batch", [point["size"] for point in results["batch"]])
    left.set_ylim(0, 1.25 * max(taken["median"] for point in results["batch"] for taken in point["ns"].values()) / 1e3)

    _series(right, results["message"], theme, 1e3)
    _dress(right, theme, "µs a message", "bytes of a message", (44, 200, 1_000, 4_000, 16_000, 64_000))
    right.set_xlim(35, 80_000)
    right.set_yscale("log")
    right.yaxis.set_minor_locator(NullLocator())
    right.yaxis.set_major_formatter(FuncFormatter(_short))
    # Parallel to this line means linear. It begins where a message is long enough for its bytes to count most.
    first, last = (point for point in results["message"] if point["size"] in (GUIDE, results["message"][-1]["size"]))
    start = 0.4 * first["ns"]["vmcodec"]["median"] / 1e3
    right.plot(
        [first["size"], last["size"]],
        [start, start * last["size"] / first["size"]],
        color=theme.muted,
        linewidth=1,
        linestyle=(0, (4, 3)),
        label="proportional to size",
    )

    handles, labels = right.get_legend_handles_labels()
    order = [labels.index(label) for label in (*LABELS.values(), "proportional to size")]
    figure.legend(
        [handles[place] for place in order],
        [labels[place] for place in order],
        loc="upper left",
        bbox_to_anchor=(0, 0.92),
        ncols=4,
        frameon=False,
        fontsize=9.5,
        labelcolor=theme.text,
        handlelength=1.8,
        columnspacing=1.6,
    )
    setting = results["environment"]
    figure.text(
        0.01,
        0.03,
        f"{setting['implementation']} {setting['python']}, msgspec {setting['packages']['msgspec']}; medians of CPU "
        "time with the interquartile range, freeing included",
        color=theme.muted,
        fontsize=8.5,
        va="center",
    )
    save(figure, target, TITLE)
