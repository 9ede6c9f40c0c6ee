"""Records with secrets in every place, spoiled in every way, and where a secret may turn up: for `test_canary.py`.

The secrets are such that any four characters of one are known again, and that nothing else looks like them.
"""

from __future__ import annotations

import json
import re
import types
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import vmcodec
from msgspec import structs

WORD, NUMBER = "qzjxkvwq", 7171717171717
SEEN = re.compile("qzjx|zjxk|jxkv|xkvw|kvwq|7171|1717|qz.{1,6}jx|0071.{0,2}007a", re.IGNORECASE | re.DOTALL)
# An object's place in memory may read like a secret.
PLACE = re.compile(" at 0x[0-9a-f]+>", re.IGNORECASE)
PACKAGE = str(Path(vmcodec.__file__).parent)
# The word as JSON may spell it, and with what is no text or no JSON in its middle.
SPELLINGS = [
    WORD.encode(),
    WORD.encode(),
    b"qz\\u006axkvwq",
    b"qzjx\xffkvwq",
    b"qzjx\xed\xa0\x80kvwq",
    b"qzjx\\ud800kvwq",
    b"qzjx\x01kvwq",
    b"qzjx\\qkvwq",
]
NUMBERS = [b"%d" % NUMBER, b"-%d" % NUMBER, b"%d.5" % NUMBER, b"%de999" % NUMBER, b"0%d" % NUMBER, b"%d" % NUMBER**3]
BYTES = [bytes([byte]) for byte in b'"\\{}[]:,x0 \x00\xff\n']


def values(random: Random) -> bytes:
    """A value with a secret in it."""
    match random.randrange(6):
        case 0 | 1:
            return b'"%b"' % random.choice(SPELLINGS)
        case 2 | 3:
            return random.choice(NUMBERS)
        case 4:
            return b'[%b,{"%b":%b}]' % (values(random), random.choice(SPELLINGS), random.choice(NUMBERS))
        case _:
            return b'{"%b":%b}' % (random.choice(SPELLINGS), values(random))


def members(event: type[vmcodec.BaseEvent]) -> Iterator[tuple[str, Any]]:
    """Good members of a record of the event, secrets in all that are free."""
    yield "id", event.__name__
    for field in structs.fields(event):
        if field.encode_name == "time":
            yield "time", {"seconds": NUMBER, "useconds": 1}
        elif "int" in str(field.type) and "str" not in str(field.type):
            yield field.encode_name, NUMBER
        elif "Any" in str(field.type) and field.name != "extra":
            yield field.encode_name, {WORD: {WORD: [WORD, NUMBER]}}
        elif field.name != "extra" and "vmcodec" not in str(field.type):
            yield field.encode_name, WORD
    yield WORD, [WORD, {WORD: NUMBER}]


GOOD = [[(json.dumps(k).encode(), json.dumps(v).encode()) for k, v in members(event)] for event in vmcodec.EVENTS]


def record(random: Random) -> bytes:
    """A record; nearly always a bad one."""
    pairs = list(random.choice(GOOD))
    place = random.randrange(len(pairs))
    match random.randrange(8):
        case 0 | 1 | 2:
            pairs[place] = pairs[place][0], values(random)
        case 3:
            pairs[place] = b'"%b"' % random.choice(SPELLINGS), pairs[place][1]
        case 4:
            pairs.insert(place, (b'"id"', values(random)))
        case 5:
            del pairs[place]
    whole = b"{" + b",".join(key + b":" + value for key, value in pairs) + b"}"
    at = random.randrange(len(whole))
    match random.randrange(6):
        case 0:
            return whole[:at]
        case 1:
            return whole[:at] + random.choice(BYTES) + whole[at + 1 :]
        case 2:
            return whole[:at] + random.choice(SPELLINGS) + whole[at:]
        case 3:
            return random.choice([b"\xef\xbb\xbf", WORD.encode(), b"[", b"\x00"]) + whole
    return whole


def shows(value: object) -> bool:
    """Whether a secret is to be seen in the value's text."""
    text = value if isinstance(value, str) else repr(value)
    return SEEN.search(PLACE.sub(">", text)) is not None


def places(error: BaseException) -> Iterator[tuple[str, object]]:
    """All that hangs on an error, but the frames of others."""
    yield "str", str(error)
    yield "repr", repr(error)
    yield "args", error.args
    yield "dict", error.__dict__
    yield "notes", getattr(error, "__notes__", None)
    yield "cause", error.__cause__
    yield "context", error.__context__
    for name in dir(type(error)):
        if not name.startswith("_") and name not in ("add_note", "with_traceback", "raw"):
            yield name, getattr(error, name)
    trace: types.TracebackType | None = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.startswith(PACKAGE):
            yield "locals of " + trace.tb_frame.f_code.co_name, trace.tb_frame.f_locals
        trace = trace.tb_next


def leaks(error: BaseException) -> list[str]:
    """Where a secret is seen."""
    return [name for name, value in places(error) if shows(value)]
