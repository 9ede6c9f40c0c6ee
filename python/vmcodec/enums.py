"""The five enumerations of the topic, as open integer enums with the names the wire may use.

`events.py` types its attributes with them and the decoder reads their tables through `wire_names()`.
Which member of a message holds a code, and what a bad name leads to, is settled elsewhere.
"""

import enum
from typing import ClassVar, Self

__all__ = ["AgentWorkMode", "CallState", "CallType", "InfoStatus", "OpenIntEnum", "ThisDNRole"]

_LOWEST, _HIGHEST = -(2**63), 2**64 - 1


class OpenIntEnum(enum.IntEnum):
    """An integer enum that keeps codes it does not list.

    Any integer from -2**63 to 2**64 - 1 gives a member. One that is not listed is named `UNLISTED_<code>`;
    it compares, hashes, pickles and copies like its code, but is built anew each time: compare it with
    `==`, not with `is`. The class does not remember it, so strange codes cannot make the class grow. Anything else than
    such an integer raises ValueError.

    On the wire a listed code is the integer, or a member's name with or without the class's prefix, spelled
    exactly. A subclass sets `__wire_prefix__`, and `__wire_exceptions__` for the names that are prefixed otherwise.
    """

    __wire_prefix__: ClassVar[str] = ""
    __wire_exceptions__: ClassVar[dict[str, str]] = {}

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        # Called for codes that are not listed. None makes the caller raise ValueError.
        if isinstance(value, bool) or not isinstance(value, int) or not _LOWEST <= value <= _HIGHEST:
            return None
        member = int.__new__(cls, value)
        member._value_ = int(value)
        member._name_ = f"UNLISTED_{member._value_}"
        return member

    @classmethod
    def wire_names(cls) -> dict[str, int]:
        """Every accepted spelling and its code, in the order of the class: the plain name, then the prefixed one."""
        table: dict[str, int] = {}
        for name, member in cls.__members__.items():  # aliases included
            table[name] = member.value
            table[cls.__wire_exceptions__.get(name, cls.__wire_prefix__ + name)] = member.value
        return table


class AgentWorkMode(OpenIntEnum):
    """What an agent is doing, or how calls reach the agent, beside being ready or not.

    Any mode may come with any agent event: a mode does not tell ready from not ready.
    `LegalGuard` is a second name for the code of `AutoIn`.
    """

    __wire_prefix__ = "Agent"
    __wire_exceptions__: ClassVar[dict[str, str]] = {"Unknown": "AgentWorkModeUnknown"}

    Unknown = 0
    ManualIn = 1
    AutoIn = 2
    LegalGuard = 2  # an alias on purpose
    AfterCallWork = 3
    AuxWork = 4
    NoCallDisconnect = 5
    WalkAway = 6
    ReturnBack = 7


class CallType(OpenIntEnum):
    """Where a call comes from and goes to, seen from the switch."""

    __wire_prefix__ = "CallType"

    Unknown = 0
    Internal = 1
    Inbound = 2
    Outbound = 3
    Consult = 4


class CallState(OpenIntEnum):
    """How far a call got, or how it ended.

    Codes 32 to 48 and 51 to 53 have no trustworthy names and stay plain codes.
    """

    __wire_prefix__ = "CallState"

    Ok = 0
    Transferred = 1
    Conferenced = 2
    GeneralError = 3
    SystemError = 4
    RemoteRelease = 5
    Busy = 6
    NoAnswer = 7
    SitDetected = 8
    AnsweringMachineDetected = 9
    AllTrunksBusy = 10
    SitInvalidnum = 11
    SitVacant = 12
    SitIntercept = 13
    SitUnknown = 14
    SitNocircuit = 15
    SitReorder = 16
    FaxDetected = 17
    QueueFull = 18
    Cleared = 19
    Overflowed = 20
    Abandoned = 21
    Redirected = 22
    Forwarded = 23
    Consult = 24
    Pickedup = 25
    Dropped = 26
    Droppednoanswer = 27
    Unknown = 28
    Covered = 29
    ConverseOn = 30
    Bridged = 31
    Deafened = 49
    Held = 50


class ThisDNRole(OpenIntEnum):
    """The part that the party at ThisDN plays in the call."""

    __wire_prefix__ = "Role"

    Unknown = 0
    Origination = 1
    Destination = 2
    ConferenceMember = 3
    NewParty = 4
    AddedBy = 5
    DeletedBy = 6
    TransferredBy = 7
    DeletedParty = 8
    ConferencedBy = 9
    Observer = 10


class InfoStatus(OpenIntEnum):
    """Which piece of information about an address is meant; the names have no prefix.

    For a forwarded DN only `CallForwardingStatus` and `SendAllCallsStatus` are documented. The others are
    accepted all the same.
    """

    AddressStatus = 0
    MessageWaitingStatus = 1
    AssociationStatus = 2
    CallForwardingStatus = 3
    AgentStatus = 4
    NumberOfAgentsInQueue = 5
    NumberOfAvailableAgentsInQueue = 6
    NumberOfCallsInQueue = 7
    AddressType = 8
    CallsQuery = 9
    SendAllCallsStatus = 10
    QueueLoginAudit = 11
    NumberOfIdleClassifiers = 12
    NumberOfClassifiersInUse = 13
    NumberOfIdleTrunks = 14
    NumberOfTrunksInUse = 15
    DatabaseValue = 16
    DNStatus = 17
    QueueStatus = 18
