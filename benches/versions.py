"""A row of figures for the CPython that runs this: a few comparisons of compare.py, kept in versions.json.

Run it once under each interpreter: `path/to/python benches/versions.py`. It needs vmcodec and rich installed there; the
rows of other versions stay. README.md gets the table.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import compare
import peers
import report
from compare import Scenario
from vmcodec.cli.bench.rounds import keep_freed_memory


def _decoders() -> list[peers.Peer]:
    return [peers.ours_dict(), peers.ours_lazy(), peers.msgspec_ours(), peers.msgspec_ordinary()]


SCENARIOS = (
    Scenario("decode_batch", "decode_batch", _decoders),
    Scenario("shuffled", "decode_batch, keys shuffled", _decoders, order="shuffled"),
    Scenario("validate", "validate_batch", lambda: peers.validate_peers()[:3], check=peers.check_validation),
    Scenario("encode_batch", "encode_batch", lambda: peers.encode_peers()[:2]),
)


def merged(rows: dict[str, Any], series: str, row: dict[str, Any]) -> dict[str, Any]:
    """The rows with this one in its place, the oldest version first."""
    rows = rows | {series: row}
    return dict(sorted(rows.items(), key=lambda item: [int(part) for part in item[0].split(".")]))


def main(arguments: list[str] | None = None) -> None:
    """Measure a short set of comparisons and keep it as the row of this CPython version."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--quick", action="store_true", help="short rounds: a look, nothing is written")
    parser.add_argument("--results", type=Path, default=report.VERSIONS, help="the file that holds the rows")
    chosen = parser.parse_args(arguments)
    rounds, scale = (3, 0.1) if chosen.quick else (11, 1.0)

    kept = keep_freed_memory()
    outcomes = [compare.compare(scenario, rounds=rounds, scale=scale) for scenario in SCENARIOS]
    for outcome in outcomes:
        report.show(outcome)
    if chosen.quick:
        return
    row = {"environment": report.environment(rounds, kept), "comparisons": outcomes}
    rows = json.loads(chosen.results.read_text(encoding="utf-8")) if chosen.results.exists() else {}
    rows = merged(rows, f"{sys.version_info.major}.{sys.version_info.minor}", row)
    report.write_results(rows, chosen.results)
    if chosen.results == report.VERSIONS:
        report.write_versions(rows)


if __name__ == "__main__":
    main()
