"""How the report's values are put into words, for the text and for the page: numbers, places, and the drift's lists."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

SHOWN = 50


class Section(NamedTuple):
    """A list of the drift report for people: its heading, what it means, its columns, and rows of texts."""

    heading: str
    meaning: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]

    def shown(self) -> list[tuple[str, ...]]:
        """The first rows: those that people read, and that a terminal and a browser can lay out."""
        return self.rows[:SHOWN]

    def left_out(self) -> str:
        """Says so where there are more rows; else empty."""
        more = len(self.rows) > SHOWN
        return f"Shown are {SHOWN} of {len(self.rows):,}; --format json has all." if more else ""


NUMBERS = frozenset({"count", "events", "records", "bad records", "share"})
"""The columns that hold numbers."""


def number(value: float | None, digits: int = 0) -> str:
    """A number with its thousands set apart; a dash for none."""
    return "-" if value is None else f"{value:,.{digits}f}"


def counted(count: int, what: str) -> str:
    """So many of something: 1 event, 2 events."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def rate(value: float | None) -> str:
    """A number of events a second, to three figures; those before the point are all told."""
    if value is None:
        return "-"
    return number(value) if value >= 100 else f"{value:.3g}"


def share(part: int, whole: int) -> str:
    """A part in percent."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def span(seconds: float) -> str:
    """A length of time: 2 d 03:04:05."""
    whole = int(seconds)
    days, rest = divmod(whole, 86_400)
    clock = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f"{days:,} d {clock}" if days else clock


def moment(iso: str) -> str:
    """A moment of the report, to the second, as people read it."""
    return iso.partition(".")[0].removesuffix("Z").replace("T", " ")


def plain(text: Any) -> str:
    """A text from the records with nothing in it that is not to be seen: no control characters, no marks of direction.

    What would be none is written as an escape, so that no record can paint the terminal or turn a line around.
    """
    return re.sub(r"[^ -~]", lambda match: _visible(match[0]), str(text))


def _visible(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode()


def sections(drift: dict[str, Any]) -> list[Section]:
    """The lists of the drift report that are not empty, the most urgent first."""
    found = [
        _section(_reasons(drift), "Bad records", "The decoder refuses them; vmcodec validate tells each.",
                 code="code", event="event", path="path", reason="reason"),
        _section(drift["unknown_ids"], "Unknown events", "No class describes them; they are kept as bytes.",
                 id="id", members="members"),
        _section(drift["unknown_members"], "Unknown members", "Members that the event's class does not have; they are "
                 "kept in extra.", event="event", member="member", known_elsewhere="known elsewhere"),
        _section(drift["duplicates"], "Duplicate members", "A member that stands twice in a record; the last counts.",
                 event="event", member="member"),
        _section(drift["unknown_integers"], "Unknown codes", "Integers that an enumeration does not list.",
                 attribute="attribute", code="code"),
        _section(drift["misprinted_ids"], "Misprinted ids", "Ids that are read as another.", id="id", event="read as"),
        _section(drift["other_names"], "Attributes by another name", "", event="event", attribute="attribute",
                 name="name"),
        _section(drift["nulls"], "Nulls", "Optional attributes that are null, which is read as absent.",
                 event="event", attribute="attribute"),
        _section(drift["without_key"], "Lines without a key", "No tab is in them; they have no tenant and agent."),
        _section(_forms(drift), "Forms", "How values stand on the wire, over all events.", attribute="attribute",
                 form="form"),
        _never(drift),
    ]  # fmt: skip
    return [section for section in found if section.rows]


def _section(rows: list[dict[str, Any]], heading: str, meaning: str, **columns: str) -> Section:
    headings = (*columns.values(), "count", "first")
    return Section(heading, meaning, headings, [tuple(_cell(row, key) for key in (*columns, "count", "first"))
                                                for row in rows])  # fmt: skip


def _cell(row: dict[str, Any], key: str) -> str:
    match row[key]:
        case None:
            return ""
        case bool() as known:
            return "yes" if known else "no"
        case dict() as members:
            return ", ".join(map(plain, members))
        case int() as value if key == "count":
            return number(value)
    return plain(row[key])


def _reasons(drift: dict[str, Any]) -> list[dict[str, Any]]:
    told = {"expected": "expected {}", "got": "got {}"}
    return [
        {**row, "reason": ", ".join(words.format(row[key]) for key, words in told.items() if row[key])}
        for row in drift["bad_records"]
    ]


def _forms(drift: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"attribute": name, **row} for name, rows in drift["forms"].items() for row in rows]


def _never(drift: dict[str, Any]) -> Section:
    rows: list[tuple[str, ...]] = [(event, ", ".join(names)) for event, names in drift["never_seen"].items() if names]
    if drift["events_never_seen"]:
        rows.append(("no such event", ", ".join(drift["events_never_seen"])))
    return Section("Never seen", "Optional attributes that no event had, and events that did not come.",
                   ("event", "never seen"), rows)  # fmt: skip


def caveats(report: dict[str, Any]) -> list[str]:
    """What a reader must know so as not to be misled by the figures."""
    told = []
    if report["tenants"] is None:
        told.append("The tenant is only in the Kafka key, which these lines do not have (see --keys); "
                    "agents are counted by AgentID, in the events that have one.")  # fmt: skip
    elif report["tombstones"]:
        told.append(f"Tombstones, a key without a value, are not counted as records: {number(report['tombstones'])}.")
    time = report["time"]
    if time["without_time"]:
        told.append(f"Events without a time, which are in no hour: {number(time['without_time'])}.")
    if time["beyond_years_1_to_9999"]:
        told.append(f"Events with a time outside of the years 1 to 9999: {number(time['beyond_years_1_to_9999'])}.")
    if time["not_in_hours"]:
        told.append(f"Times lie in more than {number(time['limit_minutes'])} minutes: "
                    f"{number(time['not_in_hours'])} events are left out of the hours.")  # fmt: skip
    for name in ("tenants", "agents", "dns", "customers"):
        ranking = report[name]
        if ranking is not None and ranking["not_listed"]:
            told.append(f"More than {number(ranking['limit'])} {name} came; further ones are not counted by name: "
                        f"{counted(ranking['not_listed'], 'event')}.")  # fmt: skip
    for cut in report["drift"]["cut"]:
        told.append(f"The list {cut['list']} is cut after {number(cut['limit'])} entries: {number(cut['count'])} more "
                    f"occurrences, the first at {plain(cut['first'])}.")  # fmt: skip
    return told
