"""The drift report of `vmcodec stats`: how records are spelled, by every vector and by records written by hand."""

from __future__ import annotations

import functools
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import vmcodec
from support import vectors
from surveys import READY, SERVICE, attributes, found, rows
from vmcodec import _schema
from vmcodec.cli.stats import survey


def forms_of(vector: str) -> Any:
    """What the name of a vector of forms says that the report must tell of it: a list, and what stands in its row."""
    attribute, _, what = vector.partition(": ")
    pairs = ("tv_sec/tv_usec", "sec/usec", "TimeinSecs/TimeinuSecs", "seconds/useconds")
    if attribute == "time" and what.startswith("epoch milliseconds"):
        return attribute, "milliseconds"
    if attribute == "time":
        return next(((attribute, pair) for pair in pairs if what.startswith(pair.replace("/", " and "))), None)
    enum = getattr(vmcodec, attribute, None)
    if isinstance(enum, type) and issubclass(enum, vmcodec.OpenIntEnum) and what in enum.wire_names():
        members = enum.__members__
        form = "prefixed name" if what not in members else "name" if members[what].name == what else "other name"
        return attribute, form
    if attribute in ("ReferenceID", "CallID", "NetworkCallID", "NetworkNodeID", "ThisTrunk") and what[0] == '"':
        return attribute, "string"
    return None


def test_the_forms_of_every_vector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Both are the same for every file, and take longer than to read it.
    monkeypatch.setattr(survey, "lower", functools.cache(_schema.lower))
    monkeypatch.setattr(survey, "Decoder", functools.cache(vmcodec.Decoder))
    checked: Counter[str] = Counter()
    for vector in [*vectors("forms"), *vectors("valid")]:
        if "\n" in vector["data"]:
            continue
        told = found(tmp_path / "one.ndjson", [vector["data"]])
        drift = told["drift"]
        event = json.loads(vector["data"], parse_int=str)
        assert (told["events"], told["unknown_events"]) == ((0, 1) if "unknown" in vector else (1, 0)), vector["name"]
        assert rows(drift["unknown_ids"], "id") == ([(vector["unknown"],)] if "unknown" in vector else [])
        if "unknown" not in vector:
            canonical = json.loads(vector["canonical"], parse_int=str)
            aliased = event["id"] != canonical["id"]
            assert rows(drift["misprinted_ids"], "id", "event") == [(event["id"], canonical["id"])] * aliased
            known = set(attributes(canonical["id"]))
            known |= {"Agent ID"} if "AgentID" in known else set()
            unknown = [name for name in event if name not in known | {"id"}]
            shown = sorted(row["member"] for row in drift["unknown_members"])
            assert shown == sorted(words_of(unknown)), vector["name"]
            present = {name for name, count in drift["attributes"][canonical["id"]].items() if count}
            assert present == known & set(canonical), vector["name"]
        if expected := forms_of(vector["name"]):
            attribute, form = expected
            assert [row["form"] for row in drift["forms"][attribute]] == [form], vector["name"]
            checked[form] += 1
        twice = {name for name, count in Counter(names(vector["data"])).items() if count > 1}
        assert twice <= {row["member"] for row in drift["duplicates"]}, vector["name"]
        if not twice and "then Agent" not in vector["name"]:
            assert drift["duplicates"] == [], vector["name"]
    assert set(checked) >= {"tv_sec/tv_usec", "sec/usec", "TimeinSecs/TimeinuSecs", "seconds/useconds", "milliseconds",
                            "name", "prefixed name", "other name", "string"}  # fmt: skip


def words_of(unknown: list[str]) -> list[str]:
    """Names as the report shows them: cut where they are very long."""
    return [name if len(name) <= 200 else f"{name[:200]}… ({len(name):,} characters)" for name in unknown]


def names(record: str) -> list[str]:
    """The names of a record's members, as often as they come."""
    pairs: list[list[tuple[str, Any]]] = []
    json.loads(record, object_pairs_hook=pairs.append, parse_int=str)
    return [name for name, _ in pairs[-1]]


def test_values_are_told_apart_that_look_alike_without_their_digits(tmp_path: Path) -> None:
    escaped = ',"time":{"\\u0073econds":1,"useconds":2}', ',"time":{"\\u0073ec":1,"usec":2}'
    other = ',"time":{"sec":1,"usec":2}', ',"time":{"tv_sec":1,"tv_usec":2}', ',"time":{"s\\u0065c":1,"usec":2}'
    told = found(tmp_path / "f", [SERVICE % time for time in (*escaped, *other, *escaped)])
    assert rows(told["drift"]["forms"]["time"], "form", "count", "first") == [
        ("sec/usec", 4, "f:2"),
        ("seconds/useconds", 2, "f:1"),
        ("tv_sec/tv_usec", 1, "f:4"),
    ]


def test_codes_that_an_enumeration_does_not_list(tmp_path: Path) -> None:
    modes = (2, 42, 43, 42, '"AuxWork"', 42, -1)
    told = found(tmp_path / "f", [READY.replace('"AgentWorkMode":2', f'"AgentWorkMode":{mode}') % (1, "")
                                  for mode in modes])  # fmt: skip
    assert rows(told["drift"]["unknown_integers"], "attribute", "code", "count", "first") == [
        ("AgentWorkMode", 42, 3, "f:2"), ("AgentWorkMode", 43, 1, "f:3"), ("AgentWorkMode", -1, 1, "f:7")
    ]  # fmt: skip
    assert rows(told["drift"]["forms"]["AgentWorkMode"], "form", "count") == [
        ("unknown integer", 5), ("integer", 1), ("name", 1)
    ]  # fmt: skip


def test_white_space_hides_no_duplicates(tmp_path: Path) -> None:
    spaced = '{ "id" : "EventDNOutOfService" , "ThisDN":"1" , "X" : 1 }'
    twice = '{"id": "EventDNOutOfService", "ThisDN": "1", "X": 1, "X": {"X": 1, "X": 2}, "id2": 3}'
    told = found(tmp_path / "f", [spaced, twice, twice, twice.replace("EventDNOutOfService", "EventNew")])
    assert rows(told["drift"]["duplicates"], "event", "member", "count", "first") == [
        ("EventDNOutOfService", "X", 2, "f:2"), ("EventNew", "X", 1, "f:4")
    ]  # fmt: skip


def test_a_null_is_no_value_but_one_by_another_name_is(tmp_path: Path) -> None:
    told = found(tmp_path / "f", [
        READY % (1, ',"AgentID":null'),
        READY % (1, ',"AgentID":null,"Agent ID":"A"'),
        READY % (1, ',"Agent ID":"A","AgentID":null'),
        READY % (1, ',"UserData":null,"Extensions":{"a":null}'),
    ])  # fmt: skip
    assert told["drift"]["attributes"]["EventAgentReady"]["AgentID"] == 1
    assert told["drift"]["attributes"]["EventAgentReady"]["Extensions"] == 1
    assert rows(told["drift"]["nulls"], "attribute", "count") == [("AgentID", 3)]
    assert rows(told["drift"]["unknown_members"], "member", "known_elsewhere") == [("UserData", True)]
    assert rows(told["drift"]["duplicates"], "member", "count", "first") == [("AgentID", 2, "f:2")]
