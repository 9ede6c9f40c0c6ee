"""`vmcodec stats`: what it counts, in which files, and how it ends."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import vmcodec
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from properties import examples
from support import ROOT
from surveys import READY, SERVICE, attributes, found, rows, run
from vmcodec.cli.files import Input
from vmcodec.cli.stats import lines, survey, words
from vmcodec.cli.stats.report import report
from vmcodec.cli.stats.tally import Place, Tally


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """A file of ten lines whose report is written by hand below."""
    path = tmp_path / "capture.ndjson"
    path.write_text(
        "\n".join(
            [
                READY % (1735718400, ""),
                "",
                READY % (1735718459, ',"AgentID":"A1","CustomerID":"Tenant-7","Sequence":1'),
                READY % (1735722060, ',"Agent ID":"A1","Reasons":null'),
                SERVICE % "",
                SERVICE % ',"time":1735725600500,"Server":"sip-1"',
                '{"id":"EventQueueLogout","ThisDN":"7011","Color":"red"}',
                READY.replace("7011", "7013") % (1735718461, ',"AgentID":"A2","AgentID":"A3"'),
                '{"id":"EventDNOutOfService","ThisDN":7012}',
                '{"id":"EventDNOff","ThisDN":"7013","Server":101,"time":{"sec":1735718400,"usec":1}}\r',
            ]
        )
    )
    return path


def test_the_report_of_a_file_that_was_counted_by_hand(capture: Path) -> None:
    done = run("--format", "json", "--top", "2", capture)
    assert (done.returncode, done.stderr) == (1, "")
    told = json.loads(done.stdout)
    name = str(capture)
    sizes = sorted(len(line.strip()) for n, line in enumerate(capture.read_text().splitlines(), 1) if n not in (2, 9))
    total = sum(sizes) + len('{"id":"EventDNOutOfService","ThisDN":7012}')
    drift = told.pop("drift")
    histogram = told["sizes"].pop("histogram")
    assert told == {
        "vmcodec": vmcodec.__version__,
        "files": [{"file": name, "records": 9, "bad_records": 1}],
        "records": 9,
        "events": 7,
        "unknown_events": 1,
        "bad_records": 1,
        "tombstones": None,
        "bytes": total,
        "types": [
            {"event": "EventAgentReady", "events": 4},
            {"event": "EventDNOutOfService", "events": 2},
            {"event": "EventDNDOff", "events": 1},
            *(
                {"event": cls.__name__, "events": 0}
                for cls in vmcodec.EVENTS
                if cls.__name__ not in {"EventAgentReady", "EventDNOutOfService", "EventDNDOff"}
            ),
        ],
        "tenants": None,
        "agents": {"by": "AgentID", "distinct": 2, "events": 3, "not_listed": 0, "limit": 1_000_000,
                   "top": [{"agent": "A1", "events": 2}, {"agent": "A3", "events": 1}]},
        "dns": {"distinct": 3, "events": 7, "not_listed": 0, "limit": 1_000_000,
                "top": [{"dn": "7011", "events": 3}, {"dn": "7012", "events": 2}]},
        "customers": {"distinct": 1, "events": 1, "not_listed": 0, "limit": 1_000_000,
                      "top": [{"customer": "Tenant-7", "events": 1}]},
        "time": {"events": 6, "without_time": 1, "beyond_years_1_to_9999": 0, "not_in_hours": 0,
                 "limit_minutes": 1_000_000, "seconds": 7200.5,
                 "first": "2025-01-01T08:00:00.000000Z", "last": "2025-01-01T10:00:00.500000Z"},
        "rate": {"mean": 6 / 7200.5,
                 "busiest_minute": {"start": "2025-01-01T08:00:00Z", "events": 3, "per_second": 0.05},
                 "busiest_hour": {"start": "2025-01-01T08:00:00Z", "events": 4, "per_second": 4 / 3600}},
        "hours": [{"start": "2025-01-01T08:00:00Z", "events": 4}, {"start": "2025-01-01T09:00:00Z", "events": 1},
                  {"start": "2025-01-01T10:00:00Z", "events": 1}],
        "sizes": {"records": 8, "min": sizes[0], "median": sizes[3], "p99": sizes[-1], "max": sizes[-1]},
    }  # fmt: skip
    assert sum(row["records"] for row in histogram) == 8
    assert [row["records"] for row in histogram] == [sum(r["from"] <= size < r["to"] for size in sizes)
                                                     for r in histogram]  # fmt: skip

    def at(line: int) -> str:
        return f"{name}:{line}"

    login = {"Server": 4, "ThisDN": 4, "time": 4, "AgentWorkMode": 4, "AgentID": 3, "CustomerID": 1}
    assert drift == {
        "unknown_ids": [{"id": "EventQueueLogout", "count": 1, "first": at(7), "members": {"ThisDN": 1, "Color": 1}}],
        "misprinted_ids": [{"id": "EventDNOff", "event": "EventDNDOff", "count": 1, "first": at(10)}],
        "unknown_members": [{"event": "EventAgentReady", "member": "Sequence", "count": 1, "first": at(3),
                             "known_elsewhere": False}],
        "other_names": [{"event": "EventAgentReady", "attribute": "AgentID", "name": "Agent ID", "count": 1,
                         "first": at(4)}],
        "forms": {
            "Server": [{"form": "integer", "count": 5, "first": at(1)}, {"form": "string", "count": 1, "first": at(6)}],
            "time": [{"form": "seconds/useconds", "count": 4, "first": at(1)},
                     {"form": "absent", "count": 1, "first": at(5)},
                     {"form": "milliseconds", "count": 1, "first": at(6)},
                     {"form": "sec/usec", "count": 1, "first": at(10)}],
            "AgentWorkMode": [{"form": "integer", "count": 4, "first": at(1)}],
        },
        "unknown_integers": [],
        "nulls": [{"event": "EventAgentReady", "attribute": "Reasons", "count": 1, "first": at(4)}],
        "duplicates": [{"event": "EventAgentReady", "member": "AgentID", "count": 1, "first": at(8)}],
        "attributes": {
            "EventAgentReady": {name: login.get(name, 0) for name in attributes("EventAgentReady")},
            "EventDNOutOfService": {"ThisDN": 2, "Server": 1, "time": 1, "Extensions": 0},
            "EventDNDOff": {name: int(name in login and name != "CustomerID") for name in attributes("EventDNDOff")},
        },
        "never_seen": {
            "EventAgentReady": ["ThisQueue", "Extensions", "Reasons", "ReferenceID"],
            "EventDNOutOfService": ["Extensions"],
            "EventDNDOff": ["CustomerID", "Extensions", "Reasons", "ReferenceID"],
        },
        "events_never_seen": [row["event"] for row in told["types"][3:]],
        "bad_records": [{"code": "wrong_type", "event": "EventDNOutOfService", "path": "$.ThisDN",
                         "expected": "a string", "got": "integer", "count": 1, "first": at(9)}],
        "without_key": [],
        "cut": [],
    }  # fmt: skip


def test_keys_give_tenants_and_agents(tmp_path: Path) -> None:
    record = SERVICE % ""
    told = found(tmp_path / "f", [
        f"t1:North\\a:b\t{record}", f"t1:\t{record}", f"t2\t {record}\r", record, "t1:gone\tnull", "t1:gone\t", "",
        f"t1:North\\a:b\t{record}", b"t\xff:x\t" + record.encode(), "t1:bad\t{}",
    ], keyed=True)  # fmt: skip
    assert (told["records"], told["events"], told["bad_records"], told["tombstones"]) == (7, 6, 1, 2)
    assert rows(told["tenants"]["top"], "tenant", "events") == [("t1", 3), ("t2", 1), ("t\\xff", 1)]
    assert told["agents"]["by"] == "key"
    assert rows(told["agents"]["top"], "tenant", "agent", "events") == [
        ("t1", "North\\a:b", 2), ("t1", "", 1), ("t2", None, 1), ("t\\xff", "x", 1)
    ]  # fmt: skip
    assert told["drift"]["without_key"] == [{"count": 1, "first": "f:4"}]
    assert told["drift"]["bad_records"][0]["first"] == "f:10"


def naive(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Counts as one would make them without any care for speed."""
    times = [record["time"] for record in records if "time" in record]
    return {
        "types": Counter(record["id"] for record in records),
        "dns": Counter(record["ThisDN"] for record in records),
        "hours": Counter(
            datetime.fromtimestamp(time["seconds"] // 3600 * 3600, UTC).isoformat().replace("+00:00", "Z")
            for time in times
        ),
        "extra": Counter((r["id"], name) for r in records for name in r if name not in {"id", *attributes(r["id"])}),
        "present": Counter((r["id"], name) for r in records for name in r if name in attributes(r["id"])),
    }


RECORDS = st.builds(
    lambda required, optional, extra: {**required, **optional, **extra},
    st.fixed_dictionaries(
        {
            "id": st.sampled_from(["EventDNOutOfService", "EventDNBackInService"]),
            "ThisDN": st.sampled_from(["1", "2", "3", "é"]),
        }
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "Server": st.one_of(st.integers(0, 3), st.just("null")),
            "time": st.builds(lambda s: {"seconds": s, "useconds": 5}, st.integers(-(10**10), 10**11)),
            "Extensions": st.just({"a": None}),
        },
    ),
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), max_size=3).filter(lambda name: name != "id"), st.integers(), max_size=2
    ),
)


