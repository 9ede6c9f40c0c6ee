"""Where vmcodec and others differ on purpose: each difference by its name, the reason for it, and an example.

`campaign` goes by it: `explained` tells which entry is the reason that msgspec takes a message otherwise than vmcodec.
It foresees msgspec's result to the last value, so that an entry excuses nothing beside what it describes.
`test_campaign` keeps the list honest: every example must differ, and by its own entry.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import naive
from vmcodec._schema import FieldRow, Rows
from vmcodec.events import UnknownEvent


class Difference(NamedTuple):
    """Why the two differ, and a message that shows it."""

    why: str
    example: bytes


def _service(members: bytes) -> bytes:
    return b'{"id":"EventDNOutOfService","ThisDN":"7"' + members + b"}"


def _mode(members: bytes) -> bytes:
    head = b'{"id":"EventAgentReady","ThisDN":"7","Server":1,"time":{"seconds":1,"useconds":2},"AgentWorkMode":'
    return head + members + b"}"


# Plain JSON that vmcodec refuses: Python's `json` takes it.
FROM_JSON = {
    "float_out_of_range": Difference(
        "a number beyond all doubles has no value", _service(b',"Extensions":{"a":1e999}')
    ),
    "lone_surrogate": Difference("half a pair is no character", _service(b',"Extensions":{"a":"\\ud800"}')),
    "too_deep": Difference("recursion has a limit", _service(b',"Extensions":{"a":' + b"[" * 200 + b"]" * 200 + b"}")),
}

# What vmcodec refuses and msgspec takes, by the naive decoder's reason.
LET_THROUGH = {
    "invalid_utf8": Difference("msgspec does not check UTF-8 in members that it skips", _service(b',"x":"\xff"')),
    "float_out_of_range": Difference("nor the range of floats there", _service(b',"x":1e999')),
    "digits": Difference("nor the length of integers there", _service(b',"x":' + b"1" * 4301)),
    "too_deep": Difference("its limit of depth is Python's own, not 128", _service(b',"x":' + b"[" * 128 + b"]" * 128)),
    "same_id_twice": Difference("it takes the same id twice", _service(b',"id":"EventDNOutOfService"')),
    "value_under_an_alias": Difference("it looks at no value under `Agent ID`", _mode(b'2,"Agent ID":5')),
    "integer_out_of_range": Difference("its integers have no limit of 64 bits", _mode(b'2,"ReferenceID":' + b"9" * 20)),
    "seconds_out_of_range": Difference(
        "nor have its seconds", _service(b',"time":{"seconds":9223372036854775808,"useconds":0}')
    ),
}

# What vmcodec reads and msgspec refuses: forms of the wire that a schema for msgspec does not tell.
FORMS = {
    "unknown_event": Difference("an event that nobody knows is kept", b'{"id":"EventNew"}'),
    "alias_of_an_event": Difference("the misprinted names are read", _mode(b"2").replace(b"AgentReady", b"DNOff")),
    "time_in_milliseconds": Difference("time may be an integer", _service(b',"time":5')),
    "names_of_time": Difference("time has four pairs of names", _service(b',"time":{"sec":1,"usec":2}')),
    "name_of_a_code": Difference("enumerations may come as names", _mode(b'"AutoIn"')),
    "digits_in_text": Difference("integers may come as text", _mode(b'2,"ReferenceID":"12"')),
    "minus_before_4300_digits": Difference("its limit counts the minus", _service(b',"Server":-' + b"1" * 4300)),
    "extra_is_a_name": Difference("`extra` is a member like others", _service(b',"extra":1')),
}

# What both read, and msgspec with other values.
VALUES = {
    "member_named_extra": Difference("msgspec takes it for the attribute `extra`", _service(b',"extra":{"a":1}')),
    "alias_of_an_attribute": Difference("it does not know `Agent ID`", _mode(b'2,"Agent ID":"5"')),
    "unknown_member": Difference("it drops what no class declares", _service(b',"x":1')),
}

FROM_MSGSPEC = {
    f"{kind}: {name}": difference
    for kind, entries in (("let through", LET_THROUGH), ("form", FORMS), ("value", VALUES))
    for name, difference in entries.items()
}


def explained(data: bytes, rows: Rows, theirs: Any) -> str | None:
    """The entry by which msgspec differs on the message; None where it should not, or not in this way.

    `theirs` is its event, or None where it refuses the message. Of several entries that hold, the first to be met in
    reading is told: one that refuses before one that only changes a value.
    """
    allow: set[str] = set()
    first = ""
    while True:
        try:
            members = naive.parse(data, allow=allow)
            event = naive.decode_members(members, data, rows, allow)
            break
        except naive.Refused as refused:
            # Each reason is let through once; what msgspec refuses too is no difference.
            if theirs is None or refused.reason not in LET_THROUGH or refused.reason in allow:
                return None
            allow.add(refused.reason)
            first = first or f"let through: {refused.reason}"
    form = next(_forms(members, event, rows), None)
    if form is not None:
        return f"form: {form}" if theirs is None else None
    expected, change = _as_msgspec(members, event)
    if theirs is None or not naive.identical(expected, theirs):
        return None
    return first or (f"value: {change}" if change else None)


def _forms(members: naive.Pairs, event: Any, rows: Rows) -> Iterator[str]:
    """The forms in the message that msgspec does not take, as a reader meets them."""
    if isinstance(event, UnknownEvent):
        yield "unknown_event"
        return
    (row,) = (row for row in rows.events if row.cls is type(event))
    if dict(members)["id"] != row.ids[0]:
        yield "alias_of_an_event"
    fields = {field.names[0]: field for field in row.fields}
    for key, value in members:
        if key == "extra" and not (value is None or isinstance(value, naive.Pairs)):
            yield "extra_is_a_name"
        elif key == "extra" or key in fields:
            yield from _forms_of(value, fields.get(key), rows)


def _forms_of(value: Any, field: FieldRow | None, rows: Rows) -> Iterator[str]:
    match field.kind if field else "kv_list", value:
        case "time", int():
            yield "time_in_milliseconds"
        case "time", naive.Pairs() if dict(value).keys() != set(rows.time_pairs[0]):
            yield "names_of_time"
        case "enum", str():
            yield "name_of_a_code"
        case "integer", str():
            yield "digits_in_text"
        case (("kv_list" | "integer_or_text"), _) if _has_the_longest(value):
            yield "minus_before_4300_digits"


def _has_the_longest(value: Any) -> bool:
    match value:
        case int():
            return value <= -(10**4299)
        case naive.Pairs():
            return any(_has_the_longest(item) for _, item in value)
        case list():
            return any(map(_has_the_longest, value))
    return False


def _as_msgspec(members: naive.Pairs, event: Any) -> tuple[Any, str]:
    """The event as msgspec reads it, and what it is that msgspec reads otherwise."""
    values = dict(members)
    changes: dict[str, Any] = {}
    change = ""
    if event.extra is not None:
        changes["extra"], change = None, "unknown_member"
    if "Agent ID" in values and hasattr(event, "agent_id"):
        changes["agent_id"], change = values.get("AgentID"), "alias_of_an_attribute"
    if "extra" in values:
        changes["extra"], change = naive.plain(values["extra"]), "member_named_extra"
    return msgspec.structs.replace(event, **changes), change
