"""What the benches do with figures once they have them: judging counts, keeping rows, growing messages.

Nothing is timed here. Run by name: `pytest benches/bench_figures.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import counts
import instructions
import linear
import peers
import pytest
import report
import versions
import workload
from counts import Basis, Count, Verdict

KEPT = Count(total=10_000, own=5_000)
SETTING = counts.setting(instructions.LIBRARY, "valgrind-3")

# Counts -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "own", "compared", "expected"),
    [
        (1.02, 1.02, Basis.TOTAL, Verdict.SAME),
        (1.04, 1.00, Basis.TOTAL, Verdict.SLOWER),
        (1.04, 1.04, Basis.TOTAL, Verdict.SLOWER),
        (0.96, 0.96, Basis.TOTAL, Verdict.MOVED),
        (1.00, 1.04, Basis.TOTAL, Verdict.MOVED),
        (1.00, 1.02, Basis.OWN, Verdict.SAME),
        (1.00, 1.04, Basis.OWN, Verdict.SLOWER),
        (1.50, 1.02, Basis.OWN, Verdict.SAME),
        (1.00, 0.96, Basis.OWN, Verdict.MOVED),
        (1.50, 1.50, Basis.NOTHING, Verdict.NONE),
    ],
)
def test_a_rise_above_three_percent_is_slower(total: float, own: float, compared: Basis, expected: Verdict) -> None:
    now = Count(round(KEPT.total * total), round(KEPT.own * own))
    assert counts.judge(KEPT, now, compared) is expected


def test_what_is_not_kept_is_new() -> None:
    assert counts.judge(None, KEPT, Basis.TOTAL) is Verdict.NEW


@pytest.mark.parametrize("name", SETTING)
def test_what_can_be_compared(name: str) -> None:
    assert counts.basis(SETTING, SETTING) is Basis.TOTAL
    assert counts.basis({}, SETTING) is Basis.NOTHING
    decides_own = name in ("series", "rustc", "machine", "avx2")
    assert counts.basis(SETTING | {name: "other"}, SETTING) is (Basis.NOTHING if decides_own else Basis.OWN)


def test_the_setting_knows_the_compiler() -> None:
    assert SETTING["rustc"][0].isdigit()


def test_counts_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "counts.json"
    assert counts.load(file) == ({}, {})
    counts.save(SETTING, {"decode": KEPT}, file)
    assert counts.load(file) == (SETTING, {"decode": KEPT})


def test_every_mode_is_kept() -> None:
    _, kept = counts.load()
    assert list(kept) == [mode.key for mode in workload.MODES]
    assert all((kept[mode.key].own > 0) is not mode.peer for mode in workload.MODES)


DUMP = """\
ob=/lib/_vmcodec.so
fl=a.rs
fn=walk
10 100
11 7
cob=/lib/libpython.so
cfn=call
calls=3 50
12 9000
13 1
ob=/lib/libpython.so
fn=call
50 40

summary: {}
"""


def test_costs_belong_to_the_object_that_executed_them() -> None:
    assert instructions.by_object(DUMP.format(148)) == {"/lib/_vmcodec.so": 108, "/lib/libpython.so": 40}
    with pytest.raises(ValueError, match="do not add up"):
        instructions.by_object(DUMP.format(149))


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, float, float], int]:
    """What the command answers when it counts so many times what is kept for a mode, in all and in its own part."""
    file = tmp_path / "counts.json"
    modes = [mode.key for mode in workload.MODES]
    counts.save(SETTING, dict.fromkeys(modes, KEPT), file)
    loaded = counts.load(file)
    monkeypatch.setattr("counts.load", lambda: loaded)
    monkeypatch.setattr("counts.setting", lambda *_: SETTING)
    monkeypatch.setattr("shutil.which", lambda _: "/bin/true")

    def answer(mode: str, times: float, own: float) -> int:
        now = dict.fromkeys(modes, KEPT) | {mode: Count(round(10_000 * times), round(5_000 * own))}
        monkeypatch.setattr("instructions.measure", lambda *_: now)
        return instructions.main([])

    return answer


def test_one_slower_mode_fails(counted: Callable[[str, float, float], int]) -> None:
    assert [counted("encode_batch", times, 1) for times in (0.5, 1.0, 1.02, 1.04)] == [0, 0, 0, 1]


def test_lines_are_judged_by_their_own_part(counted: Callable[[str, float, float], int]) -> None:
    assert [counted("encode_lines", 1.08, own) for own in (0.5, 1.0, 1.02, 1.04)] == [0, 0, 0, 1]


@pytest.mark.parametrize(("required", "code"), [("1", 1), ("", 0)])
def test_valgrind_may_be_missing_unless_required(monkeypatch: pytest.MonkeyPatch, required: str, code: int) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setenv("VMCODEC_REQUIRE_VALGRIND", required)
    assert instructions.main([]) == code


# Growing messages ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", linear.MESSAGE_SIZES)
def test_messages_have_the_size_that_was_asked_for(size: int) -> None:
    random = Random(size)
    messages = [linear.grown(size, random) for _ in range(3)]
    assert [len(message) for message in messages] == [size] * 3
    peers.check_all(linear.contestants(), messages)


# Rows of versions ---------------------------------------------------------------------------------------------------


def test_a_row_takes_its_place() -> None:
    rows = versions.merged({"3.9": {"old": 1}, "3.12": {"kept": 1}}, "3.11", {"new": 1})
    assert list(rows) == ["3.9", "3.11", "3.12"]
    assert versions.merged(rows, "3.12", {"newer": 1})["3.12"] == {"newer": 1}


def test_the_table_of_versions_is_that_of_the_figures() -> None:
    rows = json.loads(report.VERSIONS.read_text(encoding="utf-8"))
    _, table, _ = report.section(report.README.read_text(encoding="utf-8"), "versions")
    assert table == report.versions_markdown(rows)
