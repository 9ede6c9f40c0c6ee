"""Draws attack-light.svg and attack-dark.svg: for every hostile shape the exponent by which time grows with size.

plot.py calls it with the figures of attack.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib import pyplot as plt
from vmcodec.cli.bench.theme import Theme, save

TITLE = "Time as hostile inputs grow: the exponent of each shape"
WIDTH, ROW, HEAD, FOOT = 8.4, 0.165, 0.95, 0.62  # inches
LABELS = {"decode": "vmcodec", "validate": "vmcodec, validation", "msgspec": "msgspec", "orjson": "orjson"}


def draw_attack(results: dict[str, Any], theme: Theme, target: Path) -> None:
    """Write one picture: a row for each shape, a mark for each way to read it; 1 is linear."""
    shapes, mark = results["shapes"], results["mark"]
    height = HEAD + ROW * len(shapes) + FOOT
    figure = plt.figure(figsize=(WIDTH, height))
    axis = figure.add_axes((0.36, FOOT / height, 0.62, ROW * len(shapes) / height))
    looks = {
        "orjson": (theme.bar, "D"), "msgspec": (theme.muted, "s"),
        "validate": (theme.accent_soft, "^"), "decode": (theme.accent, "o"),
    }  # fmt: skip
    for door, (colour, marker) in looks.items():
        rows = [(number, shape["exponents"][door]) for number, shape in enumerate(shapes) if door in shape["exponents"]]
        places, exponents = zip(*rows, strict=True)
        axis.plot(exponents, places, color=colour, marker=marker, markersize=4.5, linestyle="", label=LABELS[door])
    axis.axvline(1, color=theme.muted, linewidth=1, linestyle=(0, (4, 3)))
    axis.axvline(mark, color=theme.text, linewidth=1)
    axis.set_yticks(range(len(shapes)), [shape["name"] for shape in shapes])
    axis.set_ylim(len(shapes) - 0.4, -0.6)
    axis.set_xlim(-0.25, 2.2)
    axis.set_xticks([0, 0.5, 1, mark, 2], ["0", "0.5", "1: linear", f"{mark}: the mark", "2: quadratic"])
    axis.grid(axis="y", color=theme.bar, linewidth=0.4)
    axis.set_axisbelow(True)
    axis.tick_params(colors=theme.muted, labelsize=8, length=0)
    axis.spines[:].set_visible(False)
    figure.text(0.01, 1 - 0.2 / height, TITLE, color=theme.text, fontsize=14, fontweight="bold", va="center")
    figure.legend(loc="upper left", bbox_to_anchor=(0, 1 - 0.32 / height), ncols=4, frameon=False, fontsize=9.5,
                  labelcolor=theme.text, handlelength=1, columnspacing=1.6)  # fmt: skip
    setting, sizes = results["environment"], results["sizes"]
    packages = setting["packages"]
    figure.text(
        0.01, 0.16 / height,
        f"{setting['implementation']} {setting['python']}, msgspec {packages['msgspec']}, orjson {packages['orjson']}; "
        f"least CPU time of {setting['rounds']} rounds, fitted over {sizes[0] // 1024:,} kB to {sizes[-1] >> 20} MB",
        color=theme.muted, fontsize=8.5, va="center",
    )  # fmt: skip
    save(figure, target, TITLE)
