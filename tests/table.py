"""The tables restated as data, by hand: which event has which attribute, under which name and of which type; the codes.

`test_schema.py` holds them against the classes, `test_table.py` against what the decoder does, and `rows_by_hand` makes
of them what the naive decoder goes by. They are written from the vendor's description and not from the classes, so that
they can contradict them.
"""

from typing import Any

import vmcodec
from vmcodec._schema import EnumRow, EventRow, FieldRow, Rows
from vmcodec.enums import AgentWorkMode, CallState, CallType, InfoStatus, OpenIntEnum, ThisDNRole
from vmcodec.events import Time, UnknownEvent

# One column for each event, in order: M mandatory, o optional, . absent. One row for each attribute, in writing order.
NAMES = (
    "EventAgentLogin EventAgentLogout EventAgentReady EventAgentNotReady EventDNOutOfService EventDNBackInService"
    " EventDNDOn EventDNDOff EventForwardSet EventForwardCancel EventOffHook EventOnHook EventMuteOn EventMuteOff"
).split()
KV = dict[str, Any]
TABLE: tuple[tuple[str, str, Any, str], ...] = (
    ("ThisDN", "this_dn", str, "M M M M M M M M M M M M M M"),
    ("Server", "server", int | str, "M M M M o o M M M M M M o o"),
    ("time", "time", Time, "M M M M o o M M M M M M o o"),
    ("AgentID", "agent_id", str, "o o o o . . . . . . . . . ."),
    ("AgentWorkMode", "agent_work_mode", AgentWorkMode, "o . M o . . . . . . . . . ."),
    ("ThisQueue", "this_queue", str, "o o o o . . . . . . . . . ."),
    ("CustomerID", "customer_id", str, "o o o o . . o o o o o o o o"),
    ("Extensions", "extensions", KV, "o o o o o o o o o o o o o o"),
    ("Reasons", "reasons", KV, "o o o o . . o o o o . . o o"),
    ("ReferenceID", "reference_id", int, "o o o o . . o o o o . . o o"),
    ("InfoStatus", "info_status", InfoStatus, ". . . . . . . . o . . . . ."),
    ("OtherDN", "other_dn", str, ". . . . . . . . o . . . . ."),
    ("ConnID", "conn_id", str, ". . . . . . . . . . o o M M"),
    ("CallID", "call_id", int, ". . . . . . . . . . o o . ."),
    ("CallType", "call_type", CallType, ". . . . . . . . . . o . . ."),
    ("CallState", "call_state", CallState, ". . . . . . . . . . o . . ."),
    ("ThisDNRole", "this_dn_role", ThisDNRole, ". . . . . . . . . . . o M M"),
    ("CallHistory", "call_history", KV, ". . . . . . . . . . o o . ."),
    ("NetworkCallID", "network_call_id", int, ". . . . . . . . . . o o o o"),
    ("NetworkNodeID", "network_node_id", int, ". . . . . . . . . . o o o o"),
    ("ThisTrunk", "this_trunk", int, ". . . . . . . . . . o o . ."),
    ("UserData", "user_data", KV, ". . . . . . . . . . o o o o"),
)
CELLS = [
    (name, wire, attribute, kind, mark)
    for wire, attribute, kind, row in TABLE
    for name, mark in zip(NAMES, row.split(), strict=True)
]
CELL_IDS = [f"{name}-{wire}" for name, wire, *_ in CELLS]
TIME_PAIRS = (("seconds", "useconds"), ("tv_sec", "tv_usec"), ("sec", "usec"), ("TimeinSecs", "TimeinuSecs"))
ALIASES = {"EventDNDOn": ("EventDNDOOn", "EventDNOn"), "EventDNDOff": ("EventDNOff",)}

_EXAMPLES: dict[Any, Any] = {str: "7", int | str: 65200, Time: {"seconds": 1, "useconds": 2}, int: -1, KV: {"a": [1]}}


def example(kind: Any) -> Any:
    """A canonical JSON value for an attribute of this type."""
    return _EXAMPLES.get(kind, 2)


def canonical(name: str, marks: str) -> dict[str, Any]:
    """A canonical message of the event, with the attributes whose mark is among `marks`."""
    column = NAMES.index(name)
    body = {wire: example(kind) for wire, _, kind, row in TABLE if row.split()[column] in marks}
    return {"id": name, **body}


