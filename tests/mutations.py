"""Messages damaged on purpose: by the byte, by the token, and by what they are made of. A mutant may still be valid.

`mutated` damages bytes and tokens; `Mutator` also knows members, numbers, strings, time and depth, and changes several
things at once. The property tests and `campaign` draw from here; all chance comes from the generator they hand in.
"""

import re
import struct
from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

from table import ALIASES, CODES, NAMES, TABLE, TIME_PAIRS, spellings

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|-?[0-9][-+.0-9eE]*|true|false|null|[][{},:]|\s+', re.DOTALL)
_WORDS = (
    b"null true false 0 -1 1.5 -0 1e3 01 1e999 9223372036854775808 18446744073709551616 NaN -Infinity "
    b'"" "0" "-7" "x" "id" "time" "\\ud800" "\\udc00\\ud800" "\\u00e9" "\\x" "\xff" "\xc3\xa9" "\xed\xa0\x80" '
    b'{"seconds":1} {"sec":1,"usec":1000000} {"sec":1,"useconds":1} {"tv_usec":2,"tv_sec":-1} '
    b"[] {} [1] { } [ ] , : \xef\xbb\xbf"
)
_TOKENS = [*_WORDS.split(), *(b"[" * depth + b"]" * depth for depth in (125, 126, 127))]
_BYTES = [*b'"\\,:[]{}0123456789-+.eE \n\t/ubnul', 0, 1, 0x1F, 0x7F, 0x80, 0xBF, 0xC0, 0xE2, 0xED, 0xF0, 0xF4, 0xFF]


def mutated(data: bytes, random: Random) -> bytes:
    """Damage the message in one to three places, by the byte or by the token; now and then it stays valid."""
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        data = _damaged(data, random)
    return data


def _damaged(data: bytes, random: Random) -> bytes:
    if random.random() < 0.5:
        start = random.randrange(len(data) + 1)
        end = min(len(data), start + random.choice([0, 1, 1, 1, 2, 9]))
        match random.randrange(4):
            case 0:
                return data[:start] if random.random() < 0.2 else data[:start] + data[end:]
            case 1:
                return data[:start] + data[start:end] * 2 + data[end:]
            case 2 if start < len(data):
                return data[:start] + bytes([data[start] ^ 1 << random.randrange(8)]) + data[start + 1 :]
        return data[:start] + bytes([random.choice(_BYTES)]) + data[end:]
    tokens = _TOKEN.findall(data) or [b""]
    place, other = random.randrange(len(tokens)), random.randrange(len(tokens))
    match random.randrange(4):
        case 0:
            tokens[place] = b""
        case 1:
            tokens[place], tokens[other] = tokens[other], tokens[place]
        case 2:
            tokens[place] = random.choice(_TOKENS)
        case 3:
            # One member's worth of tokens to another place: doubled members, doubled ids.
            tokens[other:other] = tokens[place : place + 4]
    return b"".join(tokens)


T = TypeVar("T")
Member = tuple[bytes, bytes]