@examples(300)
@given(st.lists(RECORDS, max_size=60), st.booleans(), st.integers(1, 64))
def test_counts_are_those_of_a_naive_count(records: list[dict[str, Any]], ascii_only: bool, piece: int) -> None:
    text = b"".join(json.dumps(record, ensure_ascii=ascii_only).encode() + b"\n" for record in records)
    read = survey.Survey()

    class Pieces:
        """A file that gives so many bytes at a time."""

        at = 0

        def read(self, size: int) -> bytes:
            self.at += piece
            return text[self.at - piece : self.at]

    read.read(Input("f", Pieces(), None))  # type: ignore[arg-type]
    told, expected = report(read, 1000), naive(records)
    drift = told["drift"]
    assert told["bytes"] == len(text) - len(records)
    assert {row["event"]: row["events"] for row in told["types"] if row["events"]} == expected["types"]
    assert {row["dn"]: row["events"] for row in told["dns"]["top"]} == expected["dns"]
    assert {row["start"]: row["events"] for row in told["hours"]} == expected["hours"]
    assert {(row["event"], row["member"]): row["count"] for row in drift["unknown_members"]} == expected["extra"]
    shown = {(event, name): count for event, found in drift["attributes"].items() for name, count in found.items()}
    assert {place: count for place, count in shown.items() if count} == expected["present"]


