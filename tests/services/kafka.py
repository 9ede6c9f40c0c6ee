"""A real Apache Kafka broker for tests: one node that is broker and controller, on 127.0.0.1, with its own data.

`python tests/services/kafka.py` (`make kafka`) starts one for people.
"""

from __future__ import annotations

import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path
from types import TracebackType
from typing import Self

if __name__ == "__main__":  # started as a script: the package's folder is not on the path
    sys.path.insert(0, str(Path(__file__).parent.parent))

from services.java import find_java, jars
from services.process import HOST, Process, free_ports

API_VERSIONS = 18  # the request that any broker answers, and only once it serves


class Broker:
    """A broker. Data and ports stay the same however often it is stopped or killed and started again; see `close`."""

    def __init__(self, *, partitions: int = 6, heap: str = "256m", settings: dict[str, str] | None = None) -> None:
        """`partitions` is what a topic gets that is made by writing to it; `settings` go to server.properties.

        Raises Missing where Java or Maven is, and nothing is on disk yet.
        """
        self._java, self._jars, self._heap = find_java(), jars("kafka"), heap
        self.folder = Path(tempfile.mkdtemp(prefix="vmcodec-kafka-"))
        self.port, controller = free_ports(2)
        self._settings = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@{HOST}:{controller}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://{HOST}:{self.port},CONTROLLER://{HOST}:{controller}",
            "advertised.listeners": f"PLAINTEXT://{HOST}:{self.port}",
            "log.dirs": str(self.folder / "data"),
            "num.partitions": str(partitions),
            # A single node: no copies, and nobody to wait for.
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "3",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "3",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            # After a crash it may not come back before the controller misses it; nine seconds, if not told.
            "broker.session.timeout.ms": "4000",
            "broker.heartbeat.interval.ms": "500",
            "log.cleaner.dedupe.buffer.size": str(2**22),  # it takes half of a small heap otherwise
            **(settings or {}),
        }
        self._process = Process("Kafka", self.folder / "kafka.log")

    @property
    def address(self) -> str:
        """What clients call bootstrap servers."""
        return f"{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        """Where all it says is kept."""
        return self._process.log

    def start(self) -> Self:
        """Start it, with the data that it left, and wait until it serves; ServiceError with its log if it does not."""
        if not (self.folder / "data").exists():
            self._format()
        self._process.start(self._command("kafka.Kafka", self._properties()), self.answers)
        return self

    def stop(self) -> None:
        """Stop it as an operator would: it hands over, and writes all to disk."""
        self._process.stop()

    def kill(self) -> None:
        """Stop it as a power cut would."""
        self._process.kill()

    def restart(self, *, down: float = 0) -> None:
        """Stop it, leave it down for so many seconds, and start it."""
        self.stop()
        time.sleep(down)
        self.start()

    def runs(self) -> bool:
        """Whether its process is there."""
        return self._process.runs()

    def close(self) -> None:
        """Kill it, and delete its data."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def answers(self) -> bool:
        """Whether it answers a request: it accepts connections a while before it does."""
        question = struct.pack(">hhih", API_VERSIONS, 0, 1, -1)
        try:
            with socket.create_connection((HOST, self.port), timeout=2) as connection:
                connection.sendall(struct.pack(">i", len(question)) + question)
                # The length of the answer, the number of the request, and the error code.
                answer = connection.recv(10, socket.MSG_WAITALL)
        except OSError:
            return False
        return answer[4:] == struct.pack(">ih", 1, 0)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _properties(self) -> str:
        path = self.folder / "server.properties"
        path.write_text("".join(f"{key}={value}\n" for key, value in self._settings.items()), encoding="utf-8")
        return str(path)

    def _format(self) -> None:
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        cluster = cluster.replace("-", "A")  # a leading dash would be taken for an option
        command = self._command("kafka.tools.StorageTool", "format", "-t", cluster, "-c", self._properties())
        with self.log.open("ab") as log:
            done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, timeout=120)
        if done.returncode:
            raise self._process.failure("could not format its storage")

    def _command(self, program: str, *arguments: str) -> list[str]:
        options = [f"-Xmx{self._heap}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true"]
        logger = "-Dorg.slf4j.simpleLogger"
        options += [f"{logger}.showDateTime=true", f"{logger}.dateTimeFormat=HH:mm:ss.SSS"]
        options += [f"{logger}.log.org.apache.kafka.common.config=warn"]  # hundreds of lines of settings
        return [self._java.command, *options, "-cp", f"{self._jars}/*", program, *arguments]


def main() -> None:
    """Start a broker, tell its address, and stop it on Ctrl-C."""
    broker = Broker()
    try:
        broker.start()
        print(f"Kafka answers on {broker.address}; its log is {broker.log}.")
        print("Ctrl-C stops it and deletes its data.", flush=True)
        while broker.runs():
            time.sleep(0.2)
        print("Kafka ended by itself", file=sys.stderr)
    except KeyboardInterrupt:
        print()
    finally:
        broker.close()


if __name__ == "__main__":
    main()
