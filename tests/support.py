"""What several test files share: the vectors, results made comparable, Python and the command in their own process."""

import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import vmcodec
from vmcodec import DecodeError, Decoder

T = TypeVar("T")
ROOT = Path(__file__).parent.parent
PLAIN: Decoder[Any] = Decoder()


def vectors(name: str) -> list[dict[str, Any]]:
    """The entries of one of the lists under vectors/."""
    entries: list[dict[str, Any]] = json.loads((ROOT / "tests" / "vectors" / f"{name}.json").read_bytes())
    return entries


def data_of(vector: dict[str, Any]) -> Any:
    """What to hand to the decoder: the record's bytes, or the item that is no record."""
    if "item" in vector:
        return vector["item"]
    return bytes.fromhex(vector["hex"]) if "hex" in vector else vector["data"].encode()


def decoder_of(vector: dict[str, Any]) -> Decoder[Any]:
    """The decoder that the vector's options ask for; there `only` lists names."""
    if "options" not in vector:
        return PLAIN  # Making one takes longer than most of the tests.
    options: dict[str, Any] = dict(vector["options"])
    if "only" in options:
        options["only"] = [getattr(vmcodec, name) for name in options["only"]]
    return Decoder(**options)


def told(result: Any) -> Any:
    """The result itself, or all that an error tells, its record's bytes included."""
    return result.__reduce__() if isinstance(result, DecodeError) else result


def all_told(results: Iterable[Any]) -> list[Any]:
    """Results that can be compared with `==`, errors among them."""
    return [told(result) for result in results]


def run_python(code: str, *arguments: str, **environment: str) -> str:
    """Run the code in a new interpreter, and give what it printed; it fails the test if it fails."""
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, env=new_environment(environment), capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Ended(NamedTuple):
    """How a command ended: its exit code, and what it wrote."""

    code: int
    out: str
    err: str


def command(*arguments: str | Path, given: bytes = b"", cwd: Path | None = None, **environment: str) -> Ended:
    """Run `vmcodec` as a user does, with these bytes on its standard input; a traceback fails the test."""
    done = subprocess.run(
        [sys.executable, "-m", "vmcodec", *map(str, arguments)],
        env=new_environment(environment),
        input=given,
        capture_output=True,
        cwd=cwd,
        timeout=600,
    )
    ended = Ended(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in ended.err, ended.err
    return ended


def new_environment(changes: dict[str, str]) -> dict[str, str]:
    """The environment of a new process: ours with changes, in which the helpers here can be imported too.

    Output is buffered there, as it is for users.
    """
    paths = [str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")]
    usual = {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "PYTHONUNBUFFERED": ""}
    return os.environ | usual | changes


def on_a_small_stack(call: Callable[[], T], kilobytes: int = 128) -> T:
    """Run the call in a thread with so small a stack; what it raises is raised here."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append((call(), None))
        except BaseException as error:
            outcome.append((None, error))

    usual = threading.stack_size(kilobytes * 1024)
    try:
        thread = threading.Thread(target=run)
        thread.start()
    finally:
        threading.stack_size(usual)
    thread.join()
    [(result, error)] = outcome
    if error is not None:
        raise error
    found: T = result
    return found


def turns(least: int, seen: Callable[[], bool]) -> Iterator[int]:
    """So many turns, and more until the other thread was seen at work: a busy machine may keep it waiting."""
    late = time.monotonic() + 60
    for turn in itertools.count():
        if turn >= least and (seen() or time.monotonic() > late):
            return
        yield turn
