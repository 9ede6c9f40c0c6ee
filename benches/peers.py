"""The peers: other ways to read and write the same messages, each one function, with the check of its answers.

Called by compare.py, the bench_*.py files and memory.py; timing is left to others. A peer whose package is missing is
left out and named in NOTES.
"""

from __future__ import annotations

import gc
import json
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

import handwritten
import msgspec
import vmcodec
from model import ROWS, pydantic_adapter, struct_twins

try:
    import orjson
except ImportError:  # pragma: no cover - depends on what is installed
    orjson = None  # type: ignore[assignment]

Messages = Sequence[bytes]
BATCH = 1_000
Same = Callable[[Any, Any], bool]


@dataclass(frozen=True, slots=True)
class Peer:
    """One contestant: `run` does the work, `same(ours, theirs)` compares one result of each."""

    key: str
    label: str
    run: Callable[[Any], Any]
    same: Same
    prepare: Callable[[Messages], Any] = list  # what `run` is given; never timed
    items: Callable[[Any], Iterable[Any]] = iter  # one result a message, from what `run` gives


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
        if row.type is vmcodec.Time and mine is not None:
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


def same_json(ours: bytes, theirs: bytes) -> bool:
    """Two texts of the same JSON value."""
    return bool(json.loads(ours) == json.loads(theirs))


def same_bytes(ours: bytes, theirs: bytes) -> bool:
    """The very same text."""
    return bytes(ours) == bytes(theirs)


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


def _loop(decode: Callable[[bytes], Any]) -> Callable[[Messages], list[Any]]:
    """A plain loop, as people write it."""

    def run(messages: Messages) -> list[Any]:
        return [decode(message) for message in messages]

    return run


def ours_dict() -> Peer:
    """vmcodec, nested objects as dicts."""
    return Peer("vmcodec", "vmcodec", vmcodec.Decoder().decode_batch, same_struct)


def ours_lazy() -> Peer:
    """vmcodec, nested objects checked but kept as bytes until looked at."""
    return Peer("vmcodec_lazy", "vmcodec, lazy", vmcodec.Decoder(kv_lists="lazy").decode_batch, same_fields)


def msgspec_ours() -> Peer:
    """msgspec's decoder on vmcodec's own classes: its best case, and the contract's reference."""
    decode = msgspec.json.Decoder(vmcodec.Event).decode
    return Peer("msgspec", "msgspec, vmcodec's classes", _loop(decode), same_struct)


def msgspec_ordinary() -> Peer:
    """msgspec on ordinary classes: tracked by the collector, mutable."""
    decode = msgspec.json.Decoder(struct_twins(gc=True)).decode
    return Peer("msgspec_ordinary", "msgspec, ordinary classes", _loop(decode), same_fields)


def msgspec_tuned() -> Peer:
    """msgspec on the ordinary classes with gc=False."""
    decode = msgspec.json.Decoder(struct_twins(gc=False)).decode
    return Peer("msgspec_gc_false", "msgspec, gc=False classes", _loop(decode), same_fields)


def json_hand() -> Peer:
    """The standard library's json, dataclasses and checks by hand."""
    return Peer("json_dataclass", "json + dataclass", _loop(handwritten.decode), same_fields)


def json_plain() -> Peer:
    """The standard library's json to dicts, nothing checked."""
    return Peer("json", "json.loads (dicts)", _loop(json.loads), same_dict)


def orjson_peers() -> list[Peer]:
    """orjson to dicts, and orjson with msgspec.convert to vmcodec's classes."""
    if not installed("orjson", orjson is not None):
        return []
    loads, convert, events = orjson.loads, msgspec.convert, list[vmcodec.Event]

    def converted(messages: Messages) -> list[Any]:
        # One convert() a batch: it works out its type argument anew in each call.
        return convert([loads(message) for message in messages], events)

    return [
        Peer("orjson", "orjson (dicts)", _loop(loads), same_dict),
        Peer("orjson_convert", "orjson + msgspec.convert", converted, same_struct),
    ]


