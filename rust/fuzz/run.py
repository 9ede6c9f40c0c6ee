"""`make fuzz MINUTES=10`: runs every fuzz target in turn, half of the time under AddressSanitizer.

It installs the cargo-fuzz that it needs, builds the targets twice, and keeps all of that, the inputs that were found to
matter and the count of executions in .fuzz, which git ignores: so the next run goes on where this one ended. A finding
ends the run, with what to do about it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
KEPT = ROOT / ".fuzz"
TALLY = KEPT / "executions.json"
CARGO_FUZZ = "0.13.2"
SANITIZERS = ("none", "address")

console = Console(highlight=False)


# So long are most inputs: one event, or a few short lines. The others are up to eight times as long.
LENGTH = {"lines": 128, "chunks": 128, "simd": 64}
USUAL_LENGTH = 512

# Quick targets get more of the time: they find things by number, the slow ones by what their inputs reach.
SHARE = {"lines": 2, "chunks": 2, "simd": 2}

# The time of a target: so much of it for each sanitizer and length. Executions under AddressSanitizer take longer.
PARTS = (("none", 1, 1 / 3), ("address", 1, 1 / 2), ("none", 8, 1 / 6))

# All targets take their turns, again and again, and begin with what was found in the last one.
SECONDS_OF_A_ROUND = 900


@dataclass(frozen=True)
class Slot:
    """A while for one target."""

    target: str
    sanitizer: str
    longest: int
    seconds: int


@dataclass(frozen=True)
class Ran:
    """What became of a slot."""

    slot: Slot
    executions: int
    log: str
    failed: bool


def targets() -> list[str]:
    """The targets' names, from the manifest."""
    manifest = tomllib.loads((HERE / "Cargo.toml").read_text())
    return [target["name"] for target in manifest["bin"]]


def slots(names: list[str], sanitizers: list[str], seconds: float) -> list[Slot]:
    """How the time is shared out."""
    rounds = max(1, round(seconds / SECONDS_OF_A_ROUND))
    parts = [part for part in PARTS if part[0] in sanitizers]
    unit = seconds / rounds / sum(SHARE.get(name, 1) for name in names) / sum(part for *_, part in parts)
    one = [
        Slot(
            name,
            sanitizer,
            LENGTH.get(name, USUAL_LENGTH) * times,
            max(1, round(unit * SHARE.get(name, 1) * part)),
        )
        for sanitizer, times, part in parts
        for name in names
    ]
    return one * rounds


def call(*command: str | Path, **environment: str) -> None:
    """Runs a command of the preparations, which must succeed."""
    subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=True)


def prepare(sanitizers: list[str]) -> None:
    """The tool, the targets, and what they begin with."""
    tool = cargo_fuzz()
    for sanitizer in sanitizers:
        console.print(f"building the targets, sanitizer: {sanitizer}")
        folder = KEPT / f"target-{sanitizer}"
        flags: list[str | Path] = ["--fuzz-dir", HERE, "--sanitizer", sanitizer, "--target-dir", folder]
        if sanitizer == "none":
            # To watch every comparison takes a third of the time. The runs under AddressSanitizer do.
            flags.append("--no-trace-compares")
        # The stable toolchain has AddressSanitizer's runtime, but the flag that links it is not stable yet.
        call(tool, "build", *flags, RUSTC_BOOTSTRAP="1", RUSTC_WRAPPER=str(HERE / "rustc.sh"))
    write_seeds()


def write_seeds() -> None:
    """What the targets begin with, and the dictionary."""
    example = ("--quiet", "--locked", "--no-default-features", "--example", "seeds")
    where = ("--manifest-path", HERE / "Cargo.toml", "--target-dir", ROOT / "target")
    call("cargo", "run", *example, *where, "--", KEPT / "seeds")


def cargo_fuzz() -> Path:
    """The version that is pinned, installed where it is missing."""
    tool = KEPT / "tools" / "bin" / "cargo-fuzz"
    if tool.exists():
        found = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True)
        if found.stdout.split()[-1:] == [CARGO_FUZZ]:
            return tool
    version = ("--version", CARGO_FUZZ, "--locked", "--force")
    call("cargo", "install", "cargo-fuzz", *version, "--root", KEPT / "tools")
    return tool


