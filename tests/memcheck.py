"""Tests under valgrind's memcheck: `make memcheck`. Fails on any error in code of ours, and on memory that it has lost.

Every object is memory of its own (`PYTHONMALLOC=malloc`), so that a byte read behind one, or after it was freed, is
seen. Under valgrind everything takes some thirty times as long: these are the tests that go through every door, with
good and with bad records; `TESTS=tests/test_kvlist.py` chooses others. CPython and other extensions have errors and
losses of their own; what has our module in a stack is ours, be it that of the fault or that of the memory at fault. One
fault of CPython 3.11 may come up within our calls: `_PyLong_New` leaves the digit of a zero without a value, and looks
with it for the small int, so that valgrind mistrusts that int's address, and all objects that are freed where it lies.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
TESTS = [
    "tests/test_decoder.py", "tests/test_vectors.py", "tests/test_errors.py", "tests/test_kvlist.py",
    "tests/test_classes.py", "tests/test_encode.py", "tests/test_check_stream.py", "tests/test_arrow_foreign.py",
    "tests/test_reentrance.py", "tests/test_repeats.py",
]  # fmt: skip
# The phases that `test_leaks` repeats, each a few times: every kind of work there is.
PHASES = "import phases\nfor name, phase in phases.phases().items():\n    phase.call(), phase.call()\n"


def check(arguments: list[str], reports: Path) -> int:
    """Run Python with these arguments under valgrind: its exit code."""
    command = [
        "valgrind", "--tool=memcheck", "--track-origins=yes", "--leak-check=full", "--show-leak-kinds=definite",
        "--num-callers=40", "--errors-for-leak-kinds=none", "--error-limit=no", f"--log-file={reports}/%p",
        sys.executable, *arguments,
    ]  # fmt: skip
    settings = {"PYTHONMALLOC": "malloc", "PYTHONPATH": os.pathsep.join([str(ROOT / "python"), str(ROOT / "tests")])}
    return subprocess.run(command, cwd=ROOT, env=os.environ | settings, check=False).returncode


def is_ours(report: str) -> bool:
    """Whether our module has a part in it: not where CPython made an int without a value, and we asked for none."""
    _, created, origin = report.partition("Uninitialised value was created by")
    if created and re.search(r"^\s+by 0x\w+: _PyLong_New ", origin, re.MULTILINE):
        return "_vmcodec" in origin
    return "_vmcodec" in report


def ours(reports: Path) -> tuple[list[str], int]:
    """The reports that are ours, and how many others there were."""
    found, others = [], 0
    for path in sorted(reports.iterdir()):
        text = re.sub(r"^==\d+== ?", "", path.read_text(), flags=re.MULTILINE)
        for part in text.split("\n\n"):
            if re.search(r"^\s+at 0x", part, re.MULTILINE):
                found += [part] if is_ours(part) else []
                others += not is_ours(part)
    return found, others


def main() -> None:
    """Run, and read the reports."""
    with tempfile.TemporaryDirectory(prefix="vmcodec-") as place:
        reports = Path(place)
        ended = check(["-c", PHASES], reports)
        ended |= check(["-m", "pytest", "-q", "-p", "no:cacheprovider", *(sys.argv[1:] or TESTS)], reports)
        found, others = ours(reports)
    print(*found, f"memcheck: {len(found)} errors and losses of ours, {others} of others", sep="\n\n")
    if found or ended:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
