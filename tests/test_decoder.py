"""The options of `Decoder`, and what may be handed to it: items, containers, buffers.

Which bytes decode to what is the affair of the vectors; users' own classes are in `test_classes.py`.
"""

import array
import collections
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
import vmcodec
from vmcodec import (
    EVENTS,
    DecodeError,
    Decoder,
    EventAgentReady,
    EventDNOutOfService,
    EventOnHook,
    KVList,
    UnknownEvent,
)

OUT = b'{"id":"EventDNOutOfService","ThisDN":"7011"}'
EVENT = EventDNOutOfService(this_dn="7011")
FOREIGN = b'{"id":"EventQueueLogout","ThisDN":"7011"}'
LISTS = ("extensions", "call_history", "user_data")
ON_HOOK = (
    b'{"id":"EventOnHook","ThisDN":"7","Server":1,"time":{"seconds":1,"useconds":2},'
    b'"Extensions":{"a":[1,{"b":"\xc3\xa9"}]},"CallHistory":{},"UserData":{"k":"v"}}'
)


def refused(decoder: Decoder[Any], data: Any) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        decoder.decode(data)
    return caught.value


def out_with(member: bytes) -> bytes:
    return OUT[:-1] + b"," + member + b"}"


# Options


def test_events_chooses_the_classes() -> None:
    for events in ([EventAgentReady], (cls for cls in (EventAgentReady,))):
        decoder = Decoder(events=events)
        assert decoder.decode(OUT) == UnknownEvent("EventDNOutOfService", OUT)
    assert Decoder(events=EVENTS).decode(OUT) == Decoder(events=None).decode(OUT) == EVENT
    assert Decoder(events=()).decode(OUT) == UnknownEvent("EventDNOutOfService", OUT)


def test_the_same_class_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="EventAgentReady"):
        Decoder(events=(EventAgentReady, EventAgentReady))


@pytest.mark.parametrize(
    ("kv_lists", "kind"), [("dict", dict), ("lazy", KVList), ("skip", type(None))], ids=["dict", "lazy", "skip"]
)
def test_kv_lists(kv_lists: Any, kind: type) -> None:
    for data in (ON_HOOK, b'{"UserData":{"k":"v"},' + ON_HOOK[1:]):
        event = Decoder(kv_lists=kv_lists).decode(data)
        assert isinstance(event, EventOnHook)
        assert [type(getattr(event, name)) for name in LISTS] == [kind] * 3
        if kind is not type(None):
            assert event == vmcodec.decode(ON_HOOK)


@pytest.mark.parametrize("kv_lists", ["dict", "lazy", "skip"])
@pytest.mark.parametrize("value", [b'{"a":"\\q"}', b'{"a":"\xff"}', b'{"a":1e999}', b"[]", b'{"a":1', b'{"\\ud800":1}'])
def test_kv_lists_are_checked_whatever_becomes_of_them(kv_lists: Any, value: bytes) -> None:
    data = out_with(b'"Extensions":' + value)
    error, usual = refused(Decoder(kv_lists=kv_lists), data), refused(Decoder(), data)
    assert (error.code, error.offset, error.path) == (usual.code, usual.offset, usual.path)


def test_extra_keep_is_in_order_of_arrival_and_the_last_of_a_name_wins() -> None:
    data = b'{"z":1,"ConnID":"c","id":"EventDNOutOfService","a":null,"ThisDN":"7011","z":{"y":[true]},"":2}'
    event = Decoder(extra="keep").decode(data)
    assert isinstance(event, EventDNOutOfService)
    assert event.extra is not None
    assert list(event.extra.items()) == [("z", {"y": [True]}), ("ConnID", "c"), ("a", None), ("", 2)]
    assert Decoder().decode(data) == event


def test_extra_ignore_drops_and_still_checks() -> None:
    decoder = Decoder(extra="ignore")
    assert decoder.decode(b'{"z":1,' + out_with(b'"a":[{}]')[1:]) == EVENT
    assert refused(decoder, out_with(b'"a":[01]')).code == "invalid_number"
    assert refused(decoder, out_with(b'"a":"\xff"')).code == "invalid_utf8"


def test_extra_forbid() -> None:
    decoder = Decoder(extra="forbid")
    assert decoder.decode(OUT) == EVENT
    error = refused(decoder, out_with(b'"nobody":1'))
    assert (error.code, error.offset, error.path) == ("unknown_member", len(OUT), "$[...]")
    # An unknown event has no attributes to be held against.
    assert decoder.decode(FOREIGN) == UnknownEvent("EventQueueLogout", FOREIGN)


