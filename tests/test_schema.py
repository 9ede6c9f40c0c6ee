"""The schema restated as data: attribute tables, wire names, aliases, enumerations and time, against the classes.

Everything here goes through plain msgspec; what vmcodec's own decoder makes of the schema is tested elsewhere.
"""

from __future__ import annotations

import copy
import gc
import json
import pickle
import typing
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from table import ALIASES, CELL_IDS, CELLS, CODES, NAMES, TABLE, canonical, members_of, spellings
from vmcodec import enums, events
from vmcodec.enums import AgentWorkMode, CallState, CallType, OpenIntEnum, ThisDNRole
from vmcodec.events import EVENTS, BaseEvent, Event, Time, UnknownEvent
from vmcodec.samples import BAD_SAMPLE, SAMPLES


def fields_of(cls: type[BaseEvent]) -> dict[str, msgspec.inspect.Field]:
    info = msgspec.inspect.type_info(cls)
    assert isinstance(info, msgspec.inspect.StructType)
    return {field.name: field for field in info.fields}


def test_events_are_the_14_classes_in_order() -> None:
    assert [cls.__name__ for cls in EVENTS] == NAMES
    assert typing.get_args(Event) == EVENTS


@pytest.mark.parametrize(("name", "wire", "attribute", "kind", "mark"), CELLS, ids=CELL_IDS)
def test_cell(name: str, wire: str, attribute: str, kind: Any, mark: str) -> None:
    cls: type[BaseEvent] = getattr(events, name)
    field = fields_of(cls).get(attribute)
    if mark == ".":
        assert field is None
        assert wire not in cls.__struct_encode_fields__
        return
    assert field is not None
    assert field.encode_name == wire
    hint = typing.get_type_hints(cls)[attribute]
    if mark == "M":
        assert field.required
        assert hint == kind
    else:
        assert not field.required
        assert field.default is None
        assert hint == kind | None


@pytest.mark.parametrize("cls", EVENTS)
def test_fields_stand_in_table_order_and_nothing_else_does(cls: type[BaseEvent]) -> None:
    column = NAMES.index(cls.__name__)
    rows = [(wire, attribute) for wire, attribute, _, row in TABLE if row.split()[column] != "."]
    assert cls.__struct_fields__ == ("extra", *(attribute for _, attribute in rows))
    assert cls.__struct_encode_fields__ == ("extra", *(wire for wire, _ in rows))


@pytest.mark.parametrize("cls", EVENTS)
def test_struct_config(cls: type[BaseEvent]) -> None:
    config = cls.__struct_config__
    assert config.frozen
    assert not config.gc
    assert config.omit_defaults
    assert (config.tag_field, config.tag) == ("id", cls.__name__)
    assert not config.forbid_unknown_fields
    assert not config.weakref
    assert not config.dict
    assert issubclass(cls, BaseEvent)
    assert cls.__doc__ and "Mandatory:" in cls.__doc__


@pytest.mark.parametrize("cls", EVENTS)
def test_instances_are_keyword_only_frozen_and_outside_the_collector(cls: type[BaseEvent]) -> None:
    data = canonical(cls.__name__, "Mo")
    event = msgspec.convert(data, cls)
    assert not gc.is_tracked(event)
    with pytest.raises(AttributeError):
        event.this_dn = "8"  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="positional"):
        cls("7")  # type: ignore[call-arg, arg-type]


@pytest.mark.parametrize("cls", EVENTS)
def test_id_aliases(cls: type[BaseEvent]) -> None:
    assert cls.__id_aliases__ == ALIASES.get(cls.__name__, ())


@pytest.mark.parametrize("cls", EVENTS)
def test_agent_id_has_a_second_name_and_no_other_attribute_does(cls: type[BaseEvent]) -> None:
    aliases = {
        name: part.extra["aliases"]
        for name, field in fields_of(cls).items()
        for part in (field.type.types if isinstance(field.type, msgspec.inspect.UnionType) else (field.type,))
        if isinstance(part, msgspec.inspect.Metadata) and part.extra
    }
    assert aliases == ({"agent_id": ("Agent ID",)} if "agent_id" in cls.__struct_fields__ else {})


@pytest.mark.parametrize("cls", EVENTS)
@pytest.mark.parametrize("marks", ["M", "Mo"])
def test_msgspec_reads_and_writes_the_canonical_form(cls: type[BaseEvent], marks: str) -> None:
    data = canonical(cls.__name__, marks)
    text = json.dumps(data, separators=(",", ":")).encode()
    event = msgspec.json.decode(text, type=Event)
    assert type(event) is cls
    assert event.extra is None
    assert msgspec.json.encode(event) == text
    assert pickle.loads(pickle.dumps(event)) == event


