"""Hypothesis strategies for events, drawn from the Struct classes themselves, and the ways to write an event untidily.

The property tests use them. All comes from the lowered rows, so a class of one's own works just as well.
"""

import functools
import json
import math
from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st
from vmcodec._schema import FieldRow, Rows, lower
from vmcodec.events import EVENTS, BaseEvent, Time

_INT64 = st.integers(-(2**63), 2**63 - 1)
_EDGES = [-(2**63), -1, 0, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1]
_WIRE_INTEGER = st.integers(-(2**63), 2**64 - 1) | st.sampled_from(_EDGES)
# The longest are rare, since they are slow to print. msgspec, our oracle, refuses a minus before 4,300 digits.
_HUGE = st.sampled_from(
    [2**64, -(2**63) - 1, 10**19, -(10**20) + 1, 10**30 + 7, -(10**38), 2**128, 10**309 - 1, 10**4300 - 1, 1 - 10**4299]
)
_FLOAT = st.floats(allow_nan=False, allow_infinity=False)
_FLOAT_EDGES = [0.0, -0.0, 1.0, 1e15, 1e16, 1e-5, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308]
_SEED = st.integers(0, 2**32 - 1)

# Lengths around one and two steps of sixteen bytes, where a scanner that compares in such steps may go wrong.
_LONG = st.text('abcXYZ019 ._@-+/\\"\n\x7fé€𝄞', min_size=12, max_size=36)
_TEXT_EDGES = ["", "Support\\jane", "+34600111222", "\x00", "\ufeff", "\uffff", "\U0010ffff", "null", "a" * 300]
_TEXT = st.text(max_size=12) | _LONG | st.sampled_from(_TEXT_EDGES)

_SCALAR = st.one_of(
    _TEXT,
    st.text("ab€", max_size=4),
    st.integers(),
    _WIRE_INTEGER,
    _FLOAT,
    st.sampled_from([None, False, True, *_FLOAT_EDGES]),
    _HUGE,
)
_SCALARS = st.tuples(_TEXT, _SCALAR)
_SPECIAL = ["", "é\n", None, True, False, 0, -1, 2**63, 10**30, *_FLOAT_EDGES]
_KEYS = ["", "a", "b", "ReasonCode", "extra", "id", 'k"e\\y', "né", "𝄞", "\x1f", "k" * 40]


@functools.cache
def rows(cls: type[BaseEvent]) -> Rows:
    """The lowered rows of one class."""
    return lower((cls,))


class _Arranger:
    """Builds nested values out of drawn scalars. Drawing the nesting itself would take most of a test's time.

    The seed 0, to which hypothesis shrinks, gives the simplest value.
    """

    def __init__(self, scalars: tuple[str, Any], seed: int) -> None:
        self.random = Random(seed)
        self.flat = seed == 0
        self.scalars = [*scalars, *(self.random.choice(_SPECIAL) for _ in range(2))]
        self.keys = [*_KEYS, scalars[0]]

    def value(self, depth: int = 4) -> Any:
        choice = self.random.random()
        if self.flat or depth == 0 or choice < 0.6:
            return self.scalars[1] if self.flat else self.random.choice(self.scalars)
        if choice < 0.62:
            return self.chain(self.random.randrange(1, 100))
        if choice < 0.8:
            return [self.value(depth - 1) for _ in range(self.random.randrange(4))]
        return self.object(depth - 1)

    def object(self, depth: int = 3) -> dict[str, Any]:
        size = 0 if self.flat else self.random.randrange(4)
        return {self.random.choice(self.keys): self.value(depth) for _ in range(size)}

    def chain(self, length: int) -> Any:
        value = self.random.choice(self.scalars)
        for _ in range(length):
            value = [value] if self.random.random() < 0.5 else {self.random.choice(self.keys): value}
        return value


def json_values() -> st.SearchStrategy[Any]:
    """Any JSON value, nested or not."""
    return st.builds(lambda scalars, seed: _Arranger(scalars, seed).value(), _SCALARS, _SEED)


def json_objects() -> st.SearchStrategy[dict[str, Any]]:
    """Any JSON object."""
    return st.builds(lambda scalars, seed: _Arranger(scalars, seed).object(), _SCALARS, _SEED)


