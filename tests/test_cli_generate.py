"""`vmcodec generate` as users run it; services/test_generate.py has it write to Kafka."""

from __future__ import annotations

import gzip
import os
import pty
import signal
import subprocess
import sys
import time
from collections import Counter
from itertools import islice, pairwise
from pathlib import Path

import pytest
import vmcodec as v
from vmcodec import synthetic

COMMAND = [sys.executable, "-m", "vmcodec", "generate"]


def run(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, timeout=120)
    assert done.returncode == code, done.stderr
    return done


def test_lines_are_those_of_the_library() -> None:
    done = run("--events", "2500", "--agents", "4", "--seed", "-7")
    expected = [dated.event for dated in islice(synthetic.events(-7, 4), 2_500)]
    assert done.stdout == v.encode_lines(expected)
    said = f"2,500 records, 0 of them bad; {len(done.stdout):,} bytes; agents: 4\n"
    assert done.stderr.decode() == said


def test_by_default_it_is_a_day_of_ten_thousand() -> None:
    done = run()
    events = [event for event in v.decode_lines(done.stdout) if not isinstance(event, v.UnknownEvent)]
    assert len(events) == 10_000
    times = [event.time.to_epoch_us() for event in events if event.time]
    assert 12 < (times[-1] - times[0]) / 3.6e9 < 36
    assert done.stdout == run().stdout != run("--seed", "2").stdout


def test_bad_records_stand_between_the_good_ones() -> None:
    done = run("--events", "20000", "--agents", "30", "--bad", "0.01")
    lines = done.stdout.splitlines()
    errors = v.validate_batch(lines)
    assert len(lines) == 20_000 and 150 < len(errors) < 250
    assert set(Counter(error.code for error in errors)) == set(synthetic.FAULTS)
    bad = {error.index for error in errors}
    good = [line for place, line in enumerate(lines) if place not in bad]
    # None of the good ones is missing.
    assert good == v.encode_batch([dated.event for dated in islice(synthetic.events(1, 30), len(good))])
    assert f" {len(errors)} of them bad;" in done.stderr.decode()
    assert done.stdout == run("--events", "20000", "--agents", "30", "--bad", "0.01").stdout


def test_all_records_may_be_bad() -> None:
    assert len(v.validate_lines(run("--events", "1500", "--bad", "1").stdout)) == 1_500


@pytest.mark.parametrize("name", ["day.ndjson", "day.ndjson.gz", "day.ndjson.zst"])
def test_files_are_compressed_by_their_names(name: str, tmp_path: Path) -> None:
    if name.endswith(".zst"):
        pytest.importorskip("pyarrow")
    done = run("--events", "1200", "-o", str(tmp_path / name))
    assert done.stdout == b""
    assert list(v.iter_decode(tmp_path / name)) == v.decode_lines(run("--events", "1200").stdout)
    if name.endswith(".gz"):
        content = (tmp_path / name).read_bytes()
        assert gzip.decompress(content) and content[4:8] == bytes(4)  # no time: the same every day
    if name != "day.ndjson":
        assert (tmp_path / name).stat().st_size < 200_000


def test_with_a_rate_events_happen_now() -> None:
    begin = time.time_ns() // 1_000
    done = run("--events", "60", "--agents", "3", "--rate", "40", "--bad", "0.05")
    end = time.time_ns() // 1_000
    events = [event for event in v.decode_lines(done.stdout, errors="return") if isinstance(event, v.BaseEvent)]
    times = [event.time.to_epoch_us() for event in events if event.time]
    assert len(times) > 40
    assert begin < times[0] and times[-1] < end
    assert all(one <= other for one, other in pairwise(times))
    # The last of 60 at 40 a second leaves a second and more after the first.
    assert times[-1] - times[0] > 1_000_000


def test_ctrl_c_ends_it_quietly_and_the_file_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "live.ndjson.gz"
    process = subprocess.Popen([*COMMAND, "--rate", "500", "-o", str(file)], stderr=subprocess.PIPE)
    late = time.monotonic() + 60
    while not (file.exists() and file.stat().st_size) and time.monotonic() < late:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (130, b"")
    assert len(v.decode_lines(gzip.decompress(file.read_bytes()))) > 50


def test_a_closed_pipe_ends_it_quietly() -> None:
    process = subprocess.Popen(
        [*COMMAND, "--events", "1000000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    )
    assert process.stdout is not None and process.stderr is not None
    assert process.stdout.read(50).startswith(b'{"id":"EventAgentLogin"')
    process.stdout.close()
    said = process.stderr.read()
    assert (process.wait(30), said) == (128 + signal.SIGPIPE, b"")
    process.stderr.close()


def test_a_bar_is_shown_on_a_terminal_only(tmp_path: Path) -> None:
    pytest.importorskip("rich")
    ours, theirs = pty.openpty()
    command = [*COMMAND, "--events", "2000", "-o", str(tmp_path / "x")]
    subprocess.run(command, stderr=theirs, check=True, timeout=60)
    os.close(theirs)
    assert b"2000/2000" in os.read(ours, 100_000)
    os.close(ours)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--events", "0"], "argument --events: takes a whole number from 1 on, not '0'"),
        (["--agents", "many"], "argument --agents: takes a whole number from 1 on, not 'many'"),
        (["--bad", "1.5"], "argument --bad: takes a share from 0 to 1, not '1.5'"),
        (["--bad", "nan"], "argument --bad: takes a share from 0 to 1, not 'nan'"),
        (["--rate", "0"], "argument --rate: takes a number above 0, not '0'"),
        (["--rate", "x"], "argument --rate: takes a number above 0, not 'x'"),
        (["--seed", "x"], "argument --seed: invalid int value: 'x'"),
        (["-o", "x", "--bootstrap", "y"], "argument --bootstrap: not allowed with argument -o/--output"),
        (["--topic", "x"], "--topic needs --bootstrap"),
        (["-o", "no/such/x.gz"], "no/such/x.gz: No such file or directory"),
    ],
)
def test_wrong_use_is_one_line(arguments: list[str], said: str) -> None:
    done = run(*arguments, code=2)
    assert done.stdout == b""
    assert done.stderr.decode().startswith(f"vmcodec generate: {said}") and done.stderr.count(b"\n") == 1


def test_a_library_that_is_missing_is_named(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['pyarrow'] = sys.modules['confluent_kafka'] = None\n"
        "from vmcodec.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    for where, told in (
        (["-o", str(tmp_path / "x.zst")], "pyarrow is missing: pip install 'vmcodec[arrow]'"),
        (["--bootstrap", "localhost:9092"], "confluent_kafka is missing: pip install 'vmcodec[kafka]'"),
    ):
        done = subprocess.run([sys.executable, "-c", code, "generate", *where], capture_output=True, timeout=60)
        assert (done.returncode, done.stderr.decode()) == (2, f"vmcodec generate: {told}\n")
