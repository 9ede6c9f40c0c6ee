"""The safe mode gives what the fast way gives: each value, type and order, what the collector knows, and each error.

VMCODEC_SAFE is read when a decoder or an encoder is made, so both kinds stand side by side in one process.
"""

import functools
import gc
import itertools
import os
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeVar

import msgspec
import pytest
import vmcodec
from hypothesis import given, note
from hypothesis import strategies as st
from msgspec import field
from mutations import mutated
from properties import OwnEvent, examples
from strategies import events, messy, seeds
from support import data_of, decoder_of, vectors
from vmcodec import EVENTS, DecodeError, Decoder, Encoder, KVList, Time, UnknownEvent
from vmcodec.events import BaseEvent

T = TypeVar("T")


class Made(BaseEvent, frozen=True, kw_only=True):
    """Attributes that are made, or are not None, where the record does not have them."""

    required: str
    free: dict[str, Any] = field(default_factory=dict)
    items: list[Any] = field(default_factory=lambda: [1, {"two": [3]}])
    moment: Time = Time(1, 2)
    number: int | str = "none"


CLASSES: tuple[type[BaseEvent], ...] = (*EVENTS, OwnEvent, Made)
KV_LISTS = ("dict", "lazy", "skip")
EXTRA = ("keep", "ignore", "forbid")
UNKNOWN = ("keep", "error")
ONLY = {"all": None, "half": CLASSES[::2], "unknown": (UnknownEvent,)}
OPTIONS = list(itertools.product(KV_LISTS, EXTRA, UNKNOWN, ONLY))
VECTORS = [vector for name in ("valid", "forms", "invalid") for vector in vectors(name)]
RECORDS = [record for vector in VECTORS if isinstance(record := data_of(vector), bytes)]


def both(make: Callable[[], T]) -> tuple[T, T]:
    """What is made while slots may be used, and while they may not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VMCODEC_SAFE", "0")
        fast = make()
        patch.setenv("VMCODEC_SAFE", "1")
        return fast, make()


ENCODERS = both(lambda: Encoder(events=CLASSES))


@functools.cache
def decoders(kv_lists: Any, extra: Any, unknown: Any, only: str) -> tuple[Decoder[Any], Decoder[Any]]:
    """The fast decoder and the safe one with these options."""
    make: Callable[..., Decoder[Any]] = functools.partial(Decoder, events=CLASSES, only=ONLY[only])
    return both(lambda: make(kv_lists=kv_lists, extra=extra, unknown=unknown))


def seen(value: Any) -> Any:
    """All that can be told of a result, to be compared."""
    # A KVList out of PyO3's free list is not tracked, a new one is, and neither has anything to be found by that.
    tracked = gc.is_tracked(value) and not isinstance(value, KVList)
    return type(value), tracked, content(value)


def content(value: Any) -> Any:
    match value:
        case dict():
            return [(key, seen(item)) for key, item in value.items()]
        case list():
            return [seen(item) for item in value]
        case msgspec.Struct():
            return [(name, seen(getattr(value, name))) for name in value.__struct_fields__]
        case KVList():
            return value.raw, seen(value.to_dict())
        case DecodeError():
            return str(value), value.__reduce__()
        case float():
            return value.hex()
    return value


def check_same(pair: tuple[Decoder[Any], Decoder[Any]], records: Sequence[Any]) -> list[str]:
    """Both decoders give the same, and both encoders, of what the other way made. Tells what became of each record."""
    assert [decoder._fast for decoder in pair] == [True, False]
    gc.disable()  # A collection may cease to track a dict; it should not come between the two.
    try:
        found = [decoder.decode_batch(records, errors="return") for decoder in pair]
        pictures = [[seen(result) for result in results] for results in found]
    finally:
        gc.enable()
    for record, fast, safe in zip(records, *pictures, strict=True):
        assert fast == safe, record
    good = [[result for result in results if isinstance(result, BaseEvent)] for results in found]
    fast_bytes, safe_bytes = (
        encoder.encode_batch(events) for encoder, events in zip(ENCODERS, good[::-1], strict=True)
    )
    assert fast_bytes == safe_bytes
    return [result.code if isinstance(result, DecodeError) else type(result).__name__ for result in found[0]]


def test_slots_are_used_unless_they_are_forbidden() -> None:
    assert vmcodec.Decoder()._fast == (os.environ.get("VMCODEC_SAFE") != "1")


@pytest.mark.parametrize("only", ONLY)
@pytest.mark.parametrize("unknown", UNKNOWN)
@pytest.mark.parametrize("extra", EXTRA)
@pytest.mark.parametrize("kv_lists", KV_LISTS)
def test_vectors(kv_lists: str, extra: str, unknown: str, only: str) -> None:
    told = check_same(decoders(kv_lists, extra, unknown, only), [data_of(vector) for vector in VECTORS])
    assert len(set(told)) > 15


def test_vectors_with_options_of_their_own() -> None:
    vectors = [vector for vector in VECTORS if "options" in vector]
    assert len(vectors) > 50
    for vector in vectors:
        check_same(both(functools.partial(decoder_of, vector)), [data_of(vector)])


@pytest.mark.parametrize("cls", CLASSES)
def test_events(cls: type[BaseEvent]) -> None:
    told: set[str] = set()

    @examples(100)
    @given(events(cls), seeds(), st.sampled_from(OPTIONS))
    def check(event: Any, seed: int, options: tuple[str, str, str, str]) -> None:
        random = Random(seed)
        texts = [ENCODERS[0].encode(event), messy(event, random)]
        records = [*texts, *(mutated(random.choice(texts), random) for _ in range(8))]
        note(repr(records))
        told.update(check_same(decoders(*OPTIONS[0]), records))
        check_same(decoders(*options), records)

    check()
    # Otherwise the events and the damage would be of too few kinds to tell much.
    assert told >= {cls.__name__, *"syntax truncated invalid_utf8 invalid_escape wrong_type missing_attribute".split()}


def test_damaged_vectors() -> None:
    told: set[str] = set()

    @examples(1000)
    @given(st.lists(st.sampled_from(RECORDS), min_size=1, max_size=5), seeds(), st.sampled_from(OPTIONS))
    def check(chosen: list[bytes], seed: int, options: tuple[str, str, str, str]) -> None:
        random = Random(seed)
        records = [mutated(record, random) for record in chosen for _ in range(3)]
        note(repr(records))
        told.update(check_same(decoders(*OPTIONS[0]), records))
        check_same(decoders(*options), records)

    check()
    assert len(told) > 30
