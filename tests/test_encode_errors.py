"""What the encoder refuses: each code of `EncodeError` with its path, and the limits of nesting."""

import enum
from collections import OrderedDict
from decimal import Decimal
from typing import Any

import pytest
import vmcodec
from vmcodec import (
    ENCODE_CODES,
    AgentWorkMode,
    BaseEvent,
    Decoder,
    EncodeError,
    Encoder,
    EventAgentLogin,
    EventDNOutOfService,
    EventOffHook,
    KVList,
    Time,
    UnknownEvent,
)

DEFAULT = Encoder()


def refused(event: Any, encoder: Encoder | None = None) -> EncodeError:
    with pytest.raises(EncodeError) as caught:
        (encoder or DEFAULT).encode(event)
    return caught.value


def out(**attributes: Any) -> EventDNOutOfService:
    every: dict[str, Any] = {"this_dn": "7"} | attributes
    return EventDNOutOfService(**every)


def login(**attributes: Any) -> EventAgentLogin:
    mandatory: dict[str, Any] = {"this_dn": "7", "server": 1, "time": Time(1, 2)}
    return EventAgentLogin(**mandatory | attributes)


class Derived(EventDNOutOfService, frozen=True, kw_only=True):
    """Not registered with the default encoder."""


NAN, INFINITY = float("nan"), float("inf")
REFUSED: list[tuple[str, str, str | None, Any]] = [
    ("wrong_type", "$.ThisDN", "int", out(this_dn=7)),
    ("wrong_type", "$.ThisDN", "bytes", out(this_dn=b"7")),
    ("wrong_type", "$.Server", "float", out(server=1.0)),
    ("wrong_type", "$.Server", "bool", out(server=True)),
    ("wrong_type", "$.time", "int", out(time=5)),
    ("wrong_type", "$.time", "dict", out(time={"seconds": 1, "useconds": 2})),
    ("wrong_type", "$.time.seconds", "float", out(time=Time(1.5, 2))),  # type: ignore[arg-type]
    ("wrong_type", "$.time.useconds", "NoneType", out(time=Time(1, None))),  # type: ignore[arg-type]
    ("wrong_type", "$.AgentWorkMode", "str", login(agent_work_mode="ManualIn")),
    ("wrong_type", "$.AgentWorkMode", "bool", login(agent_work_mode=True)),
    ("wrong_type", "$.ReferenceID", "str", login(reference_id="7")),
    ("wrong_type", "$.ReferenceID", "bool", login(reference_id=False)),
    ("wrong_type", "$.Extensions", "list", out(extensions=[])),
    ("wrong_type", "$.Extensions", "str", out(extensions="{}")),
    ("wrong_type", "$.Extensions[...]", "Decimal", out(extensions={"k": Decimal(1)})),
    ("wrong_type", "$.Extensions[...][1][...]", "set", out(extensions={"k": [0, {"k": set()}]})),
    ("wrong_type", "$.Extensions", "int", out(extensions={1: 2})),
    ("wrong_type", "$.Extensions[...]", "NoneType", out(extensions={"k": {None: 2}})),
    ("wrong_type", "$.Extensions[...]", "KVList", out(extensions={"k": KVList(b"{}")})),
    ("wrong_type", "$.extra", "list", out(extra=[])),
    ("wrong_type", "$.extra", "int", out(extra={1: 2})),
    ("wrong_type", "$.extra[...]", "bytes", out(extra={"k": b""})),
    ("wrong_type", "$.extra[...][0]", "bytes", out(extra={"k": [b""]})),
    ("out_of_range", "$.ReferenceID", "int", login(reference_id=2**64)),
    ("out_of_range", "$.ReferenceID", "int", login(reference_id=-(2**63) - 1)),
    ("out_of_range", "$.AgentWorkMode", "int", login(agent_work_mode=2**64)),
    ("out_of_range", "$.Server", "int", out(server=10**4300)),
    ("out_of_range", "$.time.seconds", "int", out(time=Time(2**63, 0))),
    ("out_of_range", "$.time.useconds", "int", out(time=Time(0, 1_000_000))),
    ("out_of_range", "$.time.useconds", "int", out(time=Time(0, -1))),
    ("out_of_range", "$.Extensions[...]", "int", out(extensions={"k": -(10**4300)})),
    ("invalid_number", "$.Extensions[...]", "float", out(extensions={"k": NAN})),
    ("invalid_number", "$.Extensions[...][2]", "float", out(extensions={"k": [1, 2, INFINITY]})),
    ("invalid_number", "$.extra[...]", "float", out(extra={"k": -INFINITY})),
    ("missing_attribute", "$.ThisDN", "NoneType", out(this_dn=None)),
    ("missing_attribute", "$.time", "NoneType", login(time=None)),
    ("lone_surrogate", "$.ThisDN", None, out(this_dn="a\udfff")),
    ("lone_surrogate", "$.Server", None, out(server="\ud83d\ude00")),
    ("lone_surrogate", "$.Extensions[...]", None, out(extensions={"k": "\ud800"})),
    ("lone_surrogate", "$.Extensions", None, out(extensions={"\ud800": 1})),
    ("lone_surrogate", "$.Extensions[...]", None, out(extensions={"k": {"\ud800": 1}})),
    ("lone_surrogate", "$.extra", None, out(extra={"\ud800": 1})),
    ("duplicate_member", "$.extra[...]", None, out(extra={"ThisDN": "8"})),
    ("duplicate_member", "$.extra[...]", None, out(extra={"ok": 1, "id": "EventDNDOn"})),
    ("duplicate_member", "$.extra[...]", None, login(extra={"AgentID": "8"})),
    ("duplicate_member", "$.extra[...]", None, login(extra={"Agent ID": "8"})),
    ("invalid_raw", "$.raw", None, UnknownEvent("X", b"")),
    ("invalid_raw", "$.raw", None, UnknownEvent("X", b'{"id":"Y"}')),
    ("invalid_raw", "$.raw", None, UnknownEvent("X", b'{"k":1}')),
    ("invalid_raw", "$.raw", None, UnknownEvent("X", b'{"id":"X"}{"id":"X"}')),
    ("invalid_raw", "$.raw", None, UnknownEvent("X", b'{"id":"X","k":tru}')),
    ("invalid_raw", "$.raw", None, UnknownEvent("X", b'{"id":"X","k":"\xff"}')),
    ("invalid_raw", "$.raw", None, UnknownEvent("X", b'{"id":"X","id":"X"}')),
    ("invalid_raw", "$.raw", None, UnknownEvent("X", b'\x00\x00\x00\x00\x01{"id":"X"}')),
    ("invalid_raw", "$.raw", None, UnknownEvent("X", b'\xef\xbb\xbf{"id":"X"}')),
    ("invalid_raw", "$.raw", None, UnknownEvent("X", '{"id":"X"}')),  # type: ignore[arg-type]
    ("invalid_raw", "$.raw", None, UnknownEvent(b"X", b'{"id":"X"}')),  # type: ignore[arg-type]
    ("wrong_item", "$", "NoneType", None),
    ("wrong_item", "$", "dict", {"id": "EventDNOutOfService", "ThisDN": "7"}),
    ("wrong_item", "$", "bytes", b'{"id":"EventDNOutOfService","ThisDN":"7"}'),
    ("wrong_item", "$", "Time", Time(1, 2)),
    ("wrong_item", "$", "Derived", Derived(this_dn="7")),
    ("wrong_item", "$", "StructMeta", EventDNOutOfService),
]


