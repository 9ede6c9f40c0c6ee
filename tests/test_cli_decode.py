"""`vmcodec decode`: what each form holds, columns and conditions, and bad records among the others."""

import csv
import gzip
import io
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import vmcodec
from support import command, vectors
from vmcodec.samples import BAD_SAMPLE, SAMPLES

LINES = b"".join(line + b"\n" for line in (*SAMPLES[:10], BAD_SAMPLE, *SAMPLES[10:]))
BAD_LINE = (
    "events.ndjson:11:113 wrong_type $.AgentWorkMode: expected an integer code or a name of AgentWorkMode, got array"
)
NAMES = vmcodec.Decoder().arrow_schema().names


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "events.ndjson").write_bytes(LINES)
    return tmp_path


def decoded(folder: Path, *arguments: str, columns: int = 100) -> str:
    """What the command writes, with the one bad record told."""
    ended = command("decode", *arguments, "events.ndjson", cwd=folder, COLUMNS=str(columns))
    assert ended.code == 1, ended.err
    assert ended.err.startswith(BAD_LINE) and "1 bad (wrong_type 1)\n" in ended.err
    return ended.out


def test_ndjson_is_the_canonical_form(folder: Path) -> None:
    assert decoded(folder, "--to", "ndjson").encode() == vmcodec.encode_lines(vmcodec.decode_batch(SAMPLES))
    (folder / "events.ndjson").write_bytes(LINES * 200)
    ended = command("decode", "--to", "ndjson", "--max-errors", "0", "events.ndjson", cwd=folder)
    assert ended.out.encode() == vmcodec.encode_lines(vmcodec.decode_batch(SAMPLES)) * 200
    assert ended.err == "4,000 events written; 200 bad (wrong_type 200), 200 of them not shown\n"


def every_record() -> list[bytes]:
    """All good vectors that are lines, and what no column can hold."""
    records = [entry["data"].encode() for name in ("valid", "forms") for entry in vectors(name) if "data" in entry]
    wide = b'{"id":"EventMuteOn","ThisDN":"a\\"b,\\r\\nc","ConnID":"","ThisDNRole":77,"ReferenceID":%d,"time":%s,"x":1}'
    records += [wide % (2**63, b"-9223372036854775808"), wide % (2**63 - 1, b'{"seconds":-1,"useconds":1}'), *SAMPLES]
    lines = [record for record in records if b"\n" not in record and b"\r" not in record and record.strip()]
    return [line for line in lines if not vmcodec.validate_batch([line])]


def texts(table: Any) -> list[dict[str, Any]]:
    """The rows of an Arrow table as CSV has them: empty texts for nulls, JSON as it reads."""
    columns = {}
    for name in table.column_names:
        column = table[name]
        if pa.types.is_timestamp(column.type):
            column = pc.strftime(column, "%Y-%m-%dT%H:%M:%SZ")
        columns[name] = column.cast(pa.string()).to_pylist()
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return [{name: parsed(name, text or "") for name, text in row.items()} for row in rows]


def parsed(name: str, text: str) -> Any:
    return json.loads(text) if text and name in ("extra", "Extensions", "Reasons", "UserData", "CallHistory") else text


def test_csv_has_the_cells_of_arrow(tmp_path: Path) -> None:
    records = every_record()
    assert len(records) > 150
    (tmp_path / "a").write_bytes(b"\n".join(records))
    ended = command("decode", "--to", "csv", "a", cwd=tmp_path)
    assert (ended.code, ended.err) == (0, "")
    header, *rows = csv.reader(io.StringIO(ended.out, newline=""), strict=True)
    assert header == NAMES
    read = [{name: parsed(name, text) for name, text in zip(header, row, strict=True)} for row in rows]
    assert read == texts(pa.table(vmcodec.decode_arrow(records)))
    assert ended.out.endswith("\r\n") and ended.out.startswith("id,ThisDN,Server,time,")