def pydantic_peers() -> list[Peer]:
    """pydantic v2, a discriminated union, validate_json."""
    try:
        adapter = pydantic_adapter()
    except ImportError:
        installed("pydantic", False)
        return []
    return [Peer("pydantic", "pydantic v2", _loop(adapter.validate_json), same_fields)]


def decode_peers() -> list[Peer]:
    """Everything that turns a list of messages into a list of objects, vmcodec's two ways first."""
    return [ours_dict(), ours_lazy(), msgspec_ours(), msgspec_tuned(), msgspec_ordinary(), *orjson_peers(), json_hand(),
            *pydantic_peers()]  # fmt: skip


def order_peers() -> list[Peer]:
    """Fewer contestants, for the corpora that differ in shape or order alone."""
    return [ours_dict(), ours_lazy(), msgspec_ours(), msgspec_tuned(), msgspec_ordinary(), *orjson_peers()[:1]]


def single_peers() -> list[Peer]:
    """One call for each message, vmcodec's included."""
    ours = Peer("vmcodec", "vmcodec.decode", _loop(vmcodec.decode), same_struct)
    return [ours, msgspec_ours(), msgspec_tuned(), msgspec_ordinary(), *orjson_peers()[:1]]


def retaining(peer: Peer, *, pause: bool = False) -> Peer:
    """The same peer keeping all results of many batches until the end; `pause` switches the collector off meanwhile."""

    def run(batches: list[Messages]) -> list[Any]:
        if not pause:
            return [peer.run(batch) for batch in batches]
        gc.disable()
        try:
            return [peer.run(batch) for batch in batches]
        finally:
            gc.enable()

    def prepare(messages: Messages) -> list[Messages]:
        return [messages[start : start + BATCH] for start in range(0, len(messages), BATCH)]

    key, label = (f"{peer.key}_paused", f"{peer.label}, gc.disable()") if pause else (peer.key, peer.label)
    return Peer(key, label, run, peer.same, prepare, chain.from_iterable)


def retained_peers() -> list[Peer]:
    """All results kept: where the garbage collector looks again and again at what a peer made."""
    kept = [retaining(peer) for peer in (ours_dict(), ours_lazy(), msgspec_ours(), msgspec_tuned(), msgspec_ordinary())]
    return [*kept, retaining(msgspec_ordinary(), pause=True)]


# Decoding one NDJSON buffer ------------------------------------------------------------------------------------------


def _buffer(messages: Messages) -> bytes:
    return b"".join(message + b"\n" for message in messages)


def lines_peers() -> list[Peer]:
    """Everything that turns one NDJSON buffer into a list of objects."""
    ours, ordinary = msgspec.json.Decoder(vmcodec.Event), msgspec.json.Decoder(struct_twins(gc=True))
    peers = [
        Peer("vmcodec", "vmcodec", vmcodec.Decoder().decode_lines, same_struct, _buffer),
        Peer("vmcodec_lazy", "vmcodec, lazy", vmcodec.Decoder(kv_lists="lazy").decode_lines, same_fields, _buffer),
        Peer("msgspec", "msgspec, vmcodec's classes", ours.decode_lines, same_struct, _buffer),
        Peer("msgspec_ordinary", "msgspec, ordinary classes", ordinary.decode_lines, same_fields, _buffer),
    ]
    if installed("orjson", orjson is not None):
        loads = orjson.loads

        def split(buffer: bytes) -> list[Any]:
            return [loads(line) for line in buffer.splitlines()]

        peers.append(Peer("orjson", "orjson on split lines (dicts)", split, same_dict, _buffer))
    return peers


# Checking only -------------------------------------------------------------------------------------------------------


def validate_peers() -> list[Peer]:
    """vmcodec's check, which builds nothing, beside the peers that can only check by building; see check_validation."""
    ours = Peer("vmcodec", "vmcodec.validate_batch", vmcodec.Decoder().validate_batch, operator.is_)
    return [ours, msgspec_ours(), msgspec_ordinary(), *orjson_peers()[:1], *pydantic_peers()]


