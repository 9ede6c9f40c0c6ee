"""What instructions.py counts. It starts this file under callgrind; each mode then runs in a fork of its own.

A call of `getppid` marks where the counted part begins and ends: callgrind is told to write its counts down there. So
start-up and warm-up are outside, no mode sees what another one left behind, and all of them share one start.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import vmcodec

WARM_UP, COUNTED = 2, 4  # batches, taken in turn from two different ones
BATCHES = {"usual": 1_000, "flat": 1_000, "heavy": 200, "notes": 1_000}  # messages a batch of each corpus

Batch = list[bytes]


def lines_of(batch: Batch) -> bytes:
    """The batch as one NDJSON buffer."""
    return b"".join(message + b"\n" for message in batch)


def each(function: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    """One call for each item, as people write it."""
    return lambda batch: [function(item) for item in batch]


@dataclass(frozen=True, slots=True)
class Mode:
    """One thing to count: `make` gives the function, `prepare` what it is called with."""

    key: str
    make: Callable[[], Callable[[Any], Any]]
    prepare: Callable[[Batch], Any] = list
    variant: str = "usual"
    peer: bool = False  # msgspec's, counted to stand beside ours
    own: bool = False  # judged by its own part alone: how the C library copies a large buffer depends on its place


def _reader() -> Any:
    return msgspec.json.Decoder(vmcodec.Event)


MODES = (
    Mode("decode_batch", lambda: vmcodec.decode_batch),
    Mode("decode_batch, lazy", lambda: vmcodec.Decoder(kv_lists="lazy").decode_batch),
    Mode("decode_batch, flat", lambda: vmcodec.decode_batch, variant="flat"),
    Mode("decode_batch, heavy", lambda: vmcodec.decode_batch, variant="heavy"),
    Mode("decode_batch, notes", lambda: vmcodec.decode_batch, variant="notes"),
    Mode("decode", lambda: each(vmcodec.decode)),
    Mode("decode_lines", lambda: vmcodec.decode_lines, lines_of),
    Mode("validate_batch", lambda: vmcodec.validate_batch),
    Mode("arrow", lambda: partial(vmcodec.decode_arrow, threads=1), lines_of),
    Mode("encode_batch", lambda: vmcodec.encode_batch, vmcodec.decode_batch),
    Mode("encode_batch, notes", lambda: vmcodec.encode_batch, vmcodec.decode_batch, variant="notes"),
    Mode("encode_lines", lambda: vmcodec.encode_lines, vmcodec.decode_batch, own=True),
    Mode("msgspec decode", lambda: each(_reader().decode), peer=True),
    Mode("msgspec decode, flat", lambda: each(_reader().decode), variant="flat", peer=True),
    Mode("msgspec decode, heavy", lambda: each(_reader().decode), variant="heavy", peer=True),
    Mode("msgspec decode, notes", lambda: each(_reader().decode), variant="notes", peer=True),
    Mode("msgspec decode_lines", lambda: _reader().decode_lines, lines_of, peer=True),
    Mode("msgspec encode", lambda: each(msgspec.json.Encoder().encode), vmcodec.decode_batch, peer=True),
    Mode("msgspec encode_lines", lambda: msgspec.json.Encoder().encode_lines, vmcodec.decode_batch, peer=True),
)


def work(mode: Mode, messages: Batch) -> None:
    """Warm up, mark, do what is counted, mark."""
    size = BATCHES[mode.variant]
    batches = [mode.prepare(messages[:size]), mode.prepare(messages[size : 2 * size])]
    run = mode.make()
    for turn in range(WARM_UP):
        run(batches[turn % 2])
    gc.collect()
    gc.freeze()  # how much the imports left for the collector to look at is not counted
    os.getppid()
    for turn in range(COUNTED):
        run(batches[turn % 2])
    os.getppid()


def main(folder: Path, keys: list[str]) -> None:
    """Do the work of each mode in a child; one line for each, its number and the mode, tells whose counts are whose."""
    modes = [mode for mode in MODES if mode.key in keys]
    corpora = {mode.variant: (folder / f"{mode.variant}.ndjson").read_bytes().splitlines() for mode in modes}
    for mode in modes:
        child = os.fork()
        if not child:
            work(mode, corpora[mode.variant])
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            raise SystemExit(f"{mode.key} failed")
        print(child, mode.key, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