@pytest.mark.parametrize(
    ("code", "path", "got", "event"), REFUSED, ids=[f"{code}: {path} {got}" for code, path, got, _ in REFUSED]
)
def test_refused(code: str, path: str, got: str | None, event: Any) -> None:
    error = refused(event)
    assert (error.code, error.index, error.path, error.got) == (code, 0, path, got)
    assert error.event == (type(event).__name__ if type(event) in vmcodec.EVENTS else None)
    assert error.expected
    for call in (vmcodec.encode_batch, vmcodec.encode_lines):
        with pytest.raises(EncodeError) as caught:
            call([out(), event])
        assert (caught.value.code, caught.value.index, caught.value.path) == (code, 1, path)


def test_every_code_is_provoked() -> None:
    # `too_deep` has tests of its own below. `internal` is for defects: nothing that is known provokes it.
    assert {code for code, *_ in REFUSED} | {"too_deep", "internal"} == set(ENCODE_CODES)


def test_all_surrogates_are_refused() -> None:
    for code in range(0xD800, 0xE000):
        assert refused(out(this_dn="x" + chr(code))).code == "lone_surrogate"


def test_subclasses_of_json_types_are_written_like_them() -> None:
    class Text(str):
        __slots__ = ()

    value = OrderedDict(a=AgentWorkMode.AuxWork, b=Text("x"), c=AgentWorkMode(77))
    assert vmcodec.encode(out(extensions=value, this_dn=Text("7"))) == (
        b'{"id":"EventDNOutOfService","ThisDN":"7","Extensions":{"a":4,"b":"x","c":77}}'
    )


