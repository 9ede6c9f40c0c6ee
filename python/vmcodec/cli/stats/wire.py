"""What records look like on the wire, beside what they decode to: ids, members, forms, nulls, duplicates.

`Survey` hands it the records that the decoder found good. The decoder hides how a record was spelled, so its bytes are
looked at once more, by msgspec. Nearly all records look like one that came before: they are only counted, by a key that
all of their looks follow from, and what their looks are is worked out once for each key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import msgspec

from ..._schema import EventRow, FieldRow, Rows
from .forms import ABSENT, forms
from .tally import Mark, Marks, Place

LOOKS = 10_000
IDS = 1_000
NAMES = 10_000
LONGEST = 200
DIGITS = b"-0123456789"

_Members = dict[str, msgspec.Raw]
_Pick = Callable[[_Members], tuple[msgspec.Raw, ...]]


class _Name(str):
    """A member's name that equals itself alone, so that a dict keeps what comes twice."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


@dataclass(slots=True)
class _Look:
    """Records that look the same: how many, the first of them, and the marks of the forms that they have."""

    id: str
    row: EventRow | None
    names: tuple[str, ...]
    first: Place
    marks: list[Mark]
    count: int = 0


@dataclass(slots=True)
class _Group:
    """Records that have members of the same names in the same order, and by what their looks differ.

    exact : picks the values on which looks depend: the id, enumerations.
    loose : picks those of which nothing but the digits is of no account: a time, an integer or text.
    fixed : a record's length without its values, if it has no white space, no escapes in names, and nothing twice.
    """

    exact: _Pick
    loose: _Pick
    fixed: int
    met: dict[tuple[bytes, bytes], _Look] = field(default_factory=dict)


def _pick(names: list[str]) -> _Pick:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda members: tuple(members[name] for name in names)