@pytest.mark.parametrize("cls", EVENTS)
def test_each_mandatory_attribute_is_missed(cls: type[BaseEvent]) -> None:
    data = canonical(cls.__name__, "M")
    for wire in data.keys() - {"id"}:
        partial = {key: value for key, value in data.items() if key != wire}
        with pytest.raises(msgspec.ValidationError, match=f"missing required field `{wire}`"):
            msgspec.convert(partial, Event)


def test_unknown_event() -> None:
    event = UnknownEvent("EventNew", b"{}")
    assert pickle.loads(pickle.dumps(event)) == UnknownEvent(id="EventNew", raw=b"{}")
    assert UnknownEvent.__struct_fields__ == ("id", "raw")
    assert UnknownEvent.__struct_config__.frozen
    assert not UnknownEvent.__struct_config__.gc
    assert UnknownEvent.__struct_config__.tag is None
    assert not issubclass(UnknownEvent, BaseEvent)


ENUMS = list(CODES)


def test_the_module_has_these_five() -> None:
    found = [item for item in vars(enums).values() if isinstance(item, type) and issubclass(item, OpenIntEnum)]
    assert set(found) - {OpenIntEnum} == set(ENUMS)


@pytest.mark.parametrize("kind", ENUMS)
def test_members(kind: type[OpenIntEnum]) -> None:
    assert {name: member.value for name, member in kind.__members__.items()} == members_of(kind)


@pytest.mark.parametrize("kind", ENUMS)
def test_every_spelling(kind: type[OpenIntEnum]) -> None:
    assert kind.wire_names() == spellings(kind)
    assert all(type(code) is int for code in kind.wire_names().values())


def test_some_spellings_by_hand() -> None:
    assert AgentWorkMode.wire_names()["AgentLegalGuard"] == AgentWorkMode.wire_names()["AutoIn"] == 2
    assert "AgentUnknown" not in AgentWorkMode.wire_names()
    assert CallType.wire_names()["CallTypeInbound"] == 2
    assert CallState.wire_names()["CallStateHeld"] == 50
    assert ThisDNRole.wire_names()["RoleDestination"] == 2
    assert "ThisDNRoleDestination" not in ThisDNRole.wire_names()
    assert "inbound" not in CallType.wire_names()
    CallType.wire_names().clear()  # a fresh table each time
    assert len(CallType.wire_names()) == 10


def test_legal_guard_is_auto_in() -> None:
    assert AgentWorkMode.__members__["LegalGuard"] is AgentWorkMode(2)
    assert AgentWorkMode(2).name == "AutoIn"


@pytest.mark.parametrize("kind", ENUMS)
@pytest.mark.parametrize("code", [99, -1, -(2**63), 2**32 - 1, 2**64 - 1])
def test_unlisted_codes_are_kept(kind: type[OpenIntEnum], code: int) -> None:
    member = kind(code)
    assert type(member) is kind
    assert member == code == member.value
    assert type(member.value) is int
    assert member.name == f"UNLISTED_{code}"
    assert repr(member) == f"<{kind.__name__}.UNLISTED_{code}: {code}>"
    assert member == kind(code) and hash(member) == hash(kind(code)) == hash(code)
    for twin in (pickle.loads(pickle.dumps(member)), copy.copy(member), copy.deepcopy(member)):
        assert type(twin) is kind
        assert twin == member
        assert twin.name == member.name
    assert msgspec.json.encode(member) == str(code).encode()
    assert msgspec.json.decode(str(code).encode(), type=kind) == member


def test_code_of_another_enum() -> None:
    assert CallType(AgentWorkMode.AutoIn) is CallType.Inbound
    member = CallType(CallState.Held)
    assert type(member) is CallType
    assert (member.name, type(member.value)) == ("UNLISTED_50", int)


@pytest.mark.parametrize("kind", ENUMS)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_listed_members_pickle_to_themselves(kind: type[OpenIntEnum], protocol: int) -> None:
    for member in kind:
        assert pickle.loads(pickle.dumps(member, protocol)) is member
        assert copy.deepcopy(member) is member


@pytest.mark.parametrize("kind", ENUMS)
@pytest.mark.parametrize("value", [99.0, 1.5, None, "1", "AutoIn", b"1", 2**64, -(2**63) - 1, 2**200])
def test_what_is_no_code_is_refused(kind: type[OpenIntEnum], value: object) -> None:
    with pytest.raises(ValueError, match=f"is not a valid {kind.__name__}"):
        kind(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ENUMS)
def test_unlisted_codes_do_not_make_the_class_grow(kind: type[OpenIntEnum]) -> None:
    def sizes() -> tuple[int, ...]:
        return len(kind), len(kind.__members__), len(kind._value2member_map_), len(vars(kind)), len(kind.wire_names())

    before = sizes()
    assert [kind(code) for code in range(1_000, 11_000)] == list(range(1_000, 11_000))
    text = json.dumps(list(range(20_000, 21_000))).encode()
    assert msgspec.json.decode(text, type=list[kind]) == list(range(20_000, 21_000))  # type: ignore[valid-type]
    assert sizes() == before


