"""THE schema: one Struct class for each of the 14 events of the `voice-agentstate` topic, in the vendor's order.

`_schema.py` lowers these classes for the decoder and the encoder; people import them. Reading and writing bytes,
and the forms a value may take on the wire, are left to others. M in a comment marks a mandatory attribute.
"""

import operator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, Self, TypeAlias, get_args

from msgspec import Meta, Struct, field

from .enums import AgentWorkMode, CallState, CallType, InfoStatus, ThisDNRole

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Time(Struct, frozen=True, gc=False, order=True, forbid_unknown_fields=True):
    """A moment: whole seconds since 1970-01-01 UTC and the microseconds after them.

    The microseconds count forward even before 1970: one microsecond before the epoch is `Time(-1, 999999)`.
    So the order of the pair is the order in time.
    `__wire_pairs__` lists the names under which producers write the pair; the first is the one we write.
    """

    __wire_pairs__: ClassVar[tuple[tuple[str, str], ...]] = (
        ("seconds", "useconds"),
        ("tv_sec", "tv_usec"),
        ("sec", "usec"),
        ("TimeinSecs", "TimeinuSecs"),
    )

    seconds: int
    useconds: Annotated[int, Meta(ge=0, le=999_999)]

    def to_datetime(self) -> datetime:
        """Return the same moment as an aware UTC datetime, exactly; OverflowError outside the years 1 to 9999."""
        return _EPOCH + timedelta(seconds=self.seconds, microseconds=self.useconds)

    def to_epoch_us(self) -> int:
        """Return the microseconds since 1970-01-01 UTC."""
        return self.seconds * 1_000_000 + self.useconds

    @classmethod
    def from_datetime(cls, dt: datetime) -> Self:
        """Take the moment of an aware datetime, in any time zone; ValueError for a naive one."""
        if dt.utcoffset() is None:
            raise ValueError("a datetime without a time zone is no moment: give it a tzinfo")
        since = dt - _EPOCH
        return cls(seconds=since.days * 86_400 + since.seconds, useconds=since.microseconds)

    @classmethod
    def from_epoch_us(cls, n: int) -> Self:
        """Take a count of microseconds since 1970-01-01 UTC; OverflowError if the seconds need over 64 bits."""
        seconds, useconds = divmod(operator.index(n), 1_000_000)
        if not -(2**63) <= seconds < 2**63:
            raise OverflowError("the seconds do not fit 64 bits")
        return cls(seconds=seconds, useconds=useconds)


AgentID: TypeAlias = Annotated[str, Meta(extra={"aliases": ("Agent ID",)})]


class BaseEvent(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True, tag_field="id", tag=True):
    """What all events share. The member `id` holds the name of the class; events of your own derive from here too.

    A derived class repeats `frozen=True` (type checkers ask for it) and `kw_only=True` (msgspec does not inherit it).
    `extra` holds the members that the class does not declare, or None; when written they follow the others.
    `__id_aliases__` lists further values of `id` that are read as this event, and never written.
    """

    __id_aliases__: ClassVar[tuple[str, ...]] = ()

    extra: dict[str, Any] | None = None


class EventAgentLogin(BaseEvent, frozen=True, kw_only=True):
    """The agent at ThisDN logged in to the ACD group named by ThisQueue.

    Mandatory: ThisDN, Server, time. The same agent and DN may log in several times, once for each group, and a login
    by itself does not change the agent's state. AgentID is there when it is known. Extensions may hold `ReasonCode`,
    the reason keyed in on the telephone.
    """

    this_dn: str = field(name="ThisDN")  # M
    server: int | str = field(name="Server")  # M
    time: Time = field(name="time")  # M
    agent_id: AgentID | None = field(default=None, name="AgentID")
    agent_work_mode: AgentWorkMode | None = field(default=None, name="AgentWorkMode")
    this_queue: str | None = field(default=None, name="ThisQueue")
    customer_id: str | None = field(default=None, name="CustomerID")
    extensions: dict[str, Any] | None = field(default=None, name="Extensions")
    reasons: dict[str, Any] | None = field(default=None, name="Reasons")
    reference_id: int | None = field(default=None, name="ReferenceID")


