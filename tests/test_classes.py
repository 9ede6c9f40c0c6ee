"""Users' own event classes: every kind of attribute, defaults, tags and Struct options, and what is refused.

msgspec is the judge wherever the form on the wire is canonical.
"""

import copy
import enum
import gc
import pickle
from typing import Annotated, Any, ClassVar

import msgspec
import pytest
from msgspec import Meta, field
from vmcodec import (
    EVENTS,
    AgentWorkMode,
    BaseEvent,
    CallType,
    DecodeError,
    Decoder,
    Encoder,
    EventAgentLogin,
    EventDNDOn,
    OpenIntEnum,
    Time,
    UnknownEvent,
)

LOGIN = b'"ThisDN":"7","Server":1,"time":{"seconds":1,"useconds":2}'


def known_and(*classes: type[BaseEvent]) -> tuple[type[BaseEvent], ...]:
    return (*EVENTS, *classes)


class EventRinging(BaseEvent, frozen=True, kw_only=True):
    """An event of another topic."""

    this_dn: str = field(name="ThisDN")
    server: int | str = field(name="Server")
    time: Time = field(name="time")
    call_thread_id: str = field(name="CallThreadID")
    call_type: CallType = field(name="CallType")
    user_data: dict[str, Any] | None = field(default=None, name="UserData")


class LoginFromHome(EventAgentLogin, frozen=True, kw_only=True, tag="LoginFromHome"):
    """A known event, extended."""

    vpn: str | None = field(default=None, name="VPN")
    latency: float = field(name="Latency")


class Closed(enum.IntEnum):
    """Knows its codes only."""

    RED = 1
    CRIMSON = 1
    BLUE = -5


class Open(OpenIntEnum):
    """Keeps other codes."""

    __wire_prefix__ = "Open"
    First = 1


class Kinds(BaseEvent, frozen=True, kw_only=True):
    """Every supported kind of attribute."""

    text: str
    integer: int
    either: int | str
    boolean: bool
    number: float
    closed: Closed
    open: Open
    moment: Time
    free: dict[str, Any]
    many: list[Any]
    anything: Any


class MaybeKinds(BaseEvent, frozen=True, kw_only=True):
    """Every supported kind of attribute, or None."""

    text: str | None = None
    integer: int | None = None
    either: int | str | None = None
    boolean: bool | None = None
    number: float | None = None
    closed: Closed | None = None
    open: Open | None = None
    moment: Time | None = None
    free: dict[str, Any] | None = None
    many: list[Any] | None = None
    anything: Any = None


VALUES = {
    "text": [b'""', b'"a\xc3\xa9"'],
    "integer": [b"0", b"-9223372036854775808", b"18446744073709551615"],
    "either": [b"7", b'"7"'],
    "boolean": [b"true", b"false"],
    "number": [b"0.5", b"-1e300"],
    "closed": [b"1", b"-5"],
    "open": [b"1"],
    "moment": [b'{"seconds":-1,"useconds":999999}'],
    "free": [b"{}", b'{"a":[{}]}'],
    "many": [b"[]", b"[1,[2.5],null]"],
    "anything": [b"null", b"true", b"[{}]", b'"x"', b"1.5"],
}


def the_first(name: str) -> list[bytes]:
    return [b'"%b":%b' % (key.encode(), values[0]) for key, values in VALUES.items() if key != name]


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in VALUES.items() for value in values])
@pytest.mark.parametrize("cls", [Kinds, MaybeKinds])
def test_every_kind_as_msgspec_reads_and_writes_it(cls: type[BaseEvent], name: str, value: bytes) -> None:
    decoder, encoder = Decoder(events=(cls,)), Encoder(events=(cls,))
    members = [*the_first(name), b'"%b":%b' % (name.encode(), value)]
    head = b'"id":"%b"' % cls.__name__.encode()
    for data in (b"{%b}" % b",".join([head, *members]), b"{%b}" % b",".join([*members, head])):
        event = decoder.decode(data)
        theirs = msgspec.json.decode(data, type=cls)
        assert event == theirs
        assert type(getattr(event, name)) is type(getattr(theirs, name))
        assert encoder.encode(event) == msgspec.json.encode(event)


