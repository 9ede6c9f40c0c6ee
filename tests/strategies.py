"""Hypothesis strategies for events, drawn from the Struct classes themselves, and the ways to write an event untidily.

The property tests use them. Nothing here names an event or an attribute: a class of one's own works just as well.
"""

import functools
import json
import math
from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st
from vmcodec._schema import EventRow, FieldRow, Rows, lower
from vmcodec.events import EVENTS, BaseEvent, Time

_INT64 = st.integers(-(2**63), 2**63 - 1)
_WIRE_INTEGER = st.integers(-(2**63), 2**64 - 1) | st.sampled_from([-1, 0, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1])
_HUGE = st.builds(lambda digits, rest: 10 ** (digits - 1) + rest, st.sampled_from([20, 308, 309, 4300]), st.integers(0))

# Lengths around one and two steps of sixteen bytes, where a scanner that compares in such steps may go wrong.
_LONG = st.text(st.sampled_from('abcXYZ019 ._@-+/\\"\n\x7fé€𝄞'), min_size=12, max_size=36)
_TEXT = st.text(max_size=12) | st.sampled_from(["", "Support\\jane", "+34600111222", "\x00", "\ufeff", "\uffff"]) | _LONG


@functools.cache
def rows(cls: type[BaseEvent]) -> Rows:
    """The lowered rows of one class."""
    return lower((cls,))


def json_scalars() -> st.SearchStrategy[Any]:
    """Any JSON value without parts."""
    return st.one_of(
        _TEXT,
        st.none(),
        st.booleans(),
        st.integers(),
        _WIRE_INTEGER,
        _HUGE,
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from([0.0, -0.0, 1.0, 1e16, 1e-5, 5e-324, 1.7976931348623157e308]),
    )