class EventAgentLogout(BaseEvent, frozen=True, kw_only=True):
    """The agent at ThisDN logged out of the ACD group; with several queues this tells the last of the logouts.

    Mandatory: ThisDN, Server, time. AgentID is there when it is known. Extensions may hold `ReasonCode`.
    """

    this_dn: str = field(name="ThisDN")  # M
    server: int | str = field(name="Server")  # M
    time: Time = field(name="time")  # M
    agent_id: AgentID | None = field(default=None, name="AgentID")
    this_queue: str | None = field(default=None, name="ThisQueue")
    customer_id: str | None = field(default=None, name="CustomerID")
    extensions: dict[str, Any] | None = field(default=None, name="Extensions")
    reasons: dict[str, Any] | None = field(default=None, name="Reasons")
    reference_id: int | None = field(default=None, name="ReferenceID")


class EventAgentReady(BaseEvent, frozen=True, kw_only=True):
    """The agent at ThisDN is ready for ACD calls.

    Mandatory: ThisDN, Server, time, AgentWorkMode. This is the one event that always tells the work mode.
    AgentID is there when it is known. Extensions may hold `ReasonCode`.
    """

    this_dn: str = field(name="ThisDN")  # M
    server: int | str = field(name="Server")  # M
    time: Time = field(name="time")  # M
    agent_id: AgentID | None = field(default=None, name="AgentID")
    agent_work_mode: AgentWorkMode = field(name="AgentWorkMode")  # M
    this_queue: str | None = field(default=None, name="ThisQueue")
    customer_id: str | None = field(default=None, name="CustomerID")
    extensions: dict[str, Any] | None = field(default=None, name="Extensions")
    reasons: dict[str, Any] | None = field(default=None, name="Reasons")
    reference_id: int | None = field(default=None, name="ReferenceID")


class EventAgentNotReady(BaseEvent, frozen=True, kw_only=True):
    """The agent at ThisDN is not ready for ACD calls.

    Mandatory: ThisDN, Server, time. It may follow itself, with another work mode or another reason.
    AgentID is there when it is known. Extensions may hold `ReasonCode`.
    """

    this_dn: str = field(name="ThisDN")  # M
    server: int | str = field(name="Server")  # M
    time: Time = field(name="time")  # M
    agent_id: AgentID | None = field(default=None, name="AgentID")
    agent_work_mode: AgentWorkMode | None = field(default=None, name="AgentWorkMode")
    this_queue: str | None = field(default=None, name="ThisQueue")
    customer_id: str | None = field(default=None, name="CustomerID")
    extensions: dict[str, Any] | None = field(default=None, name="Extensions")
    reasons: dict[str, Any] | None = field(default=None, name="Reasons")
    reference_id: int | None = field(default=None, name="ReferenceID")


class EventDNOutOfService(BaseEvent, frozen=True, kw_only=True):
    """ThisDN can make no calls and get none.

    Mandatory: ThisDN. Told when first noticed and once more to each client that registers, so repeats are normal.
    It implies nothing else: calls that end and agents whose state changes are told by events of their own. A request
    that needs the DN meanwhile gets the T-Library error TERR_OUT_OF_SERVICE. Where `time` is absent, as documented,
    the timestamp of the Kafka record is the only clock.
    """

    this_dn: str = field(name="ThisDN")  # M
    server: int | str | None = field(default=None, name="Server")
    time: Time | None = field(default=None, name="time")
    extensions: dict[str, Any] | None = field(default=None, name="Extensions")


class EventDNBackInService(BaseEvent, frozen=True, kw_only=True):
    """ThisDN, out of service before, works again; clients should then bring their own picture of it up to date.

    Mandatory: ThisDN. A DN with neither service event seen counts as in service. Few events are to be expected between
    the two, and none that comes is wrong. Where `time` is absent, as documented, the timestamp of the Kafka record is
    the only clock.
    """

    this_dn: str = field(name="ThisDN")  # M
    server: int | str | None = field(default=None, name="Server")
    time: Time | None = field(default=None, name="time")
    extensions: dict[str, Any] | None = field(default=None, name="Extensions")


