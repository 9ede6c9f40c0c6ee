"""The command as a whole: its help, which files it reads and writes, and how it ends."""

import contextlib
import gzip
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest
import vmcodec
from support import command, new_environment
from vmcodec import cli
from vmcodec.samples import SAMPLES

LINES = b"\n".join(SAMPLES) + b"\n"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "events.ndjson"
    path.write_bytes(LINES)
    return path


def examples(text: str) -> Iterator[list[str]]:
    """The arguments of each `vmcodec` in a help's examples."""
    for line in text.partition("\nexample:\n")[2].splitlines():
        words: list[str] = []
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        for word in [*lexer, ";"]:
            if set(word) <= set("|&;<>()"):
                if words[:1] == ["vmcodec"]:
                    yield words[1:]
                words = []
            else:
                words.append(word)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_help_has_an_example_that_parses(name: str) -> None:
    ended = command(name, "--help")
    assert ended.code == 0 and ended.err == ""
    found = list(examples(ended.out))
    assert found
    for words in found:
        assert words[0] == name
        assert cli.parser().parse_args(words).command == name


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_says_in_a_line_what_is_wrong_with_its_arguments(name: str) -> None:
    ended = command(name, "--no-such-flag", "x")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"vmcodec {name}: ") or ended.err.startswith("vmcodec: ")
    assert ended.err.count("\n") == 1 and "--help" in ended.err


def test_the_command_lists_its_commands() -> None:
    ended = command("--help")
    assert ended.code == 0
    assert all(f"\n    {name} " in ended.out for name in cli.COMMANDS)
    assert command("--version") == (0, f"vmcodec {vmcodec.__version__}\n", "")
    assert command().code == 2
    assert "invalid choice: 'delete'" in command("delete").err


