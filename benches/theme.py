"""How the pictures look: colours for a light and a dark page, the page's own fonts, the same bytes every time.

plot.py and curves.py draw with it.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

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
THEMES = {"light": LIGHT, "dark": DARK}


def settle() -> None:
    """Text stays text, in the page's own fonts; a fixed salt keeps the ids, and so the bytes, the same."""
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # it need not have the reader's fonts
    mpl.rcParams.update({"svg.hashsalt": "vmcodec", "svg.fonttype": "none", "font.family": FONTS})


def save(figure: Figure, target: Path, title: str) -> None:
    """Write the picture, without the day and the program."""
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, format="svg", transparent=True, metadata={"Date": None, "Creator": None, "Title": title})
    plt.close(figure)