def test_closed_enumerations_of_users_refuse_other_codes() -> None:
    class Closed(enum.IntEnum):
        ONE = 1

    class EventClosed(BaseEvent, frozen=True, kw_only=True):
        value: Closed

    encoder = Encoder(events=(EventClosed,))
    assert encoder.encode(EventClosed(value=Closed.ONE)) == b'{"id":"EventClosed","value":1}'
    error = refused(EventClosed(value=2), encoder)  # type: ignore[arg-type]
    assert (error.code, error.path, error.event) == ("out_of_range", "$.value", "EventClosed")


def nested(depth: int, kind: type) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value] if kind is list else {"k": value}
    return value


@pytest.mark.parametrize("limit", [2, 3, 128, 1024])
@pytest.mark.parametrize("kind", [list, dict])
def test_max_depth(limit: int, kind: type) -> None:
    encoder, decoder = Encoder(max_depth=limit), Decoder(max_depth=limit)
    for deep in (out(extensions={"k": nested(limit - 2, kind)}), out(extra={"k": nested(limit - 1, kind)})):
        # What one of the two accepts the other does too; values this deep can only be compared as bytes.
        data = encoder.encode(deep)
        assert encoder.encode(decoder.decode(data)) == data
    error = refused(out(extensions={"k": nested(limit - 1, kind)}), encoder)
    way = "[...]" + ("[0]" if kind is list else "[...]") * (limit - 2)
    assert (error.code, error.path) == ("too_deep", "$.Extensions" + way)
    assert refused(out(extra={"k": nested(limit, kind)}), encoder).code == "too_deep"


def test_the_event_itself_counts() -> None:
    encoder = Encoder(max_depth=1)
    assert encoder.encode(out(extra={"k": 1})) == b'{"id":"EventDNOutOfService","ThisDN":"7","k":1}'
    for deep in (out(extensions={}), out(extra={"k": []}), out(time=Time(1, 2))):
        assert refused(deep, encoder).code == "too_deep"


def test_values_that_hold_themselves_are_too_deep() -> None:
    loop: list[Any] = []
    loop.append(loop)
    ring: dict[str, Any] = {}
    ring["k"] = {"k": [ring]}
    wide: list[Any] = []
    wide.extend([wide] * 1000)
    for value in (loop, ring, wide):
        for limit in (2, 128, 1024):
            assert refused(out(extensions={"k": value}), Encoder(max_depth=limit)).code == "too_deep"
            assert refused(out(extra={"k": value}), Encoder(max_depth=limit)).code == "too_deep"
    assert refused(out(extensions=ring)).code == "too_deep"


def test_nesting_beyond_every_limit_takes_no_stack() -> None:
    for kind in (list, dict):
        value = nested(200_000, kind)
        assert refused(out(extensions={"k": value}), Encoder(max_depth=1024)).code == "too_deep"


def test_an_encoder_is_as_good_as_new_after_an_error() -> None:
    encoder = Encoder()
    good = out(extensions={"a": 1})
    wanted = encoder.encode(good)
    for _, _, _, bad in REFUSED:
        refused(bad, encoder)
        assert encoder.encode(good) == wanted
    raw = EventOffHook(this_dn="7", server=1, time=Time(1, 2), user_data=KVList(b'{"a":1}'))  # type: ignore[arg-type]
    assert encoder.encode_batch([raw, good])[1] == wanted
