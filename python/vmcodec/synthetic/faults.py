"""Records that are bad in one way each, made of good ones: what real topics hold now and then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .chance import Chance


def _into_dn(inserted: bytes) -> Callable[[bytes, Chance], bytes]:
    return lambda record, _: record.replace(b'"ThisDN":"', b'"ThisDN":"' + inserted, 1)


def _at_end(member: bytes) -> Callable[[bytes, Chance], bytes]:
    return lambda record, _: record[:-1] + b"," + member + b"}"


FAULTS: Final[dict[str, Callable[[bytes, Chance], bytes]]] = {
    "byte_order_mark": lambda record, _: b"\xef\xbb\xbf" + record,
    "control_character": _into_dn(b"\x01"),
    "duplicate_id": _at_end(b'"id":"EventAgentReady"'),
    "framing": lambda record, _: b"\0\0\0\0\7" + record,
    "invalid_escape": _into_dn(b"\\q"),
    "invalid_number": _at_end(b'"Spare":01'),
    "invalid_time": _at_end(b'"time":{"seconds":1736121600,"zone":"UTC"}'),
    "invalid_utf8": _into_dn(b"\xe9t\xe9"),
    "lone_surrogate": _into_dn(b"\\ud83d"),
    "missing_attribute": lambda record, _: record.replace(b'"ThisDN":', b'"DN":', 1),
    "not_an_object": lambda record, _: b"[" + record + b"]",
    "out_of_range": _at_end(b'"Spare":1e999'),
    "syntax": lambda record, _: record.replace(b'":', b'"=', 1),
    "too_deep": _at_end(b'"Spare":' + b"[" * 200 + b"]" * 200),
    "trailing_data": lambda record, _: record + b"}",
    "truncated": lambda record, chance: record[: chance.between(1, len(record) - 1)],
    "wrong_type": lambda record, _: record.replace(b'"ThisDN":"', b'"ThisDN":7011,"Spare":"', 1),
}
"""The kinds of faults: the code of the error that each gives, and how to make it of an event in canonical form."""


def spoil(record: bytes, chance: Chance) -> bytes:
    """Make a bad record of an event in canonical form; it is still one line."""
    return FAULTS[chance.pick(tuple(FAULTS))](record, chance)