@pytest.mark.parametrize(
    ("name", "value", "code", "got"),
    [
        ("text", b"1", "wrong_type", "integer"),
        ("integer", b"1.0", "wrong_type", "number"),
        ("integer", b'"x"', "invalid_integer", "string"),
        ("integer", b"18446744073709551616", "out_of_range", "integer"),
        ("either", b"true", "wrong_type", "boolean"),
        ("boolean", b"1", "wrong_type", "integer"),
        ("boolean", b'"true"', "wrong_type", "string"),
        ("number", b'"1.5"', "wrong_type", "string"),
        ("number", b"1" * 400, "out_of_range", "integer"),
        ("closed", b"2", "unknown_enum", "integer"),
        ("closed", b'"GREEN"', "unknown_enum", "string"),
        ("closed", b"1.0", "wrong_type", "number"),
        ("open", b'"Second"', "unknown_enum", "string"),
        ("moment", b'"noon"', "wrong_type", "string"),
        ("free", b"[]", "wrong_type", "array"),
        ("many", b"{}", "wrong_type", "object"),
    ],
)
def test_every_kind_refuses_other_types(name: str, value: bytes, code: str, got: str) -> None:
    for cls in (Kinds, MaybeKinds):
        data = b'{"id":"%b",%b,"%b":%b}' % (cls.__name__.encode(), b",".join(the_first(name)), name.encode(), value)
        with pytest.raises(DecodeError) as caught:
            Decoder(events=(cls,)).decode(data)
        error = caught.value
        assert (error.code, error.path, error.got, error.event) == (code, f"$.{name}", got, cls.__name__)
        assert error.offset == data.rindex(value)


def test_lenient_forms_of_the_kinds() -> None:
    data = b'{"id":"MaybeKinds","integer":"07","number":3,"closed":"CRIMSON","open":"OpenFirst","moment":-1}'
    event = Decoder(events=(MaybeKinds,)).decode(data)
    assert event == MaybeKinds(integer=7, number=3.0, closed=Closed.RED, open=Open.First, moment=Time(-1, 999000))
    assert isinstance(event, MaybeKinds)
    assert type(event.number) is float
    assert event.closed is Closed.RED
    event = Decoder(events=(MaybeKinds,)).decode(b'{"id":"MaybeKinds","open":77}')
    assert isinstance(event, MaybeKinds)
    assert (event.open, type(event.open)) == (77, Open)


def test_an_event_of_another_topic() -> None:
    events = known_and(EventRinging)
    decoder, encoder = Decoder(events=events), Encoder(events=events)
    data = b'{"id":"EventRinging",' + LOGIN + b',"CallThreadID":"t-1","CallType":2,"UserData":{"k":1}}'
    event = decoder.decode(data)
    assert event == msgspec.json.decode(data, type=EventRinging)
    assert encoder.encode(event) == data
    assert decoder.decode(data.replace(b":2,", b':"CallTypeInbound",')) == event
    with pytest.raises(DecodeError) as caught:
        decoder.decode(b'{"id":"EventRinging",' + LOGIN + b',"CallType":2}')
    assert (caught.value.path, caught.value.event) == ("$.CallThreadID", "EventRinging")
    assert isinstance(Decoder().decode(data), UnknownEvent)


def test_a_known_event_extended() -> None:
    events = known_and(LoginFromHome)
    decoder, encoder = Decoder(events=events), Encoder(events=events)
    data = b'{"id":"LoginFromHome",' + LOGIN + b',"AgentID":"a","AgentWorkMode":4,"VPN":"v","Latency":0.25}'
    event = decoder.decode(data)
    assert type(event) is LoginFromHome
    assert event == msgspec.json.decode(data, type=LoginFromHome)
    assert encoder.encode(event) == data
    alias = decoder.decode(data.replace(b"AgentID", b"Agent ID"))
    assert alias == event
    assert type(decoder.decode(b'{"id":"EventAgentLogin",' + LOGIN + b"}")) is EventAgentLogin


def test_a_derived_class_does_not_claim_its_parents_other_ids() -> None:
    class QuietHours(EventDNDOn, frozen=True, kw_only=True):
        until: int | None = None

    decoder = Decoder(events=known_and(QuietHours))
    assert type(decoder.decode(b'{"id":"EventDNDOOn",' + LOGIN + b"}")) is EventDNDOn
    assert type(decoder.decode(b'{"id":"QuietHours",' + LOGIN + b"}")) is QuietHours


def test_ids_and_names_with_aliases() -> None:
    class Named(BaseEvent, frozen=True, kw_only=True, tag="a named \u2603", rename="camel"):
        __id_aliases__: ClassVar[tuple[str, ...]] = ("b", "")

        two_words: Annotated[str, Meta(extra={"aliases": ("Two Words", '"')})]
        other: str | None = field(default=None, name="\u2603")

    decoder, encoder = Decoder(events=(Named,)), Encoder(events=(Named,))
    canonical = '{"id":"a named \u2603","twoWords":"x","\u2603":"y"}'.encode()
    wanted = Named(two_words="x", other="y")
    for data in (
        canonical,
        b'{"id":"b","Two Words":"x","\\u2603":"y"}',
        b'{"\\"":"x","\\u2603":"y","id":""}',
    ):
        assert decoder.decode(data) == wanted
    assert encoder.encode(wanted) == canonical == msgspec.json.encode(wanted)


