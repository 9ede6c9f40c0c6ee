"""The most memory that decode_arrow takes, over the bytes of its result, each in a fresh process.

columns.py calls `measure`; this file then starts itself once for each number of threads, so that nothing that ran
before has left memory to be used again. Linux only: it reads /proc.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import vmcodec
from corpus import corpus, lines
from memory import resident

_CLEAR, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


def _most() -> int:
    """The most bytes of this process that were in memory at any time since `_CLEAR` was told to forget."""
    return next(int(line.split()[1]) * 1024 for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))


def taken(file: Path, threads: int) -> dict[str, int]:
    """Decode a file that was read before; the bytes of its lines, of the columns, and of memory at the most."""
    buffer = file.read_bytes()
    decode = vmcodec.Decoder().decode_arrow
    decode(buffer[: buffer.index(b"\n")], threads=threads)  # what comes with the first call is not its own
    _CLEAR.write_text("5")
    before = resident()
    table = decode(buffer, threads=threads)
    most = _most() - before
    import pyarrow

    return {"lines": len(buffer), "columns": pyarrow.table(table).get_total_buffer_size(), "peak": most}


def measure(messages: int) -> dict[str, Any]:
    """What `taken` says with 1 and with 2 threads, and the peak over the columns; empty where there is no /proc."""
    if not _CLEAR.exists():
        return {}
    answers = {}
    with tempfile.NamedTemporaryFile(suffix=".ndjson") as file:
        file.write(lines(corpus(messages)))
        file.flush()
        for threads in (1, 2):
            command = [sys.executable, __file__, file.name, str(threads)]
            answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            answers[str(threads)] = answer | {"ratio": round(answer["peak"] / answer["columns"], 2)}
    return answers


if __name__ == "__main__":
    print(json.dumps(taken(Path(sys.argv[1]), int(sys.argv[2]))))