def test_unknown() -> None:
    assert Decoder(unknown="keep").decode(FOREIGN) == UnknownEvent("EventQueueLogout", FOREIGN)
    error = refused(Decoder(unknown="error"), FOREIGN)
    assert (error.code, error.path, error.event) == ("unknown_event", "$.id", None)
    assert Decoder(unknown="error").decode(OUT) == EVENT


def test_only_gives_none_for_the_others() -> None:
    late = b'{"ThisDN":"7011","id":"EventDNOutOfService"}'
    decoder = Decoder(only=(EventDNOutOfService,))
    assert decoder.decode_batch([OUT, ON_HOOK, FOREIGN, late]) == [EVENT, None, None, EVENT]
    classes: list[type[msgspec.Struct]] = [EventOnHook, UnknownEvent]
    decoder = Decoder(only=iter(classes))
    wanted = [None, vmcodec.decode(ON_HOOK), UnknownEvent("EventQueueLogout", FOREIGN), None]
    assert decoder.decode_batch([OUT, ON_HOOK, FOREIGN, late]) == wanted
    assert Decoder(only=()).decode_batch([OUT, ON_HOOK, FOREIGN]) == [None] * 3


@pytest.mark.parametrize("order", [b'{"id":"EventOnHook",%b}', b'{%b,"id":"EventOnHook"}'])
def test_only_holds_the_others_against_json_alone(order: bytes) -> None:
    decoder = Decoder(only=(EventDNOutOfService,), extra="forbid")
    assert decoder.decode(order % b'"ThisDN":[7],"time":"noon","nobody":0') is None
    assert refused(decoder, order % b'"ThisDN":"\\x"').code == "invalid_escape"
    assert refused(decoder, order % b'"id":"EventOnHook"').code == "duplicate_id"
    assert refused(decoder, order % b'"ThisDN":"7"' + b"x").code == "trailing_data"
    assert refused(Decoder(only=(), max_depth=3), order % b'"a":[[[]]]').code == "too_deep"


def test_only_still_needs_an_id() -> None:
    assert refused(Decoder(only=(EventOnHook,)), b'{"ThisDN":"7"}').code == "missing_attribute"
    assert refused(Decoder(only=(EventOnHook,)), b'{"id":7}').code == "wrong_type"


@pytest.mark.parametrize("frame", [b"\x00" + bytes(4), b"\x00\xff\n\r{", b"\x01" + bytes(range(16))])
def test_framing(frame: bytes) -> None:
    decoder = Decoder(framing="confluent")
    assert decoder.decode_batch([frame + OUT, None]) == [EVENT, None]
    assert decoder.decode(frame + FOREIGN) == UnknownEvent("EventQueueLogout", FOREIGN)
    assert refused(decoder, OUT).code == "framing"
    assert refused(decoder, frame[:-1]).code == "truncated"
    assert refused(decoder, frame).code == "empty_input"
    assert refused(decoder, frame + b'{"id":0}').offset == len(frame) + 6
    assert refused(Decoder(framing="none"), frame + OUT).code == "framing"
    assert decoder.validate_batch([frame + OUT]) == []


def test_framing_excludes_lines() -> None:
    decoder = Decoder(framing="confluent")
    for call in (decoder.decode_lines, decoder.validate_lines, decoder.iter_decode):
        with pytest.raises(ValueError, match="framing"):
            call(OUT)


@pytest.mark.parametrize("limit", [1, 2, 3, 64, 128, 1024])
@pytest.mark.parametrize("options", [{}, {"kv_lists": "lazy"}, {"kv_lists": "skip"}, {"extra": "ignore"}, {"only": ()}])
def test_max_depth(limit: int, options: dict[str, Any]) -> None:
    decoder: Decoder[Any] = Decoder(max_depth=limit, **options)
    for name, opening, closing in ((b"Extensions", b'{"k":', b"}"), (b"nobody", b"[", b"]")):
        for depth in (limit - 1, limit):
            data = out_with(b'"%b":' % name + opening * depth + b"0" + closing * depth)
            if name == b"Extensions" and not depth:
                continue  # A number is no object.
            if depth < limit:
                decoder.decode(data)
                continue
            error = refused(decoder, data)
            at = data.index(opening, data.index(name)) + (depth - 1) * len(opening)
            assert (error.code, error.offset) == ("too_deep", at)


