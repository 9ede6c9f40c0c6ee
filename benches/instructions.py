"""`make bench-instructions`: instructions a message, counted by callgrind and compared with benches/instructions.json.

Counts repeat where times do not, so a slow-down of a few percent is seen on a busy machine too. workload.py is what is
counted, counts.py judges. Needs valgrind; without it nothing is compared, which is an error only if
VMCODEC_REQUIRE_VALGRIND=1 says so.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import counts
import vmcodec._vmcodec
import workload
from corpus import corpus, lines
from counts import Basis, Count, Verdict
from rich.console import Console
from rich.table import Table

LIBRARY = Path(vmcodec._vmcodec.__file__)
PASSED_ON = ("PATH", "LD_LIBRARY_PATH")  # of the environment: the rest of it must not move a count
FIXED = {
    "PYTHONHASHSEED": "0",
    # As in rounds.py. Otherwise whether a large buffer moves when it grows depends on what lies behind it.
    "GLIBC_TUNABLES": f"glibc.malloc.mmap_threshold={2**25}:glibc.malloc.trim_threshold={2**30}",
}

console = Console(width=max(110, shutil.get_terminal_size().columns), highlight=False)


def by_object(dump: str) -> Counter[str]:
    """What each shared object executed itself, by its path, from callgrind's uncompressed output.

    A line of costs is `line instructions`; the one below `calls=` is the called function's and is counted there.
    """
    executed: Counter[str] = Counter()
    here, called = "", False
    for line in dump.splitlines():
        if line.startswith("ob="):
            here = line.removeprefix("ob=")
        elif line.startswith("calls="):
            called = True
        elif line[:1].isdigit():
            if not called:
                executed[here] += int(line.split()[1])
            called = False
    summary = re.search(r"^summary: (\d+)$", dump, re.MULTILINE)
    if not summary or int(summary[1]) != executed.total():
        raise ValueError("the counts by object do not add up to callgrind's own sum")
    return executed


def _count(dump: str, messages: int) -> Count:
    executed = by_object(dump)
    own = sum(count for path, count in executed.items() if Path(path).name == LIBRARY.name)
    return Count(round(executed.total() / messages), round(own / messages))


def measure(valgrind: str, modes: Sequence[workload.Mode]) -> dict[str, Count]:
    """Count every mode."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for variant in {mode.variant for mode in modes}:
            (folder / f"{variant}.ndjson").write_bytes(lines(corpus(2 * workload.BATCHES[variant], variant)))
        command = [
            valgrind, "--quiet", "--tool=callgrind", f"--callgrind-out-file={folder}/%p", "--dump-before=getppid",
            "--compress-strings=no", "--compress-pos=no",
            sys.executable, workload.__file__, name, *(mode.key for mode in modes),
        ]  # fmt: skip
        environment = {key: os.environ[key] for key in PASSED_ON if key in os.environ} | FIXED
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"counting failed:\n{done.stderr}")
        children = {key: number for number, key in (line.split(" ", 1) for line in done.stdout.splitlines())}
        # The first dump of a child ends at the first mark, the second is what lies between the two.
        return {
            mode.key: _count(
                (folder / f"{children[mode.key]}.2").read_text(), workload.COUNTED * workload.BATCHES[mode.variant]
            )
            for mode in modes
        }


def show(now: counts.Counts, kept: counts.Counts, verdicts: dict[str, Verdict]) -> None:
    """The table: for each mode both parts of the count, kept and now."""
    table = Table(box=None, padding=(0, 2), title="Instructions a message", title_justify="left")
    table.add_column("", no_wrap=True)
    for heading in ("kept", "now", "change", "own kept", "own now", "change"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for key, count in now.items():
        cells = []
        for new, old in zip(count, kept.get(key, (0, 0)), strict=True):
            cells += [f"{old:,}" if old else "", f"{new:,}" if new else "", f"{new / old - 1:+.1%}" if old else ""]
        verdict = verdicts.get(key)
        style = "bold red" if verdict is Verdict.SLOWER else "dim" if verdict is None else None
        table.add_row(key, *cells, verdict.value if verdict else "", style=style)
    console.print(table)
    console.print()


def _explain(kept: counts.Setting, now: counts.Setting, compared: Basis) -> None:
    if compared is not Basis.TOTAL:
        for name in counts.differences(kept, now):
            console.print(f"{name}: kept with {kept.get(name, 'nothing')}, now {now[name]}", style="yellow")
    console.print(
        {
            Basis.TOTAL: f"Compared: total, at {counts.TOLERANCE:.0%}.",
            Basis.OWN: f"Compared: own, at {counts.TOLERANCE:.0%}; the rest is not vmcodec's, and not the same here.",
            Basis.NOTHING: "Nothing is compared: vmcodec's own code is another one here.",
        }[compared]
    )


def own_decides(mode: workload.Mode, compared: Basis) -> bool:
    """Whether only the own part of this mode is judged, though the totals could be compared."""
    return mode.own and compared is Basis.TOTAL


def main(arguments: list[str] | None = None) -> int:
    """Count instructions a message and compare them with the kept ones."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--update", action="store_true", help="keep the counts of this run")
    chosen = parser.parse_args(arguments)

    valgrind = shutil.which("valgrind")
    if not valgrind:
        required = os.environ.get("VMCODEC_REQUIRE_VALGRIND") == "1"
        console.print("valgrind is not installed: no instructions are counted", style="red" if required else "yellow")
        return int(required)
    version = subprocess.run([valgrind, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    here = counts.setting(LIBRARY, version)
    kept_setting, kept = counts.load()
    now = measure(valgrind, workload.MODES)
    if chosen.update:
        show(now, kept, {})
        counts.save(here, now)
        console.print(f"Kept in {counts.KEPT.name}.")
        return 0
    compared = counts.basis(kept_setting, here)
    verdicts = {
        mode.key: counts.judge(
            kept.get(mode.key), now[mode.key], Basis.OWN if own_decides(mode, compared) else compared
        )
        for mode in workload.MODES
        if not mode.peer  # what msgspec executes is not ours to judge
    }
    show(now, kept, verdicts)
    _explain(kept_setting, here, compared)
    return int(Verdict.SLOWER in verdicts.values())


if __name__ == "__main__":
    sys.exit(main())
