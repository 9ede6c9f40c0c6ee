"""What records look like, told to other tools: JSON Schema, AsyncAPI, and the Arrow columns in words.

All of it follows from the event classes, by the rows that decoders are made of; so classes of your own work as well.
`vmcodec schema` prints it. Spark's schema is that of `vmcodec.spark`. What JSON Schema cannot say, vmcodec still
checks: sizes and depth, a member `id` that comes twice, text that is no UTF-8, `2.0` where an integer must stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from inspect import cleandoc
from typing import Any, Literal, TypeAlias

import msgspec

from . import EVENTS, Decoder, UnknownEvent, __version__
from ._schema import EnumRow, EventRow, FieldRow, Rows, lower

__all__ = ["arrow", "asyncapi", "json_schema"]

Schema: TypeAlias = dict[str, Any]
Wire: TypeAlias = Literal["accepted", "canonical"]
Extra: TypeAlias = Literal["keep", "forbid"]
Unknown: TypeAlias = Literal["keep", "error"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TOPIC = "voice-agentstate"
INTEGER: Schema = {"type": "integer", "minimum": -(2**63), "maximum": 2**64 - 1}
SECONDS: Schema = {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}
USECONDS: Schema = {"type": "integer", "minimum": 0, "maximum": 999_999}


def json_schema(
    events: Iterable[type[msgspec.Struct]] = EVENTS,
    *,
    wire: Wire = "accepted",
    extra: Extra = "keep",
    unknown: Unknown = "keep",
    id: str | None = None,
) -> Schema:
    """The JSON Schema (2020-12) of a record.

    wire : `"accepted"` for every form that is read, `"canonical"` for the one that is written
    extra, unknown : whether members and events that no class declares are allowed, as for `Decoder`
    id : the schema's `$id`; by default a URN that names the topic and `wire`

    Raises TypeError for a class that cannot be an event, and ValueError for other values.
    """
    writer = _Writer(events, wire, extra, "#/$defs/")
    members = writer.events(unknown)
    return {
        "$schema": DIALECT,
        "$id": f"urn:vmcodec:{TOPIC}:{wire}" if id is None else id,
        "title": f"A record of the topic {TOPIC}",
        "description": writer.told,
        "oneOf": [writer.reference(name) for name in members],
        "$defs": writer.definitions,
    }


def asyncapi(
    events: Iterable[type[msgspec.Struct]] = EVENTS,
    *,
    wire: Wire = "accepted",
    extra: Extra = "keep",
    unknown: Unknown = "keep",
    topic: str = TOPIC,
) -> Schema:
    """The AsyncAPI 3.0 document of an application that receives the topic: its messages, and their key.

    The options are those of `json_schema`; `topic` is the channel's address.
    """
    writer = _Writer(events, wire, extra, "#/components/schemas/")
    messages = writer.events(unknown)
    key = {
        "title": "The key of a record",
        "description": "The tenant and the agent, `{tenant_id}:{agent_id}`; split it at the first colon. "
        "The agent may be empty, and may hold anything, colons too.",
        "type": "string",
        "pattern": "^[^:]*:",
        "examples": ["7f3c:A2205"],
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"Agent and DN events of the topic {topic}",
            "version": __version__,
            "description": writer.told,
        },
        "defaultContentType": "application/json",
        "channels": {
            "events": {
                "address": topic,
                "title": topic,
                "description": "One event in each record. Order holds among the records of one key.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
                "bindings": {"kafka": {"topic": topic, "bindingVersion": "0.5.0"}},
            }
        },
        "operations": {
            "receiveEvents": {
                "action": "receive",
                "channel": {"$ref": "#/channels/events"},
                "messages": [{"$ref": f"#/channels/events/messages/{name}"} for name in messages],
            }
        },
        "components": {
            "messages": {
                name: {
                    "name": name,
                    "title": name,
                    "summary": _described(cls).partition("\n")[0],
                    "contentType": "application/json",
                    "payload": writer.reference(name),
                    "bindings": {"kafka": {"key": key, "bindingVersion": "0.5.0"}},
                }
                for name, cls in messages.items()
            },
            "schemas": writer.definitions,
        },
    }


def arrow(decoder: Decoder[Any] | None = None, *, keys: bool = False, timestamps: bool = False) -> list[Schema]:
    """The columns of a decoder's tables, one dict each: `name`, Arrow's name of the `type`, whether it is `nullable`.

    A column of an extension type has its name in `extension`; `type` is then how it is stored. `keys` and `timestamps`
    are those of `Decoder.arrow_schema`. It needs the extra `arrow`.
    """
    import pyarrow as pa

    columns = pa.schema((decoder or Decoder()).arrow_schema(keys=keys, timestamps=timestamps))
    return [_column(field.name, field.type, field.nullable) for field in columns]


def _column(name: str, kind: Any, nullable: bool) -> Schema:
    extension = getattr(kind, "extension_name", None)
    if extension is None:
        return {"name": name, "type": str(kind), "nullable": nullable}
    return {"name": name, "type": str(kind.storage_type), "nullable": nullable, "extension": extension}


class _Writer:
    """Writes the definitions that both documents share: they mean the same from draft 7 on, and in AsyncAPI."""

    def __init__(self, events: Iterable[type[msgspec.Struct]], wire: Wire, extra: Extra, place: str) -> None:
        if wire not in ("accepted", "canonical"):
            raise ValueError(f"wire must be 'accepted' or 'canonical', not {wire!r}")
        if extra not in ("keep", "forbid"):
            raise ValueError(f"extra must be 'keep' or 'forbid', not {extra!r}")
        events = tuple(events)
        Decoder(events=events)  # it refuses what the rows alone do not show, such as one id for two classes
        self.rows: Rows = lower(events)
        self.accepted = wire == "accepted"
        self.extra = extra
        self.place = place
        self.definitions: dict[str, Schema] = {}
        self.names: dict[Any, str] = {}
        self.told = "Every form that vmcodec reads." if self.accepted else "The form that vmcodec writes."

    def reference(self, name: str) -> Schema:
        """A reference to a definition."""
        return {"$ref": self.place + name}

    def events(self, unknown: Unknown) -> dict[str, type[msgspec.Struct]]:
        """Define all events; their names and classes, in order."""
        if unknown not in ("keep", "error"):
            raise ValueError(f"unknown must be 'keep' or 'error', not {unknown!r}")
        found = {self.define(row.cls, {}): row for row in self.rows.events}
        classes: dict[str, type[msgspec.Struct]] = {name: row.cls for name, row in found.items()}
        if unknown == "keep":
            ids = [id for row in self.rows.events for id in row.ids]
            classes[self.define(UnknownEvent, _unknown(ids))] = UnknownEvent
        for name, row in found.items():
            self.definitions[name] = self.event(row)
        return classes

    def define(self, key: Any, schema: Schema) -> str:
        """Keep a definition under the name of its class, or one like it where that is taken; its name."""
        name = wanted = key if isinstance(key, str) else key.__name__
        number = 1
        while name in self.definitions:
            number += 1
            name = f"{wanted}_{number}"
        self.definitions[name] = schema
        self.names[key] = name
        return name

    def event(self, row: EventRow) -> Schema:
        """One event: its id, its attributes by their names on the wire."""
        ids = list(row.ids) if self.accepted else [row.ids[0]]
        properties: dict[str, Any] = {"id": {"const": ids[0]} if len(ids) == 1 else {"enum": ids}}
        required, choices = ["id"], []
        for field in row.fields:
            value = self.nullable(field, row)
            properties[field.names[0]] = value
            # An encoder writes no second name: it would be read as the attribute.
            properties.update({name: value if self.accepted else False for name in field.names[1:]})
            if field.required and self.accepted and field.names[1:]:
                choices.append({"anyOf": [{"required": [name]} for name in field.names]})
            elif field.required:
                required.append(field.names[0])
        schema = _titled(row.cls) | {"type": "object", "properties": properties, "required": required}
        if choices:
            schema["allOf"] = choices
        if self.extra == "forbid":
            schema["additionalProperties"] = False
        return schema

    def nullable(self, field: FieldRow, row: EventRow) -> Schema:
        """An attribute's value, and null where that is read or written for it."""
        written = field.none and not (row.omit and field.default is None and not field.required)
        value = self.value(field)
        if not value or not (field.nullable if self.accepted else written):
            return value
        return {"anyOf": [value, {"type": "null"}]}

    def value(self, field: FieldRow) -> Schema:
        """A value by its kind; an empty schema for one that may be anything."""
        match field.kind:
            case "text":
                return {"type": "string"}
            case "integer":
                return self.shared("Integer", self.integer)
            case "integer_or_text":
                return {"type": ["integer", "string"]}
            case "enum":
                row = self.rows.enums[field.enum]
                return self.shared(row.cls, lambda: self.enumeration(row))
            case "time":
                return self.shared(self.rows.time, self.time)
            case "kv_list":
                return {"type": "object"}
            case "boolean":
                return {"type": "boolean"}
            case "float":
                return {"type": "number"}
            case "list":
                return {"type": "array"}
            case _:
                return {}

    def shared(self, key: Any, make: Callable[[], Schema]) -> Schema:
        """A reference to a definition that several attributes use."""
        return self.reference(self.names[key] if key in self.names else self.define(key, make()))

    def integer(self) -> Schema:
        """An integer of 64 bits, with a sign or without; accepted also as digits in quotes."""
        if not self.accepted:
            return {"title": "Integer"} | INTEGER
        digits = f"^(0*({_up_to(2**64 - 1)})|-0*({_up_to(2**63)}))$"
        return {"title": "Integer", "anyOf": [INTEGER, {"type": "string", "pattern": digits}]}

    def enumeration(self, row: EnumRow) -> Schema:
        """The codes with their names, and the names too where these are read."""
        choices: list[Schema] = [{"const": code, "title": member.name} for code, member in row.members.items()]
        if row.open:
            choices.append({"title": "A code that is not listed"} | INTEGER)
        if self.accepted:
            choices.append({"title": "A name instead of the code", "enum": list(row.names)})
        return _titled(row.cls) | {"anyOf": choices}

    def time(self) -> Schema:
        """The pair of integers, under each of its names, or milliseconds."""
        pairs: list[Schema] = [
            {
                "type": "object",
                "properties": {seconds: SECONDS, useconds: USECONDS},
                "required": [seconds, useconds],
                "additionalProperties": False,
            }
            for seconds, useconds in self.rows.time_pairs
        ]
        title = {"title": "Time", "description": "Seconds since 1970-01-01 UTC, and the microseconds after them."}
        if not self.accepted:
            return title | pairs[0]
        return title | {"oneOf": [*pairs, {"title": "Milliseconds since 1970-01-01 UTC"} | INTEGER]}