def _values(row: FieldRow, rows: Rows) -> st.SearchStrategy[Any]:
    """Values of the attribute; where they are free-form, seeds to arrange them by."""
    match row.kind:
        case "text":
            return _TEXT
        case "integer":
            return _WIRE_INTEGER
        case "integer_or_text":
            return _WIRE_INTEGER | _HUGE | _TEXT
        case "enum":
            enum = rows.enums[row.enum]
            listed = st.sampled_from(list(enum.members.values()))
            return listed | _WIRE_INTEGER.map(enum.cls) if enum.open else listed
        case "time":
            whole = st.builds(Time, seconds=st.integers(0, 2**31), useconds=st.sampled_from([0, 1000, 250_000]))
            return whole | st.builds(Time, seconds=_INT64, useconds=st.integers(0, 999_999))
        case "boolean":
            return st.booleans()
        case "float":
            return _FLOAT
        case "kv_list" | "list" | "any":
            return _SEED
    raise AssertionError(f"no strategy for {row.kind}")


@functools.cache
def events(cls: type[BaseEvent], *, extra: bool = True) -> st.SearchStrategy[Any]:
    """Events of the class; without `extra`, only those with no unknown members."""
    table = rows(cls)
    (event,) = table.events
    own = {"id", *(name for row in event.fields for name in row.names)}
    values = [_values(row, table) for row in event.fields]
    optional = [not row.required for row in event.fields]

    @st.composite
    def build(draw: st.DrawFn) -> Any:
        absent = draw(st.integers(0, 2 ** (len(values) + 1) - 1))  # one bit each: drawing many small things takes long
        scalars = draw(_SCALARS)
        given: dict[str, Any] = {}
        for place, row in enumerate(event.fields):
            if optional[place] and absent >> place & 1:
                continue
            value = draw(values[place])
            if row.kind in ("kv_list", "list", "any"):
                arranger = _Arranger(scalars, value)
                value = arranger.object() if row.kind == "kv_list" else arranger.value()
                value = [value] if row.kind == "list" else value
            given[row.attribute] = value
        if extra and not absent >> len(values) & 1:
            members = _Arranger(scalars, draw(_SEED)).object().items()
            given["extra"] = {name: value for name, value in members if name not in own} or None
        return cls(**given)

    return build()


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


def seeds() -> st.SearchStrategy[int]:
    """Seeds for the details of untidy spelling: they replay a failure, but only the event shrinks."""
    return _SEED


_SHORT = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_STYLES = [["plain"], ["plain", "ascii"], ["ascii"], ["escaped"], ["plain", "ascii", "escaped", "mixed"], ["mixed"]]
_SPACES = [" ", "\n", "\t", "\r", "  ", " \r\n\t ", " " * 17]


class _Mess:
    """Writes JSON untidily."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.spaced = random.random() < 0.6
        self.styles = random.choice(_STYLES)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def space(self) -> str:
        return self.random.choice(_SPACES) if self.spaced and self.chance(0.4) else ""

    def text(self, text: str) -> str:
        how = self.random.choice(self.styles)
        if how == "mixed" and len(text) < 40:
            return '"' + "".join(map(self.character, text)) + '"'
        if how == "escaped":
            units = text.encode("utf-16-be").hex()
            return '"' + "".join("\\u" + units[place : place + 4] for place in range(0, len(units), 4)) + '"'
        return json.dumps(text, ensure_ascii=how == "ascii")

    def character(self, one: str) -> str:
        choice = self.random.random()
        if choice < 0.7 and one not in '"\\' and one >= " ":
            return one
        if choice < 0.85 and one in _SHORT:
            return _SHORT[one]
        units = one.encode("utf-16-be").hex()
        return "".join("\\u" + units[place : place + 4].upper() for place in range(0, len(units), 4))

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
        if value is not None or row.required:
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
                return self.random.choice(["-1", self.time(Time(-5, 5), table)])
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
            case "float" if value == int(value) and abs(value) < 2**53 and self.chance(0.5):
                # An integer has no -0.0.
                return str(int(value)) if math.copysign(1, value) > 0 or value else repr(value)
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
