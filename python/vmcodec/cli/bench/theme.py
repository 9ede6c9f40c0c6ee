"""How the pictures look: colours for a light and a dark page, the page's own fonts, the same bytes every time.

bars.py draws with it, and the pictures of the benches do.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

FONTS = ["-apple-system", "BlinkMacSystemFont", "Segoe UI", "Helvetica", "Arial", "DejaVu Sans", "sans-serif"]
WIDTH, HEAD, FOOT = 8.4, 0.80, 0.52  # inches: of a page of bars, above them and below


class Theme(NamedTuple):
    """Colours that stand on GitHub's page of that brightness; the background stays transparent."""

    text: str
    muted: str
    bar: str
    accent: str
    accent_soft: str


LIGHT = Theme(text="#1f2328", muted="#59636e", bar="#d1d9e0", accent="#0969da", accent_soft="#54aeff")
DARK = Theme(text="#f0f6fc", muted="#9198a1", bar="#3d444d", accent="#4493f8", accent_soft="#1f6feb")
THEMES = {"light": LIGHT, "dark": DARK}


def settle() -> None:
    """Text stays text, in the page's own fonts; a fixed salt keeps the ids, and so the bytes, the same."""
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # it need not have the reader's fonts
    mpl.rcParams.update({"svg.hashsalt": "vmcodec", "svg.fonttype": "none", "font.family": FONTS})


def page(theme: Theme, height: float, title: str, below: str, footer: str) -> tuple[Figure, Axes]:
    """An empty page for bars, with its heading and its foot."""
    figure = plt.figure(figsize=(WIDTH, height))
    # One axis in inches, y downwards: every place is a plain distance.
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set_xlim(0, WIDTH)
    axis.set_ylim(height, 0)
    axis.axis("off")
    axis.text(0.08, 0.20, title, color=theme.text, fontsize=14, fontweight="bold", va="center")
    axis.text(0.08, 0.47, below, color=theme.muted, fontsize=10, va="center")
    axis.text(0.08, height - 0.22, footer, color=theme.muted, fontsize=8.5, va="center")
    return figure, axis


def bar(axis: Axes, place: tuple[float, float], length: float, thick: float, colour: str) -> None:
    """A bar that begins at that place, its middle line."""
    left, middle = place
    corner = "round,pad=0,rounding_size=0.035"
    box = FancyBboxPatch((left, middle - thick / 2), length, thick, boxstyle=corner, facecolor=colour, linewidth=0)
    axis.add_patch(box)


def save(figure: Figure, target: Path, title: str) -> None:
    """Write the picture, without the day and the program."""
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, format="svg", transparent=True, metadata={"Date": None, "Creator": None, "Title": title})
    plt.close(figure)
