"""`vmcodec validate`: its three formats, dead letters, how many are shown, and what it never shows."""

import gzip
import json
import re
from pathlib import Path

import pytest
import vmcodec
import zstandard
from support import command, vectors
from vmcodec.samples import BAD_SAMPLE, SAMPLES

WRONG_TYPE = b'{"id":"EventDNDOn","ThisDN":7011,"Server":1,"time":1}'
LINES = b"\n".join([SAMPLES[0], b"", WRONG_TYPE, *SAMPLES, BAD_SAMPLE, b'{"id":"x",', b""])
MODE = "expected an integer code or a name of AgentWorkMode, got array (EventAgentReady)"
SAID = f"""\
NAME:3:29 wrong_type $.ThisDN: expected a string, got integer (EventDNDOn)
NAME:24:113 wrong_type $.AgentWorkMode: {MODE}
NAME:25:11 truncated $: expected a member name in double quotes, or '}}'
"""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "events.ndjson"
    path.write_bytes(LINES)
    return path


def test_clean_files_say_nothing_but_the_summary(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(b"\n".join(SAMPLES))
    (tmp_path / "b.ndjson.gz").write_bytes(gzip.compress(b"\n".join(SAMPLES) + b"\n"))
    (tmp_path / "c.ndjson.zst").write_bytes(zstandard.compress(b"\r\n".join(SAMPLES)))
    (tmp_path / "empty.ndjson").write_bytes(b"")
    ended = command("validate", tmp_path / "*.ndjson*")
    assert ended == (0, "", "60 records in 4 files: none bad\n")


def test_each_bad_record_has_a_line(archive: Path) -> None:
    packed = archive.with_name("b.gz")
    packed.write_bytes(gzip.compress(LINES))
    ended = command("validate", archive.name, packed.name, "-", given=LINES, cwd=archive.parent)
    assert ended.code == 1
    assert ended.out == "".join(SAID.replace("NAME", name) for name in (archive.name, packed.name, "<stdin>"))
    assert ended.err == "72 records in 3 files: 9 bad (wrong_type 6, truncated 3)\n"


def test_json_tells_all_that_the_error_does(archive: Path) -> None:
    ended = command("validate", "--format", "json", archive.name, cwd=archive.parent)
    assert ended.code == 1
    told = [json.loads(line) for line in ended.out.splitlines()]
    errors = vmcodec.validate_lines(LINES)
    names = [name for name in vars(vmcodec.DecodeError) if not name.startswith("_") and name != "raw"]
    assert told == [{"file": archive.name} | {name: getattr(error, name) for name in names} for error in errors]


def test_github_gets_workflow_commands(tmp_path: Path) -> None:
    name = "50%:a,b.ndjson"
    (tmp_path / name).write_bytes(WRONG_TYPE)
    ended = command("validate", "--format", "github", name, cwd=tmp_path)
    place = "file=50%25%3Aa%2Cb.ndjson,line=1,col=29,title=wrong_type"
    assert ended.out == f"::error {place}::$.ThisDN: expected a string, got integer (EventDNDOn)\n"
    # A line break in a name would begin another command.
    (tmp_path / "a\r\n::b").write_bytes(b"{")
    ended = command("validate", "--format", "github", "a\r\n::b", cwd=tmp_path)
    assert ended.out.startswith("::error file=a%0D%0A%3A%3Ab,") and ended.out.count("\n") == 1


@pytest.mark.parametrize(
    ("most", "hidden"), [("0", ", 6 of them not shown"), ("2", ", 4 of them not shown"), ("6", "")]
)
def test_max_errors_hides_the_others_and_counts_them(archive: Path, most: str, hidden: str) -> None:
    ended = command("validate", "--max-errors", most, archive, archive)
    assert ended.code == 1 and ended.out.count("\n") == int(most)
    assert ended.err == f"48 records in 2 files: 6 bad (wrong_type 4, truncated 2){hidden}\n"


@pytest.mark.parametrize("most", ["-1", "x", "1.5", "²", ""])
def test_max_errors_is_a_number(archive: Path, most: str) -> None:
    ended = command("validate", "--max-errors", most, archive)
    assert (ended.code, ended.out) == (2, "")
    assert "argument --max-errors: " in ended.err and ended.err.count("\n") == 1


def test_dead_letters_are_the_bytes_of_all_bad_records(archive: Path, tmp_path: Path) -> None:
    letters = tmp_path / "bad.ndjson"
    assert command("validate", "--max-errors", "1", "--dead-letter", letters, archive, archive).code == 1
    assert letters.read_bytes() == b"".join(line + b"\n" for line in (WRONG_TYPE, BAD_SAMPLE, b'{"id":"x",')) * 2
    (tmp_path / "clean").write_bytes(SAMPLES[0])
    assert command("validate", "--dead-letter", letters, tmp_path / "clean").code == 0
    assert letters.read_bytes() == b""


def test_dead_letters_on_standard_output_leave_the_lines_to_the_other(archive: Path) -> None:
    ended = command("validate", "--dead-letter", "-", archive.name, cwd=archive.parent)
    assert ended.out.encode() == WRONG_TYPE + b"\n" + BAD_SAMPLE + b'\n{"id":"x",\n'
    assert ended.err == SAID.replace("NAME", archive.name) + "24 records in 1 file: 3 bad (wrong_type 2, truncated 1)\n"


def test_dead_letters_are_not_there_when_reading_fails(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.gz").write_bytes(gzip.compress(LINES)[:-20])
    letters = tmp_path / "bad.ndjson"
    letters.write_bytes(b"old")
    assert command("validate", "--dead-letter", letters, archive, tmp_path / "cut.gz").code == 2
    assert letters.read_bytes() == b"old"
    assert {path.name for path in tmp_path.iterdir()} == {"events.ndjson", "cut.gz", "bad.ndjson"}


def test_every_bad_vector_is_found_and_every_good_one_passes(tmp_path: Path) -> None:
    lines = [entry["data"].encode() for entry in vectors("valid") if "\n" not in entry["data"]]
    bad = [entry["data"].encode() for entry in vectors("invalid") if not {"hex", "item", "options"} & entry.keys()]
    bad = [data for data in bad if data.strip() and b"\n" not in data and b"\r" not in data]
    assert len(lines) > 30 and len(bad) > 100
    (tmp_path / "a").write_bytes(b"\n".join([*lines, *bad]))
    ended = command("validate", "a", cwd=tmp_path)
    places = [int(re.match(r"a:(\d+):", line)[1]) for line in ended.out.splitlines()]  # type: ignore[index]
    assert places == list(range(len(lines) + 1, len(lines) + len(bad) + 1))


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_no_value_is_ever_shown(tmp_path: Path, form: str) -> None:
    bad = (
        b'{"id":"EventDNDOn","ThisDN":["canary"],"canary":"canary"}\n'
        b'{"id":"EventDNDOn","ThisDN":"canary\n'
        b'{"id":"EventMuteOn","ThisDN":"1","ConnID":"canary","ThisDNRole":"canary"}\n'
        b'{"canary":"canary"}\n{"id":"canary","id":"canary"}\n'
    )
    (tmp_path / "a").write_bytes(bad)
    for arguments in (["validate", "--format", form], ["decode"], ["decode", "-o", tmp_path / "a.parquet"]):
        ended = command(*arguments, tmp_path / "a")
        assert ended.code == 1 and "5 bad (" in ended.err
        assert "canary" not in ended.out + ended.err
