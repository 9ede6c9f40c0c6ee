"""How `vmcodec stats` shows its report: on a terminal, in a pipe, and as a page in a real browser."""

from __future__ import annotations

import fcntl
import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Any

import pytest
from support import ROOT
from surveys import READY, SERVICE, run
from vmcodec.cli.stats.periods import periods
from vmcodec.samples import SAMPLES

STRANGE = '<script>alert(1)</script>\\u001b[31m\\u202e"&'


def strange(tmp_path: Path) -> Path:
    """A file in which everything that may be shown wants to be escaped."""
    name = json.dumps(json.loads(f'"{STRANGE[:-2]}"') + '"&')
    path = tmp_path / "<b>.ndjson"
    path.write_text(
        f'{{"id":"EventDNOutOfService","ThisDN":{name},{name}:1,{name}:null}}\n'
        f'{{"id":{name},{name}:"SECRET"}}\n'
        f'{{"id":"EventAgentLogin","ThisDN":"1","Server":1,"time":1,"AgentID":{name},"CustomerID":{name}}}\n'
    )
    return path


def test_nothing_of_a_record_is_markup_in_the_page(tmp_path: Path) -> None:
    done = run("--format", "html", strange(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "<script" not in done.stdout and "<b>" not in done.stdout
    assert html.escape('<script>alert(1)</script>\\x1b[31m\\u202e"&') in done.stdout
    assert "SECRET" not in done.stdout
    assert not {"\x1b", "\u202e"} & set(done.stdout)
    for outside in ("http://", "https://", "src=", "@import", "url("):
        assert outside not in done.stdout


def test_nothing_of_a_record_steers_the_terminal(tmp_path: Path) -> None:
    done = run(strange(tmp_path), FORCE_COLOR="1")
    assert done.returncode == 0, done.stderr
    assert "\x1b[1m" in done.stdout and "\x1b[31m" not in done.stdout and "\u202e" not in done.stdout
    assert "SECRET" not in done.stdout


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """A file with something for each part of the report."""
    path = tmp_path / ("a-name-that-is-rather-long-" * 3 + ".ndjson")
    records = [READY % (1735718400 + 1800 * n, f',"AgentID":"A{n}","{"Member" * 12}{n}":1') for n in range(99)]
    path.write_text("\n".join([*records, SERVICE % ',"ThisDN":"1"', '{"id":"EventNew"}', "{}", "["]))
    return path


def test_colours_are_left_out_where_they_are_not_wanted(capture: Path) -> None:
    plain = run(capture)
    assert "\x1b" not in plain.stdout
    assert max(map(len, plain.stdout.splitlines())) <= 100
    assert max(map(len, run(capture, COLUMNS="60").stdout.splitlines())) <= 60
    without = run(capture, NO_COLOR="1", FORCE_COLOR="1")
    assert not any(f"\x1b[{colour}" in without.stdout for colour in ("31", "33", "35", "36", "1;35", "1;36"))
    narrow = run(capture, PYTHONIOENCODING="ascii")
    assert narrow.returncode == 1 and narrow.stderr == ""


def test_a_closed_pipe_ends_quietly(tmp_path: Path) -> None:
    path = tmp_path / "f.ndjson"
    path.write_text("".join(SERVICE % f',"Member{n}":1' + "\n" for n in range(9000)))
    command = [sys.executable, "-m", "vmcodec", "stats", str(path)]
    reading, writing = os.pipe()
    # The report is longer than a page: it cannot be written whole before the pipe is closed.
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    with subprocess.Popen(command, stdout=writing, stderr=subprocess.PIPE, env=os.environ) as process:
        os.close(writing)
        assert os.read(reading, 1) and process.stderr is not None
        os.close(reading)
        assert process.wait(60) == 141
        assert process.stderr.read() == b""


@pytest.mark.parametrize(
    ("form", "told"), [("text", "DNs, by ThisDN: 2\n"), ("html", '<p class="muted">2 in all.</p>')]
)
def test_top_0_names_nobody(capture: Path, form: str, told: str) -> None:
    shown = run("--format", form, "--top", "0", capture).stdout
    assert told in shown
    assert "7012" not in shown and "A98" not in shown


def waits_for_more(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has read all that was written to it, and sleeps."""
    assert process.stdin is not None
    unread = fcntl.ioctl(process.stdin, termios.FIONREAD, b"\0" * 4)
    state = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]
    return not any(unread) and state == "S"


def test_an_interrupt_ends_it_quietly() -> None:
    command = [sys.executable, "-m", "vmcodec", "stats", "-"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=os.environ) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        process.stdin.write((SERVICE % "" + "\n").encode() * 50_000)
        process.stdin.flush()
        for _ in range(600):
            if waits_for_more(process):
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert (process.stdout.read(), process.stderr.read()) == (b"", b"")


def test_hours_are_gathered_so_that_they_fit() -> None:
    def hours(counts: dict[str, int]) -> list[dict[str, Any]]:
        return [{"start": start, "events": count} for start, count in counts.items()]

    assert periods([], 10) is None
    few = periods(hours({"2025-01-01T08:00:00Z": 1, "2025-01-01T10:00:00Z": 2}), 10)
    assert few is not None
    assert (few.unit, [period.events for period in few.periods], few.outside) == ("hour", [1, 0, 2], 0)
    days = periods(hours({"2025-01-01T08:00:00Z": 1, "2025-01-05T10:00:00Z": 2}), 10)
    assert days is not None
    assert (days.unit, [period.events for period in days.periods]) == ("day", [1, 0, 0, 0, 2])
    stray = periods(hours({"1970-01-01T00:00:00Z": 1, "2025-01-01T08:00:00Z": 900, "2025-01-01T09:00:00Z": 900}), 10)
    assert stray is not None
    assert (stray.unit, [period.events for period in stray.periods], stray.outside) == ("hour", [900, 900], 1)
    ever = periods(hours({"0001-01-01T00:00:00Z": 1, "9999-12-31T23:00:00Z": 1}), 10)
    assert ever is not None
    assert len(ever.periods) <= 10 and sum(period.events for period in ever.periods) == 2


def test_long_lists_are_shown_in_part_and_say_so(capture: Path) -> None:
    assert "Shown are 50 of 99; --format json has all." in run(capture).stdout
    assert "Shown are 50 of 99; --format json has all." in run("--format", "html", capture).stdout
    assert run("--format", "json", capture).stdout.count('"member": ') == 99 + 1


BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# A frame as wide as a telephone: a browser's own window cannot be as narrow everywhere.
FRAME = """<!doctype html><iframe src="report.html" style="width:390px;height:844px;border:0"></iframe>
<script>
onload = () => {
  const page = document.querySelector("iframe").contentDocument;
  const small = [...page.querySelectorAll("td, th, p, li, dt, dd, figcaption, .axis, footer")]
    .filter(one => parseFloat(page.defaultView.getComputedStyle(one).fontSize) < 12);
  const root = page.documentElement;
  document.body.dataset.found = [root.scrollWidth, root.clientWidth, small.length, page.images.length].join(" ");
};
</script>"""


@pytest.mark.skipif(BROWSER is None, reason="neither chromium nor google-chrome is on the path")
def test_the_page_fits_a_telephone(capture: Path) -> None:
    assert BROWSER is not None
    folder = capture.parent
    assert run("--format", "html", "--top", "50", "-o", folder / "report.html", capture).returncode == 1
    (folder / "frame.html").write_text(FRAME)
    command = [
        BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files",
        f"--user-data-dir={folder / 'profile'}", "--dump-dom", (folder / "frame.html").as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    found = re.search(r'data-found="(\d+) (\d+) (\d+) (\d+)"', done.stdout)
    assert found is not None, done.stderr
    width, room, small, images = map(int, found.groups())
    assert 300 < width == room <= 390  # a scroll bar may take some
    assert (small, images) == (0, 0)


def section() -> str:
    """The documentation of the command."""
    return (ROOT / "docs" / "cli.md").read_text("utf-8").partition("\n## stats\n")[2].partition("\n## ")[0]


def keys(value: Any) -> set[str]:
    """The keys of all objects in the report, apart from those that are names themselves."""
    if isinstance(value, list):
        return set().union(*map(keys, value))
    if not isinstance(value, dict):
        return set()
    inner = [
        list(one.values()) if name == "forms" else one
        for name, one in value.items()
        if name not in {"attributes", "never_seen", "members"}
    ]
    return set(value).union(*map(keys, inner))


def test_every_key_and_every_form_of_the_object_is_documented(capture: Path) -> None:
    with capture.open("a") as file:
        lines = [*SAMPLES, SERVICE % ',"Server":null,"Server":null', *(SERVICE % f',"M{n}":1' for n in range(10_100))]
        file.writelines(f"\n{line.decode() if isinstance(line, bytes) else line}" for line in lines)
    told = json.loads(run("--format", "json", capture).stdout)
    keyed = json.loads(run("--format", "json", "--keys", capture).stdout)
    assert told["drift"]["cut"] and keyed["drift"]["without_key"]
    documented = set(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", section(), flags=re.DOTALL)))
    assert keys([told, keyed]) - documented == set()
    forms = {row["form"] for rows in told["drift"]["forms"].values() for row in rows}
    assert len(forms) >= 8 and forms - documented == set()
