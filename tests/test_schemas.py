"""The schemas say what the decoder does: held against every vector, and against the decoder's own verdict."""

from __future__ import annotations

import copy
import gzip
import json
from functools import cache
from random import Random
from typing import Annotated, Any, ClassVar

import msgspec
import pytest
import strategies
import vmcodec
from hypothesis import find, given
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator
from properties import OwnEvent, examples
from support import ROOT, data_of, vectors
from vmcodec import (
    EVENTS,
    AgentWorkMode,
    BaseEvent,
    Decoder,
    Encoder,
    EventAgentReady,
    EventDNDOn,
    EventForwardSet,
    EventMuteOn,
    EventOffHook,
    schemas,
)

# What no JSON Schema can refuse: what is no JSON, or what is gone once JSON has been read.
UNSEEN = {
    "byte_order_mark", "control_character", "duplicate_id", "empty_input", "framing", "invalid_escape",
    "invalid_number", "invalid_utf8", "lone_surrogate", "syntax", "too_deep", "too_large", "trailing_data", "truncated",
    "wrong_item",
}  # fmt: skip
# The same among the codes that it can refuse otherwise, vector by vector.
UNSEEN_VECTORS = {
    # To JSON Schema 2.0 is an integer.
    "wrong_type: ReferenceID 1.0", "wrong_type: ReferenceID 1e3", "wrong_type: Server 12.0",
    "wrong_type: AgentWorkMode 2.0", "wrong_type: time 1.7e12", "wrong_type: seconds 1.0", "wrong_type: useconds 5e2",
    # Whoever has read the record has lost the first of the two.
    "wrong_type: first of two, though the last is right",
    # Python's `$` stands before a line feed at the end too; that of JSON Schema does not.
    'invalid_integer: ReferenceID "1\\n"',
}  # fmt: skip


class Place(BaseEvent, frozen=True, kw_only=True, tag="EventPlace"):
    """An event with a name of its own, and a mandatory attribute that has two."""

    __id_aliases__: ClassVar[tuple[str, ...]] = ("EventPlaced",)

    place: Annotated[int, msgspec.Meta(extra={"aliases": ("Slot",)})] = msgspec.field(name="Place")
    mode: AgentWorkMode | None = AgentWorkMode.AuxWork
    nothing: int | None = 5


@cache
def validator(*classes: type[BaseEvent], **options: Any) -> Draft202012Validator:
    schema = schemas.json_schema(classes, **options) if classes else schemas.json_schema(**options)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def read(data: Any) -> Any:
    """The JSON value; ValueError for what is none, and for a float that is none."""

    def number(text: str) -> float:
        if abs(float(text)) == float("inf"):
            raise ValueError("no float is that large")
        return float(text)

    def refuse(text: str) -> None:
        raise ValueError(text)

    if not isinstance(data, bytes):
        raise ValueError("not a record")
    return json.loads(data.decode(), parse_constant=refuse, parse_float=number)


@pytest.mark.parametrize("name", ["valid", "forms"])
def test_every_record_that_is_read_is_valid(name: str) -> None:
    for vector in vectors(name):
        validator().validate(read(data_of(vector)))
        if "canonical" in vector:
            validator(wire="canonical").validate(read(vector["canonical"].encode()))


def test_every_bad_record_is_refused_if_json_schema_can() -> None:
    unseen: set[str] = set()
    for vector in vectors("invalid"):
        options = {name: value for name, value in vector.get("options", {}).items() if value in ("forbid", "error")}
        try:
            value = read(data_of(vector))
        except (ValueError, RecursionError):
            if vector["code"] in UNSEEN:
                unseen.add(vector["code"])
            continue
        if validator(**options).is_valid(value):
            assert vector["code"] in UNSEEN or vector["name"] in UNSEEN_VECTORS, vector["name"]
            unseen |= {vector["code"], vector["name"]}
    # Neither list names what is refused after all.
    assert UNSEEN | UNSEEN_VECTORS <= unseen


@given(strategies.any_event())
@examples(150)
def test_what_is_written_is_valid(event: Any) -> None:
    value = read(Encoder().encode(event))
    validator(wire="canonical").validate(value)
    validator().validate(value)


@given(st.sampled_from([EventAgentReady, EventDNDOn, OwnEvent, Place]), st.data(), strategies.seeds())
@examples(200)
def test_own_classes_and_untidy_records_are_valid(cls: type[BaseEvent], data: st.DataObject, seed: int) -> None:
    event = data.draw(strategies.events(cls))
    validator(cls, wire="canonical").validate(json.loads(Encoder(events=(cls,)).encode(event)))
    validator(cls).validate(json.loads(strategies.messy(event, Random(seed))))


