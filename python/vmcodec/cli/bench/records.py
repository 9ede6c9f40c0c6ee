"""Which records `vmcodec bench` takes, and whose answers on them are right.

What vmcodec refuses, or has no class for, no peer is asked to read. Peers with types read the canonical form alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from msgspec import structs

from ... import DecodeError, Decoder, UnknownEvent, decode, decode_batch, encode, encode_batch
from .. import files
from ..trouble import Trouble, telling
from . import peers
from .rounds import BATCH, Peer

FEWEST = 1_000  # fewer are read again and again: a call must take long enough to be timed


@dataclass(frozen=True, slots=True)
class Sample:
    """Records to decode, whether all are in canonical form, and what there is to say about them."""

    name: str
    messages: list[bytes]
    canonical: bool
    told: list[str]

    @property
    def mean_bytes(self) -> int:
        """How large they are."""
        return round(sum(map(len, self.messages)) / len(self.messages))


def sample(file: str | None, most: int) -> Sample:
    """So many records of the file at most, or synthetic ones; Trouble where there is none to decode."""
    found: Sequence[bytes | None]
    if file is None:
        name, found, more = "synthetic events", _synthetic(most), False
    else:
        name = "standard input" if file == files.STDIN else file
        read = list(islice(_records(file), most + 1))
        found, more = read[:most], len(read) > most
    canonical, other, bad, unknown = _sorted_out(found)
    first = f"{name}: the first {len(found):,} records, there are more" if more else f"{name}: {len(found):,} records"
    told = [first]
    for count, what in ((bad, "are bad"), (unknown, "are of events without a class")):
        if count:
            told.append(f"{count:,} of them {what}: left out")
    # Where most records have other forms, the race is for those who read these.
    usual = len(canonical) >= len(other)
    if other and usual:
        told.append(f"{len(other):,} of them are not in canonical form, which some decoders cannot read: left out")
    elif other:
        told.append("most are not in canonical form: decoders with types, which cannot read them, take no part")
    messages = canonical if usual else canonical + other
    if not messages:
        raise Trouble(f"{name}: no record to decode; " + "; ".join(told[1:] or ["it is empty"]))
    if len(messages) < FEWEST:
        times = -(-FEWEST // len(messages))
        told.append(f"few as they are, they are decoded {times} times over")
        messages = messages * times
    return Sample(name, messages, usual, told)


def contestants(canonical: bool) -> list[Peer]:
    """Who takes part, vmcodec first; those whose package is missing are noted."""
    dicts = [*peers.orjson_peers()[:1], peers.json_plain()]
    found = [peers.ours_dict(), peers.ours_lazy()]
    if canonical:
        found += [peers.msgspec_ours(), peers.msgspec_ordinary(), *peers.orjson_peers()[1:], *peers.pydantic_peers()]
    return [*map(_lenient, found), *(replace(peer, same=_same_dict) for peer in dicts)]


def checked(field: list[Peer], messages: list[bytes]) -> tuple[list[Peer], list[str]]:
    """Those whose every answer is that of the first, and a line about each of the others."""
    kept, refused = field[:1], []
    for peer in field[1:]:
        try:
            for start in range(0, len(messages), BATCH):
                peers.check_peer(field[0], peer, messages[start : start + BATCH])
        except AssertionError:
            refused.append(f"{peer.label} is left out: it reads some of these records otherwise")
        except Exception as error:  # of the peer's own kind, and its text may show values
            refused.append(f"{peer.label} is left out: it cannot read all of these records ({type(error).__name__})")
        else:
            kept.append(peer)
    return kept, refused


def _synthetic(most: int) -> list[bytes]:
    from ...synthetic import events

    dated = islice(events(agents=max(1, most // 400)), most)
    return encode_batch([one.event for one in dated])


def _records(file: str) -> Iterator[bytes | None]:
    """The records as they are in the file; None for one that is no JSON object."""
    apart: Decoder[Any] = Decoder(events=())  # knows no event, so it keeps the bytes of all
    for source in files.inputs([file]):
        with telling(source.name):
            for record in apart.iter_decode(source.source, errors="return"):
                yield record.raw if isinstance(record, UnknownEvent) else None


def _sorted_out(records: Sequence[bytes | None]) -> tuple[list[bytes], list[bytes], int, int]:
    """Those in canonical form, those in others, how many are bad, and how many have no class."""
    canonical: list[bytes] = []
    other: list[bytes] = []
    bad = unknown = 0
    for start in range(0, len(records), BATCH):
        part = records[start : start + BATCH]
        for record, event in zip(part, decode_batch(part, errors="return"), strict=True):
            if record is None or event is None or isinstance(event, DecodeError):
                bad += 1
            elif isinstance(event, UnknownEvent):
                unknown += 1
            else:
                same = json.loads(record) == json.loads(encode(event))
                (canonical if same else other).append(record)
    return canonical, other, bad, unknown


def _lenient(peer: Peer) -> Peer:
    """A peer with types may drop the members that no class declares; ours keeps them."""

    def same(ours: Any, theirs: Any) -> bool:
        if ours.extra is None:
            return peer.same(ours, theirs)
        bare = structs.replace(ours, extra=None)
        return peer.same(bare, structs.replace(theirs, extra=None) if type(theirs) is type(ours) else theirs)

    return replace(peer, same=same)


def _same_dict(ours: Any, theirs: Any) -> bool:
    """The peer's dict, written and read as a record, is our event."""
    return bool(decode(json.dumps(theirs)) == ours)