# Of each enumeration the prefix of its names, its codes and their names.
CODES: dict[type[OpenIntEnum], tuple[str, str]] = {
    AgentWorkMode: (
        "Agent",
        "0 Unknown 1 ManualIn 2 AutoIn 2 LegalGuard 3 AfterCallWork 4 AuxWork 5 NoCallDisconnect 6 WalkAway"
        " 7 ReturnBack",
    ),
    CallType: ("CallType", "0 Unknown 1 Internal 2 Inbound 3 Outbound 4 Consult"),
    CallState: (
        "CallState",
        "0 Ok 1 Transferred 2 Conferenced 3 GeneralError 4 SystemError 5 RemoteRelease 6 Busy 7 NoAnswer 8 SitDetected"
        " 9 AnsweringMachineDetected 10 AllTrunksBusy 11 SitInvalidnum 12 SitVacant 13 SitIntercept 14 SitUnknown"
        " 15 SitNocircuit 16 SitReorder 17 FaxDetected 18 QueueFull 19 Cleared 20 Overflowed 21 Abandoned 22 Redirected"
        " 23 Forwarded 24 Consult 25 Pickedup 26 Dropped 27 Droppednoanswer 28 Unknown 29 Covered 30 ConverseOn"
        " 31 Bridged 49 Deafened 50 Held",
    ),
    ThisDNRole: (
        "Role",
        "0 Unknown 1 Origination 2 Destination 3 ConferenceMember 4 NewParty 5 AddedBy 6 DeletedBy 7 TransferredBy"
        " 8 DeletedParty 9 ConferencedBy 10 Observer",
    ),
    InfoStatus: (
        "",
        "0 AddressStatus 1 MessageWaitingStatus 2 AssociationStatus 3 CallForwardingStatus 4 AgentStatus"
        " 5 NumberOfAgentsInQueue 6 NumberOfAvailableAgentsInQueue 7 NumberOfCallsInQueue 8 AddressType 9 CallsQuery"
        " 10 SendAllCallsStatus 11 QueueLoginAudit 12 NumberOfIdleClassifiers 13 NumberOfClassifiersInUse"
        " 14 NumberOfIdleTrunks 15 NumberOfTrunksInUse 16 DatabaseValue 17 DNStatus 18 QueueStatus",
    ),
}


def members_of(kind: type[OpenIntEnum]) -> dict[str, int]:
    """The plain names of an enumeration and their codes."""
    words = CODES[kind][1].split()
    return dict(zip(words[1::2], map(int, words[::2]), strict=True))


def spellings(kind: type[OpenIntEnum]) -> dict[str, int]:
    """Every accepted name of an enumeration and its code."""
    found: dict[str, int] = {}
    for name, code in members_of(kind).items():
        prefixed = "AgentWorkModeUnknown" if (kind, name) == (AgentWorkMode, "Unknown") else CODES[kind][0] + name
        found |= {name: code, prefixed: code}
    return found


_KINDS: dict[Any, str] = {str: "text", int | str: "integer_or_text", Time: "time", int: "integer", KV: "kv_list"}


def rows_by_hand() -> Rows:
    """What a decoder is built from, made of the tables here: `_schema`, which lowers the classes, has no part in it."""
    events = []
    for column, name in enumerate(NAMES):
        marks = [(*row, marks.split()[column]) for *row, marks in TABLE]
        fields = [_row(wire, attribute, kind, mark) for wire, attribute, kind, mark in marks if mark != "."]
        ids = (name, *ALIASES.get(name, ()))
        events.append(EventRow(getattr(vmcodec, name), ids, tuple(fields), slots=True, omit=True))
    enums = [
        EnumRow(kind, spellings(kind), {code: kind(code) for code in members_of(kind).values()}, True) for kind in CODES
    ]
    return Rows(tuple(events), tuple(enums), Time, TIME_PAIRS, UnknownEvent)


def _row(wire: str, attribute: str, kind: Any, mark: str) -> FieldRow:
    names = (wire, "Agent ID") if wire == "AgentID" else (wire,)
    enum = list(CODES).index(kind) if kind in CODES else -1
    optional = mark == "o"
    return FieldRow(attribute, names, _KINDS.get(kind, "enum"), enum, not optional, optional, optional, None, None)
