"""`vmcodec bench` as users run it: what takes part, what is left out and said so. No figure is judged."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import vmcodec as v
from support import new_environment
from vmcodec import synthetic
from vmcodec.cli.bench import records
from vmcodec.cli.bench.rounds import Peer
from vmcodec.cli.trouble import Trouble
from vmcodec.samples import BAD_SAMPLE, SAMPLES

pytest.importorskip("rich")

GOOD = v.encode_batch([dated.event for dated in islice(synthetic.events(3, 6), 1_200)])
ALIKE = {"vmcodec", "vmcodec, lazy", "msgspec, vmcodec's classes", "msgspec, ordinary classes", "json.loads (dicts)"}


def run(*arguments: str, code: int = 0, data: bytes = b"", **environment: str) -> tuple[str, str]:
    command = [sys.executable, "-m", "vmcodec", "bench", *arguments]
    done = subprocess.run(command, input=data, capture_output=True, timeout=300, env=new_environment(environment))
    assert done.returncode == code, done.stderr
    return done.stdout.decode(), done.stderr.decode()


def rows(table: str) -> dict[str, list[str]]:
    """The figures by contestant."""
    lines = [line for line in table.splitlines() if line.startswith("  ") and not line.startswith("   ")]
    cells = [re.split(r"  +", line.strip()) for line in lines]
    return {label: figures for label, *figures in cells}


def test_synthetic_events_by_default() -> None:
    table, said = run("--records", "2000", "--rounds", "2")
    assert said == "synthetic events: 2,000 records\n"
    assert ALIKE <= set(rows(table))
    for label, figures in rows(table).items():
        assert len(figures) == (3 if label in ("vmcodec", "vmcodec, lazy") else 4), label
        assert float(figures[0]) > 0 and float(figures[1]) > 0
        assert all(re.fullmatch(r"\d+\.\d\d \(\d+\.\d\d-\d+\.\d\d\)", ratio) for ratio in figures[2:])
    assert "medians of 2 rounds" in table and f"vmcodec {v.__version__}" in table
    assert "\x1b" not in table


def test_own_records_bad_ones_left_out(tmp_path: Path) -> None:
    file = tmp_path / "mine.ndjson"
    unknown = b'{"id":"EventQueueLogout","ThisDN":"1"}'
    alias = b'{"id":"EventDNDOOn","ThisDN":"1","Server":1,"time":1736121600000}'
    file.write_bytes(b"\n".join([*GOOD, BAD_SAMPLE, b"{", b"no JSON \xff", unknown, b"", alias]))
    table, said = run(str(file), "--rounds", "2")
    assert said.splitlines() == [
        f"{file}: 1,205 records",
        "3 of them are bad: left out",
        "1 of them are of events without a class: left out",
        "1 of them are not in canonical form, which some decoders cannot read: left out",
    ]
    assert ALIKE <= set(rows(table))
    told = " ".join(table.split())
    assert "1,200 messages a round" in told
    assert "left out" not in told.replace("is not installed: its rows are left out", "")


def test_standard_input_and_how_much_of_it_is_read() -> None:
    _, said = run("-", "--records", "1100", "--rounds", "2", data=b"\n".join(GOOD))
    assert said == "standard input: the first 1,100 records, there are more\n"


def test_records_in_other_forms_are_for_those_who_read_them(tmp_path: Path) -> None:
    file = tmp_path / "forms.ndjson"
    file.write_bytes(b'{"id":"EventDNDOOn","ThisDN":"1","Server":1,"time":1736121600000,"Reasons":null}\n' * 40)
    table, said = run(str(file), "--rounds", "2")
    assert said.splitlines() == [
        f"{file}: 40 records",
        "most are not in canonical form: decoders with types, which cannot read them, take no part",
        "few as they are, they are decoded 25 times over",
    ]
    assert {"vmcodec", "vmcodec, lazy", "json.loads (dicts)"} <= set(rows(table)) <= {
        "vmcodec", "vmcodec, lazy", "json.loads (dicts)", "orjson (dicts)",
    }  # fmt: skip


def test_members_without_a_class_do_not_keep_anybody_out() -> None:
    messages = [record[:-1] + b',"EventSequenceNumber":5500123}' for record in GOOD[:50]]
    kept, refused = records.checked(records.contestants(canonical=True), messages)
    assert refused == [] and {peer.label for peer in kept} >= ALIKE


def turned(peer: Peer) -> Peer:
    """The same, its first result moved to the end."""

    def run(messages: Any) -> list[Any]:
        first, *others = peer.run(messages)
        return [*others, first]

    return replace(peer, run=run)


def test_every_answer_is_checked() -> None:
    field = records.contestants(canonical=True)
    broken = [turned(peer) for peer in field[1:]]
    kept, refused = records.checked([field[0], *broken], GOOD[:300])
    assert kept == field[:1] and len(refused) == len(broken)
    assert all("reads some of these records otherwise" in line for line in refused)

    def fail(messages: Any) -> Any:
        raise KeyError("a value of the record")

    _, refused = records.checked([field[0], replace(field[1], run=fail)], GOOD[:300])
    assert refused == ["vmcodec, lazy is left out: it cannot read all of these records (KeyError)"]


def test_a_peer_that_is_missing_is_noted() -> None:
    code = (
        "import sys; sys.modules['orjson'] = sys.modules['pydantic'] = None\n"
        "from vmcodec.cli import main; sys.exit(main(['bench', '--records', '1000', '--rounds', '2']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "orjson is not installed: its rows are left out" in done.stdout
    assert "pydantic is not installed: its rows are left out" in done.stdout
    assert set(rows(done.stdout)) == ALIKE


def test_a_plot_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    file = tmp_path / "bench.svg"
    table, _ = run("--records", "1000", "--rounds", "2", "--plot", str(file))
    texts = {element.text for element in ElementTree.parse(file).iter() if element.tag.endswith("text")}
    assert set(rows(table)) <= texts
    assert any(text and "medians of 2 paired rounds" in text for text in texts)


def test_samples_of_the_package_are_read(tmp_path: Path) -> None:
    file = tmp_path / "samples.ndjson"
    file.write_bytes(b"\n".join(SAMPLES))
    sample = records.sample(str(file), 10_000)
    assert set(sample.messages) == {
        record for record in SAMPLES if type(v.decode(record)) is not v.UnknownEvent and _canonical(record)
    }
    assert 1_000 <= len(sample.messages) < 1_050 and sample.mean_bytes > 50
    file.write_bytes(b"{\n[]\n")
    with pytest.raises(Trouble, match="no record to decode; 2 of them are bad: left out"):
        records.sample(str(file), 10)


def _canonical(record: bytes) -> bool:
    return bool(json.loads(v.encode(v.decode(record))) == json.loads(record))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rounds", "1"], "--rounds takes at least 2: one round has no spread"),
        (["--rounds", "0"], "argument --rounds: takes a whole number from 1 on, not '0'"),
        (["--records", "-1"], "argument --records: takes a whole number from 1 on, not '-1'"),
        (["--plot", "x.png"], "--plot draws SVG, so the name must end in .svg, not .png"),
        (["--plot", "no/such/x.svg"], "no/such: No such file or directory"),
        (["no_such_file.ndjson"], "no_such_file.ndjson: No such file or directory"),
        (["/dev/null"], "/dev/null: no record to decode; it is empty"),
    ],
)
def test_wrong_use_is_one_line(arguments: list[str], said: str) -> None:
    table, told = run(*arguments, code=2)
    assert table == "" and told.startswith(f"vmcodec bench: {said}") and told.count("\n") == 1


def test_matplotlib_is_asked_for_before_anything_is_timed() -> None:
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from vmcodec.cli import main; sys.exit(main(['bench', '--plot', 'x.svg']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "vmcodec bench: matplotlib is missing: pip install 'vmcodec[bench]'\n"