def run(slot: Slot) -> Ran:
    """Runs a target for its time, or until it finds something."""
    corpus, artifacts = KEPT / "corpus" / slot.target, KEPT / "artifacts" / slot.target
    for folder in (corpus, artifacts):
        folder.mkdir(parents=True, exist_ok=True)
    (binary,) = (KEPT / f"target-{slot.sanitizer}").glob(f"*/release/{slot.target}")
    seeds = KEPT / "seeds"
    flags = [
        f"-max_total_time={slot.seconds}",
        f"-max_len={slot.longest}",
        f"-dict={seeds / 'names.dict'}",
        f"-artifact_prefix={artifacts}/",
        "-print_final_stats=1",
        "-reload=0",
        # To weigh inputs by what is rare in them takes half of the time, and found no more.
        "-entropic=0",
        "-timeout=60",
        "-rss_limit_mb=4096",
    ]
    command: list[str | Path] = [binary, *flags, corpus, seeds / slot.target]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace")
    counted = re.findall(r"^(?:stat::number_of_executed_units:\s*|#)(\d+)", done.stderr, re.MULTILINE)
    return Ran(slot, int(counted[-1]) if counted else 0, done.stderr, done.returncode != 0)


def run_all(planned: list[Slot], jobs: int) -> list[Ran]:
    """Runs the slots in order, so many at a time, until one has found something."""
    ran: list[Ran] = []
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress, ThreadPoolExecutor(jobs) as pool:
        task = progress.add_task("fuzzing", total=len(planned))
        for one in pool.map(run, planned):
            ran.append(one)
            add_to_tally(one)
            progress.update(task, advance=1, description=one.slot.target)
            if one.failed:
                pool.shutdown(cancel_futures=True)
                break
    return ran


def tally() -> dict[str, dict[str, int]]:
    """Executions and seconds of all runs, by target and sanitizer."""
    found: dict[str, dict[str, int]] = json.loads(TALLY.read_text()) if TALLY.exists() else {}
    return found


def add_to_tally(ran: Ran) -> None:
    """Adds what a slot has executed."""
    counted = tally()
    entry = counted.setdefault(f"{ran.slot.target} {ran.slot.sanitizer}", {"executions": 0, "seconds": 0})
    entry["executions"] += ran.executions
    entry["seconds"] += ran.slot.seconds
    TALLY.write_text(json.dumps(counted, indent=1, sort_keys=True) + "\n")


def show_tally() -> None:
    """The table: executions of all runs, how many a second, and the inputs that are kept."""
    table = Table(title="Executions of all runs: without a sanitizer, and under AddressSanitizer")
    table.add_column("target", no_wrap=True)
    for heading in ("without", "a second", "under it", "a second", "inputs"):
        table.add_column(heading, justify="right")
    counted = tally()
    sums: Counter[str] = Counter()
    for name in targets():
        cells = []
        for sanitizer in SANITIZERS:
            entry = counted.get(f"{name} {sanitizer}", {"executions": 0, "seconds": 0})
            sums[sanitizer] += entry["executions"]
            cells += [f"{entry['executions']:,}", f"{entry['executions'] / max(1, entry['seconds']):,.0f}"]
        inputs = sum(1 for _ in (KEPT / "corpus" / name).glob("*"))
        sums["inputs"] += inputs
        table.add_row(name, *cells, f"{inputs:,}")
    table.add_section()
    all_sums = (cell for sanitizer in SANITIZERS for cell in (f"{sums[sanitizer]:,}", ""))
    table.add_row("all", *all_sums, f"{sums['inputs']:,}")
    console.print(table)
    executions = sum(sums[sanitizer] for sanitizer in SANITIZERS)
    share = sums["address"] / max(1, executions)
    console.print(f"{executions:,} executions in all, {share:.0%} of them under AddressSanitizer")


def tell(finding: Ran) -> None:
    """What was found, and what to do about it."""
    target = finding.slot.target
    console.print(f"[bold red]{target} has found something[/] (sanitizer: {finding.slot.sanitizer})\n")
    console.print(finding.log[-6000:], markup=False)
    written = re.findall(r"Test unit written to (\S+)", finding.log)
    replay = f"cargo run --manifest-path {HERE.relative_to(ROOT)}/Cargo.toml --no-default-features --example replay"
    console.print(
        f"To see it again: {replay} -- {target} {' '.join(written)}\n"
        "Its message ends with the record, as `data` or `hex`, and the options of the Decoder. Put them into the file\n"
        "of tests/vectors that they belong to (its README tells which), with what should have become of the record:\n"
        "`cargo test` and pytest then fail until it does. Inputs of targets without records (lines, chunks, simd)\n"
        "belong into the Rust tests of what they try.",
        markup=False,
        soft_wrap=True,
    )


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10, help="for all targets together; 0 shows the tally alone")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="targets that run at a time")
    parser.add_argument("--targets", nargs="+", default=targets(), choices=targets(), help="these alone")
    parser.add_argument("--sanitizers", nargs="+", default=SANITIZERS, choices=SANITIZERS, help="these alone")
    options = parser.parse_args()
    findings: list[Ran] = []
    if options.minutes:
        prepare(options.sanitizers)
        planned = slots(options.targets, options.sanitizers, options.minutes * 60 * options.jobs)
        findings = [one for one in run_all(planned, options.jobs) if one.failed]
    show_tally()
    for finding in findings:
        tell(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
