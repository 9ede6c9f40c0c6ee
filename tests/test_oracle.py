"""Properties of decoding and encoding, for every event: against msgspec, against a naive decoder, and round trips.

Each test runs through all classes with events drawn from the classes themselves. The choice of examples is fixed, so a
run is the same everywhere; a failure shows the smallest event that fails.
"""

import re
from random import Random
from typing import Any

import msgspec
import naive
import pytest
import vmcodec
from hypothesis import given, note
from hypothesis import strategies as st
from mutations import mutated
from naive import identical
from properties import OwnEvent, every_event, examples
from strategies import any_event, events, messy, seeds
from vmcodec import EVENTS, AgentWorkMode, DecodeError, Decoder, Encoder, Event, KVList, Time, UnknownEvent
from vmcodec._schema import lower
from vmcodec.events import BaseEvent

ROWS = lower(EVENTS)
DICT = Decoder()
LAZY = Decoder(kv_lists="lazy")
SKIP = Decoder(kv_lists="skip")
IGNORE = Decoder(extra="ignore")
ONLY_UNKNOWN = Decoder(only=[UnknownEvent])

KV_ATTRIBUTES = {
    cls: [row.attribute for row in event.fields if row.kind == "kv_list"]
    for event in ROWS.events
    for cls in [event.cls]
}


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
    lazy: Any = LAZY.decode(text)
    assert lazy == event
    assert event == lazy
    for name in KV_ATTRIBUTES[type(event)]:
        value, expected = getattr(lazy, name), getattr(event, name)
        if expected is None:
            assert value is None
            continue
        assert type(value) is KVList
        assert value.raw in text
        assert identical(value.to_dict(), expected)
        assert identical(dict(value), expected)
    without = dict.fromkeys(KV_ATTRIBUTES[type(event)])
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
    # What the decoder remembers is its own: nobody's changes to an earlier event reach a later one.
    for _ in range(2):
        spoil(msgspec.structs.asdict(found))
        found = vmcodec.decode(text)
        assert identical(found, event)


def spoil(value: Any) -> None:
    """Change every container in the value."""
    if isinstance(value, dict):
        for item in value.values():
            spoil(item)
        value["spoilt"] = True
    elif isinstance(value, list):
        for item in value:
            spoil(item)
        value.append("spoilt")


@every_event
def test_events(cls: type[BaseEvent]) -> None:
    @examples(2000, repeated=400)
    @given(events(cls), seeds())
    def check(event: Any, seed: int) -> None:
        text = messy(event, Random(seed))
        note(repr(text))
        check_canonical(event)
        check_extra(event)
        check_messy(event, text)
        check_lazy(event, text)

    check()