def check_validation(peers: Sequence[Peer], messages: Messages) -> None:
    """Every contestant finds the corpus sound; with one message cut short, vmcodec names it and the others raise."""
    spoilt = list(messages)
    place = len(spoilt) // 2
    spoilt[place] = spoilt[place][:-1]
    ours, *others = peers
    if ours.run(messages) != [] or [error.index for error in ours.run(spoilt)] != [place]:
        raise AssertionError("validate_batch finds other faults than the one put in")
    for peer in others:
        peer.run(messages)
        try:
            peer.run(spoilt)
        except ValueError:
            continue
        raise AssertionError(f"{peer.label} accepts a message cut short")


def thread_peers() -> list[Peer]:
    """One buffer checked by two threads, and by one; see check_threads."""
    validate = vmcodec.Decoder().validate_lines
    return [
        Peer("vmcodec", "validate_lines, threads=2", partial(validate, threads=2), operator.is_, _buffer),
        Peer("one_thread", "validate_lines, threads=1", partial(validate, threads=1), operator.is_, _buffer),
    ]


def check_threads(peers: Sequence[Peer], messages: Messages) -> None:
    """All find the corpus sound, and in a spoilt one the very same errors."""
    spoilt = [message[:-1] if number % 2 else message for number, message in enumerate(messages)]
    found = [[error.__reduce__() for error in peer.run(peer.prepare(spoilt))] for peer in peers]
    if any(peer.run(peer.prepare(messages)) for peer in peers) or any(errors != found[0] for errors in found):
        raise AssertionError("validate_lines finds other errors with other numbers of threads")
    if [fields[1] for _, fields in found[0]] != list(range(1, len(messages), 2)):
        raise AssertionError("validate_lines finds other faults than those put in")


# Only some events ----------------------------------------------------------------------------------------------------

WANTED = (vmcodec.EventDNOutOfService, vmcodec.EventDNBackInService)  # 4 % of the corpus


class _Head(msgspec.Struct, gc=False):
    id: str


def only_peers() -> list[Peer]:
    """Two rare events wanted: vmcodec's `only`, msgspec in two steps (id, then event), and msgspec on everything."""
    names = frozenset(event.__name__ for event in WANTED)
    head, full = msgspec.json.Decoder(_Head).decode, msgspec.json.Decoder(vmcodec.Event).decode

    def two_steps(messages: Messages) -> list[Any]:
        return [full(message) if head(message).id in names else None for message in messages]

    def everything(messages: Messages) -> list[Any]:
        return [event if isinstance(event := full(message), WANTED) else None for message in messages]

    return [
        Peer("vmcodec", "vmcodec, only=", vmcodec.Decoder(only=WANTED).decode_batch, same_struct),
        Peer("msgspec_two_steps", "msgspec, id first", two_steps, same_struct),
        Peer("msgspec", "msgspec, everything", everything, same_struct),
    ]


# Encoding ------------------------------------------------------------------------------------------------------------


def _events(messages: Messages) -> list[Any]:
    return [vmcodec.decode(message) for message in messages]


def _dicts(messages: Messages) -> list[Any]:
    return [json.loads(message) for message in messages]


def encode_peers() -> list[Peer]:
    """Events, or dicts of the same content, to a list of JSON texts."""
    encode, dumps = msgspec.json.Encoder().encode, json.JSONEncoder(separators=(",", ":")).encode
    peers = [
        Peer("vmcodec", "vmcodec", vmcodec.Encoder().encode_batch, same_bytes, _events),
        Peer("msgspec", "msgspec", lambda events: [encode(event) for event in events], same_bytes, _events),
    ]
    if installed("orjson", orjson is not None):
        write = orjson.dumps
        peers.append(Peer("orjson", "orjson (dicts)", lambda dicts: [write(item) for item in dicts], same_json, _dicts))
    peers.append(Peer("json", "json (dicts)", lambda dicts: [dumps(item) for item in dicts], same_json, _dicts))
    return peers


def encode_lines_peers() -> list[Peer]:
    """Events to one NDJSON buffer; the results are compared line by line."""
    encoder = msgspec.json.Encoder()
    split = bytes.splitlines
    return [
        Peer("vmcodec", "vmcodec", vmcodec.Encoder().encode_lines, same_bytes, _events, split),
        Peer("msgspec", "msgspec", encoder.encode_lines, same_bytes, _events, split),
    ]
