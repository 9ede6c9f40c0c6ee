"""The drift report: where records differ from the schema and from the canonical form, how often, and where first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..._schema import EventRow
from .survey import Survey
from .tally import Mark, Marks

Rows = list[dict[str, Any]]


def drift(survey: Survey) -> dict[str, Any]:
    """The drift report's object, for the report."""
    wire = survey.wire
    elsewhere = {name for row in survey.rows.events for field in row.fields for name in field.names}
    order = {file.name: number for number, file in reversed(list(enumerate(survey.files)))}

    def listed(marks: Marks[Any], *names: str) -> Rows:
        """A row for each mark, the most frequent first; those equally frequent by their first places."""
        found = sorted(marks.items(), key=lambda item: (-item[1].count, order[item[1].first.file], item[1].first.line))
        return [{**_named(key, names), "count": mark.count, "first": str(mark.first)} for key, mark in found]

    members = _members(survey)
    came = [row for row in survey.rows.events if wire.events[row.ids[0]]]
    return {
        "unknown_ids": [{**row, "members": members.get(row["id"], {})} for row in listed(wire.unknown_ids, "id")],
        "misprinted_ids": listed(wire.aliases, "id", "event"),
        "unknown_members": [
            {**row, "known_elsewhere": row["member"] in elsewhere}
            for row in listed(wire.unknown_members, "event", "member")
        ],
        "other_names": listed(wire.other_names, "event", "attribute", "name"),
        "forms": {name: listed(one.marks, "form") for name, one in wire.forms.items() if one.marks},
        "unknown_integers": [
            {"attribute": name, **row} for name, one in wire.forms.items() for row in listed(one.codes, "code")
        ],
        "nulls": listed(wire.nulls, "event", "attribute"),
        "duplicates": listed(wire.duplicates, "event", "member"),
        "attributes": {row.ids[0]: _present(survey, row) for row in came},
        "never_seen": {row.ids[0]: _never(survey, row) for row in came},
        "events_never_seen": [row.ids[0] for row in survey.rows.events if row not in came],
        "bad_records": listed(survey.bad, "code", "event", "path", "expected", "got"),
        "without_key": listed(survey.without_key),
        "cut": _cut(survey),
    }


def _members(survey: Survey) -> dict[str, dict[str, int]]:
    """For each unknown id, how many of its records have each member."""
    found: dict[str, dict[str, int]] = {}
    for (name, member), mark in survey.wire.unknown_id_members.items():
        found.setdefault(name, {})[member] = mark.count
    return found


def _present(survey: Survey, row: EventRow) -> dict[str, int]:
    """How many of the events have a value for each attribute."""
    return {field.names[0]: survey.wire.present[row.ids[0], field.names[0]] for field in row.fields}


def _never(survey: Survey, row: EventRow) -> list[str]:
    """The optional attributes that none of the events has."""
    present = _present(survey, row)
    return [field.names[0] for field in row.fields if not field.required and not present[field.names[0]]]


def _named(key: Any, names: Iterable[str]) -> dict[str, Any]:
    return dict(zip(names, key if isinstance(key, tuple) else (key,), strict=False))


def _cut(survey: Survey) -> Rows:
    """The lists above that are not whole, since they would grow without bounds, and what was left out of each."""
    wire = survey.wire
    lists: Mapping[str, Iterable[Marks[Any]]] = {
        "unknown_ids": [wire.unknown_ids, wire.unknown_id_members],
        "unknown_members": [wire.unknown_members],
        "unknown_integers": [one.codes for one in wire.forms.values()],
        "duplicates": [wire.duplicates],
        "bad_records": [survey.bad],
    }
    rests: list[tuple[str, int, Mark]] = [
        (name, len(marks), marks.rest) for name, found in lists.items() for marks in found if marks.rest is not None
    ]
    return [
        {"list": name, "limit": limit, "count": rest.count, "first": str(rest.first)} for name, limit, rest in rests
    ]
