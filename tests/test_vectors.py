"""The vectors, through every door of the decoder and the encoder: all doors agree with each other and with the file.

`tests/vectors/README.md` tells what the entries mean. The core reads the same files in `rust/core/tests/vectors.rs`,
with the rows that `plan.json` keeps for it; after a change of the classes, `python tests/test_vectors.py` writes that
file anew.
"""

import functools
import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import vmcodec
from naive import NotJson, parse, plain
from vmcodec import EVENTS, DecodeError, Decoder, Event, UnknownEvent
from vmcodec._schema import lower
from vmcodec.events import BaseEvent

VECTORS = Path(__file__).parent / "vectors"
GOOD = b'{"id":"EventDNOutOfService","ThisDN":"5301"}'


def entries(name: str) -> list[Any]:
    """The entries of the file, each a parameter with its name for an id."""
    found = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))
    assert len({entry["name"] for entry in found}) == len(found)
    return [pytest.param(entry, id=entry["name"]) for entry in found]


def bytes_of(entry: dict[str, Any]) -> bytes:
    return bytes.fromhex(entry["hex"]) if "hex" in entry else entry["data"].encode()


@functools.cache
def _decoder(options: str) -> Decoder[Any]:
    keywords: dict[str, Any] = json.loads(options)
    if "only" in keywords:
        keywords["only"] = [cls for cls in EVENTS if cls.__name__ in keywords["only"]]
    return Decoder(**keywords)


def decoder(**options: Any) -> Decoder[Any]:
    """A decoder of these options; the same one each time, so that it has a past."""
    return _decoder(json.dumps(options))


FACTS: tuple[str, ...] = ("code", "offset", "path", "event", "got")


def facts(error: DecodeError) -> dict[str, Any]:
    return {name: getattr(error, name) for name in FACTS}


def fits_a_line(data: bytes) -> bool:
    """Whether the record, as a line of a buffer, is a record of the same bytes."""
    return b"\n" not in data and not data.endswith(b"\r") and data.strip(b" \t\r") != b""


def check_accepted(data: bytes, event: Any, options: dict[str, Any] | None = None) -> None:
    """Every door gives the event."""
    door = decoder(**options or {})
    assert door.decode(data) == event
    assert door.decode(bytearray(data)) == event
    assert door.decode(memoryview(data)) == event
    assert door.decode(data.decode()) == event
    assert door.decode_batch([GOOD, data]) == [door.decode(GOOD), event]
    assert door.validate_batch([data, data.decode()]) == []
    if fits_a_line(data):
        assert door.decode_lines(b"\r\n" + data + b"\n") == [event]
        assert door.validate_lines(data) == []


@pytest.mark.parametrize("entry", entries("valid"))
def test_valid(entry: dict[str, Any]) -> None:
    data = bytes_of(entry)
    assert data == entry["canonical"].encode()
    event = vmcodec.decode(data)
    assert isinstance(event, BaseEvent)
    assert vmcodec.encode(event) == data
    check_accepted(data, event)
    check_accepted(data, event, {"kv_lists": "lazy"})
    if event.extra is None:
        assert msgspec.json.decode(data, type=Event) == event
        assert msgspec.json.encode(event) == data


@pytest.mark.parametrize("entry", entries("forms"))
def test_forms(entry: dict[str, Any]) -> None:
    data = bytes_of(entry)
    event = vmcodec.decode(data)
    check_accepted(data, event)
    if "unknown" in entry:
        assert event == UnknownEvent(entry["unknown"], data)
        assert vmcodec.encode(event) == data
        return
    canonical = entry["canonical"].encode()
    assert isinstance(event, BaseEvent)
    assert vmcodec.encode(event) == canonical
    assert repr(vmcodec.decode(canonical)) == repr(event)
    assert decoder(kv_lists="lazy").decode(data) == event
    # msgspec refuses a minus before 4,300 digits, and takes a member named `extra` for the attribute.
    if not re.search(r"-\d{4300}", entry["canonical"]) and "extra" not in (event.extra or {}):
        assert msgspec.json.decode(canonical, type=Event) == msgspec.structs.replace(event, extra=None)


@pytest.mark.parametrize("entry", entries("invalid"))
def test_invalid(entry: dict[str, Any]) -> None:
    options = entry.get("options", {})
    door = decoder(**options)
    expected = {name: entry[name] for name in FACTS if name in entry}
    if "item" in entry:
        item: Any = entry["item"]
        with pytest.raises(DecodeError) as raised:
            door.decode(item)
        check_refused(door, item, raised.value, expected, None)
        return
    data = bytes_of(entry)
    with pytest.raises(DecodeError) as raised:
        door.decode(data)
    check_refused(door, data, raised.value, expected, data)
    for item in (bytearray(data), memoryview(data)):
        assert facts(door.validate_batch([item])[0]) == facts(raised.value)
    if "hex" not in entry:
        check_refused(door, data.decode(), raised.value, expected, data)
    if "framing" in options:
        with pytest.raises(ValueError, match="framing"):
            door.decode_lines(data)
    elif fits_a_line(data):
        (error,) = door.validate_lines(b" \n" + data + b"\n\n")
        assert (facts(error), error.index, error.line) == (facts(raised.value), 0, 2)
        assert (error.column, error.raw) == (error.offset + 1, data)
        _, error, _ = door.decode_lines(b"\n".join([GOOD, b"\t", data, GOOD]), errors="return")
        assert (facts(error), error.index, error.line) == (facts(raised.value), 1, 3)
        assert (error.column, error.raw) == (error.offset + 1, data)