def test_csv_keeps_free_form_values_as_they_came(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(
        b'{"id":"EventDNOutOfService","ThisDN":"1","Extensions":{"a": 1.50, "\\u0061":"\\u00e9"}}'
    )
    assert command("decode", "--to", "csv", "--fields", "Extensions", tmp_path / "a").out == (
        'Extensions\r\n"{""a"": 1.50, ""\\u0061"":""\\u00e9""}"\r\n'
    )


def test_parquet_is_what_the_library_writes(folder: Path) -> None:
    (folder / "more.ndjson.gz").write_bytes(gzip.compress(LINES))
    ended = command("decode", "-o", "a.parquet", "events.ndjson", "more.ndjson.gz", cwd=folder)
    assert (ended.code, ended.out) == (1, "")
    first, second, summary = ended.err.splitlines()
    assert first.startswith(BAD_LINE) and second == first.replace("events.ndjson", "more.ndjson.gz")
    assert summary == "40 events written; 2 bad (wrong_type 2)"
    table = pa.table(vmcodec.decode_arrow([*SAMPLES, *SAMPLES]))
    read = pq.read_table(folder / "a.parquet")
    assert read.schema.names == NAMES
    assert read.cast(table.schema).to_pylist() == table.to_pylist()


@pytest.mark.parametrize("to", ["table", "ndjson", "csv", "parquet"])
def test_empty_and_bad_files_give_no_event(tmp_path: Path, to: str) -> None:
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "bad").write_bytes(b"{\n[]\n")
    ended = command("decode", "--to", to, "-o", "out", "empty", cwd=tmp_path)
    assert (ended.code, ended.err) == (0, "0 events written; none bad\n")
    ended = command("decode", "--to", to, "-o", "out", "empty", "bad", cwd=tmp_path)
    assert ended.code == 1 and ended.err.startswith("bad:1:2 truncated $: ")
    assert ended.err.endswith("0 events written; 2 bad (truncated 1, not_an_object 1)\n")
    out = (tmp_path / "out").read_bytes()
    if to == "parquet":
        assert pq.read_table(tmp_path / "out").num_rows == 0
    else:
        assert out == {"table": b"0 events\n", "ndjson": b"", "csv": ",".join(NAMES).encode() + b"\r\n"}[to]


CONDITIONS = [
    [],
    ["--only", "EventAgentLogin,EventMuteOff,UnknownEvent"],
    ["--where", "ThisDN=2205"],
    ["--where", "ThisDN=2205", "--where", "Server!=102"],
    ["--only", "EventMuteOff", "--where", "ReferenceID=4294967295"],
    ["--where", "ReferenceID=9223372036854775808"],
    ["--where", "id=EventQueueLogout"],
    ["--where", "OtherDN=none"],
]


@pytest.mark.parametrize("conditions", CONDITIONS, ids=" ".join)
def test_every_form_has_the_same_events(tmp_path: Path, conditions: list[str]) -> None:
    (tmp_path / "a").write_bytes(b"\n".join(every_record()))

    def ids(to: str) -> list[str]:
        assert command("decode", "--to", to, "-o", "out", "--rows", "9999", *conditions, "a", cwd=tmp_path).code == 0
        out = tmp_path / "out"
        if to == "parquet":
            return [str(name) for name in pq.read_table(out)["id"].to_pylist()]
        lines = out.read_bytes().splitlines()
        if to == "csv":
            return [row["id"] for row in csv.DictReader(io.StringIO(out.read_bytes().decode(), newline=""))]
        if to == "ndjson":
            return [json.loads(line)["id"] for line in lines]
        return [lines[-1].decode().split()[0]]

    found = ids("ndjson")
    assert ids("csv") == ids("parquet") == found
    assert int(ids("table")[0].replace(",", "")) == len(found)
    assert (len(found) == 0) == (conditions == ["--where", "OtherDN=none"])
    assert conditions == [] or len(found) < len(every_record())


def test_fields_choose_columns(folder: Path) -> None:
    header, first, *_ = decoded(folder, "--to", "csv", "--fields", "time, ThisDN,time").splitlines()
    assert (header, first) == ("time,ThisDN", ",2205")
    decoded(folder, "-o", "a.parquet", "--fields", "time,ThisDN")
    read = pq.read_table(folder / "a.parquet")
    assert read.schema.names == ["time", "ThisDN"]
    assert read["ThisDN"].to_pylist() == [json.loads(line).get("ThisDN") for line in SAMPLES[:-2]] + [None, "2205"]
    table = decoded(folder, "--fields", "AgentID,time,UserData", "--rows", "1").splitlines()
    assert table[0].split() == ["AgentID", "time", "(UTC)", "UserData"]


