"""Every bit of a message: each truncation, each bit turned, each byte left out, doubled, swapped or replaced.

`test_bits` and `campaign` try them against Python's json and msgspec; `rust/core/tests/bits.rs` does the same in Rust,
against the naive decoder there.
"""

import itertools
import json
from collections.abc import Iterable, Iterator

from table import canonical

# Bytes at the edges of JSON's grammar and of UTF-8.
BYTES = b'"\\,:[]{}019-+.eE \n\tnu/x\0\x1f\x7f\x80\xbf\xc3\xed\xf4\xff'
_BATCH = 1000


def changes(message: bytes, others: bytes) -> Iterator[bytes]:
    """All changes of one byte, which is replaced by each of `others` too."""
    singles = [bytes([byte]) for byte in others]
    for place, byte in enumerate(message):
        before, one, behind = message[:place], message[place : place + 1], message[place + 1 :]
        yield before
        for bit in range(8):
            yield before + bytes([byte ^ 1 << bit]) + behind
        yield before + behind
        yield before + one + one + behind
        yield before + behind[:1] + one + behind[1:]
        for other in singles:
            yield before + other + behind


def message_of(name: str, marks: str) -> bytes:
    """A canonical message of the event: `marks` as `canonical` has them. Some text in it is more than ASCII."""
    body = canonical(name, marks)
    body |= {"ThisDN": 'é€𝄞"\n'} | ({"Extensions": {"a": [1.5, "é", None], "b": {}}} if "o" in marks else {})
    return json.dumps(body, ensure_ascii=name < "EventDN", separators=(",", ":")).encode()


def all_changes(names: Iterable[str], *, every: bool) -> Iterator[list[bytes]]:
    """The changes to these events, in batches: with all attributes and all bytes, or the least of both."""
    marks, others = ("Mo", bytes(range(256))) if every else ("M", BYTES)
    found = itertools.chain.from_iterable(changes(message_of(name, marks), others) for name in names)
    while batch := list(itertools.islice(found, _BATCH)):
        yield batch
