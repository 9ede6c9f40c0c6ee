"""Instructions a message: the kept counts, where they were counted, and when new ones are too high.

instructions.py counts; this file only reads, writes and judges. A count has two parts. `own` is what vmcodec's shared
object executes: it depends on the compiler and on what the processor offers. `total` adds what it calls, which is the
interpreter's and the C library's, so it compares only where these are the very same.
"""

from __future__ import annotations

import importlib.metadata
import json
import platform
import re
import sys
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import NamedTuple

KEPT = Path(__file__).parent / "instructions.json"
TOLERANCE = 0.03


class Count(NamedTuple):
    """Instructions a message."""

    total: int
    own: int


Setting = Mapping[str, str]
Counts = Mapping[str, Count]


class Basis(Enum):
    """Which part of two counts can be compared."""

    TOTAL = "total"
    OWN = "own"
    NOTHING = "nothing"


class Verdict(Enum):
    """What became of one mode; only SLOWER fails."""

    SAME = "same"
    SLOWER = "SLOWER"
    MOVED = "moved: keep it with UPDATE=1"
    NEW = "new: keep it with UPDATE=1"
    NONE = "not compared"


def setting(library: Path, valgrind: str) -> dict[str, str]:
    """Where counts come from; `library` is the extension that was loaded."""
    compiler = re.search(rb"rustc version ([^\0]+)", library.read_bytes())
    flags = re.search(r"^flags\s*:(.*)$", _text("/proc/cpuinfo"), re.MULTILINE)
    return {
        "series": f"{sys.version_info.major}.{sys.version_info.minor}",
        "rustc": compiler[1].decode() if compiler else "unknown",
        "machine": platform.machine(),
        "avx2": "yes" if flags and "avx2" in flags[1].split() else "no",
        "python": " ".join(sys.version.split()),  # with the day it was built and the compiler
        "msgspec": importlib.metadata.version("msgspec"),
        "libc": " ".join(platform.libc_ver()),
        "valgrind": valgrind,
    }


DECIDE_OWN = ("series", "rustc", "machine", "avx2")


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def differences(kept: Setting, now: Setting) -> list[str]:
    """The names of what is not the same in two settings."""
    return [name for name in now if kept.get(name) != now[name]]


def basis(kept: Setting, now: Setting) -> Basis:
    """What can be compared between counts of these two settings."""
    different = differences(kept, now)
    if not different:
        return Basis.TOTAL
    return Basis.NOTHING if set(different) & set(DECIDE_OWN) else Basis.OWN


def judge(kept: Count | None, now: Count, compared: Basis) -> Verdict:
    """Whether a mode became slower by more than the tolerance; MOVED where the kept count no longer tells the truth."""
    if kept is None:
        return Verdict.NEW
    if compared is Basis.NOTHING:
        return Verdict.NONE
    own, total = now.own / kept.own - 1, now.total / kept.total - 1
    decisive = total if compared is Basis.TOTAL else own
    if decisive > TOLERANCE:
        return Verdict.SLOWER
    return Verdict.MOVED if max(abs(own), abs(decisive)) > TOLERANCE else Verdict.SAME


def load(path: Path = KEPT) -> tuple[dict[str, str], dict[str, Count]]:
    """The kept setting and counts; both empty where nothing is kept yet."""
    if not path.exists():
        return {}, {}
    text = json.loads(path.read_text(encoding="utf-8"))
    return text["setting"], {key: Count(**count) for key, count in text["counts"].items()}


def save(where: Setting, counts: Counts, path: Path = KEPT) -> None:
    """Keep these counts."""
    text = {"setting": where, "counts": {key: count._asdict() for key, count in counts.items()}}
    path.write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")