VALUES = [
    None, False, True, 0, 1, -1, 4, 5, 255, 2**31, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 1.5,
    -0.25, "", "0", "12", "-12", "-0", "007", "+1", "1.0", "٣", "18446744073709551615", "00018446744073709551615",
    "18446744073709551616", "-9223372036854775808", "-9223372036854775809", "99999999999999999999", "AutoIn",
    "AgentAutoIn", "LegalGuard", "AgentManual", "Inbound", "CallTypeInbound", "RoleOrigination", "Held", "DNStatus",
    "4", "2025-01-01T00:00:00Z", [], [1], {}, {"seconds": 1}, {"seconds": 1, "useconds": 2},
    {"tv_sec": -1, "tv_usec": 999999},
    {"sec": 1, "usec": 1000000}, {"TimeinSecs": 2**63, "TimeinuSecs": 0}, {"sec": 2**63 - 1, "usec": 0},
    {"seconds": 1, "usec": 2}, {"seconds": "1", "useconds": 2}, {"sec": 1, "usec": 2, "zone": "UTC"}, "EventDNDOn",
    "EventDNOn", "EventPlaced", "EventAgentReady", "eventdndon",
]  # fmt: skip


# Between them they have every kind of attribute, and all five enumerations.
@pytest.mark.parametrize(
    "cls", [EventAgentReady, EventDNDOn, EventForwardSet, EventOffHook, EventMuteOn, OwnEvent, Place]
)
def test_the_schema_and_the_decoder_agree_on_every_value(cls: type[BaseEvent]) -> None:
    (row,) = strategies.rows(cls).events
    decoder, encoder = Decoder(events=(cls,)), Encoder(events=(cls,))
    good = json.loads(encoder.encode(find(strategies.events(cls, extra=False), lambda event: True)))
    for name in ["id", "Spare", *(name for field in row.fields for name in field.names)]:
        records = [good | {name: value} for value in VALUES] + [{key: good[key] for key in good if key != name}]
        refused = {error.index for error in decoder.validate_batch(list(map(json.dumps, records)))}
        for place, record in enumerate(records):
            assert validator(cls).is_valid(record) == (place not in refused), record


@pytest.mark.parametrize("cls", [*EVENTS, OwnEvent, Place])
@given(data=st.data(), extra=st.sampled_from(["keep", "forbid"]), unknown=st.sampled_from(["keep", "error"]))
@examples(20)
def test_they_agree_with_any_options(cls: type[BaseEvent], data: st.DataObject, extra: Any, unknown: Any) -> None:
    names = ["id", "Spare", "extra", *(name for row in strategies.rows(cls).events[0].fields for name in row.names)]
    record = json.loads(Encoder(events=(cls,)).encode(data.draw(strategies.events(cls, extra=False))))
    for name in data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=2)):
        record.pop(name, None)
        if data.draw(st.integers(0, 4)):
            record[name] = copy.deepcopy(data.draw(st.sampled_from(VALUES)))
    if data.draw(st.booleans()):
        record = dict(reversed(record.items()))
    decoder = Decoder(events=(cls,), extra=extra, unknown=unknown)
    errors = decoder.validate_batch([json.dumps(record)])
    assert validator(cls, extra=extra, unknown=unknown).is_valid(record) == (not errors), (record, errors)


def test_canonical_is_one_form_only() -> None:
    alone = validator(wire="canonical")
    strict = {"id": "EventAgentReady", "ThisDN": "1", "Server": 1, "time": {"seconds": 1, "useconds": 2}}
    good = strict | {"AgentWorkMode": 2}
    alone.validate(good)
    for change in (
        {"AgentWorkMode": "AutoIn"}, {"time": 1000}, {"time": {"sec": 1, "usec": 2}}, {"Agent ID": "a"},
        {"AgentID": None}, {"ReferenceID": "12"},
    ):  # fmt: skip
        validator().validate(good | change)
        assert not alone.is_valid(good | change), change
    misspelt = {"id": "EventDNDOOn", "ThisDN": "1", "Server": 1, "time": {"seconds": 1, "useconds": 2}}
    validator().validate(misspelt)
    assert not alone.is_valid(misspelt)