class Defaults(BaseEvent, frozen=True, kw_only=True):
    """Attributes that are something else than None when they are absent."""

    text: str = "none given"
    count: int = 1000
    mode: AgentWorkMode = AgentWorkMode.AuxWork
    moment: Time = Time(0, 0)
    maybe: int | None = 7
    free: dict[str, Any] = field(default_factory=dict)
    many: list[Any] = field(default_factory=list)
    made: list[Any] = field(default_factory=lambda: ["made"])


def test_defaults_and_factories() -> None:
    decoder = Decoder(events=(Defaults,))
    data = b'{"id":"Defaults"}'
    first, second = decoder.decode_batch([data, data])
    assert isinstance(first, Defaults)
    assert isinstance(second, Defaults)
    assert first == second == msgspec.json.decode(data, type=Defaults) == Defaults()
    assert first.mode is AgentWorkMode.AuxWork
    for name in ("free", "many", "made"):
        assert getattr(first, name) is not getattr(second, name)


def test_null_is_none_where_that_is_a_value_and_absent_elsewhere() -> None:
    names = ("text", "count", "mode", "moment", "free", "many", "made")
    nulls = b",".join(b'"%b":null' % name.encode() for name in names)
    assert Decoder(events=(Defaults,)).decode(b'{"id":"Defaults",%b}' % nulls) == Defaults()
    assert Decoder(events=(Defaults,)).decode(b'{%b,"id":"Defaults"}' % nulls) == Defaults()
    assert Decoder(events=(Defaults,)).decode(b'{"id":"Defaults","maybe":null}') == Defaults(maybe=None)


def test_post_init_runs_and_may_refuse() -> None:
    seen = []

    class Checked(BaseEvent, frozen=True, kw_only=True):
        text: str

        def __post_init__(self) -> None:
            seen.append(self.text)
            if self.text == "bad":
                raise ValueError("no")

    decoder = Decoder(events=(Checked,))
    good, bad = b'{"id":"Checked","text":"good"}', b'{"text":"bad","id":"Checked"}'
    assert len(decoder.decode_batch([good, good])) == 2
    assert seen == ["good"] * 2
    with pytest.raises(DecodeError) as caught:
        decoder.decode_batch([good, bad, good])
    assert (caught.value.code, caught.value.index, caught.value.event) == ("refused", 1, "Checked")
    assert caught.value.__cause__ is caught.value.__context__ is None
    # One bad record costs the others nothing.
    first, second, third = decoder.decode_batch([good, bad, good], errors="return")
    assert first == third == Checked(text="good")
    assert isinstance(second, DecodeError)


def test_an_enumeration_may_refuse_a_code() -> None:
    class Picky(OpenIntEnum):
        One = 1

        @classmethod
        def _missing_(cls, value: object) -> Any:
            return None if value == 4711 else super()._missing_(value)

    class Choosy(BaseEvent, frozen=True, kw_only=True):
        mode: Picky

    decoder = Decoder(events=(Choosy,))
    good, bad = b'{"id":"Choosy","mode":6}', b'{"id":"Choosy","mode":4711}'
    first, second, third = decoder.decode_batch([good, bad, good], errors="return")
    assert first == third == Choosy(mode=Picky(6))
    assert isinstance(second, DecodeError)
    with pytest.raises(DecodeError) as caught:
        decoder.decode(bad)
    assert "4711" not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


class Tracked(BaseEvent, frozen=True, kw_only=True, gc=True):
    """Known to the collector."""

    text: str
    free: dict[str, Any] | None = None


class Roomy(BaseEvent, frozen=True, kw_only=True, gc=True, dict=True, weakref=True):
    """With a dict and weak references."""

    text: str
    free: dict[str, Any] | None = None


class Hashed(BaseEvent, frozen=True, kw_only=True, cache_hash=True, order=True):
    """Keeps its hash."""

    text: str
    free: dict[str, Any] | None = None


@pytest.mark.parametrize("cls", [Tracked, Roomy, Hashed])
def test_other_kinds_of_structs(cls: type[BaseEvent]) -> None:
    decoder, encoder = Decoder(events=(cls,)), Encoder(events=(cls,))
    name = cls.__name__.encode()
    plain, full = b'{"id":"%b","text":"x"}' % name, b'{"id":"%b","text":"x","free":{"a":[1]}}' % name
    for data in (plain, full, full[:-1] + b',"more":1}'):
        event, theirs = decoder.decode(data), msgspec.json.decode(data, type=cls)
        assert isinstance(event, BaseEvent)
        assert event == (theirs if not event.extra else msgspec.structs.replace(theirs, extra={"more": 1}))
        assert encoder.encode(event) == data
        assert pickle.loads(pickle.dumps(event)) == copy.deepcopy(event) == event
        if cls is not Hashed:
            assert gc.is_tracked(event) == (data != plain)
    assert hash(decoder.decode(plain)) == hash(msgspec.json.decode(plain, type=cls))