@functools.cache
def json_values() -> st.SearchStrategy[Any]:
    """Any JSON value, nested or not."""
    return st.recursive(
        json_scalars(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
        max_leaves=6,
    )


@functools.cache
def json_objects() -> st.SearchStrategy[dict[str, Any]]:
    """Any JSON object."""
    return st.dictionaries(_TEXT, json_values(), max_size=4)


def _values(row: FieldRow, rows: Rows) -> st.SearchStrategy[Any]:
    match row.kind:
        case "text":
            return _TEXT
        case "integer":
            return _WIRE_INTEGER
        case "integer_or_text":
            return _WIRE_INTEGER | st.integers() | _HUGE | _TEXT
        case "enum":
            enum = rows.enums[row.enum]
            listed = st.sampled_from(list(enum.members.values()))
            return listed | _WIRE_INTEGER.map(enum.cls) if enum.open else listed
        case "time":
            return st.builds(Time, seconds=_INT64, useconds=st.integers(0, 999_999)) | st.builds(
                Time, seconds=st.integers(0, 2**31), useconds=st.integers(0, 999).map(lambda ms: ms * 1000)
            )
        case "kv_list":
            return json_objects()
        case "boolean":
            return st.booleans()
        case "float":
            return st.floats(allow_nan=False, allow_infinity=False)
        case "list":
            return st.lists(json_values(), max_size=4)
        case "any":
            return json_values()
    raise AssertionError(f"no strategy for {row.kind}")


@functools.cache
def events(cls: type[BaseEvent], *, extra: bool = True) -> st.SearchStrategy[Any]:
    """Events of the class; without `extra`, only those with no unknown members."""
    table = rows(cls)
    (event,) = table.events
    attributes: dict[str, st.SearchStrategy[Any]] = {}
    for row in event.fields:
        values = _values(row, table)
        attributes[row.attribute] = values if row.required else st.none() | values
    if extra:
        own = {"id", *(name for row in event.fields for name in row.names)}
        others = st.text(max_size=12) | st.sampled_from(["extra", "Id", "EventSequenceNumber", "CallUuid"])
        members = st.dictionaries(others.filter(lambda name: name not in own), json_values(), min_size=1, max_size=3)
        attributes["extra"] = st.none() | members
    return st.builds(cls, **attributes)


def any_event() -> st.SearchStrategy[Any]:
    """Events of all classes."""
    return st.sampled_from(EVENTS).flatmap(events)


def messy(event: BaseEvent, random: Random) -> bytes:
    """Write the event in one of the many ways that read as the same event.

    Members stand in any order and between white space; text is escaped at random; values take any accepted form;
    members are repeated, with the true value last. The order of unknown members and of free-form keys is kept, since
    it is part of the canonical form.
    """
    return _Mess(random).event(event).encode()


def messes(event: BaseEvent) -> st.SearchStrategy[bytes]:
    """Untidy spellings of the event. Their details come from one seed, so only the event shrinks."""
    return st.integers(0, 2**32 - 1).map(lambda seed: messy(event, Random(seed)))


_SHORT = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SPACES = [" ", "\n", "\t", "\r", "  ", " \r\n\t ", " " * 17]


class _Mess:
    """Writes JSON untidily."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.spaced = random.random() < 0.6
        self.escapes = random.choice([0.0, 0.1, 0.5, 1.0])

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def space(self) -> str:
        return self.random.choice(_SPACES) if self.spaced and self.chance(0.4) else ""

    def text(self, text: str) -> str:
        return '"' + "".join(self.character(one) for one in text) + '"'

    def character(self, one: str) -> str:
        must = one in '"\\' or one < " "
        if not must and not self.chance(self.escapes):
            return one
        if one in _SHORT and self.chance(0.5):
            return _SHORT[one]
        units = one.encode("utf-16-be")
        digits = [units[place : place + 2].hex() for place in range(0, len(units), 2)]
        return "".join("\\u" + (code.upper() if self.chance(0.5) else code) for code in digits)

    def integer(self, value: int) -> str:
        return "-0" if value == 0 and self.chance(0.3) else str(value)

    def float(self, value: float) -> str:
        exact = Decimal(value)
        forms = [repr(value), f"{value:.17e}", f"{value:.40E}", f"{value:.16e}".replace("e-", "E-0")]
        if math.ulp(value) > 1e-30 and abs(value) < 1e30:
            digits = f"{exact:f}"
            forms += [digits + "000" if "." in digits else digits + ".0", digits + "e0", digits + "E+00"]
        text = self.random.choice(forms)
        # Too few digits give a neighbour now and then.
        return text if float(text) == value and text != str(int(value)) else repr(value)

    def value(self, value: Any) -> str:
        match value:
            case None:
                return "null"
            case bool():
                return "true" if value else "false"
            case int():
                return self.integer(value)
            case float():
                return self.float(value)
            case str():
                return self.text(value)
            case list():
                return self.container("[]", [self.value(item) for item in value])
            case dict():
                return self.container("{}", self.repeated({key: [item] for key, item in value.items()}))
        raise AssertionError(f"no JSON for {type(value)}")

    def container(self, brackets: str, parts: list[str]) -> str:
        inner = ",".join(self.space() + part + self.space() for part in parts) or self.space()
        return brackets[0] + inner + brackets[1]

    def member(self, key: str, text: str) -> str:
        return self.text(key) + self.space() + ":" + self.space() + text

    def repeated(self, members: dict[str, list[Any]]) -> list[str]:
        """Members in their order; some come first with a value that a later one overrules."""
        parts: list[str] = []
        late: list[str] = []
        for key, (value,) in members.items():
            true = self.member(key, self.value(value))
            if self.chance(0.08):
                parts.append(self.member(key, self.random.choice(["0", '"decoy"', "null", '{"a":[{}]}', "1e5"])))
                late.append(true)
            else:
                parts.append(true)
        return parts + late

    def event(self, event: BaseEvent) -> str:
        table = rows(type(event))
        (row,) = table.events
        chains = [[self.member("id", self.text(self.random.choice(row.ids)))]]
        chains += [self.attribute(field, getattr(event, field.attribute), table) for field in row.fields]
        if event.extra is not None:
            chains.append(self.repeated({key: [value] for key, value in event.extra.items()}))
        text = self.container("{}", list(self.merged(chains)))
        return self.space() + text + self.space()

    def merged(self, chains: list[list[str]]) -> Iterator[str]:
        """All items, each chain in its own order."""
        places = [place for place, chain in enumerate(chains) for _ in chain]
        self.random.shuffle(places)
        if self.chance(0.3):
            places.sort()  # the usual order
        iterators = [iter(chain) for chain in chains]
        for place in places:
            yield next(iterators[place])

    def attribute(self, row: FieldRow, value: Any, table: Rows) -> list[str]:
        """The members that give an attribute its value: none, or one, or some that the last one overrules."""
        nullable = row.nullable and not row.required
        texts: list[str] = []
        if self.chance(0.15):
            texts.append("null" if nullable and self.chance(0.3) else self.decoy(row, table))
        if value is not None:
            texts.append(self.form(row, value, table))
        elif texts or self.chance(0.3):
            texts.append("null")
        return [self.member(self.random.choice(row.names), text) for text in texts]

    def decoy(self, row: FieldRow, table: Rows) -> str:
        """Some accepted value of the attribute."""
        match row.kind:
            case "integer":
                return self.random.choice(["-1", '"0"', "18446744073709551615"])
            case "integer_or_text":
                return self.random.choice(["5", '"decoy"'])
            case "enum":
                return self.text(self.random.choice(list(table.enums[row.enum].names)))
            case "time":
                return self.random.choice(["-1", '{"seconds":0,"useconds":0}', '{"tv_usec":5,"tv_sec":-5}'])
            case "kv_list":
                return self.random.choice(["{}", '{"decoy":[]}'])
            case "boolean":
                return "false"
            case "float":
                return "0.5"
            case "list":
                return "[0]"
        return '"decoy"'

    def form(self, row: FieldRow, value: Any, table: Rows) -> str:
        """The value in one of the forms that its kind accepts."""
        match row.kind:
            case "integer" if self.chance(0.4):
                digits = "0" * self.random.choice([0, 0, 1, 30]) + str(abs(value))
                return self.text("-" + digits if value < 0 or (value == 0 and self.chance(0.3)) else digits)
            case "enum":
                names = [name for name, code in table.enums[row.enum].names.items() if code == value]
                return self.text(self.random.choice(names)) if names and self.chance(0.6) else self.integer(int(value))
            case "time":
                return self.time(value, table)
        return self.value(value)

    def time(self, value: Time, table: Rows) -> str:
        milliseconds, rest = divmod(value.to_epoch_us(), 1000)
        if rest == 0 and -(2**63) <= milliseconds < 2**64 and self.chance(0.4):
            return self.integer(milliseconds)
        names = self.random.choice(table.time_pairs)
        chains = [[self.member(names[0], self.integer(value.seconds))]]
        chains.append([self.member(names[1], self.integer(value.useconds))])
        for name, chain in zip(names, chains, strict=True):
            if self.chance(0.1):
                chain.insert(0, self.member(name, "7"))
        return self.container("{}", list(self.merged(chains)))


def canonical_json(value: Any) -> bytes:
    """The value as compact JSON with nothing escaped that need not be."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


__all__ = ["EventRow", "any_event", "canonical_json", "events", "json_objects", "json_values", "messes", "messy", "rows"]
