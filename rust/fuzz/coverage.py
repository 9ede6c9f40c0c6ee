"""`make fuzz-coverage`: which lines of the core and of the columns the inputs of the fuzz targets reach.

It runs the targets' bodies on the seeds and on what `make fuzz` has kept, and reports for each file how many lines were
executed, and which were not. Needs rustup's component llvm-tools, or the system's LLVM of rustc's version.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from run import HERE, KEPT, ROOT, call, targets, write_seeds

TARGET_DIR = KEPT / "target-coverage"
CRATES = ("rust/core/src", "rust/arrow/src")

console = Console(highlight=False)


def llvm(name: str) -> Path:
    """A tool of rustc's LLVM, the toolchain's or the system's: another version might not read what rustc writes."""
    sysroot, version = rustc("--print", "sysroot"), rustc("--version", "--verbose").partition("LLVM version: ")[2]
    for tool in Path(sysroot).glob(f"lib/rustlib/*/bin/{name}"):
        return tool
    major = version.partition(".")[0]
    if found := shutil.which(f"{name}-{major}"):
        return Path(found)
    raise SystemExit(f"{name} is missing: rustup component add llvm-tools, or the system's llvm-{major}")


def rustc(*arguments: str) -> str:
    """What the compiler says of itself."""
    return subprocess.run(["rustc", *arguments], capture_output=True, text=True, check=True).stdout.strip()


def replay() -> dict[str, Any]:
    """Runs all inputs, and gives what llvm-cov tells of them."""
    profiler, reporter = llvm("llvm-profdata"), llvm("llvm-cov")
    flags = ("--no-default-features", "--example", "replay", "--locked", "--quiet")
    where = ("--manifest-path", HERE / "Cargo.toml", "--target-dir", TARGET_DIR)
    # Build scripts are instrumented too, and write what nobody needs.
    of_builds = str(TARGET_DIR / "build.profraw")
    instrumented = {"RUSTFLAGS": "-Cinstrument-coverage", "RUSTC_WRAPPER": str(HERE / "rustc.sh")}
    call("cargo", "build", *flags, *where, LLVM_PROFILE_FILE=of_builds, **instrumented)
    binary = TARGET_DIR / "debug" / "examples" / "replay"
    raw = [TARGET_DIR / f"{name}.profraw" for name in targets()]
    for name, profile in zip(targets(), raw, strict=True):
        folders = [folder for folder in (KEPT / "seeds" / name, KEPT / "corpus" / name) if folder.exists()]
        call(binary, name, *folders, LLVM_PROFILE_FILE=str(profile))
    merged = TARGET_DIR / "all.profdata"
    call(profiler, "merge", "--sparse", *raw, "-o", merged)
    command: list[str | Path] = [
        reporter,
        "export",
        f"--instr-profile={merged}",
        binary,
        *(ROOT / crate for crate in CRATES),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)["data"][0]
    return found


def missed(segments: list[list[Any]]) -> list[int]:
    """The lines that begin in code that was never executed, from llvm-cov's segments.

    A segment is where a count begins to hold: line, column, count, whether there is one, whether a region begins.
    """
    lines: list[int] = []
    for (line, _, count, counted, *_), (end, column, *_) in pairwise(segments):
        if counted and count == 0:
            lines += range(line, end + (column > 1))
    return sorted(set(lines))


def ranges(lines: list[int]) -> str:
    """Line numbers, neighbours joined."""
    found: list[list[int]] = []
    for line in lines:
        if found and found[-1][-1] == line - 1:
            found[-1].append(line)
        else:
            found.append([line])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in found)


def main() -> int:
    """The command."""
    write_seeds()
    replayed = replay()
    table = Table("file", "lines", "executed", "", "code not executed, at lines")
    for column in table.columns[1:4]:
        column.justify = "right"
    for crate in CRATES:
        count = covered = 0
        for file in replayed["files"]:
            path = Path(file["filename"])
            if path.is_relative_to(ROOT / crate):
                lines = file["summary"]["lines"]
                count, covered = count + lines["count"], covered + lines["covered"]
                name = os.fspath(path.relative_to(ROOT / crate))
                share = f"{lines['covered'] / lines['count']:.1%}"
                table.add_row(
                    name, f"{lines['count']:,}", f"{lines['covered']:,}", share, ranges(missed(file["segments"]))
                )
        table.add_row(
            f"[bold]{crate}", f"{count:,}", f"{covered:,}", f"[bold]{covered / count:.2%}", "", end_section=True
        )
    console.print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