class Wire:
    """Counts how good records are spelled. `settle` brings what is counted by looks into the marks."""

    def __init__(self, rows: Rows) -> None:
        self.file = ""
        self.events: Counter[str] = Counter()
        self.present: Counter[tuple[str, str]] = Counter()
        """How many records of an event have a value for an attribute, by both names."""
        self.aliases: Marks[tuple[str, str]] = Marks(NAMES)
        """Misprinted ids: the id, and the event."""
        self.unknown_ids: Marks[str] = Marks(IDS)
        self.unknown_id_members: Marks[tuple[str, str]] = Marks(NAMES)
        self.unknown_members: Marks[tuple[str, str]] = Marks(NAMES)
        self.other_names: Marks[tuple[str, str, str]] = Marks(NAMES)
        """Attributes by another name: the event, the attribute, the name."""
        self.nulls: Marks[tuple[str, str]] = Marks(NAMES)
        self.duplicates: Marks[tuple[str, str]] = Marks(NAMES)
        self.forms = forms(rows)
        self._rows = {name: row for row in rows.events for name in row.ids}
        fields = [field for row in rows.events for field in row.fields]
        self._exact = {"id"} | {name for field in fields if field.kind == "enum" for name in field.names}
        self._loose = {name for field in fields if field.names[0] in self.forms for name in field.names} - self._exact
        self._groups: dict[tuple[str, ...], _Group] = {}
        self._looks: list[_Look] = []
        self._members = msgspec.json.Decoder(_Members).decode
        self._all_members = msgspec.json.Decoder(
            dict[_Name, msgspec.Raw], dec_hook=lambda kind, name: _Name(name)
        ).decode

    def look(self, line: int, record: bytes, event: Any) -> None:
        """Look at a record, which is good, and which the decoder read as this event."""
        members = self._members(record)
        names = tuple(members)
        group = self._groups.get(names)
        if group is None:
            group = self._group(names)
        key = b",".join(group.exact(members)), b",".join(group.loose(members)).translate(None, DIGITS)
        look = group.met.get(key)
        if look is None:
            look = self._look(line, members, group, key)
        look.count += 1
        if group.fixed + sum(map(len, members.values())) != len(record):
            self._look_for_duplicates(line, record, look)
        if b"null" in record and look.row is not None:
            self._look_for_nulls(line, members, event, look.row)

    def _group(self, names: tuple[str, ...]) -> _Group:
        exact = [name for name in names if name in self._exact]
        loose = [name for name in names if name in self._loose]
        fixed = 1 + sum(len(name.encode()) + len('"":,') for name in names)
        group = self._groups[names] = _Group(_pick(exact), _pick(loose), fixed)
        return group

    def _look(self, line: int, members: _Members, group: _Group, key: tuple[bytes, bytes]) -> _Look:
        """A new look, remembered by its key."""
        if len(self._looks) >= LOOKS:
            self.settle()
        name = msgspec.json.decode(members["id"])
        row = self._rows.get(name)
        look = _Look(name, row, tuple(members), Place(self.file, line), [])
        for member, raw in members.items():
            attribute = _field(row, member) if row is not None else None
            if attribute is not None and (found := self.forms.get(attribute.names[0])) is not None:
                look.marks += found.marks_of(raw, look.first)
        self._looks.append(look)
        group.met[key] = look
        return look

    def _look_for_duplicates(self, line: int, record: bytes, look: _Look) -> None:
        names = list(map(str, self._all_members(record)))
        if len(names) == len(look.names):
            return
        event = _tag(look.row) if look.row is not None else _short(look.id)
        for name, count in Counter(names).items():
            if count > 1:
                self.duplicates.add((event, _short(name)), Place(self.file, line))

    def _look_for_nulls(self, line: int, members: dict[str, msgspec.Raw], event: Any, row: EventRow) -> None:
        attributes = [_field(row, name) for name, raw in members.items() if bytes(raw) == b"null"]
        found = {attribute.names[0]: attribute.attribute for attribute in attributes if attribute is not None}
        for name, attribute_name in found.items():
            self.nulls.add((_tag(row), name), Place(self.file, line))
            # An attribute with several names may have its value from another member.
            if getattr(event, attribute_name) is None:
                self.present[_tag(row), name] -= 1

    def settle(self) -> None:
        """Bring what is counted by looks into the marks; to be called before they are read."""
        for look in self._looks:
            if look.row is not None:
                self._settle(look, look.row)
                continue
            name = _short(look.id)
            self.unknown_ids.add(name, look.first, look.count)
            for member in look.names:
                if member != "id":
                    self.unknown_id_members.add((name, _short(member)), look.first, look.count)
        self._looks.clear()
        self._groups.clear()

    def _settle(self, look: _Look, row: EventRow) -> None:
        event = _tag(row)
        self.events[event] += look.count
        if look.id != event:
            self.aliases.add((look.id, event), look.first, look.count)
        for mark in look.marks:
            mark.count += look.count
        seen: Counter[str] = Counter()
        for member in look.names:
            attribute = _field(row, member)
            if attribute is not None:
                seen[attribute.names[0]] += 1
                if member != attribute.names[0]:
                    self.other_names.add((event, attribute.names[0], member), look.first, look.count)
            elif member != "id":
                self.unknown_members.add((event, _short(member)), look.first, look.count)
        for name, times in seen.items():
            self.present[event, name] += look.count
            if times > 1:
                self.duplicates.add((event, name), look.first, look.count)
        for attribute in row.fields:
            if attribute.kind == "time" and attribute.names[0] not in seen:
                self.forms[attribute.names[0]].marks.add(ABSENT, look.first, look.count)


def _tag(row: EventRow) -> str:
    return row.ids[0]


def _field(row: EventRow, name: str) -> FieldRow | None:
    return next((field for field in row.fields if name in field.names), None)


def _short(name: str) -> str:
    """A name from the wire, cut where it is very long, and then it says so."""
    return name if len(name) <= LONGEST else f"{name[:LONGEST]}… ({len(name):,} characters)"
