"""Properties of decoding and encoding, for every event: against msgspec, against a naive decoder, and round trips.

Each test runs through all classes with events drawn from the classes themselves. The choice of examples is fixed, so a
run is the same everywhere; a failure shows the smallest event that fails.
"""

import enum
import re
from random import Random
from typing import Any

import msgspec
import naive
import pytest
import vmcodec
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from strategies import any_event, events, messy, mutated, seeds
from vmcodec import EVENTS, DecodeError, Decoder, Event, KVList
from vmcodec._schema import lower
from vmcodec.events import BaseEvent

ROWS = lower(EVENTS)
LAZY = Decoder(kv_lists="lazy")
SKIP = Decoder(kv_lists="skip")
IGNORE = Decoder(extra="ignore")
FORBID = Decoder(extra="forbid")
ONLY_UNKNOWN = Decoder(only=[vmcodec.UnknownEvent])

every_event = pytest.mark.parametrize("cls", EVENTS)
KV_ATTRIBUTES = {cls: [row.attribute for row in event.fields if row.kind == "kv_list"]
                 for event in ROWS.events for cls in [event.cls]}


def examples(number: int) -> settings:
    """So many examples, always the same ones, as fast as they come."""
    return settings(
        max_examples=number,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=(HealthCheck.too_slow,),
    )


def identical(one: Any, other: Any) -> bool:
    """Whether the two are equal and look the same: True is not 1, 0.0 is not -0.0, and the order of a dict counts."""
    return type(one) is type(other) and bool(one == other) and repr(one) == repr(other)


def plain_of(event: Any) -> Any:
    """The event without its unknown members."""
    return msgspec.structs.replace(event, extra=None)


def msgspec_bytes(event: Any) -> bytes:
    """What msgspec writes for the event, its unknown members behind the known ones."""
    text = msgspec.json.encode(plain_of(event))
    if not event.extra:
        return text
    return text[:-1] + b"," + msgspec.json.encode(event.extra)[1:]


def check_canonical(event: Any) -> None:
    """Without unknown members, msgspec and vmcodec write the same bytes and read the same event."""
    event = plain_of(event)
    text = vmcodec.encode(event)
    assert text == msgspec.json.encode(event)
    found = vmcodec.decode(text)
    assert identical(found, msgspec.json.decode(text, type=Event))
    assert identical(found, event)


def check_extra(event: Any) -> None:
    """With unknown members, what is written reads back, whatever is to become of them."""
    text = vmcodec.encode(event)
    assert text == msgspec_bytes(event)
    assert identical(vmcodec.decode(text), event)
    assert identical(IGNORE.decode(text), plain_of(event))
    assert vmcodec.validate_batch([text]) == []
    assert ONLY_UNKNOWN.decode(text) is None


def check_lazy(event: Any, text: bytes) -> None:
    """Free-form attributes kept as bytes equal the dicts, and are written back as they came."""
    lazy = LAZY.decode(text)
    assert lazy == event
    assert event == lazy
    without: dict[str, None] = {}
    for name in KV_ATTRIBUTES[type(event)]:
        value, expected = getattr(lazy, name), getattr(event, name)
        assert type(value) is (type(None) if expected is None else KVList)
        if expected is not None:
            assert value.raw in text
            assert identical(value.to_dict(), expected)
            assert identical(dict(value), expected)
            without[name] = None
    assert identical(SKIP.decode(text), msgspec.structs.replace(event, **without))
    assert identical(vmcodec.decode(vmcodec.encode(lazy)), event)


def check_messy(event: Any, text: bytes) -> None:
    """Any accepted spelling reads as the event, and is written in the one canonical form."""
    found = vmcodec.decode(text)
    assert identical(found, event)
    assert vmcodec.encode(found) == msgspec_bytes(event)
    assert identical(vmcodec.decode(text.decode()), event)
    assert vmcodec.validate_batch([text]) == []
    assert ONLY_UNKNOWN.decode(text) is None


@every_event
def test_events(cls: type[BaseEvent]) -> None:
    @examples(2000)
    @given(events(cls), seeds())
    def check(event: Any, seed: int) -> None:
        text = messy(event, Random(seed))
        note(repr(text))
        check_canonical(event)
        check_extra(event)
        check_lazy(event, vmcodec.encode(event))
        check_messy(event, text)
        check_lazy(event, text)

    check()


GRAMMAR_CODES = set(
    "truncated trailing_data syntax invalid_utf8 invalid_escape lone_surrogate control_character invalid_number too_deep"
    " empty_input byte_order_mark framing".split()
)
PATH = re.compile(r'\$(\.[A-Za-z]\w*|\["Agent ID"\]|\[\.\.\.\]|\[\d+\])*')


def verdict(decoder: Decoder[Any], data: bytes) -> Any:
    """The event, or the error."""
    (result,) = decoder.decode_batch([data], errors="return")
    return result


def facts(error: DecodeError) -> tuple[object, ...]:
    return error.code, error.offset, error.path, error.event, error.expected, error.got


def check_damaged(data: bytes) -> str:
    """Decoded like the naive decoder, or refused with it; every way of asking gives the same error. Tells which."""
    found = verdict(vmcodec_default, data)
    if not isinstance(found, DecodeError):
        assert identical(found, naive.decode(data, ROWS))
        assert vmcodec.validate_batch([data]) == []
        if isinstance(found, BaseEvent):
            assert identical(vmcodec.decode(vmcodec.encode(found)), found)
        else:
            assert vmcodec.encode(found) == data
        return "accepted"
    with pytest.raises((naive.NotJson, naive.NotAnEvent)) as refused:
        naive.decode(data, ROWS)
    assert 0 <= found.offset <= len(data)
    assert PATH.fullmatch(found.path), found.path
    assert found.raw == data
    if refused.type is naive.NotAnEvent:
        assert found.code not in GRAMMAR_CODES
    others = [verdict(decoder, data) for decoder in (LAZY, SKIP, IGNORE)] + vmcodec.validate_batch([data])
    assert [facts(other) for other in others] == [facts(found)] * 4
    return found.code


vmcodec_default = Decoder()


@every_event
def test_damaged_messages(cls: type[BaseEvent]) -> None:
    @examples(300)
    @given(events(cls), seeds())
    def check(event: Any, seed: int) -> None:
        random = Random(seed)
        text = random.choice([vmcodec.encode(event), messy(event, random)])
        for _ in range(10):
            data = mutated(text, random)
            note(repr(data))
            check_damaged(data)

    check()
