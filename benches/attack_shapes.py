"""Inputs made to be as bad as can be, each of any size: deep, long, wide, colliding, broken at the very end.

attack.py measures how time grows with them, and attack_peak.py what memory they take. What msgspec and orjson can do
with a shape too is said beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import msgspec
import orjson
import vmcodec
from vmcodec import Decoder, Encoder

LARGE = 2**31
DECODER: Decoder[Any] = Decoder(max_size=LARGE)
DEEP: Decoder[Any] = Decoder(max_size=LARGE, max_depth=1024)
LAZY: Decoder[Any] = Decoder(max_size=LARGE, kv_lists="lazy")
ENCODER = Encoder(max_depth=1024)
MSGSPEC = msgspec.json.Decoder(vmcodec.Event)
HALFWAY = b"9007199254740993." + b"0" * 700 + b"1"  # as far from one float as from the next
HEAD = b'{"id":"EventDNOutOfService","ThisDN":"7"'
Call = Callable[[], object]
Doors = dict[str, Call]


class Shape(NamedTuple):
    """A name for people, and what makes of a size in bytes the calls to clock: ours, and those of the peers."""

    name: str
    doors: Callable[[int], Doors]


def _repeated(part: bytes, size: int) -> bytes:
    """The part again and again, with a comma between."""
    return b",".join([part] * max(1, size // (len(part) + 1)))


def _numbered(form: str, size: int) -> bytes:
    """Numbered parts, with a comma between."""
    width = len(form % 0) + 6
    return ",".join(form % number for number in range(max(1, size // width))).encode()


def _quiet(call: Callable[[Any], object], data: object, *expected: type[Exception]) -> Call:
    """The call on the data; one that is refused has done its work, too."""

    def run() -> object:
        try:
            return call(data)
        except expected:
            return None

    return run


def _validated(data: bytes) -> Call:
    return lambda: DECODER.validate_batch([data])


def _value(make: Callable[[int], bytes]) -> Callable[[int], Doors]:
    """A record with a free-form value, given to the decoders of single messages."""
    return _record(lambda size: HEAD + b',"Extensions":{"k":' + make(size) + b"}}")


def _record(make: Callable[[int], bytes]) -> Callable[[int], Doors]:
    def doors(size: int) -> Doors:
        data = make(size)
        return {
            "decode": _quiet(DECODER.decode, data, vmcodec.DecodeError),
            "validate": _validated(data),
            "msgspec": _quiet(MSGSPEC.decode, data, msgspec.DecodeError, ValueError, RecursionError),
            "orjson": _quiet(orjson.loads, data, ValueError),
        }

    return doors


def _lines(make: Callable[[int], bytes]) -> Callable[[int], Doors]:
    """A buffer of lines. orjson reads no lines: they are split for it."""

    def doors(size: int) -> Doors:
        data = make(size)
        return {
            "decode": lambda: DECODER.decode_lines(data, errors="return"),
            "validate": lambda: DECODER.validate_lines(data),
            "msgspec": _quiet(MSGSPEC.decode_lines, data, msgspec.DecodeError),
            "orjson": _quiet(lambda data: [orjson.loads(line) for line in data.split(b"\n") if line.strip()], data),
        }

    return doors


def _bytewise(make: Callable[[int], bytes]) -> Callable[[int], Doors]:
    """A stream that gives one byte at a time, which only we read."""

    def doors(size: int) -> Doors:
        data = make(size)
        small: Decoder[Any] = Decoder(max_size=max(1024, size // 4)) if make is _endless else DECODER

        def pieces() -> Iterator[bytes]:
            return (data[at : at + 1] for at in range(len(data)))

        return {
            "decode": lambda: sum(1 for _ in small.iter_decode(pieces(), errors="return")),
            "validate": lambda: sum(1 for _ in small.iter_validate(pieces(), threads=1)),
        }

    return doors


def _endless(size: int) -> bytes:
    return b"x" * size


def _long_record(size: int) -> bytes:
    return HEAD + b',"Extensions":{"k":"' + b"x" * size + b'"}}'


def _small_lines(size: int) -> bytes:
    return (HEAD + b"}\n") * (size // (len(HEAD) + 2))


def _bad_lines(size: int) -> bytes:
    return b'{"id":"EventDNOutOfService","ThisDN":7}\n' * (size // 40)


def _blank(size: int) -> bytes:
    return b" \n" * (size // 2)


# Keys that all of our tables put into one place: they differ where the hash cancels out


@cache
def colliding(count: int) -> tuple[str, ...]:
    """Keys of 32 characters whose blocks all have one hash: what is added to one word is taken from another.

    A block's hash turns its second word to the left by 29 bits and its third by 13. Bits 16 higher in the third word
    than in the second meet there, and cancel out.
    """
    keys = []
    for number in range(count):
        word = sum((number >> bit & 1) << 8 * (bit // 2) + bit % 2 for bit in range(12))
        second = 0x404040404040 + word
        third = (0x404040404040 + word) << 16 | 0x4040
        keys.append((b"A" * 8 + second.to_bytes(6, "little") + b"@@" + third.to_bytes(8, "little") + b"B" * 8).decode())
    return tuple(keys)


def _colliding(size: int) -> bytes:
    keys = colliding(4096)
    return ",".join(f'"{keys[number % 4096]}":{number}' for number in range(size // 40)).encode()


# Free-form values


def _escapes(size: int) -> bytes:
    part = rb"\"\\\/\b\f\n\r\t\u0041\u20ac\ud83d\ude00"
    return b'"' + part * (size // len(part)) + b'"'


def _almost_alike(size: int) -> bytes:
    """Objects with the keys of the one before, but for the last: what was guessed is wrong at the very end."""
    common = "".join(f'"key{number}":0,' for number in range(90))
    return b"[" + _numbered("{" + common + '"last%d":0}', size) + b"]"


def _shapes_in_turn(size: int) -> bytes:
    """Objects of two shapes in turn: each unlearns the other."""
    one = b"{" + b",".join(b'"a%d":0' % number for number in range(60)) + b"}"
    return b"[" + _repeated(one + b"," + one.replace(b'"a', b'"b'), size) + b"]"


def _nested(levels: int, part: bytes) -> bytes:
    opening, closing = (b"[", b"]") if part == b"[" else (b'{"k":', b"}")
    return opening * levels + b"0" + closing * levels


# Other doors


def _lazy(size: int) -> Doors:
    data = HEAD + b',"Extensions":{' + _numbered('"key%d":"x"', size) + b"}}"
    return {"decode": lambda: len(LAZY.decode(data).extensions)}


def _written(value: Callable[[int], bytes]) -> Callable[[int], Doors]:
    def doors(size: int) -> Doors:
        event = DEEP.decode(HEAD + b',"Extensions":{"k":' + value(size) + b"}}")
        msgspec_encoder = msgspec.json.Encoder()
        return {
            "decode": lambda: ENCODER.encode(event),
            "msgspec": _quiet(msgspec_encoder.encode, event, RecursionError),
            "orjson": _quiet(orjson.dumps, event.extensions, orjson.JSONEncodeError),
        }

    return doors


def _arrow(make: Callable[[int], bytes]) -> Callable[[int], Doors]:
    def doors(size: int) -> Doors:
        data = make(size)
        return {"decode": lambda: DECODER.decode_arrow(data, errors="return", threads=1)}

    return doors


def _back_from_arrow(size: int) -> Doors:
    table = DECODER.decode_arrow(_small_lines(size), threads=1)
    return {"decode": lambda: table.to_events()}


def _spilled(size: int) -> bytes:
    """Times beyond what a column holds, again and again in one record."""
    return HEAD + b"," + _repeated(b'"time":{"seconds":999999999999,"useconds":0},"x":1', size) + b"}"


def _unknown_ids(size: int) -> bytes:
    return b"\n".join(b'{"id":"Event%d"}' % number for number in range(size // 22))


def _unknown_codes(size: int) -> bytes:
    ready = b'{"id":"EventAgentReady","ThisDN":"7","Server":1,"time":1,"AgentWorkMode":%d}'
    return b"\n".join(ready % (1000 + number) for number in range(size // 80))


def _faulty_before_id(size: int) -> bytes:
    return b'{"UserData":{' + _numbered('"k%d":0', size) + b',},"id":""}'


def _late(size: int) -> bytes:
    members = _numbered('"m%d":0', size // 2) + b',"AgentID":null,' + _numbered('"n%d":0', size // 2)
    return b"{" + members + b',"ThisDN":"7","id":"EventDNOutOfService"}'


SHAPES: tuple[Shape, ...] = (
    Shape("one string", _value(lambda size: b'"' + b"x" * size + b'"')),
    Shape("one string of all escapes", _value(_escapes)),
    Shape("one string of three-byte characters", _value(lambda size: b'"' + "€".encode() * (size // 3) + b'"')),
    Shape("one key", _value(lambda size: b'{"' + b"x" * size + b'":0}')),
    Shape("one key of escapes", _value(lambda size: b'{"' + b"\\n" * (size // 2) + b'":0}')),
    Shape("one integer", _value(lambda size: b"1" * size)),
    Shape("one fraction", _value(lambda size: b"0." + b"1" * size)),
    Shape("one exponent", _value(lambda size: b"1e" + b"9" * size)),
    Shape("one exponent of zeros", _value(lambda size: b"1e" + b"0" * size + b"1")),
    Shape("integers of 4300 digits", _value(lambda size: b"[" + _repeated(b"1" * 4300, size) + b"]")),
    Shape("floats hard to round", _value(lambda size: b"[" + _repeated(HALFWAY, size) + b"]")),
    Shape("small integers", _value(lambda size: b"[" + _repeated(b"7", size) + b"]")),
    Shape("short strings", _value(lambda size: b"[" + _numbered('"s%d"', size) + b"]")),
    Shape("empty objects", _value(lambda size: b"[" + _repeated(b"{}", size) + b"]")),
    Shape("white space", _value(lambda size: b" " * (size // 2) + b"0" + b"\t" * (size // 2))),
    Shape("nesting, too deep", _value(lambda size: _nested(size // 2, b"["))),
    Shape("nesting a hundred deep, often", _value(lambda size: b"[" + _repeated(_nested(100, b"{"), size) + b"]")),
    Shape("unique keys", _value(lambda size: b"{" + _numbered('"key%d":0', size) + b"}")),
    Shape("one key again and again", _value(lambda size: b"{" + _repeated(b'"key":0', size) + b"}")),
    Shape("colliding keys", _value(lambda size: b"{" + _colliding(size) + b"}")),
    Shape("colliding keys, small ones", _value(lambda n: b"[" + _repeated(b"{" + _colliding(4096) + b"}", n) + b"]")),
    Shape("objects almost alike", _value(_almost_alike)),
    Shape("objects of two shapes in turn", _value(_shapes_in_turn)),
    Shape("unknown members", _record(lambda size: HEAD + b"," + _numbered('"m%d":0', size) + b"}")),
    Shape("colliding members", _record(lambda size: HEAD + b"," + _colliding(size) + b"}")),
    Shape("one attribute again and again", _record(lambda n: HEAD + b"," + _repeated(b'"ThisDN":"7"', n) + b"}")),
    Shape("id at the end", _record(_late)),
    Shape("a fault at the end", _value(lambda size: b"[" + _numbered('{"a%d":[0]}', size) + b",]")),
    Shape("a fault at the end, id behind it", _record(_faulty_before_id)),
    Shape("cut off", _record(lambda size: HEAD + b',"Extensions":{' + _numbered('"k%d":"x"', size))),
    Shape("bad UTF-8 at the end", _value(lambda size: b'"' + "é".encode() * (size // 2) + b'\xff"')),
    Shape("lines of one small event", _lines(_small_lines)),
    Shape("lines that are bad", _lines(_bad_lines)),
    Shape("blank lines", _lines(_blank)),
    Shape("byte by byte: one record", _bytewise(_long_record)),
    Shape("byte by byte: small records", _bytewise(_small_lines)),
    Shape("byte by byte: blank lines", _bytewise(_blank)),
    Shape("byte by byte: a record too large", _bytewise(_endless)),
    Shape("lazy values, read", _lazy),
    Shape("written: unique keys", _written(lambda size: b"{" + _numbered('"key%d":0', size) + b"}")),
    Shape("written: nesting", _written(lambda size: b"[" + _repeated(_nested(100, b"{"), size) + b"]")),
    Shape("written: escapes", _written(_escapes)),
    Shape("columns: unique ids", _arrow(_unknown_ids)),
    Shape("columns: unique codes", _arrow(_unknown_codes)),
    Shape("columns: unknown members", _arrow(lambda size: HEAD + b"," + _numbered('"m%d":0', size) + b"}")),
    Shape("columns: values beyond a column", _arrow(_spilled)),
    Shape("columns: back to events", _back_from_arrow),
)  # fmt: skip
