"""The attribute table restated as data, by hand: which event has which attribute, under which name and of which type.

`test_schema.py` holds it against the classes, `test_table.py` against what the decoder does. It is written from the
vendor's description and not from the classes, so that it can contradict them.
"""

from typing import Any

from vmcodec.enums import AgentWorkMode, CallState, CallType, InfoStatus, ThisDNRole
from vmcodec.events import Time

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
