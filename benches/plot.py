"""Draws the pictures of README.md and benches/README.md, each for a light and a dark page.

bench-*.svg comes from results.json and is drawn here, linear-*.svg from linear.json and is drawn in curves.py,
arrow-*.svg from results_arrow.json and is drawn in throughput.py, attack-*.svg from attack.json and is drawn in
attack_plot.py. Run after compare.py, columns.py, linear.py and attack.py: `python benches/plot.py`. It measures
nothing; the same figures give the same bytes.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from attack_plot import draw_attack
from curves import draw_linear
from throughput import draw_throughput
from vmcodec.cli.bench.bars import draw_bars
from vmcodec.cli.bench.theme import THEMES, Theme, settle

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
LINEAR = HERE / "linear.json"
ARROW = HERE / "results_arrow.json"
ATTACK = HERE / "attack.json"
IMAGES = HERE.parent / "docs" / "images"


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


def draw_decoding(results: dict[str, Any], theme: Theme, target: Path) -> None:
    """Write one picture: a bar for each contestant of the decode_batch comparison, the shortest on top."""
    outcome = _comparison(results, "decode_batch")
    size = results["corpora"][outcome["corpus"]]["mean_bytes"]
    draw_bars(outcome, size, _footer(results), theme, target)


def main(arguments: list[str] | None = None) -> None:
    """Draw the light and the dark pictures."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--linear", type=Path, default=LINEAR)
    parser.add_argument("--arrow", type=Path, default=ARROW)
    parser.add_argument("--attack", type=Path, default=ATTACK)
    parser.add_argument("--images", type=Path, default=IMAGES, help="the folder to write to")
    chosen = parser.parse_args(arguments)
    settle()
    pictures = (
        (draw_decoding, chosen.results, "bench"),
        (draw_linear, chosen.linear, "linear"),
        (draw_throughput, chosen.arrow, "arrow"),
        (draw_attack, chosen.attack, "attack"),
    )
    for draw, figures, picture in pictures:
        if not figures.exists():
            print(f"{figures.name} is not there yet: no picture of it")
            continue
        results = json.loads(figures.read_text(encoding="utf-8"))
        for name, theme in THEMES.items():
            draw(results, theme, chosen.images / f"{picture}-{name}.svg")


if __name__ == "__main__":
    main()
