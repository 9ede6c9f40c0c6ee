"""`make fuzz MINUTES=10`: runs every fuzz target in turn, a third of the time under AddressSanitizer.

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
CARGO_FUZZ = "0.13.2"
SANITIZERS = ("address", "none")

console = Console(highlight=False)


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


def slots(names: list[str], seconds: float) -> list[Slot]:
    """How the time of all targets together is shared out: a third under AddressSanitizer, a sixth for long inputs."""
    each = seconds / len(names)
    parts = [("none", 512, 1 / 2), ("address", 512, 1 / 3), ("none", 4096, 1 / 6)]
    return [
        Slot(name, sanitizer, longest, max(1, round(each * part)))
        for sanitizer, longest, part in parts
        for name in names
    ]


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
        call(tool, "build", *flags, RUSTC_BOOTSTRAP="1")
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
            progress.update(task, advance=1, description=one.slot.target)
            if one.failed:
                pool.shutdown(cancel_futures=True)
                break
    return ran


def keep_count(ran: list[Ran]) -> Counter[str]:
    """Adds the executions to those of earlier runs, and gives all."""
    path = KEPT / "executions.json"
    count: Counter[str] = Counter(json.loads(path.read_text()) if path.exists() else {})
    for one in ran:
        count[f"{one.slot.target} {one.slot.sanitizer}"] += one.executions
    path.write_text(json.dumps(count, indent=1, sort_keys=True) + "\n")
    return count


def show(ran: list[Ran], count: Counter[str]) -> None:
    """The table: executions of this run and of all, and the inputs that are kept."""
    table = Table(
        "target", *(f"{what}, {which}" for what in ("this run", "all runs") for which in SANITIZERS), "inputs"
    )
    for column in table.columns[1:]:
        column.justify = "right"
    sums: Counter[int] = Counter()
    for name in targets():
        now = [sum(o.executions for o in ran if (o.slot.target, o.slot.sanitizer) == (name, s)) for s in SANITIZERS]
        numbers = [*now, *(count[f"{name} {sanitizer}"] for sanitizer in SANITIZERS)]
        numbers.append(sum(1 for _ in (KEPT / "corpus" / name).glob("*")))
        sums.update(dict(enumerate(numbers)))
        table.add_row(name, *(f"{number:,}" for number in numbers))
    table.add_section()
    table.add_row("all", *(f"{sums[place]:,}" for place in range(5)))
    console.print(table)


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
    parser.add_argument("--minutes", type=float, default=10, help="for all targets together, without the building")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="targets that run at a time")
    options = parser.parse_args()
    prepare(list(SANITIZERS))
    ran = run_all(slots(targets(), options.minutes * 60 * options.jobs), options.jobs)
    show(ran, keep_count(ran))
    findings = [one for one in ran if one.failed]
    for finding in findings:
        tell(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