def test_the_words_are_those_of_the_classes() -> None:
    schema = schemas.json_schema((Place, EventDNDOn), id="https://example.com/events.json")
    assert schema["$id"] == "https://example.com/events.json"
    assert list(schema["$defs"]) == ["Place", "EventDNDOn", "UnknownEvent", "Integer", "AgentWorkMode", "Time"]
    own = schema["$defs"]["Place"]
    assert own["description"] == "An event with a name of its own, and a mandatory attribute that has two."
    assert own["properties"]["id"] == {"enum": ["EventPlace", "EventPlaced"]}
    assert {"const": 3, "title": "AfterCallWork"} in schema["$defs"]["AgentWorkMode"]["anyOf"]
    assert "do-not-disturb" in schema["$defs"]["EventDNDOn"]["description"].lower()


def test_names_that_are_taken_are_told_apart() -> None:
    class Time(BaseEvent, frozen=True, kw_only=True):
        at: int

    class Moment(BaseEvent, frozen=True, kw_only=True):
        at: vmcodec.Time

    schema = schemas.json_schema((Time, Moment))
    assert list(schema["$defs"]) == ["Time", "Moment", "UnknownEvent", "Integer", "Time_2"]
    assert schema["$defs"]["Moment"]["properties"]["at"] == {"$ref": "#/$defs/Time_2"}


@pytest.mark.parametrize("wire", ["accepted", "canonical"])
@pytest.mark.parametrize("classes", [EVENTS, (OwnEvent, Place)], ids=["events", "own"])
def test_asyncapi_documents_are_well_formed(wire: Any, classes: Any) -> None:
    official = json.loads(gzip.decompress((ROOT / "tests" / "schemas" / "asyncapi-3.0.0.json.gz").read_bytes()))
    document = schemas.asyncapi(classes, wire=wire)
    errors = list(Draft7Validator(official).iter_errors(document))
    assert errors == [], [error.json_path for error in errors]
    (operation,) = document["operations"].values()
    assert operation["action"] == "receive"
    assert len(operation["messages"]) == len(document["channels"]["events"]["messages"]) == len(classes) + 1
    assert document["channels"]["events"]["address"] == "voice-agentstate"


def test_the_validator_of_asyncapi_documents_finds_faults() -> None:
    official = json.loads(gzip.decompress((ROOT / "tests" / "schemas" / "asyncapi-3.0.0.json.gz").read_bytes()))
    document = schemas.asyncapi()
    document["operations"]["receiveEvents"]["action"] = "read"
    document["components"]["messages"]["EventDNDOn"]["bindings"]["kafka"]["key"] = {"type": "text"}
    paths = {error.json_path for error in Draft7Validator(official).iter_errors(document)}
    assert len(paths) == 2, paths


def test_messages_and_keys_of_asyncapi_say_the_same() -> None:
    document = schemas.asyncapi()
    messages = document["components"]["messages"]
    payloads = Draft7Validator({"oneOf": [message["payload"] for message in messages.values()], **document})
    for vector in [*vectors("valid"), *vectors("forms")]:
        payloads.validate(read(data_of(vector)))
    assert not payloads.is_valid({"id": "EventDNDOn"})
    key = Draft7Validator(messages["EventDNDOn"]["bindings"]["kafka"]["key"])
    assert [key.is_valid(text) for text in ("7f3c:A2205", "7f3c:", "t:a:b", "7f3c", 5)] == [True] * 3 + [False] * 2


def test_columns_are_those_of_the_decoder() -> None:
    pa = pytest.importorskip("pyarrow")
    decoder: Decoder[Any] = Decoder(events=(OwnEvent, EventAgentReady))
    columns = schemas.arrow(decoder, keys=True, timestamps=True)
    expected = pa.schema(decoder.arrow_schema(keys=True, timestamps=True))
    assert [column["name"] for column in columns] == expected.names
    assert all(column["nullable"] for column in columns)
    types = {column["name"]: column["type"] for column in columns}
    assert types["AgentWorkMode"] == "dictionary<values=string, indices=int32, ordered=0>"
    assert (types["time"], types["record_time"]) == ("timestamp[us, tz=UTC]", "timestamp[ms, tz=UTC]")
    assert (types["share"], types["flag"]) == ("double", "bool")
    assert {"name": "Extensions", "type": "string", "nullable": True, "extension": "arrow.json"} in columns


@pytest.mark.parametrize("option", ["wire", "extra", "unknown"])
def test_wrong_options_are_told(option: str) -> None:
    options: dict[str, Any] = {option: "ignore"}
    with pytest.raises(ValueError, match=f"{option} must be"):
        schemas.json_schema(**options)


def test_classes_that_are_no_events_are_refused() -> None:
    with pytest.raises(TypeError):
        schemas.json_schema((int,))  # type: ignore[arg-type]