def _unknown(ids: list[str]) -> Schema:
    """An event that no class claims: of it only the id is known."""
    properties = {"id": {"type": "string", "not": {"enum": ids}}}
    return _titled(UnknownEvent) | {"type": "object", "properties": properties, "required": ["id"]}


def _titled(cls: type) -> Schema:
    text = _described(cls)
    return {"title": cls.__name__} | ({"description": text} if text else {})


def _described(cls: type) -> str:
    """What the class itself says it is, not what one that it derives from says; a line for each paragraph."""
    return re.sub(r"(?<!\n)\n(?!\n)", " ", cleandoc(cls.__doc__ or ""))


def _up_to(limit: int) -> str:
    """A pattern for the decimals from 0 to the limit, without zeros in front."""
    digits = str(limit)
    choices = [f"[0-9]{{1,{len(digits) - 1}}}"]
    # Those with as many digits: the same in front, then a lower one, then any.
    for place, digit in enumerate(digits):
        lowest, highest = ("1" if place == 0 else "0"), str(int(digit) - 1)
        rest = len(digits) - place - 1
        if lowest <= highest < digit:
            lower = lowest if lowest == highest else f"[{lowest}-{highest}]"
            choices.append(digits[:place] + lower + (f"[0-9]{{{rest}}}" if rest else ""))
    return "|".join([*choices, digits])