@pytest.mark.parametrize("form", ["text", "json", "html"])
@pytest.mark.parametrize("content", [b"", b"\n\n", b'{"id":"EventNew"}\n', b"[]\n"])
def test_files_without_events_have_a_report(tmp_path: Path, form: str, content: bytes) -> None:
    path = tmp_path / "f.ndjson"
    path.write_bytes(content)
    done = run("--format", form, path)
    assert (done.returncode, done.stderr) == (int(content == b"[]\n"), "")
    if form == "json":
        told = json.loads(done.stdout)
        assert (told["events"], told["rate"], told["hours"], told["time"]["first"]) == (0, None, [], None)
    else:
        assert "no such event" in done.stdout


def test_several_files_compressed_or_not_and_standard_input(tmp_path: Path) -> None:
    one, two, three = tmp_path / "a.ndjson", tmp_path / "b.ndjson.gz", tmp_path / "c.ndjson.zst"
    one.write_text(READY % (1, ""))
    two.write_bytes(gzip.compress((READY % (2, ',"New":1') + "\n").encode() * 3))
    three.write_bytes(zstandard.compress((READY % (3, ',"New":1') + "\n{}\n").encode()))
    done = run("--format", "json", tmp_path / "*.ndjson*")
    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert rows(told["files"], "file", "records", "bad_records") == [(str(one), 1, 0), (str(two), 3, 0),
                                                                     (str(three), 2, 1)]  # fmt: skip
    assert rows(told["drift"]["unknown_members"], "count", "first") == [(4, f"{two}:1")]
    assert told["drift"]["bad_records"][0]["first"] == f"{three}:2"
    piped = subprocess.run([sys.executable, "-m", "vmcodec", "stats", "--format", "json", "-"], timeout=120,
                           input=one.read_bytes(), capture_output=True, env=os.environ)  # fmt: skip
    assert json.loads(piped.stdout)["files"] == [{"file": "<stdin>", "records": 1, "bad_records": 0}]