GRAMMAR_CODES = set(
    "truncated trailing_data syntax invalid_utf8 invalid_escape lone_surrogate control_character invalid_number"
    " too_deep empty_input byte_order_mark framing".split()
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
    found = verdict(DICT, data)
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


@every_event
def test_damaged_messages(cls: type[BaseEvent]) -> None:
    seen: set[str] = set()

    @examples(150)
    @given(events(cls), seeds())
    def check(event: Any, seed: int) -> None:
        random = Random(seed)
        text = random.choice([vmcodec.encode(event), messy(event, random)])
        for _ in range(20):
            data = mutated(text, random)
            note(repr(data))
            seen.add(check_damaged(data))

    check()
    # Otherwise the damage would be of too few kinds to tell much.
    assert seen >= set("accepted syntax truncated invalid_utf8 invalid_escape wrong_type missing_attribute".split())


def test_a_class_of_ones_own() -> None:
    classes: tuple[type[BaseEvent], ...] = (*EVENTS, OwnEvent)
    decoder, encoder = Decoder(events=classes), Encoder(events=classes)

    @examples(1000, repeated=200)
    @given(events(OwnEvent), seeds())
    def check(event: Any, seed: int) -> None:
        text = messy(event, Random(seed))
        note(repr(text))
        assert encoder.encode(event) == msgspec_bytes(event)
        assert identical(decoder.decode(encoder.encode(plain_of(event))), plain_of(event))
        assert identical(msgspec.json.decode(encoder.encode(plain_of(event)), type=OwnEvent), plain_of(event))
        assert identical(decoder.decode(text), event)
        assert encoder.encode(decoder.decode(text)) == msgspec_bytes(event)

    check()


def test_batches_and_lines() -> None:
    @examples(500, repeated=100)
    @given(st.lists(any_event(), max_size=6), seeds())
    def check(many: list[Any], seed: int) -> None:
        random = Random(seed)
        texts = [vmcodec.encode(event) for event in many]
        assert vmcodec.encode_batch(many) == texts
        assert vmcodec.encode_lines(many) == b"".join(text + b"\n" for text in texts)
        assert identical(vmcodec.decode_lines(b"\r\n".join(texts)), many)
        untidy: list[Any] = [messy(event, random) for event in many]
        assert identical(vmcodec.decode_batch(untidy), many)
        # Bad messages, a tombstone, unknown events and a thing that is no message in between: each keeps to itself.
        expected = list(many)
        unknown = b'{"left":1,"id":"X","over":[2]}'
        strangers: list[Any] = [None, 7, unknown, b'{"left":1,"over":[2],"id":"EventMuteOn"}']
        strangers += [text.rstrip()[:-1] for text in untidy]
        for stranger in strangers:
            place = random.randrange(len(untidy) + 1)
            untidy.insert(place, stranger)
            expected.insert(place, stranger)
        found = vmcodec.decode_batch(tuple(untidy), errors="return")
        for place, (result, wanted) in enumerate(zip(found, expected, strict=True)):
            if wanted == unknown:
                assert result == UnknownEvent("X", wanted)
            elif wanted == 7 or isinstance(wanted, bytes):
                assert isinstance(result, DecodeError)
                assert result.index == place
                assert result.code in ("wrong_item", "truncated", "missing_attribute")
            else:
                assert identical(result, wanted)
        bad = [result for result in found if isinstance(result, DecodeError)]
        assert [(error.index, error.code) for error in vmcodec.validate_batch(untidy)] == [
            (error.index, error.code) for error in bad
        ]

    check()


def test_untidy_spelling_shows_every_accepted_form() -> None:
    """If it did not, the tests above would promise more than they check."""
    event = vmcodec.EventAgentReady(
        this_dn="7/é𝄞",
        server=0,
        time=Time(5, 250_000),
        agent_id="a",
        agent_work_mode=AgentWorkMode(2),
        customer_id=None,
        reasons={"a": 0, "b": 0.1, "c": [True, None]},
        reference_id=12,
        extra={"x": 1},
    )
    texts = [messy(event, Random(seed)).decode() for seed in range(1500)]
    assert all(identical(vmcodec.decode(text), event) for text in texts)
    forms = [
        r'"time"\s*:\s*5250\b',
        r'"tv_sec"\s*:\s*5\b',
        r'"sec"\s*:\s*5\b',
        r'"TimeinuSecs"\s*:\s*250000\s*,\s*"TimeinSecs"',
        r'"seconds"\s*:\s*7\s*,.*"seconds"\s*:\s*5\b',
        r'"time"\s*:.*"time"\s*:',
        r'"Agent ID"\s*:\s*"a"',
        r'"AgentWorkMode"\s*:\s*2\b',
        *(f'"{name}"' for name, code in AgentWorkMode.wire_names().items() if code == 2),
        r'"ReferenceID"\s*:\s*"0*12"',
        r'"ReferenceID"\s*:\s*12\b',
        r'"CustomerID"\s*:\s*null',
        r'"CustomerID"\s*:\s*"decoy".*"CustomerID"\s*:\s*null',
        r'"CustomerID"\s*:\s*null.*"CustomerID"\s*:\s*null',
        r'"Server"\s*:\s*-0\b',
        r'"Server"\s*:\s*"decoy".*"Server"\s*:\s*-?0\b',
        r'"a"\s*:\s*"decoy".*"a"\s*:\s*-?0\b',
        r'"b"\s*:\s*1\.\d{17,40}[eE]-0?1\b',
        r'"b"\s*:\s*0\.10{15,}\d{30,}',
        r'"x"\s*:.*"id"\s*:',
        r'"7\\/é𝄞"',
        r'"7/\\u00e9\\ud834\\udd1e"',
        r'"\\u0074\\u0069\\u006d\\u0065"',
        r"^\{[^ \n\t\r]*\}$",
        r"^[ \n\t\r]+\{.*\}[ \n\t\r]+$",
    ]
    missing = [form for form in forms if not any(re.search(form, text, re.DOTALL) for text in texts)]
    assert missing == []
