"""A service is gone when whoever started it is, however that ended, and is told to go in the way that was asked for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from services.process import KEEPER, Process, ServiceError, free_ports

# Writes its number to the file, and ends with 7 when it is asked to.
SERVICE = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
print("it", "speaks", flush=True)
with open(sys.argv[1], "w") as told:
    told.write(str(os.getpid()))
time.sleep(600)
"""
OWNER = """
import subprocess, sys
subprocess.Popen([sys.executable, *sys.argv[1:]], stdin=subprocess.PIPE).wait()
"""


def within(seconds: float, come: object) -> bool:
    """Whether the call becomes true in time."""
    assert callable(come)
    late = time.monotonic() + seconds
    while not come():
        if time.monotonic() > late:
            return False
        time.sleep(0.01)
    return True


def number(told: Path) -> int:
    """The process that the service says it is, when it does."""
    assert within(20, lambda: told.exists() and told.read_text())
    return int(told.read_text())


def there(process: int) -> bool:
    """Whether a process runs; one that ended and is not yet waited for does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def told(tmp_path: Path) -> Path:
    return tmp_path / "told"


@pytest.mark.parametrize("way", ["stop", "kill"])
def test_a_process_is_stopped_or_killed_and_can_start_again(way: str, told: Path, tmp_path: Path) -> None:
    process = Process("it", tmp_path / "log")
    command = [sys.executable, "-c", SERVICE, str(told)]
    for _ in range(2):
        process.start(command, lambda: told.exists() and told.read_text() != "")
        one = number(told)
        assert process.runs() and there(one)
        with pytest.raises(ServiceError, match="it runs already"):
            process.start(command, lambda: True)
        getattr(process, way)()
        assert not process.runs() and not there(one)
        told.unlink()
    assert process.log.read_text() == "it speaks\n" * 2


def test_a_failure_shows_the_log(tmp_path: Path) -> None:
    process = Process("it", tmp_path / "log")
    with pytest.raises(ServiceError, match=r"^it ended before it answered; .*log ends with\nno way$"):
        process.start([sys.executable, "-c", "import sys; sys.exit('no way')"], lambda: False)
    with pytest.raises(ServiceError, match=r"^it did not answer within 0 s;"):
        process.start([sys.executable, "-c", SERVICE, str(tmp_path / "told")], lambda: False, timeout=0.2)
    assert not process.runs()


def test_a_process_that_does_not_stop_is_killed(told: Path, tmp_path: Path) -> None:
    process = Process("it", tmp_path / "log")
    deaf = SERVICE.replace("lambda *_: sys.exit(7)", "signal.SIG_IGN")
    process.start([sys.executable, "-c", deaf, str(told)], lambda: told.exists() and told.read_text() != "")
    one = number(told)
    process.stop(timeout=0.2)
    assert not process.runs() and not there(one)


@pytest.mark.parametrize("victim", ["owner", "keeper"])
def test_a_service_dies_with_its_owner_and_with_its_keeper(victim: str, told: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, KEEPER, sys.executable, "-c", SERVICE, told])
    try:
        service = number(told)
        keeper = int(Path(f"/proc/{service}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(owner.pid if victim == "owner" else keeper, signal.SIGKILL)
        assert within(20, lambda: not there(service) and not there(keeper))
    finally:
        owner.kill()
        owner.wait()


def test_the_keeper_passes_on_what_it_is_told_and_the_exit_code(told: Path) -> None:
    with subprocess.Popen(
        [sys.executable, KEEPER, sys.executable, "-c", SERVICE, told], stdin=subprocess.PIPE
    ) as keeper:
        service = number(told)
        keeper.terminate()
        assert keeper.wait(20) == 7
        assert not there(service)


def test_free_ports_are_several_and_no_clients() -> None:
    ports = free_ports(20)
    first_of_clients = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert len(set(ports)) == 20
    assert all(1024 <= port < first_of_clients for port in ports)
