"""The command beside the library call it makes, on an archive of a gigabyte; and how long the command takes to start.

`python benches/bench_cli.py` (`make bench-cli`) prints the ratios; as a test it only checks the answers. Each run is a
process of its own, in turns. The library's time is that of the call alone; the command's is that of the whole process,
so the start of Python and all imports are inside.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import pytest
from corpus import corpus
from vmcodec.cli.bench.rounds import Spread

ROUNDS = 7
MEGABYTES = 1000
DISTINCT = 100_000
STARTS = 21

LIBRARY = """
import sys, time
import vmcodec
{preparation}
start = time.perf_counter()
{call}
print(time.perf_counter() - start, {answer})
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """A library call and the command that makes it; both give an answer."""

    name: str
    preparation: str
    call: str
    answer: str
    command: Callable[[str, str], list[str]]
    answered: Callable[[str, str], int]

    def library(self, source: Path, out: Path) -> tuple[float, int]:
        """Seconds and the answer of the call alone."""
        code = LIBRARY.format(preparation=self.preparation, call=self.call, answer=self.answer)
        printed = _run([sys.executable, "-c", code, str(source), str(out)]).stdout
        seconds, answer = printed.split()
        return float(seconds), int(answer)

    def whole(self, source: Path, out: Path) -> tuple[float, int]:
        """Seconds and the answer of the whole command."""
        start = time.perf_counter()
        done = _run([sys.executable, "-m", "vmcodec", *self.command(str(source), str(out))])
        return time.perf_counter() - start, self.answered(done.stderr, str(out))


def _rows(_: str, path: str) -> int:
    from pyarrow import parquet

    return int(parquet.read_metadata(path).num_rows)


PAIRS = (
    Pair(
        "validate",
        preparation="",
        call="errors = vmcodec.iter_validate(sys.argv[1]); bad = sum(1 for _ in errors)",
        answer="errors.records",
        command=lambda source, out: ["validate", source],
        answered=lambda said, out: int(said.split()[0].replace(",", "")),
    ),
    Pair(
        "decode --to parquet",
        preparation="from vmcodec.arrow import to_parquet",
        call="written = to_parquet(sys.argv[1], sys.argv[2])",
        answer="written.rows",
        command=lambda source, out: ["decode", "--to", "parquet", "-o", out, source],
        answered=_rows,
    ),
)


def _run(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    # What is installed is compiled already, and so it is here from the first run on.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(words, check=True, capture_output=True, text=True, env=environment)


def write_archive(path: Path, megabytes: float) -> int:
    """Write a file of at least this size; how many records it has."""
    messages = corpus(min(DISTINCT, max(1, int(megabytes * 3000))))
    written = records = 0
    with open(path, "wb") as file:
        for message in cycle(messages):
            written += file.write(message + b"\n")
            records += 1
            if written >= megabytes * 1e6:
                return records
    raise AssertionError("there are always more messages")


def clocked(pair: Pair, folder: Path, records: int, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds of the library and of the command, in turns; both must have found all records."""
    source = folder / "archive.ndjson"
    library: list[float] = []
    command: list[float] = []
    for number in range(rounds):
        for which in (0, 1) if number % 2 else (1, 0):
            seconds, found = (pair.whole if which else pair.library)(source, folder / "out.parquet")
            assert found == records, (pair.name, found, records)
            (command if which else library).append(seconds)
    return library, command


def starts(*arguments: str) -> list[float]:
    """Seconds to start, say something and end."""
    times = []
    for _ in range(STARTS + 1):
        start = time.perf_counter()
        _run([sys.executable, "-m", "vmcodec", *arguments])
        times.append(time.perf_counter() - start)
    return times[1:]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_both_find_all_records(pair: Pair, tmp_path: Path) -> None:
    records = write_archive(tmp_path / "archive.ndjson", 1)
    assert records > 1000
    clocked(pair, tmp_path, records, 1)


def main() -> None:
    """Time commands and calls in turns, and print the ratios; then the starts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=MEGABYTES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = parser.parse_args()
    for words in (["--version"], ["--help"], ["validate", "--help"]):
        times = starts(*words)
        spread = Spread.of(times)
        print(f"vmcodec {' '.join(words):16} {spread.median * 1000:4.0f} ms", end=" ")
        print(f"({spread.low * 1000:.0f}-{spread.high * 1000:.0f}, least {min(times) * 1000:.0f})")
    with tempfile.TemporaryDirectory() as name:
        records = write_archive(Path(name) / "archive.ndjson", chosen.megabytes)
        for pair in PAIRS:
            library, command = clocked(pair, Path(name), records, chosen.rounds)
            ratio = Spread.of([ours / alone for ours, alone in zip(command, library, strict=True)])
            seconds = [Spread.of(times).median for times in (library, command)]
            print(
                f"vmcodec {pair.name:20} {ratio.median:.2f} times the call alone ({ratio.low:.2f}-{ratio.high:.2f});",
                end=" ",
            )
            print(f"{seconds[0]:.2f} s and {seconds[1]:.2f} s, {records:,} records, {chosen.rounds} rounds in turns")


if __name__ == "__main__":
    main()
