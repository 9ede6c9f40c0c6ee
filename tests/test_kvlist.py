"""`KVList`: a mapping like its dict, which keeps its bytes, cannot be changed and outlives everything around it."""

import copy
import gc
import pickle
import types
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
import vmcodec
from support import vectors
from vmcodec import Decoder, EventAgentReady, EventOffHook, EventOnHook, KVList

RAW = b'{ "a" : 1, "b" : [1, {"c": null}], "a": 2.50, "\\u00e9": "\xe2\x82\xac", "": {} }'
DICT: dict[str, Any] = {"a": 2.5, "b": [1, {"c": None}], "é": "€", "": {}}
HOOK = b'{"id":"EventOnHook","ThisDN":"7","Server":1,"time":{"seconds":1,"useconds":2},"UserData":' + RAW + b"}"


@pytest.fixture(params=["made", "decoded"])
def lazy(request: pytest.FixtureRequest) -> KVList:
    if request.param == "made":
        return KVList(RAW)
    event = Decoder(kv_lists="lazy").decode(HOOK)
    assert isinstance(event, EventOnHook)
    found: Any = event.user_data
    assert type(found) is KVList
    return found


def test_it_is_a_mapping(lazy: KVList) -> None:
    assert isinstance(lazy, Mapping)
    assert issubclass(KVList, Mapping)
    assert len(lazy) == 4
    assert list(lazy) == list(lazy.keys()) == list(DICT)
    assert list(lazy.values()) == list(DICT.values())
    assert list(lazy.items()) == list(DICT.items())
    assert [lazy[key] for key in DICT] == list(DICT.values())
    assert dict(lazy) == dict(**lazy) == {**lazy} == DICT
    assert bool(lazy)
    assert not KVList(b"{}")


def test_keys(lazy: KVList) -> None:
    assert "a" in lazy
    assert "z" not in lazy
    assert 5 not in lazy  # type: ignore[comparison-overlap]
    assert lazy.get("a") == 2.5
    assert lazy.get("z") is None
    assert lazy.get("z", 7) == 7
    with pytest.raises(KeyError, match="z"):
        lazy["z"]
    with pytest.raises(TypeError):
        lazy[[]]  # type: ignore[index]
    with pytest.raises(TypeError):
        [] in lazy  # type: ignore[comparison-overlap] # noqa: B015


def test_match_statements(lazy: KVList) -> None:
    match lazy:
        case {"a": 2.5, "b": [1, {"c": None}], **rest}:
            assert rest == {"é": "€", "": {}}
        case _:
            pytest.fail("a KVList is a mapping to match statements too")


def test_equality_both_ways(lazy: KVList) -> None:
    for same in (DICT, KVList(RAW), KVList(vmcodec.KVList(RAW).raw), types.MappingProxyType(DICT)):
        assert lazy == same
        assert same == lazy
        assert not lazy != same
        assert not same != lazy
    for other in ({}, DICT | {"z": 1}, KVList(b"{}"), None, 5, RAW, list(DICT), list(DICT.items())):
        assert lazy != other
        assert other != lazy
        assert not lazy == other


def test_it_has_no_hash(lazy: KVList) -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(lazy)


def test_it_cannot_be_changed(lazy: KVList) -> None:
    thing: Any = lazy
    with pytest.raises(TypeError):
        thing["a"] = 1
    with pytest.raises(TypeError):
        del thing["a"]
    for name in ("raw", "a", "__dict__"):
        with pytest.raises(AttributeError):
            setattr(thing, name, b"{}")
    for method in ("clear", "pop", "popitem", "setdefault", "update", "__setitem__", "__ior__"):
        assert not hasattr(thing, method)
    assert lazy.raw == RAW


def test_to_dict_gives_a_new_dict_each_time(lazy: KVList) -> None:
    first, second = lazy.to_dict(), lazy.to_dict()
    assert type(first) is dict
    assert first == second == DICT
    first["a"] = 0
    first["b"].append(0)
    first["b"][1]["c"] = 0
    first[""]["new"] = 0
    assert second == lazy == DICT
    assert lazy.to_dict() == DICT


def test_raw_and_repr(lazy: KVList) -> None:
    for _ in range(2):
        assert lazy.raw == RAW
        assert type(lazy.raw) is bytes
        assert repr(lazy) == f"KVList({DICT!r})"


@pytest.mark.parametrize("looked_at", [False, True])
def test_pickles_and_copies(lazy: KVList, looked_at: bool) -> None:
    if looked_at:
        assert lazy["a"] == 2.5
    others = [pickle.loads(pickle.dumps(lazy, protocol)) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)]
    for other in (*others, copy.copy(lazy), copy.deepcopy(lazy)):
        assert type(other) is KVList
        assert other.raw == RAW
        assert other == lazy
    assert copy.deepcopy(lazy)["b"] is not lazy["b"]


@pytest.mark.parametrize(
    "raw",
    [b"", b" {}", b"{} ", b"[]", b"{", b"}", b"{}{}", b'{"a":}', b'{"a":01}', b'{"a":"\xff"}', b'{"a":"\\ud800"}',
     b'{"a":' * 1024 + b"0" + b"}" * 1024 + b"}", b'{"a":1e999}', b'{"a":NaN}', b'{a:1}', b"null"],
)  # fmt: skip
def test_other_bytes_are_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="JSON object") as caught:
        KVList(raw)
    assert "1e999" not in str(caught.value)


