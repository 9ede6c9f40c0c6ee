"""The peers: other ways to read and write the same messages, each one function, with the check of its answers.

Called by compare.py, the bench_*.py files and memory.py; timing is left to others. Those that `vmcodec bench` races too
are in the package, and can be had from here like the others.
"""

from __future__ import annotations

import gc
import json
import operator
from collections.abc import Sequence
from functools import partial
from itertools import chain
from typing import Any

import handwritten
import msgspec
import vmcodec
from vmcodec.cli.bench.model import struct_twins
from vmcodec.cli.bench.peers import NOTES as NOTES
from vmcodec.cli.bench.peers import check_all as check_all
from vmcodec.cli.bench.peers import check_peer as check_peer
from vmcodec.cli.bench.peers import installed as installed
from vmcodec.cli.bench.peers import json_plain as json_plain
from vmcodec.cli.bench.peers import loop, orjson_peers, pydantic_peers, same_dict, same_fields, same_struct
from vmcodec.cli.bench.peers import msgspec_ordinary as msgspec_ordinary
from vmcodec.cli.bench.peers import msgspec_ours as msgspec_ours
from vmcodec.cli.bench.peers import ours_dict as ours_dict
from vmcodec.cli.bench.peers import ours_lazy as ours_lazy
from vmcodec.cli.bench.rounds import BATCH as BATCH
from vmcodec.cli.bench.rounds import Messages as Messages
from vmcodec.cli.bench.rounds import Peer as Peer

try:
    import orjson
except ImportError:  # pragma: no cover - depends on what is installed
    orjson = None  # type: ignore[assignment]

# Checks of answers ---------------------------------------------------------------------------------------------------


def same_json(ours: bytes, theirs: bytes) -> bool:
    """Two texts of the same JSON value."""
    return bool(json.loads(ours) == json.loads(theirs))


def same_bytes(ours: bytes, theirs: bytes) -> bool:
    """The very same text."""
    return bytes(ours) == bytes(theirs)


# Decoding, one list of messages in, one list of objects out ----------------------------------------------------------


def msgspec_tuned() -> Peer:
    """msgspec on the ordinary classes with gc=False."""
    decode = msgspec.json.Decoder(struct_twins(gc=False)).decode
    return Peer("msgspec_gc_false", "msgspec, gc=False classes", loop(decode), same_fields)


def json_hand() -> Peer:
    """The standard library's json, dataclasses and checks by hand."""
    return Peer("json_dataclass", "json + dataclass", loop(handwritten.decode), same_fields)


def decode_peers() -> list[Peer]:
    """Everything that turns a list of messages into a list of objects, vmcodec's two ways first."""
    return [ours_dict(), ours_lazy(), msgspec_ours(), msgspec_tuned(), msgspec_ordinary(), *orjson_peers(), json_hand(),
            *pydantic_peers()]  # fmt: skip


def order_peers() -> list[Peer]:
    """Fewer contestants, for the corpora that differ in shape or order alone."""
    return [ours_dict(), ours_lazy(), msgspec_ours(), msgspec_tuned(), msgspec_ordinary(), *orjson_peers()[:1]]


def single_peers() -> list[Peer]:
    """One call for each message, vmcodec's included."""
    ours = Peer("vmcodec", "vmcodec.decode", loop(vmcodec.decode), same_struct)
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
