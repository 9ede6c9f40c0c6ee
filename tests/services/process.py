"""A program that serves: started, waited for, stopped or killed, its output kept in a file, gone when we are gone."""

from __future__ import annotations

import atexit
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

HOST = "127.0.0.1"
KEEPER = Path(__file__).with_name("keeper.py")
TOLD = 200  # lines of the log in an error: Kafka has much to say when it gives up


class ServiceError(RuntimeError):
    """The service does not do what it should; the text ends with the last lines of its log."""


class Process:
    """One program. It can be started again after it was stopped or killed, and then adds to the same log."""

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log = log
        self._keeper: subprocess.Popen[bytes] | None = None

    def start(
        self,
        command: Sequence[str],
        answers: Callable[[], bool],
        *,
        timeout: float = 120,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start it and wait until it answers; ServiceError if it ends before that, or takes longer than `timeout`."""
        if self.runs():
            raise ServiceError(f"{self.name} runs already")
        self.kill()  # what is left of one that ended by itself
        with self.log.open("ab") as log:
            self._keeper = subprocess.Popen(
                [sys.executable, str(KEEPER), *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,  # Ctrl-C in a terminal is for us; it reaches the service as we wish
            )
        atexit.register(self.kill)
        late = time.monotonic() + timeout
        while not answers():
            ended = not self.runs()
            if ended or time.monotonic() > late:
                self.kill()
                raise self.failure("ended before it answered" if ended else f"did not answer within {timeout:.0f} s")
            time.sleep(0.05)

    def runs(self) -> bool:
        """Whether it is there."""
        return self._keeper is not None and self._keeper.poll() is None

    def stop(self, timeout: float = 60) -> None:
        """Ask it to end, and wait for that; kill it if it takes longer than `timeout`."""
        if self._keeper is not None:
            self._keeper.terminate()
            try:
                self._keeper.wait(timeout)
            except subprocess.TimeoutExpired:
                pass
        self.kill()

    def kill(self) -> None:
        """End it at once, as a crash would."""
        keeper, self._keeper = self._keeper, None
        if keeper is None:
            return
        atexit.unregister(self.kill)
        assert keeper.stdin is not None
        _close(keeper.stdin)  # the keeper kills it, and ends when it is gone
        keeper.wait()

    def failure(self, what: str) -> ServiceError:
        """An error that tells what happened, and shows the end of the log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-TOLD:] if self.log.exists() else []
        return ServiceError("\n".join([f"{self.name} {what}; {self.log} ends with", *lines]))


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        pass


def free_ports(count: int) -> list[int]:
    """So many ports of 127.0.0.1 on which nobody listens.

    They lie below those that the system gives to clients: else a client could get the port of a service that is down,
    and the service not come back, or a client connect to itself.
    """
    below = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    places = list(range(max(1024, below - 10_000), below))
    random.shuffle(places)
    free = []
    for port in places:
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        free.append(port)
        if len(free) == count:
            return free
    raise ServiceError(f"of {len(places)} ports below {below} none is free")
