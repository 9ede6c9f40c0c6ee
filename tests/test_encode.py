"""What the encoder writes: canonical bytes, verbatim bytes, lines, users' own classes.

msgspec is the judge of bytes. What the encoder refuses is in `test_encode_errors.py`.
"""

import json
import random
import struct
from typing import Any

import msgspec
import pytest
import vmcodec
from msgspec import field
from support import vectors
from vmcodec import (
    EVENTS,
    AgentWorkMode,
    BaseEvent,
    Decoder,
    EncodeError,
    Encoder,
    EventAgentReady,
    EventDNOutOfService,
    KVList,
    Time,
    UnknownEvent,
)

OUT = b'{"id":"EventDNOutOfService","ThisDN":"7011"}'
EVENT = EventDNOutOfService(this_dn="7011")


def holding(value: Any) -> EventDNOutOfService:
    return EventDNOutOfService(this_dn="", extensions={"v": value})


def same_as_msgspec(event: Any) -> bytes:
    written = vmcodec.encode(event)
    assert written == msgspec.json.encode(event)
    return written


# The canonical form


@pytest.mark.parametrize("vector", vectors("valid"), ids=lambda vector: vector["name"])
def test_canonical_records_come_back_byte_for_byte(vector: dict[str, Any]) -> None:
    data = vector["data"].encode()
    event = vmcodec.decode(data)
    assert vmcodec.encode(event) == data
    assert vmcodec.encode_batch([event, event]) == [data, data]
    assert vmcodec.encode_lines([event, event]) == data + b"\n" + data + b"\n"


def test_order_is_the_schemas_and_enumerations_are_codes() -> None:
    event = EventAgentReady(
        agent_id="a",
        time=Time(1, 2),
        agent_work_mode=AgentWorkMode(99),
        server="s",
        this_dn="7",
        reference_id=2**64 - 1,
        extra={"z": None, "a": 1},
    )
    assert vmcodec.encode(event) == (
        b'{"id":"EventAgentReady","ThisDN":"7","Server":"s","time":{"seconds":1,"useconds":2},"AgentID":"a",'
        b'"AgentWorkMode":99,"ReferenceID":18446744073709551615,"z":null,"a":1}'
    )


def test_a_bare_code_is_written_like_its_member() -> None:
    bare = EventAgentReady(this_dn="", server=1, time=Time(1, 2), agent_work_mode=2)  # type: ignore[arg-type]
    member = EventAgentReady(this_dn="", server=1, time=Time(1, 2), agent_work_mode=AgentWorkMode.LegalGuard)
    assert vmcodec.encode(bare) == same_as_msgspec(member)


@pytest.mark.parametrize("extra", [None, {}])
def test_no_extra(extra: dict[str, Any] | None) -> None:
    assert vmcodec.encode(EventDNOutOfService(this_dn="7011", extra=extra)) == OUT


def test_extra_is_flattened_behind_the_attributes() -> None:
    extra = {"extra": {"extra": 1}, "ConnID": "of other events", "this_dn": 1, "": [], "é": {"ThisDN": 1}}
    event = EventDNOutOfService(this_dn="7011", extra=extra)
    written = vmcodec.encode(event)
    assert written == OUT[:-1] + b"," + json.dumps(extra, ensure_ascii=False, separators=(",", ":")).encode()[1:]
    assert vmcodec.decode(written) == event


# Values


def test_floats_are_written_as_msgspec_writes_them_and_come_back_to_the_bit() -> None:
    bits = random.Random(8).getrandbits
    patterns = [struct.pack("<Q", bits(64)) for _ in range(10_000)]
    patterns += [struct.pack("<Q", bits(52) >> bits(6) | bits(1) << 63) for _ in range(1_000)]  # subnormal
    patterns += [struct.pack("<d", sign * 10.0**power) for power in range(-323, 309) for sign in (1, -1)]
    patterns += [struct.pack("<d", value) for value in (0.0, -0.0, 5e-324, 2.0**53, 0.1 + 0.2, 1.7976931348623157e308)]
    values = [value for (value,) in struct.iter_unpack("<d", b"".join(patterns)) if value - value == 0]
    assert len(values) > 10_000
    event = vmcodec.decode(same_as_msgspec(holding(values)))
    assert isinstance(event, EventDNOutOfService)
    assert event.extensions is not None
    found = event.extensions["v"]
    assert struct.pack(f"<{len(values)}d", *found) == struct.pack(f"<{len(values)}d", *values)


def test_every_character_is_written_as_msgspec_writes_it() -> None:
    characters = [chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000]
    characters += ["\U00010000", "\U0001f600", "\U0010ffff"]
    event = EventDNOutOfService(this_dn="".join(characters), extensions={"v": characters, "".join(characters): 1})
    assert vmcodec.decode(same_as_msgspec(event)) == event


