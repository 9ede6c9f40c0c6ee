"""What the tests of `vmcodec stats` share: records, and reports on files of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import vmcodec
from support import new_environment
from vmcodec.cli.files import Input
from vmcodec.cli.stats import survey
from vmcodec.cli.stats.report import report

READY = '{"id":"EventAgentReady","ThisDN":"7011","Server":101,"time":{"seconds":%s,"useconds":0},"AgentWorkMode":2%s}'


SERVICE = '{"id":"EventDNOutOfService","ThisDN":"7012"%s}'


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `vmcodec stats` as a user does."""
    command = [sys.executable, "-m", "vmcodec", "stats", *map(str, arguments)]
    return subprocess.run(command, env=new_environment(environment), capture_output=True, text=True,
                          encoding="utf-8", timeout=120)  # fmt: skip


def found(path: Path, records: Iterable[str | bytes], keyed: bool = False, top: int = 10) -> dict[str, Any]:
    """The report on a file with these lines."""
    path.write_bytes(b"".join((line.encode() if isinstance(line, str) else line) + b"\n" for line in records))
    read = survey.Survey(keyed)
    read.read(Input(path.name, str(path), None))
    made: dict[str, Any] = json.loads(json.dumps(report(read, top)))
    return made


def rows(table: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    """The rows of a list of the report, as tuples of these columns."""
    return [tuple(row[name] for name in names) for row in table]


def attributes(event: str) -> list[str]:
    """The wire names of an event's attributes, without its `extra`."""
    return [name for name in getattr(vmcodec, event).__struct_encode_fields__ if name != "extra"]
