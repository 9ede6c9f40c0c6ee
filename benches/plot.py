"""Draws the pictures of README.md and benches/README.md, each for a light and a dark page.

bench-*.svg comes from results.json and is drawn here, linear-*.svg from linear.json and is drawn in curves.py.
Run after compare.py and linear.py: `python benches/plot.py`. It measures nothing; the same figures give the same bytes.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from curves import draw_linear
from matplotlib import pyplot as plt
from matplotlib.patches import FancyBboxPatch
from theme import THEMES, Theme, save, settle

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
LINEAR = HERE / "linear.json"
IMAGES = HERE.parent / "docs" / "images"
WIDTH, ROW, HEAD, FOOT = 8.4, 0.36, 0.80, 0.52  # inches
NAMES = 2.45  # inches left of the bars
LABELS = 1.15  # inches right of the longest bar
THICK = 0.21
OURS = ("vmcodec", "vmcodec_lazy")


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


def draw_bars(results: dict[str, Any], theme: Theme, target: Path) -> None:
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
    save(figure, target, "Decoding one message")


def main(arguments: list[str] | None = None) -> None:
    """Draw the light and the dark pictures."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--linear", type=Path, default=LINEAR)
    parser.add_argument("--images", type=Path, default=IMAGES, help="the folder to write to")
    chosen = parser.parse_args(arguments)
    settle()
    for draw, figures, picture in ((draw_bars, chosen.results, "bench"), (draw_linear, chosen.linear, "linear")):
        results = json.loads(figures.read_text(encoding="utf-8"))
        for name, theme in THEMES.items():
            draw(results, theme, chosen.images / f"{picture}-{name}.svg")


if __name__ == "__main__":
    main()