@pytest.mark.parametrize("length", [*range(40), 255, 256, 70_000])
def test_strings_of_every_length_with_an_escape_anywhere(length: int) -> None:
    for place in {*range(min(length, 40)), length - 1} - {-1}:
        for character in ('"', "\\", "\x00", "\x1f", "\n", "\x7f", "é", "\u2028", "\U0001f600"):
            text = "a" * place + character + "a" * (length - place - 1)
            event = EventDNOutOfService(this_dn=text)
            assert vmcodec.decode(same_as_msgspec(event)) == event


@pytest.mark.parametrize("power", [*range(0, 70), 100, 333, 5000, 14_000])
def test_integers_of_any_size(power: int) -> None:
    values = [sign * 2**power + more for sign in (1, -1) for more in (-1, 0, 1)]
    event = EventDNOutOfService(this_dn="", server=values[0], extensions={"v": values})
    written = vmcodec.encode(event)
    assert written == b'{"id":"EventDNOutOfService","ThisDN":"","Server":%d,"Extensions":{"v":[%b]}}' % (
        values[0],
        b",".join(b"%d" % value for value in values),
    )
    assert vmcodec.decode(written) == event


@pytest.mark.parametrize("digits", [4299, 4300, 4301])
@pytest.mark.parametrize("sign", [1, -1])
def test_integers_have_at_most_4300_digits(digits: int, sign: int) -> None:
    event = holding(sign * 10 ** (digits - 1))
    if digits > 4300:
        with pytest.raises(EncodeError) as caught:
            vmcodec.encode(event)
        assert (caught.value.code, caught.value.path) == ("out_of_range", "$.Extensions[...]")
    else:
        assert vmcodec.decode(vmcodec.encode(event)) == event


def test_free_form_values() -> None:
    value: dict[str, Any] = {"a": [None, True, False, 0, -1, 1.5, "x", [], {}, [[{}]], {"b": {}}], "": {}}
    assert vmcodec.decode(same_as_msgspec(holding(value))) == holding(value)
    assert vmcodec.encode(holding((1, (), [2]))) == vmcodec.encode(holding([1, [], [2]]))


def test_keys_that_come_again_are_written_as_the_first_time() -> None:
    class Key(str):
        __slots__ = ()

    # More than are kept, of all lengths, with and without escapes; every key in every position.
    keys = [str(number) + 'é"' * (number % 2) + "k" * (number % 45) for number in range(600)]
    keys += [Key("of a class"), "".join(["1"]), "".join(["1"])]
    rows = [{key: place for place, key in enumerate(keys[start:] + keys[:start])} for start in range(0, 600, 150)]
    few = [{key: key, keys[place - 1]: {key: [{key: None}]}} for place, key in enumerate(keys[:40])]
    events = [holding(row) for row in (rows + few + [{key: 1} for key in keys]) * 2]
    written = vmcodec.encode_batch(events)
    assert written == [msgspec.json.encode(event) for event in events]
    assert vmcodec.encode_lines(events) == b"".join(line + b"\n" for line in written)


def test_lines_of_very_different_lengths() -> None:
    events = [holding("x" * length) for length in [0] * 2000 + [100_000] * 20 + [0] * 100 + [300_000] * 20]
    assert vmcodec.encode_lines(events) == msgspec.json.Encoder().encode_lines(events)


# Verbatim


@pytest.mark.parametrize("raw", [b"{}", b'{ "a" : 1.50e1 , "a":\t"\\u0061"}', b'{"a":\r\n\n[ ]}'])
def test_a_kv_list_is_written_as_it_came(raw: bytes) -> None:
    event = EventDNOutOfService(this_dn="7011", extensions=KVList(raw), extra={"z": 1})  # type: ignore[arg-type]
    assert vmcodec.encode(event) == OUT[:-1] + b',"Extensions":' + raw + b',"z":1}'
    lazy = Decoder(kv_lists="lazy").decode(vmcodec.encode(event))
    assert vmcodec.encode(lazy) == vmcodec.encode(event)


def test_an_unknown_event_is_written_as_it_came() -> None:
    raw = b' {"k" : [1.0, "\\u00e9"],\r\n"id":"EventQueue\\u004cogout"}\n '
    event = vmcodec.decode(raw)
    assert event == UnknownEvent("EventQueueLogout", raw)
    assert vmcodec.encode(event) == raw