def test_fields_of_ndjson_are_members(folder: Path) -> None:
    lines = decoded(folder, "--to", "ndjson", "--fields", "extra,AgentWorkMode,ThisDN,Reasons").splitlines()
    assert lines[6] == '{"id":"EventAgentNotReady","ThisDN":"2205","AgentWorkMode":4,"Reasons":{"ReasonCode":"Coffee"}}'
    assert lines[7] == '{"id":"EventAgentNotReady","ThisDN":"2206","AgentWorkMode":42,"EventSequenceNumber":5500123}'
    assert lines[18].encode() == SAMPLES[18]
    lines = decoded(folder, "--to", "ndjson", "--fields", "ThisDN").splitlines()
    assert lines[7] == '{"id":"EventAgentNotReady","ThisDN":"2206"}'
    assert lines[18] == '{"id":"EventQueueLogout"}'


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--fields", "ThisDn"], "there is no column 'ThisDn'; did you mean ThisDN"),
        (["--only", "EventAgentRedy"], "there is no event 'EventAgentRedy'; did you mean EventAgentReady"),
        (["--where", "ThisDN"], "--where takes NAME=VALUE or NAME!=VALUE, not 'ThisDN'"),
        (["--to", "parquet"], "--to parquet needs -o PATH"),
        (["--to", "xml"], "argument --to: invalid choice: 'xml'"),
        (["-o", "x", "--dead-letter", "x"], "-o and --dead-letter are the same"),
        (["--rows", "many"], "argument --rows: 'many'"),
    ],
)
def test_wrong_use_is_told_in_a_line(folder: Path, arguments: list[str], said: str) -> None:
    ended = command("decode", *arguments, "events.ndjson", cwd=folder)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err and ended.err.count("\n") == 1
    assert os.listdir(folder) == ["events.ndjson"]


def test_the_table_fits_and_tells_what_it_leaves_out(folder: Path) -> None:
    for width in (30, 40, 80, 100, 250):
        lines = decoded(folder, "--rows", "7", columns=width).splitlines()
        assert max(map(len, lines)) <= width
        table = lines[: 7 + 2]
        heading = table[0].split()
        assert heading[:2] == ["time", "(UTC)"]
        assert "2025-01-01 09:00:00.000" in table[8]
        rest = " ".join(" ".join(lines[9:]).split())
        present = {"Server", "AgentID", "AgentWorkMode", "ThisQueue", "Reasons", "ReferenceID"}
        assert all((name in heading) != (name in rest) for name in present)
        assert "CallType" not in table[0] + rest and "The first 7 of 20 events; --rows N shows more" in rest


def test_a_table_never_reads_an_archive_to_its_end(folder: Path) -> None:
    (folder / "events.ndjson").write_bytes((SAMPLES[0] + b"\n") * 12_000 + b"bad\n")
    ended = command("decode", "--rows", "2", "events.ndjson", cwd=folder)
    assert ended.code == 0
    assert ended.out.endswith("\nThe first 2 of at least 10,002 events; --rows N shows more\n")
    ended = command("decode", "--rows", "2500", "events.ndjson", cwd=folder)
    assert ended.code == 1
    assert ended.out.endswith("\nThe first 2,500 of 12,000 events; --rows N shows more\n")


def test_a_table_shows_nothing_that_a_terminal_obeys(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b'{"id":"EventDNOutOfService","ThisDN":"\\u001b[31m[bold]\\n\\u202e\xc3\xa9"}')
    assert "\\x1b[31m[bold]\\n\\u202eé" in command("decode", tmp_path / "a").out


def test_dead_letters_keep_what_was_left_out(folder: Path) -> None:
    for to in ("ndjson", "csv", "parquet"):
        decoded(folder, "--to", to, "-o", "out", "--dead-letter", "bad")
        assert (folder / "bad").read_bytes() == BAD_SAMPLE + b"\n"


def test_a_failure_leaves_no_file_and_keeps_the_old_one(folder: Path) -> None:
    (folder / "cut.gz").write_bytes(gzip.compress(LINES * 100)[:-9])
    for to in ("table", "ndjson", "csv", "parquet"):
        shutil.copy(folder / "events.ndjson", folder / "out")
        ended = command("decode", "--to", to, "--rows", "9999", "-o", "out", "cut.gz", cwd=folder)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.splitlines()[-1].startswith("vmcodec decode: cut.gz: ")
        assert (folder / "out").read_bytes() == LINES
        assert sorted(os.listdir(folder)) == ["cut.gz", "events.ndjson", "out"]
