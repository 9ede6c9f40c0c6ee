"""Memory kept for each event: growth of the resident set of a fresh process that keeps its results.

compare.py calls `measure`; this file then starts itself once for each contestant. The messages are copied batch by
batch and dropped after decoding, so a result that holds on to its message is charged for it, and the memory of native
code counts as well as Python's. Linux only: it reads /proc.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import peers
from corpus import corpus

_STATM = Path("/proc/self/statm")
CONTESTANTS = {
    "vmcodec": peers.ours_dict,
    "vmcodec_lazy": peers.ours_lazy,
    "msgspec": peers.msgspec_ours,
    "msgspec_gc_false": peers.msgspec_tuned,
    "msgspec_ordinary": peers.msgspec_ordinary,
}


def resident() -> int:
    """Bytes of this process in memory."""
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def kept_per_event(name: str, count: int) -> float:
    """Decode `count` messages of the usual corpus, keep all results, and return the growth in bytes an event."""
    peer = CONTESTANTS[name]()
    messages = corpus(count)

    def decoded(start: int) -> list[object]:
        copies = [bytes(bytearray(message)) for message in messages[start : start + peers.BATCH]]
        return list(peer.run(copies))

    decoded(0)  # fill caches and free lists first
    before = resident()
    kept = [decoded(start) for start in range(0, count, peers.BATCH)]
    growth = resident() - before
    assert sum(map(len, kept)) == count
    return growth / count


def measure(count: int) -> dict[str, float]:
    """Bytes an event for every contestant, each in a process of its own; empty where there is no /proc."""
    if not _STATM.exists():
        return {}
    answers = {}
    for name in CONTESTANTS:
        command = [sys.executable, __file__, name, str(count)]
        answers[name] = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return answers


if __name__ == "__main__":
    print(kept_per_event(sys.argv[1], int(sys.argv[2])))
