"""`make bench`: vmcodec beside its peers, in paired rounds, as a table, as results.json and in README.md.

It chooses what is compared. peers.py holds the contestants and checks their answers before anything is timed, rounds.py
reads the clock, memory.py the resident set, report.py writes the figures down.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import memory
import peers
import report
from corpus import corpus
from vmcodec.cli.bench.figures import row
from vmcodec.cli.bench.rounds import Clock, keep_freed_memory, race


@dataclass(frozen=True, slots=True)
class Scenario:
    """One comparison: who takes part, on which messages, how many of them a round, and how answers are checked."""

    key: str
    title: str
    contestants: Callable[[], Sequence[peers.Peer]]
    variant: str = "usual"
    order: str = "producer"
    share: int = 20_000  # messages a round
    batch: int = peers.BATCH
    check: Callable[[Sequence[peers.Peer], peers.Messages], None] = peers.check_all
    clock: Clock = "cpu"  # "wall" where threads share the work: the CPU time of all is that of one
    checked: int = 2_000  # messages whose results are compared, contestant by contestant


SCENARIOS = (
    Scenario("decode_batch", "decode_batch", peers.decode_peers),
    Scenario("sorted", "decode_batch, keys sorted", peers.order_peers, order="sorted"),
    Scenario("shuffled", "decode_batch, keys shuffled", peers.order_peers, order="shuffled"),
    Scenario("id_last", "decode_batch, id last", peers.order_peers, order="id_last"),
    Scenario("flat", "decode_batch, no nested objects", peers.order_peers, variant="flat"),
    Scenario("heavy", "decode_batch, UserData of 2-4 KB", peers.decode_peers, variant="heavy", share=4_000),
    Scenario("notes", "decode_batch, notes in six languages", peers.order_peers, variant="notes"),
    Scenario("single", "decode, one call a message", peers.single_peers),
    Scenario("decode_lines", "decode_lines", peers.lines_peers),
    Scenario("retained", "100,000 results kept", peers.retained_peers, share=100_000, batch=100_000),
    Scenario("only", "decode_batch, 4 % of the events wanted", peers.only_peers),
    Scenario("validate", "validate_batch", peers.validate_peers, check=peers.check_validation),
    Scenario(
        "threads",
        "validate_lines, 100 MB, 2 threads against 1",
        peers.thread_peers,
        share=270_000,
        batch=270_000,
        check=peers.check_threads,
        clock="wall",
    ),
    Scenario("encode_batch", "encode_batch", peers.encode_peers),
    Scenario("encode_lines", "encode_lines", peers.encode_lines_peers),
)


@cache
def _messages(variant: str, order: str, count: int) -> list[bytes]:
    return corpus(count, variant, order)


def compare(scenario: Scenario, *, rounds: int, scale: float) -> dict[str, Any]:
    """Check all answers of one scenario, then race; `scale` below 1 shortens the rounds."""
    share = max(int(scenario.share * scale), peers.BATCH)
    stretches = 1 if scenario.share >= 100_000 else 5
    messages = _messages(scenario.variant, scenario.order, share * stretches)
    contestants = scenario.contestants()
    scenario.check(contestants, messages[: scenario.checked])
    clocked = race(contestants, messages, rounds=rounds, share=share, batch=min(scenario.batch, share))
    return {
        "key": scenario.key,
        "title": scenario.title,
        "corpus": f"{scenario.variant}, {scenario.order}",
        "messages_per_round": share,
        "batch": min(scenario.batch, share),
        "clock": scenario.clock,
        "contestants": [row(entry, clocked, share, scenario.clock) for entry in clocked],
    }


def main(arguments: list[str] | None = None) -> None:
    """Compare vmcodec with its peers."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="short rounds: a look, not a result; README.md stays as it is"
    )
    parser.add_argument("--rounds", type=int, default=None, help="rounds of each comparison (11, or 3 with --quick)")
    parser.add_argument(
        "--only", nargs="+", choices=[scenario.key for scenario in SCENARIOS], help="just these comparisons"
    )
    parser.add_argument("--results", type=Path, default=None, help="where to write the figures (benches/results.json)")
    chosen = parser.parse_args(arguments)
    rounds = chosen.rounds or (3 if chosen.quick else 11)
    scale = 0.1 if chosen.quick else 1.0
    whole = not chosen.quick and not chosen.only

    kept = keep_freed_memory()
    results: dict[str, Any] = {
        "environment": report.environment(rounds, kept),
        "corpora": {},
        "comparisons": [],
        "memory": {},
    }
    for scenario in SCENARIOS:
        if chosen.only and scenario.key not in chosen.only:
            continue
        outcome = compare(scenario, rounds=rounds, scale=scale)
        results["comparisons"].append(outcome)
        report.show(outcome)
        name = outcome["corpus"]
        if name not in results["corpora"]:
            results["corpora"][name] = report.entropy(corpus(5_000, scenario.variant, scenario.order))
        _messages.cache_clear()  # a corpus is dropped before the next is made
    if not chosen.only:
        results["memory"] = memory.measure(10_000 if chosen.quick else 100_000)
        report.show_memory(results["memory"])
    results["notes"] = list(peers.NOTES)
    report.show_notes(results)

    target = chosen.results or (report.RESULTS if whole else None)
    if target:
        report.write_results(results, target)
    if whole and target == report.RESULTS:
        report.write_readme(results)


if __name__ == "__main__":
    main()
