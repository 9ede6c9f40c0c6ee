"""The most memory that decoding a hostile input takes, each time in a process of its own, vmcodec's beside msgspec's.

attack.py calls `measure`; this file then starts itself once for each shape and decoder. The input is there before, so
that only what the call adds is counted. Linux only: it reads /proc.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import orjson
import vmcodec
from corpus import corpus, lines
from memory import resident

_CLEAR, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")
HEAD = b'{"id":"EventDNOutOfService","ThisDN":"7"'
MILLION = 1_000_000
DECODERS = ("vmcodec", "msgspec", "orjson")


def _value(text: bytes) -> bytes:
    return HEAD + b',"Extensions":{"k":' + text + b"}}"


def _list(part: bytes, count: int = MILLION) -> bytes:
    return b"[" + b",".join([part] * count) + b"]"


def _deep() -> bytes:
    return _list(b"[" * 100 + b"0" + b"]" * 100, 20_000)


def _members() -> bytes:
    return b"{" + b",".join(b'"key%d":0' % number for number in range(MILLION)) + b"}"


def _strings() -> bytes:
    return b"[" + b",".join(b'"value %d"' % number for number in range(MILLION)) + b"]"


# One record each, or as many as there are lines.
SHAPES: dict[str, Callable[[], bytes]] = {
    "nesting a hundred deep, 20,000 times": lambda: _value(_deep()),
    "a million members": lambda: _value(_members()),
    "one member a million times": lambda: _value(b"{" + _list(b'"key":"value"')[1:-1] + b"}"),
    "a string of 100 MB": lambda: _value(b'"' + b"x" * 100 * MILLION + b'"'),
    "a string of 100 MB, escapes": lambda: _value(b'"' + b"\\u20ac\\n" * 12_500_000 + b'"'),
    "a string of 100 MB, three-byte characters": lambda: _value(b'"' + "€".encode() * 33_333_333 + b'"'),
    "a key of 100 MB": lambda: _value(b'{"' + b"x" * 100 * MILLION + b'":0}'),
    "a fraction of 100 MB": lambda: _value(b"0." + b"1" * 100 * MILLION),
    "a million small integers": lambda: _value(_list(b"7")),
    "a million large integers": lambda: _value(_list(b"1234567890123")),
    "a million floats": lambda: _value(_list(b"2.5")),
    "a million strings": lambda: _value(_strings()),
    "a million empty objects": lambda: _value(_list(b"{}")),
    "a million small objects": lambda: _value(_list(b'{"a":1,"b":"x"}')),
    "a million small events, a batch": lambda: (HEAD + b"}\n") * MILLION,
    "a million small events, lines": lambda: (HEAD + b"}\n") * MILLION,
    "200,000 usual events, a batch": lambda: lines(corpus(200_000)),
    "200,000 usual events, lines": lambda: lines(corpus(200_000)),
}


def _call(decoder: str, shape: str, data: bytes) -> Callable[[], Any]:
    """What is measured: it keeps all of its results until it is over."""
    ours: vmcodec.Decoder[Any] = vmcodec.Decoder(max_size=2**30)
    theirs = msgspec.json.Decoder(vmcodec.Event)
    if shape.endswith("lines"):
        calls: dict[str, Callable[[], Any]] = {
            "vmcodec": lambda: ours.decode_lines(data),
            "msgspec": lambda: theirs.decode_lines(data),
            "orjson": lambda: [orjson.loads(line) for line in data.splitlines()],
        }
    elif shape.endswith("batch"):
        messages = data.splitlines()
        calls = {
            "vmcodec": lambda: ours.decode_batch(messages),
            "msgspec": lambda: [theirs.decode(message) for message in messages],
            "orjson": lambda: [orjson.loads(message) for message in messages],
        }
    else:
        calls = {
            "vmcodec": lambda: ours.decode(data),
            "msgspec": lambda: theirs.decode(data),
            "orjson": lambda: orjson.loads(data),
        }
    return calls[decoder]


def taken(decoder: str, shape: str) -> int:
    """The most bytes in memory during the call, beyond those before it."""
    data = SHAPES[shape]()
    call = _call(decoder, shape, data)
    _call(decoder, "", HEAD + b"}")()  # what comes with the first call is not its own
    _CLEAR.write_text("5")
    before = resident()
    kept = call()
    most = next(int(line.split()[1]) * 1024 for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    assert kept
    return most - before


def measure(shapes: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """For each shape the peaks of all decoders, and ours over msgspec's; nothing where there is no /proc."""
    for shape in SHAPES if shapes is None else shapes:
        if not _CLEAR.exists():
            return
        peaks = {}
        for decoder in DECODERS:
            command = [sys.executable, __file__, decoder, shape]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            peaks[decoder] = json.loads(done.stdout)
        # What is less than a megabyte is the noise of an allocator.
        ratio = max(peaks["vmcodec"], 1 << 20) / max(peaks["msgspec"], 1 << 20)
        yield {"shape": shape, "bytes": peaks, "ratio": round(ratio, 2)}


if __name__ == "__main__":
    print(taken(sys.argv[1], sys.argv[2]))