def test_max_size() -> None:
    assert Decoder(max_size=len(OUT)).decode(OUT) == EVENT
    error = refused(Decoder(max_size=len(OUT) - 1), OUT)
    assert (error.code, error.offset) == ("too_large", len(OUT) - 1)
    assert Decoder(max_size=2**40).decode(OUT) == EVENT
    assert refused(Decoder(), OUT + b" " * (2**24 - len(OUT) + 1)).code == "too_large"
    assert Decoder().decode(OUT + b" " * (2**24 - len(OUT))) == EVENT


@pytest.mark.parametrize(
    "option",
    [
        {"kv_lists": "Dict"},
        {"kv_lists": ""},
        {"extra": "drop"},
        {"unknown": "raise"},
        {"framing": "avro"},
        {"max_depth": 0},
        {"max_depth": -1},
        {"max_depth": 1025},
        {"max_depth": 2**70},
        {"max_size": -1},
    ],
    ids=str,
)
def test_wrong_option_values(option: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(option))):
        Decoder(**option)


@pytest.mark.parametrize(
    "option",
    [
        {"kv_lists": None},
        {"kv_lists": True},
        {"extra": b"keep"},
        {"max_depth": "128"},
        {"max_depth": 1.5},
        {"max_size": None},
        {"events": 5},
        {"events": [int]},
        {"events": ["EventOnHook"]},
        {"events": EventOnHook},
        {"only": EventOnHook},
        {"only": 5},
        {"only": ["EventOnHook"]},
        {"only": (EventOnHook,), "events": (EventAgentReady,)},
        {"strict": True},
    ],
    ids=str,
)
def test_wrong_option_types(option: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Decoder(**option)


def test_options_go_by_keyword_and_stay() -> None:
    decoder: Any = Decoder()
    with pytest.raises(TypeError):
        Decoder(EVENTS)  # type: ignore[call-overload]
    for name in ("kv_lists", "max_depth", "codec"):
        with pytest.raises(AttributeError):
            setattr(decoder, name, 1)


# Items


class Bytes(bytes):
    pass


class Text(str):
    __slots__ = ()


class Buffer(bytearray):
    pass


SPREAD = bytes(byte for pair in zip(OUT, b"x" * len(OUT), strict=True) for byte in pair)


@pytest.mark.parametrize(
    "item",
    [
        OUT,
        bytearray(OUT),
        memoryview(OUT),
        memoryview(bytearray(OUT)),
        memoryview(SPREAD)[::2],
        memoryview(OUT[::-1])[::-1],
        memoryview(OUT).cast("I"),
        memoryview(OUT).cast("B", (4, len(OUT) // 4)),
        OUT.decode(),
        Bytes(OUT),
        Text(OUT.decode()),
        Buffer(OUT),
    ],
    ids=lambda item: type(item).__name__,
)
def test_kinds_of_items(item: Any) -> None:
    assert vmcodec.decode(item) == EVENT
    assert vmcodec.decode_batch([item, None]) == [EVENT, None]
    assert vmcodec.decode_lines(item) == [EVENT]
    assert vmcodec.validate_batch([item]) == vmcodec.validate_lines(item) == []


@pytest.mark.parametrize("name", ["é", "日本", "\U0001f600", "\x7f", "a\u2028b"])
def test_str_is_read_as_utf8(name: str) -> None:
    event = vmcodec.decode(f'{{"id":"EventDNOutOfService","ThisDN":"{name}"}}')
    assert event == EventDNOutOfService(this_dn=name)


@pytest.mark.parametrize("surrogate", ["\ud800", "\udfff", "\ud83d\ude00"])
def test_str_with_surrogates_is_a_bad_record(surrogate: str) -> None:
    for before in ("", "é"):
        data = f'{{"id":"EventDNOutOfService","ThisDN":"{before}{surrogate}"}}'
        error = refused(Decoder(), data)
        assert (error.code, error.offset) == ("invalid_utf8", data.index(surrogate) + (before != ""))
        assert vmcodec.validate_batch([data])[0].code == "invalid_utf8"


def test_none_passes_through() -> None:
    assert vmcodec.decode(None) is None
    assert vmcodec.decode_batch([None, OUT, None]) == [None, EVENT, None]
    assert vmcodec.validate_batch([None]) == []


@pytest.mark.parametrize(
    ("item", "got"),
    [(7, "int"), ([OUT], "list"), ({}, "dict"), (True, "bool"), (array.array("B", OUT), "array"), (EVENT, None)],
    ids=lambda value: type(value).__name__,
)
def test_wrong_items(item: Any, got: str | None) -> None:
    error = refused(Decoder(), item)
    assert (error.code, error.index, error.offset, error.path) == ("wrong_item", 0, 0, "$")
    assert error.got == (got or "EventDNOutOfService")
    good, bad = vmcodec.decode_batch([OUT, item], errors="return")
    assert isinstance(bad, DecodeError)
    assert (good, bad.code, bad.index, bad.raw) == (EVENT, "wrong_item", 1, None)
    assert [(error.code, error.index) for error in vmcodec.validate_batch([OUT, item])] == [("wrong_item", 1)]


def test_a_released_memoryview_is_a_wrong_item_too() -> None:
    view = memoryview(OUT)
    view.release()
    good, bad = vmcodec.decode_batch([OUT, view], errors="return")
    assert isinstance(bad, DecodeError)
    assert (good, bad.code, bad.index) == (EVENT, "wrong_item", 1)
    assert refused(Decoder(), view).code == "wrong_item"
    assert [error.index for error in vmcodec.validate_batch([OUT, view])] == [1]


# Containers


class Old:
    """Iterable by index alone."""

    def __getitem__(self, index: int) -> bytes:
        return [OUT, FOREIGN][index]


@pytest.mark.parametrize(
    "make",
    [list, tuple, iter, collections.deque, set, lambda items: (item for item in items), lambda items: Old()],
)
def test_containers(make: Callable[[list[bytes]], Any]) -> None:
    wanted = [EVENT, UnknownEvent("EventQueueLogout", FOREIGN)]
    for results in (vmcodec.decode_batch(make([OUT, FOREIGN])), vmcodec.decode_batch(make([OUT, FOREIGN]), "return")):
        assert results == wanted or (make is set and results == wanted[::-1])
    assert vmcodec.validate_batch(make([OUT, FOREIGN])) == []


@pytest.mark.parametrize(
    "container", [OUT, OUT.decode(), bytearray(OUT), memoryview(OUT), Bytes(OUT), {OUT: OUT}, {}, 5, None, EVENT]
)
def test_wrong_containers(container: Any) -> None:
    for errors in ("raise", "return"):
        with pytest.raises(TypeError):
            vmcodec.decode_batch(container, errors)
    with pytest.raises(TypeError):
        vmcodec.validate_batch(container)


@pytest.mark.parametrize("buffer", [None, 5, [OUT], object()])
def test_wrong_buffers(buffer: Any) -> None:
    for call in (vmcodec.decode_lines, vmcodec.validate_lines):
        with pytest.raises(TypeError, match=type(buffer).__name__):
            call(buffer)


def test_lines_take_any_buffer() -> None:
    assert vmcodec.decode_lines(array.array("B", OUT + b"\n" + OUT)) == [EVENT, EVENT]


def test_an_exception_of_the_container_is_passed_on() -> None:
    def messages() -> Iterator[bytes]:
        yield OUT
        raise LookupError("mine")

    for call in (vmcodec.decode_batch, vmcodec.validate_batch):
        with pytest.raises(LookupError, match="mine"):
            call(messages())


@pytest.mark.parametrize("errors", ["ignore", "", None, True, b"raise"])
def test_wrong_errors_argument(errors: Any) -> None:
    decoder: Any = Decoder()
    for call in (decoder.decode_batch, decoder.decode_lines, decoder.iter_decode):
        with pytest.raises(ValueError, match="errors"):
            call([OUT], errors)


@pytest.mark.parametrize("text", ["é", "東京 5階", "é" * 16, "é" * 17, "\x7f" * 32])
def test_texts_and_keys_that_come_again_are_themselves(text: str) -> None:
    texts = [text, text + "\0", text + "\0\0", text[:-1], "\0" + text] * 40
    messages = [
        msgspec.json.encode({"id": "EventDNOutOfService", "ThisDN": text, "Extensions": {text: text, "k": [text]}})
        for text in texts
    ]
    for event, text in zip(Decoder().decode_batch(messages), texts, strict=True):
        assert isinstance(event, EventDNOutOfService)
        assert (event.this_dn, event.extensions) == (text, {text: text, "k": [text]})