_MEMBER_NAMES = [b'"%b"' % wire.encode() for wire, *_ in TABLE]
_STRANGE_NAMES = (
    b'"id" "Id" "\\u0069d" "Agent_ID" "AgentId" "agentID" "thisdn" "ThisD" "ThisDNX" "ThisDN\\u0000" "\\u0054hisDN" '
    b'"extra" "" "x" "EventSequenceNumber" "\xc3\xa9" "\xff" "\\ud800" "\\q" "seconds" "time " "t\\u0069me" time null 1'
).split() + [b'"Agent ID"'] * 3
_IDS = [
    b'"%b"' % name.encode() for name in (*NAMES, *(alias for names in ALIASES.values() for alias in names))
] + b'"EventQueueLogout" "" "eventmuteon" "EventMuteOn " "Event\\u004duteOn" "EventMuteOn\\u0000" null 7 []'.split()
_CODE_NAMES = [b'"%b"' % name.encode() for kind in CODES for name in spellings(kind)] + (
    b'"inbound" "Inbound " "\\u0049nbound" "2" "" "CallType" "AgentUnknown" "ThisDNRoleDestination"'.split()
)
_INTEGERS = (
    b"0 -0 1 -1 7 999999 1000000 2147483647 2147483648 4294967295 4294967296 9007199254740993 9223372036854775807 "
    b"9223372036854775808 -9223372036854775808 -9223372036854775809 18446744073709551615 18446744073709551616 "
    b"-18446744073709551615 99999999999999999999 100000000000000000000000000000000000000"
).split()
_FLOATS = (
    b"0.0 -0.0 1.0 1e0 1E+2 1e-2 1.5 2.0 0.1 1e22 1e23 5e-324 2.4703282292062327e-324 2.4703282292062328e-324 1e-400 "
    b"2.2250738585072011e-308 2.2250738585072014e-308 1.7976931348623157e308 1.7976931348623158e308 "
    b"1.7976931348623159e308 1e308 1e309 -1e309 9007199254740993.0 9007199254740992.5 "
    b"0.1000000000000000055511151231257827 9223372036854775807.0 1e0000000000000000000001 "
    b"0e999999999999 123456789012345678901234567890e-30"
).split()
_NO_NUMBERS = (
    b"01 -01 00 +1 .5 1. -.5 1e 1e+ 1.e1 - -- 0x1F 1_000 NaN Infinity -Infinity 1.5.5 1-2 1e5e5 \xd9\xa3".split()
)
_LITERALS = b"null null true false Null nul tru nulll True None undefined".split()
_PIECES = (
    b'a 0 7 - "" \\" \\\\ \\/ \\b \\f \\n \\r \\t \\u0000 \\u0041 \\u00e9 \\u20AC \\ud834\\udd1e \\uD834\\uDD1E '
    b"\xc2\x80 \xc3\xa9 \xe2\x82\xac \xed\x9f\xbf \xee\x80\x80 \xef\xbb\xbf \xef\xbf\xbf "
    b"\xf0\x9d\x84\x9e \xf4\x8f\xbf\xbf \x7f / <"
).split()
_BAD_PIECES = (
    b"\\ud800 \\udc00 \\udc00\\ud800 \\ud834\\u0041 \\ud834x \\u12 \\u12g4 \\x41 \\' \\N \\ \x00 \x01 \x1f \x80 \xbf "
    b"\xc0\x80 \xc1\xbf \xc3 \xe0\x80\x80 \xe2\x82 \xed\xa0\x80 \xf0\x80\x80\x80 \xf4\x90\x80\x80 \xf5\x80\x80\x80 "
    b"\xff \xfe"
).split(b" ")
_SPACES = [b" ", b"\n", b"\t", b"\r", b"\r\n", b"  ", b" " * 15, b" " * 33]
_NO_SPACES = [b"\x0b", b"\x0c", b"\xc2\xa0", b"\xef\xbb\xbf", b"\x00", b"/**/", b"//"]
_TIME_NAMES = [name.encode() for pair in TIME_PAIRS for name in pair]


