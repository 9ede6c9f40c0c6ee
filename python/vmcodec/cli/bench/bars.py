"""Draws how long each contestant takes for a message, as bars.

`vmcodec bench --plot` draws with it, and so do the benches.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .figures import OURS
from .theme import FOOT, HEAD, WIDTH, Theme, bar, page, save

TITLE = "Decoding one message"
ROW = 0.36  # inches
NAMES = 2.45  # inches left of the bars
LABELS = 1.15  # inches right of the longest bar
THICK = 0.21


def draw_bars(outcome: dict[str, Any], mean_bytes: int, footer: str, theme: Theme, target: Path) -> None:
    """Write one picture: a bar for each contestant of a comparison, the shortest on top."""
    rows = sorted(outcome["contestants"], key=lambda row: float(row["cpu_us"]["median"]))
    longest = max(row["cpu_us"]["median"] for row in rows)
    figure, axis = page(
        theme,
        HEAD + ROW * len(rows) + FOOT,
        TITLE,
        f"CPU microseconds, and multiples of vmcodec's, per message of {mean_bytes} bytes; shorter is better",
        footer,
    )
    scale = (WIDTH - NAMES - LABELS) / longest
    for number, row in enumerate(rows):
        middle = HEAD + ROW * (number + 0.5)
        ours = row["key"] in OURS
        taken = row["cpu_us"]["median"]
        colour = {"vmcodec": theme.accent, "vmcodec_lazy": theme.accent_soft}.get(row["key"], theme.bar)
        weight = "bold" if ours else "normal"
        axis.text(0.08, middle, row["label"], color=theme.text, fontsize=10.5, fontweight=weight, va="center_baseline")
        bar(axis, (NAMES, middle), taken * scale, THICK, colour)
        end = NAMES + taken * scale + 0.10
        axis.text(end, middle, f"{taken:.2f}", color=theme.text, fontsize=10.5, fontweight=weight, va="center_baseline")
        if not ours:
            over = row["over_vmcodec"]["median"]
            axis.text(end + 0.52, middle, f"{over:.1f}\u00d7", color=theme.muted, fontsize=10.5, va="center_baseline")
    save(figure, target, TITLE)
