"""Draws docs/images/bench-light.svg and bench-dark.svg from results.json, for README.md on a light or a dark page.

Run after compare.py: `python benches/plot.py`. It measures nothing; the same results.json gives the same bytes.
"""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt
from matplotlib.patches import FancyBboxPatch

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
IMAGES = HERE.parent / "docs" / "images"
WIDTH, ROW, HEAD, FOOT = 8.4, 0.36, 0.80, 0.52  # inches
NAMES = 2.45  # inches left of the bars
LABELS = 1.15  # inches right of the longest bar
THICK = 0.21
OURS = ("vmcodec", "vmcodec_lazy")
FONTS = ["-apple-system", "BlinkMacSystemFont", "Segoe UI", "Helvetica", "Arial", "DejaVu Sans", "sans-serif"]


class Theme(NamedTuple):
    """Colours that stand on GitHub's page of that brightness; the background stays transparent."""

    text: str
    muted: str
    bar: str
    accent: str
    accent_soft: str


LIGHT = Theme(text="#1f2328", muted="#59636e", bar="#d1d9e0", accent="#0969da", accent_soft="#54aeff")
DARK = Theme(text="#f0f6fc", muted="#9198a1", bar="#3d444d", accent="#4493f8", accent_soft="#1f6feb")


def _comparison(results: dict[str, Any], key: str) -> dict[str, Any]:
    for outcome in results["comparisons"]:
        if outcome["key"] == key:
            return dict(outcome)
    raise SystemExit(f"results.json holds no comparison {key!r}: run compare.py first")


def _footer(results: dict[str, Any]) -> str:
    setting = results["environment"]
    packages = setting["packages"]
    peers = ", ".join(f"{name} {packages[name]}" for name in ("msgspec", "orjson", "pydantic") if packages.get(name))
    return (
        f"{setting['implementation']} {setting['python']}, {peers}; medians of {setting['rounds']} paired rounds in "
        "batches of 1,000, freeing included"
    )


def draw(results: dict[str, Any], theme: Theme, target: Path) -> None:
    """Write one picture: a bar for each contestant of the decode_batch comparison, the shortest on top."""
    outcome = _comparison(results, "decode_batch")
    rows = sorted(outcome["contestants"], key=lambda row: float(row["cpu_us"]["median"]))
    longest = max(row["cpu_us"]["median"] for row in rows)
    height = HEAD + ROW * len(rows) + FOOT
    figure = plt.figure(figsize=(WIDTH, height))
    # One axis in inches, y downwards: every place below is a plain distance.
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set_xlim(0, WIDTH)
    axis.set_ylim(height, 0)
    axis.axis("off")

    corpus = results["corpora"][outcome["corpus"]]
    axis.text(0.08, 0.20, "Decoding one message", color=theme.text, fontsize=14, fontweight="bold", va="center")
    axis.text(
        0.08,
        0.47,
        f"CPU microseconds, and multiples of vmcodec's, per message of {corpus['mean_bytes']} bytes; shorter is better",
        color=theme.muted,
        fontsize=10,
        va="center",
    )
    scale = (WIDTH - NAMES - LABELS) / longest
    for number, row in enumerate(rows):
        middle = HEAD + ROW * (number + 0.5)
        ours = row["key"] in OURS
        taken = row["cpu_us"]["median"]
        colour = {"vmcodec": theme.accent, "vmcodec_lazy": theme.accent_soft}.get(row["key"], theme.bar)
        weight = "bold" if ours else "normal"
        axis.text(0.08, middle, row["label"], color=theme.text, fontsize=10.5, fontweight=weight, va="center_baseline")
        axis.add_patch(
            FancyBboxPatch(
                (NAMES, middle - THICK / 2),
                taken * scale,
                THICK,
                boxstyle="round,pad=0,rounding_size=0.035",
                facecolor=colour,
                linewidth=0,
            )
        )
        end = NAMES + taken * scale + 0.10
        axis.text(end, middle, f"{taken:.2f}", color=theme.text, fontsize=10.5, fontweight=weight, va="center_baseline")
        if not ours:
            over = row["over_vmcodec"]["median"]
            axis.text(end + 0.52, middle, f"{over:.1f}\u00d7", color=theme.muted, fontsize=10.5, va="center_baseline")
    axis.text(0.08, height - 0.22, _footer(results), color=theme.muted, fontsize=8.5, va="center")
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(
        target,
        format="svg",
        transparent=True,
        metadata={"Date": None, "Creator": None, "Title": "Decoding one message"},
    )
    plt.close(figure)


def main(arguments: list[str] | None = None) -> None:
    """Draw the light and the dark picture."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--images", type=Path, default=IMAGES, help="the folder to write to")
    chosen = parser.parse_args(arguments)
    results = json.loads(chosen.results.read_text(encoding="utf-8"))
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # it need not have the reader's fonts
    # Text stays text, in the page's own fonts; a fixed salt keeps the ids, and so the bytes, the same.
    mpl.rcParams.update({"svg.hashsalt": "vmcodec", "svg.fonttype": "none", "font.family": FONTS})
    for name, theme in (("light", LIGHT), ("dark", DARK)):
        draw(results, theme, chosen.images / f"bench-{name}.svg")


if __name__ == "__main__":
    main()
