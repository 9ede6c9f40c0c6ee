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
    unknown_members = _rows(wire.unknown_members, ("event", "member"))
    for row in unknown_members:
        row["known_elsewhere"] = row["member"] in elsewhere
    return {
        "unknown_ids": _unknown_ids(survey),
        "misprinted_ids": _rows(wire.aliases, ("id", "event")),
        "unknown_members": unknown_members,
        "other_names": _rows(wire.other_names, ("event", "attribute", "name")),
        "forms": {name: _rows(one.marks, ("form",)) for name, one in wire.forms.items() if one.marks},
        "unknown_integers": [
            {"attribute": name, **row} for name, one in wire.forms.items() for row in _rows(one.codes, ("code",))
        ],
        "nulls": _rows(wire.nulls, ("event", "attribute")),
        "duplicates": _rows(wire.duplicates, ("event", "member")),
        "attributes": {row.ids[0]: _present(survey, row) for row in survey.rows.events if wire.events[row.ids[0]]},
        "never_seen": {row.ids[0]: _never(survey, row) for row in survey.rows.events if wire.events[row.ids[0]]},
        "events_never_seen": [row.ids[0] for row in survey.rows.events if not wire.events[row.ids[0]]],
        "bad_records": _rows(survey.bad, ("code", "event", "path", "expected", "got")),
        "without_key": _rows(survey.without_key, ())[:1],
        "cut": _cut(survey),
    }


def _unknown_ids(survey: Survey) -> Rows:
    members: dict[str, dict[str, int]] = {}
    for (name, member), mark in survey.wire.unknown_id_members.items():
        members.setdefault(name, {})[member] = mark.count
    return [{**row, "members": members.get(row["id"], {})} for row in _rows(survey.wire.unknown_ids, ("id",))]


def _present(survey: Survey, row: EventRow) -> dict[str, int]:
    """How many of the events have a value for each attribute."""
    return {field.names[0]: survey.wire.present[row.ids[0], field.names[0]] for field in row.fields}


def _never(survey: Survey, row: EventRow) -> list[str]:
    """The optional attributes that none of the events has."""
    present = _present(survey, row)
    return [field.names[0] for field in row.fields if not field.required and not present[field.names[0]]]


def _rows(marks: Marks[Any], names: tuple[str, ...]) -> Rows:
    """A row for each mark, the most frequent first; those equally frequent in the order in which they came."""
    return [
        {**_named(key, names), "count": mark.count, "first": str(mark.first)}
        for key, mark in sorted(marks.items(), key=lambda item: -item[1].count)
    ]


def _named(key: Any, names: tuple[str, ...]) -> dict[str, Any]:
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