class EventDNDOn(BaseEvent, frozen=True, kw_only=True):
    """Do-not-disturb is now on at ThisDN.

    Mandatory: ThisDN, Server, time. Two misprinted names of the event are read as well.
    """

    __id_aliases__: ClassVar[tuple[str, ...]] = ("EventDNDOOn", "EventDNOn")

    this_dn: str = field(name="ThisDN")  # M
    server: int | str = field(name="Server")  # M
    time: Time = field(name="time")  # M
    customer_id: str | None = field(default=None, name="CustomerID")
    extensions: dict[str, Any] | None = field(default=None, name="Extensions")
    reasons: dict[str, Any] | None = field(default=None, name="Reasons")
    reference_id: int | None = field(default=None, name="ReferenceID")


class EventDNDOff(BaseEvent, frozen=True, kw_only=True):
    """Do-not-disturb is now off at ThisDN.

    Mandatory: ThisDN, Server, time. A misprinted name of the event is read as well.
    """

    __id_aliases__: ClassVar[tuple[str, ...]] = ("EventDNOff",)

    this_dn: str = field(name="ThisDN")  # M
    server: int | str = field(name="Server")  # M
    time: Time = field(name="time")  # M
    customer_id: str | None = field(default=None, name="CustomerID")
    extensions: dict[str, Any] | None = field(default=None, name="Extensions")
    reasons: dict[str, Any] | None = field(default=None, name="Reasons")
    reference_id: int | None = field(default=None, name="ReferenceID")


class EventForwardSet(BaseEvent, frozen=True, kw_only=True):
    """Calls to ThisDN are now forwarded to OtherDN.

    Mandatory: ThisDN, Server, time. InfoStatus tells the kind of forwarding: CallForwardingStatus or
    SendAllCallsStatus.
    """

    this_dn: str = field(name="ThisDN")  # M
    server: int | str = field(name="Server")  # M
    time: Time = field(name="time")  # M
    customer_id: str | None = field(default=None, name="CustomerID")
    extensions: dict[str, Any] | None = field(default=None, name="Extensions")
    reasons: dict[str, Any] | None = field(default=None, name="Reasons")
    reference_id: int | None = field(default=None, name="ReferenceID")
    info_status: InfoStatus | None = field(default=None, name="InfoStatus")
    other_dn: str | None = field(default=None, name="OtherDN")


class EventForwardCancel(BaseEvent, frozen=True, kw_only=True):
    """Calls to ThisDN are no longer forwarded.

    Mandatory: ThisDN, Server, time.
    """

    this_dn: str = field(name="ThisDN")  # M
    server: int | str = field(name="Server")  # M
    time: Time = field(name="time")  # M
    customer_id: str | None = field(default=None, name="CustomerID")
    extensions: dict[str, Any] | None = field(default=None, name="Extensions")
    reasons: dict[str, Any] | None = field(default=None, name="Reasons")
    reference_id: int | None = field(default=None, name="ReferenceID")


class EventOffHook(BaseEvent, frozen=True, kw_only=True):
    """The telephone at ThisDN went off the hook.

    Mandatory: ThisDN, Server, time. All that describes a call is optional.
    """

    this_dn: str = field(name="ThisDN")  # M
    server: int | str = field(name="Server")  # M
    time: Time = field(name="time")  # M
    customer_id: str | None = field(default=None, name="CustomerID")
    extensions: dict[str, Any] | None = field(default=None, name="Extensions")
    conn_id: str | None = field(default=None, name="ConnID")
    call_id: int | None = field(default=None, name="CallID")
    call_type: CallType | None = field(default=None, name="CallType")
    call_state: CallState | None = field(default=None, name="CallState")
    call_history: dict[str, Any] | None = field(default=None, name="CallHistory")
    network_call_id: int | None = field(default=None, name="NetworkCallID")
    network_node_id: int | None = field(default=None, name="NetworkNodeID")
    this_trunk: int | None = field(default=None, name="ThisTrunk")
    user_data: dict[str, Any] | None = field(default=None, name="UserData")


