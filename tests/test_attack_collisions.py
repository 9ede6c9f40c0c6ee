"""Keys, names and numbers that collide in our own tables: results are right, and little is looked at in vain.

CPython hashes strings with a seed, so nobody can choose keys that meet in a dict. Our tables of names and our caches
hash without one: these keys all meet. The tables of names hold only what the classes say, and a unit test beside them
counts their longest run; the caches look at four places at most. `benches/attack.py` measures what they cost.
"""

import itertools
import json
from typing import Any

import pytest
import vmcodec
from vmcodec import Decoder, EventOffHook

HEAD = '{"id":"EventOffHook","ThisDN":"7","Server":1,"time":1'
MASK = 2**64 - 1


def turned(word: int, bits: int) -> int:
    return (word << bits | word >> 64 - bits) & MASK


def mixed(text: str) -> int:
    """What the hash of a short text is made of, as `block.rs` has it; the rest of it tells these numbers apart only."""
    data = text.encode().ljust(32, b"\0")
    first, second, third, fourth = (int.from_bytes(data[at : at + 8], "little") for at in (0, 8, 16, 24))
    return first ^ turned(second, 29) ^ turned(third, 13) ^ turned(fourth, 43)


def colliding(count: int) -> list[str]:
    """Texts of one hash: what turns up in the second word is taken back by the third, which is turned 16 bits less."""
    texts = []
    for number in range(count):
        second = 0x4040_4040_4040_4040 + sum((number >> bit & 1) << bit // 2 * 8 + bit % 2 for bit in range(12))
        words = (0x4141_4141_4141_4141, second, turned(second, 16), 0x4242_4242_4242_4242)
        texts.append(b"".join(word.to_bytes(8, "little") for word in words).decode())
    return texts


KEYS = colliding(4096)


def test_they_collide() -> None:
    assert len(set(KEYS)) == 4096
    assert len({mixed(key) for key in KEYS}) == 1
    assert all(key.isascii() and key.isprintable() and len(key) == 32 for key in KEYS)


def check(decoder: Decoder[Any], records: list[str]) -> None:
    wanted = [json.loads(record) for record in records]
    for _ in range(2):
        for event, members in zip(decoder.decode_batch(records), wanted, strict=True):
            assert isinstance(event, EventOffHook)
            assert dict(event.user_data or {}) == members.get("UserData", {})
            assert event.customer_id == members.get("CustomerID")
            assert event.call_id == members.get("CallID")
            left = members.keys() - {"id", "ThisDN", "Server", "time", "UserData", "CustomerID", "CallID"}
            assert event.extra == ({name: members[name] for name in left} or None)
    assert decoder.validate_batch(records) == []


@pytest.mark.parametrize("kv_lists", ["dict", "lazy"])
def test_keys_and_values_that_collide(kv_lists: Any) -> None:
    decoder = Decoder(kv_lists=kv_lists)
    many = ",".join(f'"{key}":{number}' for number, key in enumerate(KEYS * 4))
    few = [",".join(f'"{key}":"{key[::-1]}{number % 3}"' for key in KEYS[number : number + 7]) for number in range(900)]
    check(decoder, [f'{HEAD},"UserData":{{{members}}}}}' for members in (many, *few, many)])
    check(decoder, [f"{HEAD},{members}}}" for members in (many, *few)])
    check(decoder, [f'{HEAD},"CustomerID":"{key}"}}' for key in KEYS])
    check(decoder, [f'{HEAD},"UserData":{{"k":"{key}","{key}":"k"}}}}' for key in KEYS])
    # Numbers and small objects have a place each, too; where an object stands decides on its template.
    check(decoder, [f'{HEAD},"CallID":{number << 20}}}' for number in range(2000)])
    shapes = itertools.cycle(['{"a":1,"b":{"a":2}}', '{"b":1,"a":{"b":2}}', '{"a":1}', "{}"])
    check(decoder, [f'{HEAD},"UserData":{{"{key}":{next(shapes)}}}}}' for key in KEYS])


def test_ids_and_enumeration_names_that_collide() -> None:
    unknown = vmcodec.decode_batch([f'{{"id":"{key}"}}' for key in KEYS])
    assert [event.id for event in unknown if isinstance(event, vmcodec.UnknownEvent)] == KEYS
    errors = vmcodec.decode_batch([f'{HEAD},"CallType":"{key}"}}' for key in KEYS], errors="return")
    assert {error.code for error in errors if isinstance(error, vmcodec.DecodeError)} == {"unknown_enum"}
    table = vmcodec.decode_arrow([f'{{"id":"{key}","{key}":"{key}"}}' for key in KEYS])
    assert table.to_events() == vmcodec.decode_batch([f'{{"id":"{key}","{key}":"{key}"}}' for key in KEYS])


def test_keys_that_collide_are_written() -> None:
    events = vmcodec.decode_batch([f'{HEAD},"UserData":{{"{one}":"{two}"}}}}' for one, two in itertools.pairwise(KEYS)])
    assert vmcodec.decode_batch(vmcodec.encode_batch(events)) == events
