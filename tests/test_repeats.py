"""What a decoder remembers of earlier records makes it faster, and changes nothing: keys, strings, numbers, objects.

The records here come from a small supply, so that whatever is remembered is met again, nearly met, and replaced.
"""

import copy
import gc
import json
import random
import sys
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
import vmcodec
from vmcodec import Decoder

KEYS = ["a", "ab", "abc", "b", "", "ReasonCode", "Reason", "ReasonCodeX", "é", "}", '"', "k" * 64, "k" * 65, "id"]
KEYS += [f"key{number}" for number in range(600)]
SCALARS: list[Any] = [
    "",
    "1",
    "x",
    "y",
    "}",
    '"}',
    "{",
    "\\",
    "é",
    "v" * 40,
    0,
    1,
    -1,
    1.0,
    -0.0,
    10**30,
    True,
    False,
    None,
]
SCALARS += [f"value {number}" for number in range(300)] + list(range(1000, 1300))
ATTRIBUTES = ("Extensions", "CallHistory", "UserData", "more")


def small(rng: random.Random, depth: int = 0) -> Any:
    choice = rng.random()
    if depth < 3 and choice < 0.15:
        return [small(rng, depth + 1) for _ in range(rng.randrange(3))]
    if depth < 3 and choice < 0.3:
        return an_object(rng, depth + 1)
    return rng.choice(SCALARS[: rng.choice([6, 19, len(SCALARS)])])


def an_object(rng: random.Random, depth: int = 0) -> dict[str, Any]:
    keys = KEYS[: rng.choice([3, 14, len(KEYS)])]
    return {rng.choice(keys): small(rng, depth) for _ in range(rng.randrange(4))}


def written(rng: random.Random, value: Any) -> str:
    separators = rng.choice([(",", ":"), (",", ":"), (", ", ": ")])
    return json.dumps(value, separators=separators, ensure_ascii=rng.random() < 0.5)