class EventOnHook(BaseEvent, frozen=True, kw_only=True):
    """The telephone at ThisDN is back on the hook.

    Mandatory: ThisDN, Server, time. Unlike EventOffHook it tells the role of ThisDN, not the type and state of the
    call.
    """

    this_dn: str = field(name="ThisDN")  # M
    server: int | str = field(name="Server")  # M
    time: Time = field(name="time")  # M
    customer_id: str | None = field(default=None, name="CustomerID")
    extensions: dict[str, Any] | None = field(default=None, name="Extensions")
    conn_id: str | None = field(default=None, name="ConnID")
    call_id: int | None = field(default=None, name="CallID")
    this_dn_role: ThisDNRole | None = field(default=None, name="ThisDNRole")
    call_history: dict[str, Any] | None = field(default=None, name="CallHistory")
    network_call_id: int | None = field(default=None, name="NetworkCallID")
    network_node_id: int | None = field(default=None, name="NetworkNodeID")
    this_trunk: int | None = field(default=None, name="ThisTrunk")
    user_data: dict[str, Any] | None = field(default=None, name="UserData")


class EventMuteOn(BaseEvent, frozen=True, kw_only=True):
    """The party at ThisDN is now muted in the call ConnID.

    Mandatory: ThisDN, ConnID, ThisDNRole. Where `time` is absent, as documented, the timestamp of the Kafka record
    is the only clock.
    """

    this_dn: str = field(name="ThisDN")  # M
    server: int | str | None = field(default=None, name="Server")
    time: Time | None = field(default=None, name="time")
    customer_id: str | None = field(default=None, name="CustomerID")
    extensions: dict[str, Any] | None = field(default=None, name="Extensions")
    reasons: dict[str, Any] | None = field(default=None, name="Reasons")
    reference_id: int | None = field(default=None, name="ReferenceID")
    conn_id: str = field(name="ConnID")  # M
    this_dn_role: ThisDNRole = field(name="ThisDNRole")  # M
    network_call_id: int | None = field(default=None, name="NetworkCallID")
    network_node_id: int | None = field(default=None, name="NetworkNodeID")
    user_data: dict[str, Any] | None = field(default=None, name="UserData")


class EventMuteOff(BaseEvent, frozen=True, kw_only=True):
    """The party at ThisDN is no longer muted in the call ConnID; ReferenceID tells which request unmuted it.

    Mandatory: ThisDN, ConnID, ThisDNRole. A call that ends may unmute without this event. Where `time` is absent, as
    documented, the timestamp of the Kafka record is the only clock.
    """

    this_dn: str = field(name="ThisDN")  # M
    server: int | str | None = field(default=None, name="Server")
    time: Time | None = field(default=None, name="time")
    customer_id: str | None = field(default=None, name="CustomerID")
    extensions: dict[str, Any] | None = field(default=None, name="Extensions")
    reasons: dict[str, Any] | None = field(default=None, name="Reasons")
    reference_id: int | None = field(default=None, name="ReferenceID")
    conn_id: str = field(name="ConnID")  # M
    this_dn_role: ThisDNRole = field(name="ThisDNRole")  # M
    network_call_id: int | None = field(default=None, name="NetworkCallID")
    network_node_id: int | None = field(default=None, name="NetworkNodeID")
    user_data: dict[str, Any] | None = field(default=None, name="UserData")


class UnknownEvent(Struct, frozen=True, gc=False):
    """A record whose `id` no event class claims: its id and its bytes as they came, to be written back unchanged."""

    id: str
    raw: bytes


Event: TypeAlias = (
    EventAgentLogin
    | EventAgentLogout
    | EventAgentReady
    | EventAgentNotReady
    | EventDNOutOfService
    | EventDNBackInService
    | EventDNDOn
    | EventDNDOff
    | EventForwardSet
    | EventForwardCancel
    | EventOffHook
    | EventOnHook
    | EventMuteOn
    | EventMuteOff
)
"""Any of the 14 events: for annotations, and as the type to give to msgspec."""

EVENTS: tuple[type[BaseEvent], ...] = get_args(Event)
"""The 14 classes, in the order of the schema."""
