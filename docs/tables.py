"""Writes the tables of docs/events.md and docs/api.md from the event classes: run it after a change to them.

`python docs/tables.py` rewrites what stands between the markers `<!-- NAME: begin -->` and `<!-- NAME: end -->`;
tests/test_docs.py fails when that has been forgotten. The prose around the markers is written by hand.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import vmcodec
from vmcodec._schema import EnumRow, EventRow, FieldRow, Rows, lower

DOCS = Path(__file__).resolve().parent
KINDS = {
    "text": "str",
    "integer": "int",
    "integer_or_text": "int or str",
    "time": "Time",
    "kv_list": "dict[str, Any]",
    "boolean": "bool",
    "float": "float",
    "list": "list",
    "any": "Any",
}


def table(head: Iterable[str], rows: Iterable[Iterable[str]], centred: int = 0) -> str:
    """Lay out a Markdown table; the last `centred` columns are centred."""
    head = list(head)
    rule = ["---"] * (len(head) - centred) + [":-:"] * centred
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, rule, *rows))


def code(*names: str) -> str:
    """Join names, each set as code."""
    return ", ".join(f"`{name}`" for name in names)


def first_line(cls: type) -> str:
    """Take the first line of a class's docstring, which says what it is."""
    return (inspect.getdoc(cls) or "").partition("\n")[0]


def attributes(rows: Rows) -> dict[str, list[FieldRow]]:
    """Gather each attribute's rows by wire name, in the order in which `encode` writes them in any event."""
    found: dict[str, list[FieldRow]] = {}
    for event in rows.events:
        for field in event.fields:
            found.setdefault(field.names[0], []).append(field)
    # An attribute stands before those that some event writes after it.
    before = {
        name: {field.names[0] for event in rows.events for field in event.fields[: place(event, name)]}
        for name in found
    }
    ordered: list[str] = []
    while len(ordered) < len(found):
        ordered.append(next(name for name in found if name not in ordered and before[name] <= set(ordered)))
    return {name: found[name] for name in ordered}


def place(event: EventRow, name: str) -> int:
    """Tell where the event writes the attribute; 0 where it does not have it."""
    return next((number for number, field in enumerate(event.fields) if field.names[0] == name), 0)


def matrix(rows: Rows) -> str:
    """Draw which event has which attribute: M mandatory, o optional."""

    def mark(event: EventRow, name: str) -> str:
        field = next((field for field in event.fields if field.names[0] == name), None)
        return "" if field is None else "**M**" if field.required else "o"

    head = ["attribute", *(event.cls.__name__.removeprefix("Event") for event in rows.events)]
    lines = ([code(name), *(mark(event, name) for event in rows.events)] for name in attributes(rows))
    return table(head, lines, centred=len(rows.events))


def types(rows: Rows) -> str:
    """List the attributes with their Python names and types."""

    def line(name: str, fields: list[FieldRow]) -> list[str]:
        field = fields[0]
        kind = rows.enums[field.enum].cls.__name__ if field.kind == "enum" else KINDS[field.kind]
        return [code(name), code(field.attribute), code(kind), code(*field.names[1:])]

    lines = (line(name, fields) for name, fields in attributes(rows).items())
    return table(["on the wire", "in Python", "type", "also read as"], lines)


def sections(rows: Rows) -> str:
    """Describe each event in its docstring's words."""

    def section(event: EventRow) -> str:
        also = f"\n\n`id` is also read as {code(*event.ids[1:])}." if event.ids[1:] else ""
        return f"### {event.cls.__name__}\n\n{inspect.getdoc(event.cls)}{also}"

    return "\n\n".join(map(section, rows.events))


def enums(rows: Rows) -> str:
    """List the codes of each enumeration and the names read for them."""

    def section(row: EnumRow) -> str:
        lines = (
            [str(number), code(member.name), code(*(name for name, meant in row.names.items() if meant == number))]
            for number, member in row.members.items()
        )
        body = table(["code", "member", "names read"], lines)
        return f"### {row.cls.__name__}\n\n{first_line(row.cls)}\n\n{body}"

    return "\n\n".join(map(section, rows.enums))


def classes(rows: Rows) -> str:
    """List the event classes in a line each."""

    def line(event: EventRow) -> list[str]:
        name = event.cls.__name__
        return [f"[`{name}`](events.md#{name.lower()})", first_line(event.cls)]

    return table(["class", "meaning"], map(line, rows.events))


TABLES: dict[str, dict[str, Callable[[Rows], str]]] = {
    "events.md": {"attributes": matrix, "types": types, "events": sections, "enumerations": enums},
    "api.md": {"events": classes},
}


def render(document: str, tables: dict[str, Callable[[Rows], str]], rows: Rows) -> str:
    """Give the document with its tables rewritten; ValueError for a marker that is not there once."""
    for name, draw in tables.items():
        between = re.compile(f"(<!-- {name}: begin -->\n).*?(<!-- {name}: end -->)", re.DOTALL)
        body = f"\n{draw(rows)}\n\n"
        document, count = between.subn(lambda marks, body=body: marks[1] + body + marks[2], document)  # type: ignore[misc]
        if count != 1:
            raise ValueError(f"the markers of {name} stand {count} times")
    return document


def main() -> None:
    """Rewrite the tables of every document."""
    rows = lower(vmcodec.EVENTS)
    for name, tables in TABLES.items():
        path = DOCS / name
        path.write_text(render(path.read_text(encoding="utf-8"), tables, rows), encoding="utf-8")


if __name__ == "__main__":
    main()
