"""Can input that is made to hurt, hurt? Time against size, bad records against good ones, and the most memory.

Writes attack.json; `python benches/plot.py` draws the times. The shapes are those of attack_shapes.py, bad records
those of attack_bad.py, memory is measured by attack_peak.py. msgspec and orjson stand beside, where they take part.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attack_bad
import attack_peak
import attack_shapes
import report
from rich.table import Table
from vmcodec.cli.bench.rounds import keep_freed_memory

RESULTS = Path(__file__).parent / "attack.json"
SIZES = tuple(2**power for power in range(14, 21))  # bytes: 16 kB to 1 MB
MARKS = {"time": 1.45, "bad": attack_bad.MARK, "memory": 1.1}
PARTS = ("time", "bad", "memory")


def exponent(sizes: Sequence[int], times: Sequence[float]) -> float:
    """The slope of the logarithm of time against that of size: 1 where time is linear, 2 where it is quadratic."""
    logarithms = [math.log(value) for value in times]
    return statistics.linear_regression([math.log(size) for size in sizes], logarithms).slope


def times(shape: attack_shapes.Shape, sizes: Sequence[int], rounds: int) -> dict[str, list[float]]:
    """For each door the least CPU time of several rounds, for every size; freeing is inside."""
    taken: dict[str, list[float]] = {}
    for size in sizes:
        for door, call in shape.doors(size).items():
            least = math.inf
            for _ in range(rounds):
                gc.collect()
                begun = time.process_time()
                call()
                least = min(least, time.process_time() - begun)
            taken.setdefault(door, []).append(max(least, 1e-7))
    return taken


def by_shape(sizes: Sequence[int], rounds: int) -> list[dict[str, Any]]:
    """The exponents of all shapes, and the times of the largest size."""
    rows = []
    for shape in attack_shapes.SHAPES:
        taken = times(shape, sizes, rounds)
        exponents = {door: round(exponent(sizes, found), 2) for door, found in taken.items()}
        seconds = {door: found[-1] for door, found in taken.items()}
        rows.append({"name": shape.name, "exponents": exponents, "milliseconds": {
            door: round(found * 1e3, 2) for door, found in seconds.items()}})  # fmt: skip
    return rows


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1))
    table.add_column(columns[0], no_wrap=True)
    for column in columns[1:]:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _cell(value: float | None, mark: float | None = None) -> str:
    if value is None:
        return ""
    return f"[red]{value:.2f}[/]" if mark is not None and value > mark else f"{value:.2f}"


def show_times(rows: Sequence[dict[str, Any]], size: int) -> None:
    """Exponents, and milliseconds at the largest size."""
    doors = ("decode", "validate", "msgspec", "orjson")
    table = _table(f"Exponents, and ms for {size >> 10:,} kB", "", *(part for door in doors for part in (door, "ms")))
    for row in rows:
        cells = []
        for door in doors:
            mark = MARKS["time"] if door in doors[:2] else None
            cells += [_cell(row["exponents"].get(door), mark), _cell(row["milliseconds"].get(door))]
        table.add_row(row["name"], *cells)
    report.console.print(table)


def show_bad(rows: Sequence[dict[str, Any]]) -> None:
    """Ratios, code by code."""
    doors = ("decode_batch", "decode_lines", "decode_arrow", "validate_batch", "validate_lines")
    table = _table("Time of a bad record over that of a good one", "", "", *doors, "msgspec")
    for row in rows:
        cells = [_cell(row["ratios"].get(door), MARKS["bad"]) for door in doors]
        table.add_row(row["code"], row["what"], *cells, _cell(row["msgspec"]))
    report.console.print(table)


def show_memory(rows: Sequence[dict[str, Any]]) -> None:
    """Peaks, shape by shape."""
    table = _table("The most memory, in MB", "", *attack_peak.DECODERS, "vmcodec / msgspec")
    for row in rows:
        peaks = (f"{row['bytes'][decoder] / 1e6:,.1f}" for decoder in attack_peak.DECODERS)
        table.add_row(row["shape"], *peaks, _cell(row["ratio"], MARKS["memory"]))
    report.console.print(table)


def _keep(results: dict[str, Any], chosen: argparse.Namespace) -> None:
    """Write what there is so far: each part takes minutes."""
    if not chosen.quick:
        report.write_results(results, chosen.results)


def main(arguments: list[str] | None = None) -> None:
    """Measure time, bad records and memory, or some of it."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes and few rounds: a look, nothing is written")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="just these; what was written stays")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file of figures")
    chosen = parser.parse_args(arguments)
    rounds, sizes = (2, SIZES[:6]) if chosen.quick else (3, SIZES)

    keep_freed_memory()
    results: dict[str, Any] = json.loads(chosen.results.read_text()) if chosen.results.exists() else {}
    results |= {"environment": report.environment(rounds, True), "mark": MARKS["time"], "sizes": list(sizes)}
    if "time" in chosen.only:
        results["shapes"] = by_shape(sizes, rounds)
        show_times(results["shapes"], sizes[-1])
        _keep(results, chosen)
    if "bad" in chosen.only:
        results["bad"] = list(attack_bad.measure(7 * rounds))
        show_bad(results["bad"])
        _keep(results, chosen)
    if "memory" in chosen.only:
        results["memory"] = list(attack_peak.measure())
        show_memory(results["memory"])
        _keep(results, chosen)


if __name__ == "__main__":
    main()
