"""`vmcodec schema` as users run it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from vmcodec import schemas


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "vmcodec", *arguments], capture_output=True, text=True, timeout=120)


def written(*arguments: str) -> str:
    done = run("schema", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("\n") and not done.stdout.endswith("\n\n")
    return done.stdout


def test_json_schema_is_what_it_prints_by_default() -> None:
    assert json.loads(written()) == schemas.json_schema()
    assert json.loads(written("--format", "json-schema", "--wire", "canonical")) == schemas.json_schema(
        wire="canonical"
    )


def test_asyncapi() -> None:
    assert json.loads(written("--format", "asyncapi")) == schemas.asyncapi()
    assert json.loads(written("--format", "asyncapi", "--wire", "canonical")) == schemas.asyncapi(wire="canonical")


def test_arrow() -> None:
    pytest.importorskip("pyarrow")
    text = written("--format", "arrow")
    assert json.loads(text) == schemas.arrow()
    assert '\n  {"name": "ThisDN", "type": "string", "nullable": true},\n' in text  # one column a line


def test_spark() -> None:
    pytest.importorskip("pyspark")
    from vmcodec.spark import decode_in_arrow

    assert written("--format", "spark") == decode_in_arrow().ddl() + "\n"


def test_a_file_is_written(tmp_path: Path) -> None:
    done = run("schema", "-o", str(tmp_path / "kept.json"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert json.loads((tmp_path / "kept.json").read_bytes()) == schemas.json_schema()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "avro"], "vmcodec schema: argument --format: invalid choice: 'avro'"),
        (["--format", "arrow", "--wire", "canonical"], "vmcodec schema: --wire says nothing about --format arrow"),
        (["-o", "no/such/folder/x.json"], "vmcodec schema: no/such/folder/x.json: there is no folder no/such/folder"),
        (["extra.ndjson"], "vmcodec: unrecognized arguments: extra.ndjson"),
    ],
)
def test_wrong_use_is_one_line(arguments: list[str], said: str) -> None:
    done = run("schema", *arguments)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith(said) and done.stderr.count("\n") == 1


@pytest.mark.parametrize(("name", "library", "extra"), [("arrow", "pyarrow", "arrow"), ("spark", "pyspark", "spark")])
def test_a_library_that_is_missing_is_named(name: str, library: str, extra: str) -> None:
    code = (
        "import sys; sys.modules['pyarrow'] = sys.modules['pyspark'] = None\n"
        "from vmcodec.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "schema", "--format", name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == f"vmcodec schema: {library} is missing: pip install 'vmcodec[{extra}]'\n"