@pytest.mark.parametrize("raw", ["{}", None, {}, 5])
def test_other_types_are_refused(raw: Any) -> None:
    with pytest.raises(TypeError):
        KVList(raw)


def test_it_cannot_be_derived_from() -> None:
    with pytest.raises(TypeError):
        type("Mine", (KVList,), {})


def test_msgspec_writes_it_by_the_hook() -> None:
    event, plain = Decoder(kv_lists="lazy").decode(HOOK), vmcodec.decode(HOOK)
    for module in (msgspec.json, msgspec.msgpack):
        assert module.encode(event, enc_hook=vmcodec.enc_hook) == module.encode(plain)
        assert module.Encoder(enc_hook=vmcodec.enc_hook).encode([event]) == module.encode([plain])
    assert msgspec.to_builtins(event, enc_hook=vmcodec.enc_hook) == msgspec.to_builtins(plain)
    for other in (object(), {1, 2}, None):
        with pytest.raises(NotImplementedError):
            vmcodec.enc_hook(other)
    with pytest.raises(NotImplementedError, match="object"):
        msgspec.json.encode({"a": object()}, enc_hook=vmcodec.enc_hook)


@pytest.mark.parametrize("name", ["valid", "forms"])
def test_lazy_events_equal_the_others(name: str) -> None:
    decoder = Decoder(kv_lists="lazy")
    seen = 0
    for vector in vectors(name):
        lazy, plain = decoder.decode(vector["data"]), vmcodec.decode(vector["data"])
        assert lazy == plain
        assert plain == lazy
        for attribute in ("extensions", "reasons", "user_data", "call_history"):
            value = getattr(plain, attribute, None)
            found: Any = getattr(lazy, attribute, None)
            if value is None:
                assert found is None
            else:
                seen += 1
                assert type(found) is KVList
                assert found.raw.decode() in vector["data"]
                assert found.to_dict() == value
    assert seen > 20


def test_lazy_events_pickle_and_copy() -> None:
    event = Decoder(kv_lists="lazy").decode(HOOK)
    for other in (pickle.loads(pickle.dumps(event)), copy.copy(event), copy.deepcopy(event)):
        assert other == event == vmcodec.decode(HOOK)
        assert vmcodec.encode(other) == HOOK
    replaced = msgspec.structs.replace(event, this_dn="8")
    assert vmcodec.encode(replaced) == HOOK.replace(b'"7"', b'"8"')


def test_it_outlives_decoder_and_input() -> None:
    decoder = Decoder(kv_lists="lazy")
    buffer = bytearray((HOOK + b"\n") * 50)
    events: list[Any] = decoder.decode_lines(buffer)
    kept = [event.user_data for event in events[::7]]
    buffer[:] = b"\xff" * len(buffer)
    del decoder, events, buffer
    gc.collect()
    junk = [bytes(1000) for _ in range(1000)]
    assert [value.raw for value in kept] == [RAW] * 8
    assert all(value == DICT for value in kept)
    assert junk


def test_what_was_looked_at_stays_the_same_object(lazy: KVList) -> None:
    assert lazy["b"] is lazy["b"] is lazy.get("b")


def test_the_deepest_values_that_a_decoder_takes() -> None:
    deep = b'{"k":' * 1023 + b"{}" + b"}" * 1023
    data = b'{"id":"EventOffHook","ThisDN":"7","Server":1,"time":1,"UserData":%b}'
    event = Decoder(kv_lists="lazy", max_depth=1024).decode(data % deep[5:-1])
    assert isinstance(event, EventOffHook)
    assert event.user_data is not None
    assert len(event.user_data) == 1
    assert len(KVList(deep)) == 1


def ready(reasons: bytes) -> bytes:
    return b'{"id":"EventAgentReady","ThisDN":"1","Server":1,"time":1,"AgentWorkMode":1,"Reasons":' + reasons + b"}"


def reasons_of(event: Any) -> Any:
    assert isinstance(event, EventAgentReady)
    return event.reasons


@pytest.mark.parametrize("text", [b"{}", b'{"a":1}', b'{"a":"}"}', b'{"a":[1]}', b'{"a":{"b":1}}'])
def test_equal_bytes_give_equal_lists_that_share_nothing_one_can_change(text: bytes) -> None:
    decoder = Decoder(kv_lists="lazy")
    lists = [reasons_of(event) for event in decoder.decode_batch([ready(text)] * 4)]
    wanted = msgspec.json.decode(text)
    assert [found.raw for found in lists] == [text] * 4
    for value in lists[0].values():
        if isinstance(value, list):
            value.append(2)
        elif isinstance(value, dict):
            value["c"] = 3
    assert lists[1:] == [wanted] * 3
    assert reasons_of(decoder.decode(ready(text))) == wanted


def test_small_lists_are_too_deep_as_often_as_others() -> None:
    events = Decoder(kv_lists="lazy", max_depth=2).decode_batch([ready(b'{"a":1}')] * 2)
    assert [reasons_of(event) for event in events] == [{"a": 1}] * 2
    with pytest.raises(vmcodec.DecodeError, match="too_deep"):
        Decoder(kv_lists="lazy", max_depth=1).decode(ready(b'{"a":1}'))