def test_an_enum_of_ones_own() -> None:
    class Colour(OpenIntEnum):
        __wire_prefix__ = "Colour"

        Red = 4

    assert Colour.wire_names() == {"Red": 4, "ColourRed": 4}
    assert Colour(5).name == "UNLISTED_5"
    for value in (True, "Red", 5.5):
        with pytest.raises(ValueError, match=r"is not a valid .*Colour"):
            Colour(value)  # type: ignore[arg-type]


MOMENTS = [
    (Time(0, 0), datetime(1970, 1, 1, tzinfo=UTC), 0),
    (Time(1_735_718_400, 250_000), datetime(2025, 1, 1, 8, 0, 0, 250_000, tzinfo=UTC), 1_735_718_400_250_000),
    (Time(-1, 999_999), datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), -1),
    (Time(-86_401, 1), datetime(1969, 12, 30, 23, 59, 59, 1, tzinfo=UTC), -86_400_999_999),
    (Time(2**31, 7), datetime(2038, 1, 19, 3, 14, 8, 7, tzinfo=UTC), 2_147_483_648_000_007),
    (Time(-62_135_596_800, 0), datetime.min.replace(tzinfo=UTC), -62_135_596_800_000_000),
    (Time(253_402_300_799, 999_999), datetime.max.replace(tzinfo=UTC), 253_402_300_799_999_999),
]


@pytest.mark.parametrize(("time", "moment", "microseconds"), MOMENTS)
def test_time_conversions(time: Time, moment: datetime, microseconds: int) -> None:
    assert time.to_datetime() == moment
    assert time.to_datetime().tzinfo is UTC
    assert time.to_epoch_us() == microseconds
    assert Time.from_datetime(moment) == time
    assert Time.from_epoch_us(microseconds) == time


def test_time_from_other_zones_and_none() -> None:
    zone = timezone(timedelta(hours=-5, minutes=-30))
    assert Time.from_datetime(datetime(1969, 12, 31, 18, 30, 0, 5, tzinfo=zone)) == Time(0, 5)
    assert Time.from_datetime(datetime.max.replace(tzinfo=zone)).seconds == 253_402_300_799 + 19_800
    with pytest.raises(ValueError, match="time zone"):
        Time.from_datetime(datetime(2025, 1, 1))


@pytest.mark.parametrize("seconds", [253_402_300_800, -62_135_596_801, 2**40, 2**62, 2**63 - 1, -(2**63)])
def test_time_outside_the_calendar(seconds: int) -> None:
    with pytest.raises(OverflowError):
        Time(seconds, 0).to_datetime()
    assert Time.from_epoch_us(Time(seconds, 999_999).to_epoch_us()) == Time(seconds, 999_999)


@pytest.mark.parametrize("n", [2**63 * 1_000_000, -(2**63) * 1_000_000 - 1, 10**30])
def test_time_outside_64_bits(n: int) -> None:
    with pytest.raises(OverflowError):
        Time.from_epoch_us(n)


def test_time_takes_whole_microseconds_only() -> None:
    with pytest.raises(TypeError):
        Time.from_epoch_us(1.5)  # type: ignore[arg-type]


def test_time_is_a_value() -> None:
    in_order = [Time(-1, 999_999), Time(0, 4), Time(0, 5), Time(1, 0)]
    assert sorted(reversed(in_order)) == in_order
    assert len({Time(1, 2), Time(1, 2)}) == 1
    assert not gc.is_tracked(Time(1, 2))
    assert msgspec.json.encode(Time(-1, 2)) == b'{"seconds":-1,"useconds":2}'
    config = Time.__struct_config__
    assert (config.frozen, config.gc, config.order, config.forbid_unknown_fields) == (True, False, True, True)
    for bad in (b'{"seconds":1}', b'{"seconds":1,"useconds":1000000}', b'{"seconds":1,"useconds":-1}'):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(bad, type=Time)


def test_samples_cover_every_event_and_one_unknown() -> None:
    ids = {json.loads(sample)["id"] for sample in SAMPLES}
    aliases = {alias for names in ALIASES.values() for alias in names}
    assert ids >= {*NAMES, "EventQueueLogout"}
    assert ids - {*NAMES} - aliases == {"EventQueueLogout"}
    assert not any(b"\n" in sample for sample in SAMPLES)


def test_bad_sample_is_json_and_refused() -> None:
    assert json.loads(BAD_SAMPLE)["id"] == "EventAgentReady"
    with pytest.raises(msgspec.ValidationError, match="AgentWorkMode"):
        msgspec.json.decode(BAD_SAMPLE, type=Event)