def test_help_needs_no_library() -> None:
    code = "import sys; sys.modules |= dict.fromkeys(('rich', 'pyarrow', 'matplotlib', 'confluent_kafka'))\n"
    code += "from vmcodec import cli; sys.exit(cli.main(sys.argv[1:]))"
    for name in cli.COMMANDS:
        done = subprocess.run([sys.executable, "-c", code, name, "--help"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_a_missing_library_is_told_with_its_extra(archive: Path) -> None:
    code = "import sys; sys.modules['rich'] = None\nfrom vmcodec import cli; sys.exit(cli.main(sys.argv[1:]))"
    done = subprocess.run([sys.executable, "-c", code, "decode", str(archive)], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "vmcodec decode: rich is missing: pip install 'vmcodec[cli]'\n"


def without_permission(path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    path.write_bytes(LINES)
    path.chmod(0)


BAD_FILES: dict[str, tuple[Any, str]] = {
    "none.ndjson": (lambda path: None, "none.ndjson: No such file or directory"),
    "*.json": (lambda path: None, "no file matches"),
    "folder": (lambda path: path.mkdir(), "folder: is a directory"),
    "mine.ndjson": (without_permission, "mine.ndjson: Permission denied"),
}


@pytest.mark.parametrize("name", BAD_FILES)
@pytest.mark.parametrize("subcommand", ["validate", "decode"])
def test_a_file_that_cannot_be_read_is_told_in_a_line(subcommand: str, name: str, tmp_path: Path) -> None:
    make, said = BAD_FILES[name]
    make(tmp_path / name)
    ended = command(subcommand, tmp_path / name)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err and ended.err.count("\n") == 1


def test_files_that_are_named_twice_are_read_twice_and_globs_in_order(archive: Path) -> None:
    for name in ("b.nd", "a.nd", "[c].nd"):
        (archive.parent / name).write_bytes(b"{\n")
    ended = command("validate", "*.nd", "a.nd", "[c].nd", cwd=archive.parent)
    names = [line.partition(":")[0] for line in ended.out.splitlines()]
    assert names == ["[c].nd", "a.nd", "b.nd", "a.nd", "[c].nd"]


def test_standard_input_and_pipes_are_read(archive: Path, tmp_path: Path) -> None:
    assert command("validate", "-", given=LINES).err == "20 records in 1 file: none bad\n"
    assert command("validate", "/dev/null").err == "0 records in 1 file: none bad\n"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cp", archive, pipe]):
        assert command("validate", pipe, archive).err == "40 records in 2 files: none bad\n"


def test_nothing_is_written_over_what_is_read(archive: Path) -> None:
    for arguments in (["decode", "--to", "ndjson", "-o"], ["validate", "--dead-letter"], ["stats", "-o"]):
        ended = command(*arguments, archive.name, f"./{archive.name}", cwd=archive.parent)
        assert ended.code == 2 and "is read, and cannot be written" in ended.err
    assert archive.read_bytes() == LINES


@pytest.mark.parametrize(
    ("path", "said"),
    [("none/out.csv", "there is no folder none"), (".", "is a directory"), ("/dev/full", "No space left on device")],
)
def test_a_file_that_cannot_be_written_is_told_in_a_line(archive: Path, path: str, said: str) -> None:
    archive.write_bytes(LINES * 100)
    ended = command("decode", "--to", "csv", "-o", path, archive.name, cwd=archive.parent)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err and ended.err.count("\n") == 1
    assert [file.name for file in archive.parent.iterdir()] == [archive.name]


@pytest.mark.parametrize("arguments", [["validate", "--format", "json"], ["decode", "--to", "ndjson"], ["decode"]])
def test_a_full_disk_is_told_in_a_line(archive: Path, arguments: list[str]) -> None:
    archive.write_bytes(b"{}\n" + LINES * 100)
    words = [sys.executable, "-m", "vmcodec", *arguments, str(archive)]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, env=new_environment({}))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("No space left on device")
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr


def test_a_file_that_was_written_keeps_its_mode_and_its_link(archive: Path, tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link.csv"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.symlink_to(target)
    assert command("decode", "-o", link, archive).code == 0
    assert link.is_symlink() and target.read_bytes().startswith(b"id,ThisDN,")
    assert target.stat().st_mode & 0o777 == 0o640


# Shells start what runs in the background without Ctrl-C; tests may be run so too.
INTERRUPTIBLE = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from vmcodec.cli import main
sys.exit(main())
"""


def running(*arguments: str | Path, **streams: Any) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-c", INTERRUPTIBLE, *map(str, arguments)]
    return subprocess.Popen(words, stderr=subprocess.PIPE, env=new_environment({}), **streams)


@pytest.mark.parametrize(
    "arguments",
    [["validate", "-"], ["validate", "--dead-letter", "out", "-"], ["decode", "--to", "csv", "-o", "out", "-"]],
)
def test_ctrl_c_ends_a_command_quietly(arguments: list[str], tmp_path: Path) -> None:
    with running(*arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path) as child:
        given: IO[bytes] | None = child.stdin
        assert given is not None
        given.write(LINES * 200)  # more than a pipe holds: when it is written the command reads
        given.flush()
        child.send_signal(signal.SIGINT)
        assert child.wait(20) == 130
        assert child.stderr and child.stderr.read() == b""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("to", ["ndjson", "csv"])
def test_a_closed_pipe_ends_a_command_quietly(archive: Path, to: str) -> None:
    archive.write_bytes(LINES * 2000)
    with running("decode", "--to", to, archive, stdout=subprocess.PIPE) as child:
        assert child.stdout and child.stderr
        first = child.stdout.readline()
        assert first == (SAMPLES[0] + b"\n" if to == "ndjson" else first)
        child.stdout.close()
        assert child.wait(20) == 141
        assert child.stderr.read() == b""


def test_a_closed_pipe_ends_a_table_quietly(archive: Path) -> None:
    archive.write_bytes(LINES * 200)
    with running("decode", "--rows", "4000", archive, stdout=subprocess.PIPE) as child:
        assert child.stdout and child.stderr
        assert child.stdout.readline().startswith(b"time (UTC)")
        child.stdout.close()
        assert child.wait(20) == 141
        assert child.stderr.read() == b""


def test_a_closed_pipe_ends_validation_quietly(archive: Path) -> None:
    archive.write_bytes(b"{\n" * 50_000)
    with running("validate", archive, stdout=subprocess.PIPE) as child:
        assert child.stdout and child.stderr
        assert child.stdout.readline().startswith(b"%b:1:2 truncated" % os.fsencode(archive))
        child.stdout.close()
        assert child.wait(20) == 141
        assert child.stderr.read() == b""


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-"])
@pytest.mark.parametrize("words", ["validate -", "decode --to ndjson -"])
def test_streams_may_be_closed(archive: Path, words: str, closed: str) -> None:
    line = f'"{sys.executable}" -m vmcodec {words} < events.ndjson {closed}'
    done = subprocess.run(line, shell=True, cwd=archive.parent, env=new_environment({}), capture_output=True, text=True)
    assert done.returncode == (2 if closed == "<&-" else 0), done.stderr
    assert ("standard input is closed" in done.stderr) == (closed == "<&-")
    assert "Traceback" not in done.stderr


def test_colours_are_for_terminals_that_want_them(archive: Path) -> None:
    pty = pytest.importorskip("pty")
    seen = {}
    for value in ("", "1"):
        reader, writer = pty.openpty()
        environment = new_environment({"NO_COLOR": value, "TERM": "xterm-256color", "COLUMNS": "100"})
        words = [sys.executable, "-m", "vmcodec", "decode", "--rows", "2", str(archive)]
        assert subprocess.run(words, stdout=writer, stderr=writer, env=environment).returncode == 0
        os.close(writer)
        seen[value] = os.read(reader, 1 << 16).decode()
        os.close(reader)
    assert "EventDNOutOfService" in seen["1"]
    assert "\x1b[3" not in seen["1"]


def test_the_progress_bar_is_on_a_terminal_and_leaves_the_output_alone(archive: Path, tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    archive.write_bytes(LINES * 5000 + b"{\n")
    packed = tmp_path / "b.gz"
    packed.write_bytes(gzip.compress(LINES + b"{\n"))
    said = "truncated $: expected a member name in double quotes, or '}'\n"
    for words, out in (
        (["validate"], f"{archive}:100001:2 {said}{packed}:21:2 {said}"),
        (["decode", "--to", "csv", "--fields", "id", "--where", "id=none"], "id\r\n"),
    ):
        reader, writer = pty.openpty()
        environment = new_environment({"TERM": "xterm-256color", "COLUMNS": "200"})
        child = subprocess.Popen(
            [sys.executable, "-m", "vmcodec", *words, str(archive), str(packed)],
            stdout=subprocess.PIPE,
            stderr=writer,
            env=environment,
        )
        os.close(writer)
        told = b""
        with contextlib.suppress(OSError):  # at the end
            while part := os.read(reader, 1 << 16):
                told += part
        os.close(reader)
        printed = child.communicate()[0].decode()
        assert (child.returncode, printed) == (1, out)
        assert "\u2501".encode() in told and b"Traceback" not in told
        assert b"2 bad (truncated 2)" in told


def test_names_of_files_may_be_anything(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\xc3\xa9.ndjson")
    (tmp_path / name).write_bytes(b"{\n")
    assert command("validate", name, cwd=tmp_path).out.startswith("\\udcffé.ndjson:1:2 ")
    assert command("validate", name, cwd=tmp_path, PYTHONIOENCODING="ascii").code == 1


def test_a_damaged_archive_is_told_behind_what_was_read(tmp_path: Path) -> None:
    packed = gzip.compress(b"{\n" * 1000 + os.urandom(100_000).hex().encode())
    (tmp_path / "a.ndjson.gz").write_bytes(packed[:-50_000])
    ended = command("validate", "--max-errors", "1", "a.ndjson.gz", cwd=tmp_path)
    assert ended.code == 2
    assert ended.out.startswith("a.ndjson.gz:1:2 truncated ")
    assert ended.err.startswith("vmcodec validate: a.ndjson.gz: ") and ended.err.count("a.ndjson.gz") == 1