def test_the_output_file_is_there_only_when_it_is_complete(tmp_path: Path, capture: Path) -> None:
    for form, begins in (("text", str(capture)), ("json", "{"), ("html", "<!doctype html>")):
        path = tmp_path / f"report.{form}"
        done = run("--format", form, "-o", path, capture)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
        assert path.read_text("utf-8").replace("\n", "").startswith(begins)  # a long name is folded
    assert sorted(path.name for path in tmp_path.iterdir()) == [capture.name, "report.html", "report.json",
                                                                "report.text"]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["missing.ndjson"], "missing.ndjson: No such file or directory"),
        (["*.nothing"], "no file matches *.nothing"),
        (["--format", "xml", "f"], "invalid choice: 'xml'"),
        (["--top", "-1", "f"], "argument --top: invalid number value: '-1'"),
        (["--top", "x", "f"], "argument --top: invalid number value: 'x'"),
        ([], "the following arguments are required: FILE"),
        (["-o", "nowhere/report", str(ROOT / "tests" / "__init__.py")], ""),
        (["damaged.gz"], "damaged.gz: "),
    ],
)
def test_wrong_use_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("damaged.gz").write_bytes(gzip.compress(SERVICE.encode() * 1000)[:-20])
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("vmcodec stats: ") and done.stderr.count("\n") == 1
    assert told in done.stderr


def test_what_is_cut_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "PEOPLE", 2)
    monkeypatch.setattr(survey, "MINUTES", 1)
    monkeypatch.setattr("vmcodec.cli.stats.wire.NAMES", 3)
    monkeypatch.setattr("vmcodec.cli.stats.wire.LOOKS", 2)
    made = [SERVICE.replace("7012", str(n % 5)) % f',"time":{n * 60_000},"M{n % 4}":1' for n in range(20)]
    told = found(tmp_path / "f", made)
    assert (told["dns"]["distinct"], told["dns"]["not_listed"], told["dns"]["events"]) == (2, 12, 20)
    assert rows(told["dns"]["top"], "dn", "events") == [("0", 4), ("1", 4)]
    assert told["time"]["not_in_hours"] == 19
    assert rows(told["drift"]["unknown_members"], "member", "count", "first") == [
        ("M0", 5, "f:1"), ("M1", 5, "f:2"), ("M2", 5, "f:3")
    ]  # fmt: skip
    assert told["drift"]["cut"] == [{"list": "unknown_members", "limit": 3, "count": 5, "first": "f:4"}]
    caveats = "\n".join(words.caveats(told))
    assert "further ones are not counted by name: 12 events" in caveats
    assert "19 events are left out of the hours" in caveats
    assert "unknown_members is cut after 3 entries: 5 more occurrences, the first at f:4" in caveats


def test_the_memory_of_a_line_is_bounded() -> None:
    pieces = [b"ab", b"c" * 50, b"d\nx\n", b"e" * 30, b"", b"\n\nlast"]
    assert [line for block in lines.blocks(pieces, 40) for line in block] == [
        b"ab" + b"c" * 38, b"x", b"e" * 30, b"", b"last"
    ]  # fmt: skip
    tally: Tally[str] = Tally(2)
    tally.add("abcab")
    assert (tally.counts, tally.left) == ({"a": 2, "b": 2}, 1)
    assert str(Place("f", 3)) == "f:3"


def test_a_line_that_is_too_long_is_a_bad_record(tmp_path: Path) -> None:
    long = SERVICE % f',"X":"{"x" * (1 << 24)}"'
    told = found(tmp_path / "f", [SERVICE % "", long, SERVICE % ""])
    assert (told["records"], told["events"], told["sizes"]["max"]) == (3, 2, len(SERVICE) - 2)
    assert rows(told["drift"]["bad_records"], "code", "first") == [("too_large", "f:2")]
