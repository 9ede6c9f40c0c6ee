"""`make bench`: decode_arrow beside the readers of data tools, with 1 thread and with 2, and the most memory it takes.

readers.py holds the contestants, compare.py races them, peak.py measures memory, report.py writes the figures down.
Polars settles its threads when it is imported: so each number of threads has a process of its own, in which everything
runs with as many. malloc is left as it is: the readers bring allocators of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import compare
import peak
import peers
import readers
import report
from compare import Scenario
from corpus import corpus

MESSAGES = 270_000  # 100 MB
THREADS = (1, 2)
PACKAGES = ("vmcodec", "polars", "pyarrow", "duckdb")


def scenario(threads: int) -> Scenario:
    """One buffer of all messages, read by each contestant; every row of every column is compared before."""
    return Scenario(
        f"threads_{threads}",
        f"decode_arrow, {threads} thread{'s' if threads > 1 else ''}",
        partial(readers.contestants, threads),
        share=MESSAGES,
        batch=MESSAGES,
        clock="wall",
        checked=MESSAGES,
    )


def _raced(threads: int, rounds: int, scale: float) -> dict[str, Any]:
    """The comparison in a process of its own."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        command = [sys.executable, __file__, "--rounds", str(rounds), "--scale", str(scale)]
        command += ["--threads", str(threads), "--results", file.name]
        subprocess.run(command, check=True, env=os.environ | {"POLARS_MAX_THREADS": str(threads)})
        return dict(json.loads(Path(file.name).read_text(encoding="utf-8")))


def main(arguments: list[str] | None = None) -> None:
    """Compare decode_arrow with other readers of NDJSON into columns."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--quick", action="store_true", help="short rounds: a look, nothing is written")
    parser.add_argument("--rounds", type=int, default=None, help="rounds of each comparison (21, or 3 with --quick)")
    parser.add_argument("--results", type=Path, default=None, help="where to write the figures (results_arrow.json)")
    parser.add_argument("--scale", type=float, default=None, help="below 1, fewer messages a round")
    parser.add_argument("--threads", type=int, default=None, help="just this comparison, in this process")
    chosen = parser.parse_args(arguments)
    rounds = chosen.rounds or (3 if chosen.quick else 21)
    scale = chosen.scale or (0.1 if chosen.quick else 1.0)

    if chosen.threads:
        outcome = compare.compare(scenario(chosen.threads), rounds=rounds, scale=scale)
        report.show(outcome)
        if chosen.results:
            report.write_results({"outcome": outcome, "notes": peers.NOTES}, chosen.results)
        return
    raced = [_raced(threads, rounds, scale) for threads in THREADS]
    outcomes = [part["outcome"] for part in raced]
    results: dict[str, Any] = {
        "environment": report.environment(rounds, False, PACKAGES),
        "corpora": {outcomes[0]["corpus"]: report.entropy(corpus(5_000))},
        "comparisons": outcomes,
        "memory": peak.measure(int(MESSAGES * scale)),
        "notes": raced[0]["notes"],
    }
    report.show_peak(results["memory"])
    report.show_notes(results)
    target = chosen.results or (None if chosen.quick else report.ARROW)
    if target:
        report.write_results(results, target)
    if target == report.ARROW:
        report.write_arrow(results)


if __name__ == "__main__":
    main()
