"""Every cell of the attribute table, through the decoder: what is mandatory, optional, or no attribute of the event.

The table itself is `table.py`; whether the classes say the same is `test_schema.py`'s question.
"""

import json
from typing import Any

import pytest
import vmcodec
from table import ALIASES, CELL_IDS, CELLS, KV, NAMES, TABLE, canonical, example
from vmcodec import DecodeError
from vmcodec.enums import OpenIntEnum
from vmcodec.events import BaseEvent, Time

named = pytest.mark.parametrize("name", NAMES)


def cells(marks: str) -> pytest.MarkDecorator:
    """Run the test for each cell with one of these marks."""
    chosen = [pytest.param(*cell, id=name) for cell, name in zip(CELLS, CELL_IDS, strict=True) if cell[4] in marks]
    return pytest.mark.parametrize(("name", "wire", "attribute", "kind", "mark"), chosen)


def written(body: dict[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def orders(body: dict[str, Any]) -> list[bytes]:
    """The message with its id first, with its id last, and with all members backwards."""
    first, *others = items = list(body.items())
    return [written(body), written(dict([*others, first])), written(dict(reversed(items)))]


def event_of(data: bytes) -> BaseEvent:
    event = vmcodec.decode(data)
    assert isinstance(event, BaseEvent)
    return event


def refusal(data: bytes) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        vmcodec.decode(data)
    return caught.value


def place_of(data: bytes, wire: str) -> int:
    """Where the value of the member begins."""
    return data.index(b'"%b":' % wire.encode()) + len(wire) + 3


def python(kind: Any) -> Any:
    """What the example of this kind is once decoded."""
    value = example(kind)
    if isinstance(kind, type) and issubclass(kind, OpenIntEnum):
        return kind(value)
    return Time(**value) if kind is Time else value


@named
@pytest.mark.parametrize("marks", ["M", "Mo"])
def test_a_canonical_message_gives_its_class_with_every_attribute_in_its_place(name: str, marks: str) -> None:
    body = canonical(name, marks)
    for data in orders(body):
        event = event_of(data)
        assert type(event).__name__ == name
        for wire, attribute, kind, _ in TABLE:
            expected = python(kind) if wire in body else None
            assert getattr(event, attribute, None) == expected
            assert type(getattr(event, attribute, None)) is type(expected)
        assert event.extra is None
        assert vmcodec.encode(event) == written(body)


@pytest.mark.parametrize(("alias", "name"), [(alias, name) for name in ALIASES for alias in ALIASES[name]])
def test_an_alias_of_the_id(alias: str, name: str) -> None:
    body = canonical(name, "Mo")
    for data in orders({**body, "id": alias}):
        assert type(event_of(data)).__name__ == name
        assert vmcodec.encode(event_of(data)) == written(body)


@cells("M")
def test_mandatory(name: str, wire: str, attribute: str, kind: Any, mark: str) -> None:
    whole = canonical(name, "Mo")
    for data in orders({key: value for key, value in whole.items() if key != wire}):
        error = refusal(data)
        assert (error.code, error.path, error.event) == ("missing_attribute", f"$.{wire}", name)
        assert (error.offset, error.got) == (len(data) - 1, None)
    for data in orders({**whole, wire: None}):
        error = refusal(data)
        assert (error.code, error.path, error.event) == ("wrong_type", f"$.{wire}", name)
        assert (error.offset, error.got) == (place_of(data, wire), "null")


@cells("o")
def test_optional(name: str, wire: str, attribute: str, kind: Any, mark: str) -> None:
    whole = canonical(name, "Mo")
    absent = {key: value for key, value in whole.items() if key != wire}
    for data in orders(absent) + orders({**whole, wire: None}):
        event = event_of(data)
        assert event == event_of(written(absent))
        assert getattr(event, attribute) is None
        assert event.extra is None
        assert vmcodec.encode(event) == written(absent)


@cells(".")
def test_an_attribute_of_other_events_is_an_extra_member_and_kept_as_it_came(
    name: str, wire: str, attribute: str, kind: Any, mark: str
) -> None:
    for value in (example(kind), None, True, "12", "Inbound", 1.5, -1, [1, "a", None], {"seconds": 1}):
        body = {**canonical(name, "Mo"), wire: value}
        for data in orders(body):
            event = event_of(data)
            assert event.extra == {wire: value}
            assert type(event.extra[wire]) is type(value)
            assert not hasattr(event, attribute)
            assert vmcodec.encode(event) == written(body)


# A value of each JSON type, and the kinds of attribute that take it.
TYPES: dict[str, tuple[Any, str]] = {
    "boolean": (True, ""),
    "integer": (3, "int text? time enum"),
    "number": (3.0, ""),
    "string": ("3", "str int text?"),
    "array": ([3], ""),
    "object": ({}, "kv"),
}
KINDS: dict[Any, str] = {str: "str", int: "int", int | str: "text?", Time: "time", KV: "kv"}
# These kinds look into a value of this type before they refuse it.
CODES = {("enum", "string"): "unknown_enum", ("time", "object"): "invalid_time"}


@cells("Mo")
def test_a_value_of_each_json_type(name: str, wire: str, attribute: str, kind: Any, mark: str) -> None:
    word = KINDS.get(kind, "enum")
    for got, (value, takers) in TYPES.items():
        for data in orders({**canonical(name, "Mo"), wire: value}):
            if word in takers.split():
                assert event_of(data).extra is None
                continue
            error = refusal(data)
            code = CODES.get((word, got), "wrong_type")
            assert (error.code, error.path, error.event) == (code, f"$.{wire}", name)
            if code == "invalid_time":
                assert (error.offset, error.got) == (place_of(data, wire) + 1, None)
            else:
                assert (error.offset, error.got) == (place_of(data, wire), got)


@named
def test_the_first_missing_attribute_in_the_order_of_the_table_is_told(name: str) -> None:
    whole = canonical(name, "Mo")
    missing = list(canonical(name, "M"))[1:]
    while missing:
        for data in orders({wire: value for wire, value in whole.items() if wire not in missing}):
            assert refusal(data).path == f"$.{missing[0]}"
        missing.pop(0)


def test_a_message_without_id() -> None:
    for data in (b"{}", b'{"ThisDN":"7"}', b'{"Id":"EventDNDOn","ID":"EventDNDOn"}'):
        error = refusal(data)
        assert (error.code, error.path, error.event) == ("missing_attribute", "$.id", None)
        assert error.offset == len(data) - 1