def check_refused(
    door: Decoder[Any], item: Any, raised: DecodeError, expected: dict[str, Any], raw: bytes | None
) -> None:
    """Every door that takes single items gives the expected error."""
    assert {name: value for name, value in facts(raised).items() if name in expected} == expected
    assert (raised.index, raised.line, raised.column, raised.raw) == (0, None, None, None)
    (checked,) = [error for error in door.validate_batch([None, item, None]) if error.index == 1]
    results = door.decode_batch(iter([None, item, None]), errors="return")
    assert (results[0], results[2]) == (None, None)
    for error in (checked, results[1]):
        assert isinstance(error, DecodeError)
        assert facts(error) == facts(raised)
        assert (error.index, error.line, error.raw, error.expected) == (1, None, raw, raised.expected)
    with pytest.raises(DecodeError) as again:
        door.decode_batch([None, item])
    assert facts(again.value) == facts(raised)
    assert (again.value.index, again.value.raw) == (1, None)


# Places for a JSON value, each with the options under which the value is built or only checked there.
MUTE = b'"ThisDN":"5301","ConnID":"01","ThisDNRole":1'
Choices = list[dict[str, Any]]
BUILT: dict[str, Any] = {}
DROPPED: Choices = [{"extra": "ignore"}, {"only": ["EventMuteOff"]}]
UNSEEN: Choices = [{"kv_lists": "lazy"}, {"kv_lists": "skip"}, {"only": ["EventMuteOff"]}]
PLACES: dict[str, tuple[bytes, Choices]] = {
    "unknown member": (b'{"id":"EventMuteOn",' + MUTE + b',"v":%b}', [BUILT, *DROPPED]),
    "unknown member before the id": (b'{"v":%b,"id":"EventMuteOn",' + MUTE + b"}", [BUILT, *DROPPED]),
    "in UserData": (b'{"id":"EventMuteOn",' + MUTE + b',"UserData":{"v":%b}}', [BUILT, *UNSEEN]),
    "in UserData before the id": (b'{"UserData":{"v":%b},"id":"EventMuteOn",' + MUTE + b"}", [BUILT, *UNSEEN]),
    "unknown event": (b'{"id":"X","v":%b}', [BUILT, *DROPPED]),
    "unknown event, id last": (b'{"v":%b,"id":"X"}', [BUILT, *DROPPED]),
}


@pytest.mark.parametrize("entry", entries("grammar"))
def test_grammar(entry: dict[str, Any]) -> None:
    document = bytes_of(entry)
    for place, (template, choices) in PLACES.items():
        data = template % document
        found: list[Any] = [decoder(**options).decode_batch([data], errors="return")[0] for options in choices]
        checked = [error for options in choices for error in decoder(**options).validate_batch([data])]
        if entry["ok"]:
            assert checked == []
            assert not any(isinstance(result, DecodeError) for result in found), place
            event = found[0]
            if not isinstance(event, UnknownEvent):
                assert repr(event.user_data or event.extra) == repr({"v": plain(parse(document))})
                assert vmcodec.decode(vmcodec.encode(event)) == event
        else:
            assert len(checked) == len(choices)
            assert len({repr(facts(error)) for error in [*found, *checked]}) == 1, place
            assert found[0].offset >= template.index(b"%b")


@pytest.mark.parametrize("entry", entries("grammar"))
def test_grammar_file_is_right(entry: dict[str, Any]) -> None:
    """The verdicts are those of Python's strict json, save where the entry says otherwise."""
    document = bytes_of(entry)
    try:
        value = json.loads(document.decode(), parse_constant=_refuse)
    except ValueError:
        assert not entry["ok"]
        assert "differs" not in entry
        return
    assert entry["ok"] is ("differs" not in entry)
    if entry["ok"]:
        assert repr(plain(parse(document))) == repr(value)
    else:
        with pytest.raises(NotJson):
            parse(document)


def _refuse(constant: str) -> None:
    raise ValueError(constant)


PLAN = VECTORS / "plan.json"


def plan_text() -> str:
    """The lowered rows, as far as the core reads them."""
    rows = lower(EVENTS)
    plan = {
        "id": "id",
        "time_pairs": rows.time_pairs,
        "enums": [{"names": enum.names, "closed": None if enum.open else sorted(enum.members)} for enum in rows.enums],
        "events": [
            {
                "ids": event.ids,
                "fields": [
                    {
                        "names": row.names,
                        "kind": row.kind,
                        "enum": row.enum,
                        "required": row.required,
                        "nullable": row.nullable,
                    }
                    for row in event.fields
                ],
            }
            for event in rows.events
        ],
    }
    return json.dumps(plan, indent=1, ensure_ascii=False) + "\n"


def test_the_plan_for_the_core_is_what_the_classes_give() -> None:
    assert PLAN.read_text("utf-8") == plan_text(), "the classes have changed: run python tests/test_vectors.py"


if __name__ == "__main__":
    PLAN.write_text(plan_text(), "utf-8")