class Mutator:
    """Makes mutants of the seeds, without end; the same ones for the same generator."""

    def __init__(self, seeds: Sequence[bytes], random: Random) -> None:
        self.random = random
        self.seeds = list(seeds)
        self.split = [members for seed in seeds if (members := top_members(seed))]
        self.changes: list[Callable[[list[Member]], None]] = [
            self._drop,
            self._double,
            self._rename,
            self._swap,
            self._move,
            self._put,
            self._put,
            self._replace,
            self._replace,
            self._replace,
            self._own_kind,
            self._own_kind,
            self._own_kind,
        ]
        self.values: list[Callable[[], bytes]] = [
            self._number,
            self._number,
            self._text,
            self._text,
            self._time,
            self._tree,
            self._tree,
            self._word,
        ]

    def mutant(self) -> bytes:
        """The next one: changed as a whole, as bytes, or both."""
        random = self.random
        how = random.random()
        if how < 0.3:
            return self._wrapped(mutated(self._pick(self.seeds), random))
        members = list(self._pick(self.split))
        for _ in range(self._pick((1, 1, 1, 2, 2, 3))):
            self._pick(self.changes)(members)
        data = self._joined(members)
        return self._wrapped(mutated(data, random) if how > 0.85 else data)

    def _pick(self, items: Sequence[T]) -> T:
        """What `choice` does, in a quarter of the time."""
        return items[int(self.random.random() * len(items))]

    def _wrapped(self, data: bytes) -> bytes:
        """Something before or behind it, seldom."""
        choice = self.random.random()
        if choice < 0.99:
            return data
        if choice < 0.993:
            return self._pick((b"\xef\xbb\xbf", b" ", b"\n", b"\0", b"\0\0\0\0\7", b"[")) + data
        return data + self._pick((b"\xef\xbb\xbf", b" \t\r\n", b"x", b"\0", b"}", b",", b"{}", data))

    def _joined(self, members: list[Member]) -> bytes:
        random = self.random
        if random.random() < 0.8:
            return b"{" + b",".join([name + b":" + value for name, value in members]) + b"}"
        strange = random.random() < 0.1
        parts = [b"{"]
        for place, (name, value) in enumerate(members):
            parts += [b"," if place else b"", name, b":", value]
        parts.append(b"}")
        spaces = [*_SPACES, *_NO_SPACES] if strange else _SPACES
        for _ in range(self._pick((1, 2, 5))):
            place = random.randrange(len(parts) + 1)
            parts.insert(place, self._pick(spaces))
        return b"".join(parts)

    # Members.

    def _place(self, members: list[Member]) -> int:
        return self.random.randrange(len(members)) if members else 0

    def _drop(self, members: list[Member]) -> None:
        if members:
            del members[self._place(members)]

    def _double(self, members: list[Member]) -> None:
        if members:
            name, value = self._pick(members)
            again = value if self.random.random() < 0.5 else self._value()
            members.insert(self.random.randrange(len(members) + 1), (name, again))

    def _rename(self, members: list[Member]) -> None:
        if members:
            place = self._place(members)
            members[place] = (self._name(), members[place][1])

    def _swap(self, members: list[Member]) -> None:
        if members:
            one, other = self._place(members), self._place(members)
            members[one], members[other] = (members[one][0], members[other][1]), (members[other][0], members[one][1])

    def _move(self, members: list[Member]) -> None:
        if members:
            member = members.pop(self._place(members))
            members.insert(self.random.randrange(len(members) + 1), member)

    def _put(self, members: list[Member]) -> None:
        name = self._name()
        value = self._of_kind(name) if self.random.random() < 0.5 else self._value()
        members.insert(self.random.randrange(len(members) + 1), (name, value))

    def _replace(self, members: list[Member]) -> None:
        if members:
            place = self._place(members)
            members[place] = (members[place][0], self._value())

    def _own_kind(self, members: list[Member]) -> None:
        if members:
            place = self._place(members)
            members[place] = (members[place][0], self._of_kind(members[place][0]))

    def _name(self) -> bytes:
        return self._pick(_MEMBER_NAMES if self.random.random() < 0.6 else _STRANGE_NAMES)

    # Values.

    def _of_kind(self, name: bytes) -> bytes:
        """A value that the attribute of this name may take, or nearly."""
        random = self.random
        match name:
            case b'"id"':
                return self._pick(_IDS)
            case b'"time"':
                return self._time()
            case b'"AgentWorkMode"' | b'"CallType"' | b'"CallState"' | b'"ThisDNRole"' | b'"InfoStatus"':
                return self._pick(_CODE_NAMES if random.random() < 0.7 else _INTEGERS)
            case b'"ReferenceID"' | b'"CallID"' | b'"NetworkCallID"' | b'"NetworkNodeID"' | b'"ThisTrunk"':
                return self._integer() if random.random() < 0.5 else self._digits()
            case b'"Server"':
                return self._integer() if random.random() < 0.7 else self._text()
            case b'"Extensions"' | b'"Reasons"' | b'"UserData"' | b'"CallHistory"':
                return self._object(3)
        return self._text()

    def _value(self) -> bytes:
        return self._pick(self.values)()

    def _word(self) -> bytes:
        return self._pick(_LITERALS)

    def _integer(self) -> bytes:
        random = self.random
        if random.random() < 0.4:
            return self._pick(_INTEGERS)
        digits = str(random.getrandbits(self._pick((1, 8, 31, 32, 53, 63, 64, 65, 70, 130)))).encode()
        return b"-" + digits if random.random() < 0.3 else digits

    def _digits(self) -> bytes:
        """An integer in quotes, or nearly."""
        before = self._pick((b"", b"", b"", b"0", b"-", b"000", b"0" * 40, b" ", b"+", b"\\u0030", b"0x"))
        return b'"' + before + self._integer() + self._pick((b'"', b'"', b'"', b' "', b'.0"'))

    def _number(self) -> bytes:
        random = self.random
        choice = random.random()
        if choice < 0.3:
            return self._integer()
        if choice < 0.5:
            return self._pick(_FLOATS)
        if choice < 0.65:
            return self._pick(_NO_NUMBERS)
        if choice < 0.655:
            return b"-"[random.randrange(2) :] + b"1" * self._pick((4299, 4300, 4301))
        value: float = struct.unpack("<d", random.randbytes(8))[0]
        if value != value or abs(value) == float("inf"):
            return b"1.5"
        return (self._pick(("%r", "%.16e", "%.17e", "%.25e", "%.1f")) % value)[:400].encode()

    def _text(self) -> bytes:
        random = self.random
        if random.random() < 0.25:
            return b'"' + b"abcdefghijklmnopqrstuvwxyz 0123456789ABCDEFGHIJ"[: random.randrange(48)] + b'"'
        pieces = [self._pick(_PIECES) for _ in range(self._pick((1, 2, 5, 12)))]
        if random.random() < 0.35:
            pieces.insert(random.randrange(len(pieces) + 1), self._pick(_BAD_PIECES))
        # Long text before it puts what matters across the steps of a scanner.
        return b'"' + b"x" * self._pick((0, 0, 0, 3, 14, 15, 16, 30, 31)) + b"".join(pieces) + b'"'

    def _time(self) -> bytes:
        random = self.random
        choice = random.random()
        if choice < 0.2:
            return self._integer()
        if choice < 0.9:
            pair = self._pick(TIME_PAIRS)
            useconds = self._pick((b"0", b"1", b"999999", b"1000000", b"-1", b"-0", b"250000", b"0.0"))
            first = self._integer() if random.random() < 0.6 else b"1735718405"
            parts = [b'"%b":%b' % (pair[0].encode(), first), b'"%b":%b' % (pair[1].encode(), useconds)]
            if random.random() < 0.3:
                parts.insert(random.randrange(3), b'"%b":%b' % (self._pick(_TIME_NAMES), self._pick(_INTEGERS)))
            if random.random() < 0.2:
                parts.reverse()
        else:
            names = [self._pick(_TIME_NAMES) for _ in range(random.randrange(4))]
            parts = [b'"%b":%b' % (name, self._integer()) for name in names]
        return b"{" + b",".join(parts) + b"}"

    def _tree(self) -> bytes:
        choice = self.random.random()
        return self._depth() if choice < 0.15 else self._object(3) if choice < 0.6 else self._array(3)

    def _inner(self, depth: int) -> bytes:
        choice = self.random.random()
        if depth and choice < 0.3:
            return self._object(depth - 1) if choice < 0.2 else self._array(depth - 1)
        return self._text() if choice < 0.6 else self._number() if choice < 0.9 else self._word()

    def _object(self, depth: int) -> bytes:
        parts = []
        for _ in range(self._pick((0, 1, 1, 2, 3))):
            name = self._text() if self.random.random() < 0.2 else self._pick((b'"a"', b'"b"', b'"a"', b'"id"'))
            parts.append(name + b":" + self._inner(depth))
        return b"{" + b",".join(parts) + b"}"

    def _array(self, depth: int) -> bytes:
        return b"[" + b",".join([self._inner(depth) for _ in range(self.random.randrange(4))]) + b"]"

    def _depth(self) -> bytes:
        """Nested as deep as is allowed, or a little more or less."""
        depth = self._pick((1, 2, 124, 125, 126, 127, 128, 129, 200))
        if self.random.random() < 0.5:
            return b"[" * depth + b"]" * depth
        return b'{"a":' * depth + b"1" + b"}" * depth


def top_members(data: bytes) -> list[Member]:
    """The members of the record as they are written, white space left out; none where it has no simple ones."""
    tokens = [token for token in _TOKEN.findall(data) if not token.isspace()]
    members: list[Member] = []
    place = 1
    while place + 2 < len(tokens) and tokens[place + 1] == b":":
        name, start, depth = tokens[place], place + 2, 0
        place = start
        while place < len(tokens) and (depth or tokens[place] not in (b",", b"}")):
            depth += (tokens[place] in (b"{", b"[")) - (tokens[place] in (b"}", b"]"))
            place += 1
        members.append((name, b"".join(tokens[start:place])))
        place += 1
    return members
