"""Runs every console block of the documents, and compares what its commands print with what the document shows.

A line behind `$ ` is run by bash, with `vmcodec` at hand, in a folder with the files of `samples`; what it writes to
standard output and standard error is what stands below it. The blocks of a document share the folder.
"""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
import zstandard
from support import ROOT, new_environment
from vmcodec.samples import BAD_SAMPLE, SAMPLES

# The commands of kafka.md need a broker: they are run where the services are.
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted(set((ROOT / "docs").glob("*.md")) - {ROOT / "docs" / "kafka.md"})]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class Shown(NamedTuple):
    """A command, the line of the document it stands on, and what it prints."""

    line: int
    command: str
    output: str


def shown(document: str) -> list[Shown]:
    """The commands of the console blocks, in order."""
    found: list[Shown] = []
    for block in BLOCK.finditer(document):
        assert block[1].startswith("$ "), block[1]
        line = document.count("\n", 0, block.start(1)) + 1
        for text in re.split(r"^\$ ", block[1], flags=re.MULTILINE)[1:]:
            command, _, output = text.partition("\n")
            found.append(Shown(line, command, output))
            line += text.count("\n")
    return found


def samples(folder: Path) -> None:
    """A file of good records, a capture of a morning, and an archive of two days, the second with bad records."""
    folder.joinpath("events.ndjson").write_bytes(b"".join(line + b"\n" for line in SAMPLES))
    folder.joinpath("morning.ndjson").write_bytes(b"\n".join([*SAMPLES[2:8], SAMPLES[18], BAD_SAMPLE]))
    archive = folder / "archive"
    archive.mkdir()
    first, second = SAMPLES[:12], (*SAMPLES[12:14], BAD_SAMPLE, b'{"id":"x', *SAMPLES[6:])
    archive.joinpath("2025-01-01.ndjson.gz").write_bytes(gzip.compress(b"\n".join(first)))
    archive.joinpath("2025-01-02.ndjson.zst").write_bytes(zstandard.compress(b"\n".join(second)))


def run(document: str, folder: Path) -> None:
    """Run the blocks; AssertionError where a command prints something else than the document says."""
    samples(folder)
    programs = folder / ".bin"
    programs.mkdir()
    program = programs / "vmcodec"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m vmcodec "$@"\n')
    program.chmod(0o755)
    environment = new_environment({"COLUMNS": "100"})
    environment["PATH"] = f"{programs}:{environment['PATH']}"
    for line, command, output in shown(document):
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=100,
        )
        printed = re.sub(r" +$", "", done.stdout.decode(), flags=re.MULTILINE)  # tables are padded
        assert printed == output, f"line {line}: {command}"


@pytest.mark.parametrize(
    "path",
    [path for path in DOCUMENTS if shown(path.read_text(encoding="utf-8"))],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_the_commands_print_what_the_document_shows(path: Path, tmp_path: Path) -> None:
    run(path.read_text(encoding="utf-8"), tmp_path)


def test_the_command_line_is_shown_at_work() -> None:
    assert len(shown((ROOT / "docs" / "cli.md").read_text(encoding="utf-8"))) >= 8


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("Prose.\n\n```console\n$ true\n$ echo a\nb\n```\n", "line 5: echo a"),
        ("```console\n$ echo a >&2\n```\n", "line 2: echo a"),
        ("```console\n$ true\na\n```\n", "line 2: true"),
        ("```console\nvmcodec\n```\n", "vmcodec"),
    ],
)
def test_a_document_that_is_wrong_is_found(document: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=said):
        run(document, tmp_path)


def test_commands_share_a_folder_and_have_the_files(tmp_path: Path) -> None:
    listed = "archive\nb\nevents.ndjson\nmorning.ndjson\n"
    run(f"```console\n$ echo a > b; ls\n{listed}```\n\n```console\n$ cat b\na\n```\n", tmp_path)
