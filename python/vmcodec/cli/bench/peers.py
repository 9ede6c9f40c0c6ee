"""Ways to read the same messages, each one function, with the check of its answers.

`vmcodec bench` races them on the reader's own data, and the benches on theirs; timing is left to rounds.py. A peer
whose package is missing is left out and named in NOTES.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from ... import Decoder, Event, Time
from .model import ROWS, pydantic_adapter, struct_twins
from .rounds import Messages, Peer

try:
    import orjson
except ImportError:  # pragma: no cover - depends on what is installed
    orjson = None  # type: ignore[assignment]

NOTES: list[str] = []


def installed(name: str, present: bool) -> bool:
    """Whether it is; a note is taken where it is not."""
    note = f"{name} is not installed: its rows are left out"
    if not present and note not in NOTES:
        NOTES.append(note)
    return present


# Checks of answers ---------------------------------------------------------------------------------------------------


def same_fields(ours: Any, theirs: Any) -> bool:
    """Equal event name and equal attributes; their class may be a Struct, a dataclass or a pydantic model."""
    if type(ours).__name__ != type(theirs).__name__ or ours.extra is not None:
        return False
    for row in ROWS[type(ours)]:
        mine, other = getattr(ours, row.attribute), getattr(theirs, row.attribute)
        if row.type is Time and mine is not None:
            if other is None or (mine.seconds, mine.useconds) != (other.seconds, other.useconds):
                return False
        elif mine != other or (row.is_enum and type(mine) is not type(other)):
            return False
    return True


def same_dict(ours: Any, theirs: Any) -> bool:
    """The peer's dict is what our event says in JSON terms."""
    return bool(msgspec.to_builtins(ours) == theirs)


def same_struct(ours: Any, theirs: Any) -> bool:
    """Equal Structs of the same class."""
    return type(ours) is type(theirs) and bool(ours == theirs)


def check_peer(ours: Peer, peer: Peer, messages: Messages) -> None:
    """AssertionError when any result of the peer differs from ours."""
    mine = ours.items(ours.run(ours.prepare(messages)))
    others = peer.items(peer.run(peer.prepare(messages)))
    for place, (one, other) in enumerate(zip(mine, others, strict=True)):
        if not peer.same(one, other):
            raise AssertionError(f"{peer.label}: result {place} differs from that of {ours.label}")


def check_all(peers: Sequence[Peer], messages: Messages) -> None:
    """Compare every peer's results with those of the first, which is vmcodec."""
    for peer in peers:
        check_peer(peers[0], peer, messages)


# Decoding, one list of messages in, one list of objects out ----------------------------------------------------------


def loop(decode: Callable[[bytes], Any]) -> Callable[[Messages], list[Any]]:
    """A plain loop, as people write it."""

    def run(messages: Messages) -> list[Any]:
        return [decode(message) for message in messages]

    return run


def ours_dict() -> Peer:
    """vmcodec, nested objects as dicts."""
    return Peer("vmcodec", "vmcodec", Decoder().decode_batch, same_struct)


def ours_lazy() -> Peer:
    """vmcodec, nested objects checked but kept as bytes until looked at."""
    return Peer("vmcodec_lazy", "vmcodec, lazy", Decoder(kv_lists="lazy").decode_batch, same_fields)


def msgspec_ours() -> Peer:
    """msgspec's decoder on vmcodec's own classes: its best case, and the contract's reference."""
    decode = msgspec.json.Decoder(Event).decode
    return Peer("msgspec", "msgspec, vmcodec's classes", loop(decode), same_struct)


def msgspec_ordinary() -> Peer:
    """msgspec on ordinary classes: tracked by the collector, mutable."""
    decode = msgspec.json.Decoder(struct_twins(gc=True)).decode
    return Peer("msgspec_ordinary", "msgspec, ordinary classes", loop(decode), same_fields)


def json_plain() -> Peer:
    """The standard library's json to dicts, nothing checked."""
    return Peer("json", "json.loads (dicts)", loop(json.loads), same_dict)


def orjson_peers() -> list[Peer]:
    """orjson to dicts, and orjson with msgspec.convert to vmcodec's classes."""
    if not installed("orjson", orjson is not None):
        return []
    loads, convert, events = orjson.loads, msgspec.convert, list[Event]

    def converted(messages: Messages) -> list[Any]:
        # One convert() a batch: it works out its type argument anew in each call.
        return convert([loads(message) for message in messages], events)

    return [
        Peer("orjson", "orjson (dicts)", loop(loads), same_dict),
        Peer("orjson_convert", "orjson + msgspec.convert", converted, same_struct),
    ]


def pydantic_peers() -> list[Peer]:
    """pydantic v2, a discriminated union, validate_json."""
    try:
        adapter = pydantic_adapter()
    except ImportError:
        installed("pydantic", False)
        return []
    return [Peer("pydantic", "pydantic v2", loop(adapter.validate_json), same_fields)]