def stream(rng: random.Random, count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Records and the members that they hold."""
    for _ in range(count):
        members: dict[str, Any] = {"ThisDN": str(rng.randrange(400)), "Server": rng.choice([1, "s", 10**20]), "time": 1}
        members |= {name: an_object(rng) for name in ATTRIBUTES if rng.random() < 0.6}
        items = [f'"{name}":{written(rng, value)}' for name, value in members.items()]
        items.insert(rng.choice([0, 0, len(items)]), '"id":"EventOnHook"')
        yield "{" + ",".join(items) + "}", members


def seen(event: Any) -> dict[str, Any]:
    """The members of an event, as the record had them."""
    found = {"ThisDN": event.this_dn, "Server": event.server, "time": 1, "Extensions": event.extensions}
    found |= {"CallHistory": event.call_history, "UserData": event.user_data, **(event.extra or {})}
    return {name: value for name, value in found.items() if value is not None}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kv_lists", ["dict", "lazy"])
def test_a_long_run_gives_each_record_its_own(seed: int, kv_lists: Any) -> None:
    decoder = Decoder(kv_lists=kv_lists)
    records, wanted = zip(*stream(random.Random(seed), 6000), strict=True)
    for _ in range(2):
        for event, members in zip(decoder.decode_batch(records), wanted, strict=True):
            found = seen(event)
            assert found == members
            # `==` does not tell 1 from True from 1.0, nor one order of keys from another.
            plain = {name: dict(value) if name in ATTRIBUTES else value for name, value in found.items()}
            assert repr(plain) == repr({name: members[name] for name in plain})


def test_what_is_done_to_a_result_does_not_reach_later_ones() -> None:
    decoder = Decoder()
    records = [record for record, _ in stream(random.Random(9), 300)]
    wanted = copy.deepcopy(decoder.decode_batch(records))
    for _ in range(4):
        results: list[Any] = decoder.decode_batch(records)
        assert results == wanted
        for event in results:
            for value in (event.extensions, event.call_history, event.user_data, event.extra):
                if value is not None:
                    spoil(value)


def spoil(value: dict[str, Any]) -> None:
    for inner in list(value.values()):
        if isinstance(inner, dict):
            spoil(inner)
        elif isinstance(inner, list):
            inner.append("spoilt")
    for key in value:
        value[key] = "spoilt"
    value["spoilt"] = value


@pytest.mark.parametrize("value", [b"{}", b'{"a":1}', b'{"a":"}"}', b'{"a":{}}'])
def test_what_is_known_is_held_against_the_rules_again(value: bytes) -> None:
    data = b'{"id":"EventDNOutOfService","ThisDN":"7","Extensions":%b}'
    deep = value.count(b"{") + 1
    for limit in (1, 2, 3):
        decoder = Decoder(max_depth=limit)
        for _ in range(5):
            results = decoder.decode_batch([data % value, data % (value[:-1] + b"]")], errors="return")
            assert isinstance(results[0], vmcodec.DecodeError) == (limit < deep)
            assert isinstance(results[1], vmcodec.DecodeError)
    for tail in (b"x", b"}", b',"Extensions":{"a":1]'):
        for _ in range(3):
            [error] = vmcodec.decode_batch([data % (value + tail)], errors="return")
            assert isinstance(error, vmcodec.DecodeError)
            assert error.code in {"syntax", "trailing_data"}


KEEPER = '{"id":"EventOnHook","ThisDN":"7","Server":1,"time":1,"UserData":%s}'
SHAPES = [
    '{"a":1,"b":"x","c":null,"d":2.5,"e":true}',
    '{"a":"too long to be kept for the next one","b":[1,{"z":0}],"c":{"a":1,"b":2},"d":"é","e":10000000000000000000}',
    '{"a":1,"b":"x","c":null,"d":2.5}',
    '{"a":1,"b":"x","c":null,"d":2.5,"e":true,"f":-1}',
    '{"a":1,"b":"x","other":{"a":{"a":[]}},"d":2.5,"e":true}',
    '{"a":1,"b":"x","c":null,"c":"twice","d":2.5}',
    '{"e":1,"d":"x","c":null,"b":2.5,"a":true}',
    '{ "a" : 1 , "b" : "\\u0041" , "\\u0063" : [] , "d" : {} , "e" : "" }',
    '{"a":{"a":{"a":{"a":1}}}}',
    '[]',
    "{}",
    "{" + ",".join(f'"key{number}":{number}' for number in range(100)) + "}",
    "{" + ",".join(f'"key{number}":"{number}"' for number in range(300)) + "}",
]  # fmt: skip


def check(event: Any, text: str) -> None:
    wanted = json.loads(text)
    found = event.user_data if isinstance(wanted, dict) else event.extra["more"]
    assert repr(found) == repr(wanted)
    same_to_the_collector(found, wanted)


def same_to_the_collector(found: Any, wanted: Any) -> None:
    """Whatever holds a container is known to the collector, for there could be a way back."""
    if isinstance(found, (dict, list)):
        values = list(found.values()) if isinstance(found, dict) else found
        inner = list(wanted.values()) if isinstance(wanted, dict) else wanted
        assert gc.is_tracked(found) or not any(isinstance(value, (dict, list)) for value in values)
        for one, other in zip(values, inner, strict=True):
            same_to_the_collector(one, other)


@pytest.mark.parametrize("first", range(len(SHAPES)))
def test_objects_with_the_keys_of_the_last_one_have_their_own_values(first: int) -> None:
    decoder = Decoder()
    for text in [SHAPES[first]] * 70 + SHAPES * 3 + [SHAPES[first]] * 3:
        name = "UserData" if text.startswith("{") else "more"
        check(decoder.decode(KEEPER.replace("UserData", name) % text), text)


@pytest.mark.parametrize("bad", ['"c":nul}', '"x":tru}', '"c":{"a":1,"b":}', '"c":null,"d":2.5,"e":true}}'])
def test_nothing_is_left_of_an_object_that_was_bad(bad: str) -> None:
    decoder, good, other = Decoder(), SHAPES[0], '{"b":1}'
    records = [KEEPER % text for text in (good, '{"a":"left","b":"behind",' + bad, other)]
    for _ in range(30):
        results = decoder.decode_batch(records, errors="return")
        check(results[0], good)
        assert isinstance(results[1], vmcodec.DecodeError)
        check(results[2], other)


def test_objects_of_one_shape_take_and_leave_as_many_references() -> None:
    decoder = Decoder()
    records = [KEEPER % '{"a":1,"b":null,"c":{"a":1},"d":"x"}'] * 1000
    decoder.decode_batch(records)
    before, blocks = sys.getrefcount(None), sys.getallocatedblocks()
    for _ in range(20):
        decoder.decode_batch(records)
    assert abs(sys.getrefcount(None) - before) < 1000
    assert abs(sys.getallocatedblocks() - blocks) < 1000


def test_a_way_back_through_such_an_object_is_found() -> None:
    class Mark:
        pass

    decoder = Decoder()
    for _ in range(50):
        event = decoder.decode(KEEPER % '{"a":1,"b":{"c":"d"}}')
    assert isinstance(event, vmcodec.EventOnHook) and isinstance(event.user_data, dict)
    mark = Mark()
    inner = event.user_data["b"]
    inner |= {"back": event.user_data, "mark": mark}
    seen_alive = weakref.ref(mark)
    del event, inner, mark
    gc.collect()
    assert seen_alive() is None