def test_lines_stay_lines() -> None:
    unknown = UnknownEvent("X", b'\r\n{"id"\n:\r"X",\n"k":"\\n"}\n')
    lazy = EventDNOutOfService(this_dn="a\nb\r", extensions=KVList(b'{"a":\n1\r\n}'))  # type: ignore[arg-type]
    written = vmcodec.encode_lines([unknown, EVENT, lazy, unknown, lazy])
    assert written.count(b"\n") == 5
    assert written.endswith(b"\n")
    assert b"\r" not in written
    results = vmcodec.decode_lines(written)
    assert [results[1], results[2], results[4]] == [EVENT, lazy, lazy]
    assert vmcodec.encode_lines(Decoder(kv_lists="lazy").decode_lines(written)) == written
    assert unknown.raw == b'\r\n{"id"\n:\r"X",\n"k":"\\n"}\n'


# Users' own classes, containers


class Defaults(BaseEvent, frozen=True, kw_only=True):
    """Attributes that are something else than None when they are absent."""

    text: str = "none given"
    empty: str = ""
    count: int = 1000
    small: int = 7
    number: float = 0.5
    flag: bool = True
    mode: AgentWorkMode = AgentWorkMode.AuxWork
    maybe: int | None = 7
    free: dict[str, Any] = field(default_factory=dict)
    many: list[Any] = field(default_factory=list)
    made: list[Any] = field(default_factory=lambda: [])


CHANGES: list[dict[str, Any]] = [
    {},
    {"text": "".join(["none ", "given"]), "empty": "x"},
    {"count": int("1000"), "small": 7, "number": float("0.5"), "flag": False},
    {"mode": AgentWorkMode.AutoIn, "maybe": None, "free": {"a": 1}, "many": [1], "made": [1]},
    {"mode": AgentWorkMode(77), "maybe": 8, "count": 0, "small": 1000},
    {"free": {}, "many": [], "made": []},
]


@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_what_equals_a_default_is_left_out_when_msgspec_leaves_it_out(changes: dict[str, Any]) -> None:
    decoder, encoder = Decoder(events=(Defaults,)), Encoder(events=(Defaults,))
    event = Defaults(**changes)
    written = encoder.encode(event)
    assert written == msgspec.json.encode(event)
    assert decoder.decode(written) == event
    decoded = decoder.decode(b'{"id":"Defaults","text":"none given","small":7,"number":0.5,"flag":true,"many":[]}')
    assert encoder.encode(decoded) == msgspec.json.encode(decoded)


def test_only_empty_containers_are_told_by_their_factory() -> None:
    class Made(BaseEvent, frozen=True, kw_only=True):
        text: str = field(default_factory=str)
        count: int = field(default_factory=int)

    assert Encoder(events=(Made,)).encode(Made()) == msgspec.json.encode(Made()) == b'{"id":"Made","text":"","count":0}'


def test_a_class_that_writes_its_defaults() -> None:
    class Wordy(BaseEvent, frozen=True, kw_only=True, omit_defaults=False):
        text: str | None = None
        count: int = 3

    event = Wordy(extra={"z": 1})
    # msgspec would write `extra` as a member too: all else is as it has it.
    theirs = msgspec.json.encode(event).replace(b'"extra":{"z":1},', b"")
    assert Encoder(events=(Wordy,)).encode(event) == theirs[:-1] + b',"z":1}'


def test_a_mandatory_attribute_may_be_none_where_that_is_a_value() -> None:
    class Odd(BaseEvent, frozen=True, kw_only=True):
        maybe: int | None
        anything: Any

    event = Odd(maybe=None, anything=None)
    written = Encoder(events=(Odd,)).encode(event)
    assert written == msgspec.json.encode(event)
    assert Decoder(events=(Odd,)).decode(written) == event


@pytest.mark.parametrize("make", [list, tuple, iter, lambda events: (event for event in events)])
def test_containers(make: Any) -> None:
    assert vmcodec.encode_batch(make([EVENT, EVENT])) == [OUT, OUT]
    assert vmcodec.encode_lines(make([EVENT])) == OUT + b"\n"
    assert (vmcodec.encode_batch(make([])), vmcodec.encode_lines(make([]))) == ([], b"")


@pytest.mark.parametrize("container", [EVENT, None, 5, OUT, "text"])
def test_wrong_containers(container: Any) -> None:
    for call in (vmcodec.encode_batch, vmcodec.encode_lines):
        with pytest.raises(TypeError):
            call(container)


@pytest.mark.parametrize("option", [{"max_depth": 0}, {"max_depth": 1025}, {"max_depth": -1}])
def test_wrong_option_values(option: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="max_depth"):
        Encoder(**option)


def test_wrong_option_types() -> None:
    make: Any = Encoder
    for option in ({"max_depth": "1"}, {"events": [int]}, {"events": 5}, {"kv_lists": "dict"}):
        with pytest.raises(TypeError):
            make(**option)
    with pytest.raises(TypeError):
        make(EVENTS)
