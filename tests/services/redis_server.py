"""A real Redis for tests: the one on the path, or else Debian's, unpacked into `.services/` and not installed.

Which packages it takes says apt, which knows what this system has already; where from, say apt's own settings.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from services.kept import Missing, kept
from services.process import HOST, Process, free_ports

PROGRAM = "redis-server"
TOOLS = ("apt-get", "dpkg")


class RedisServer:
    """A Redis on loopback. Its data, on disk after every write, outlive a stop and a crash; see `close`."""

    def __init__(self) -> None:
        """Missing where there is no Redis and none can be fetched; nothing runs yet."""
        self._program, self._libraries = find_redis()
        self._folder = Path(tempfile.mkdtemp(prefix="vmcodec-redis-"))
        [self.port] = free_ports(1)
        self._process = Process("Redis", self._folder / "redis.log")

    @property
    def url(self) -> str:
        """What its clients connect to."""
        return f"redis://{HOST}:{self.port}"

    def start(self) -> Self:
        """Start it, with the data that it left, and wait until it serves."""
        settings = {"bind": HOST, "port": str(self.port), "dir": str(self._folder)}
        settings |= {"save": "", "appendonly": "yes", "appendfsync": "always"}
        command = [self._program, *(word for name, value in settings.items() for word in (f"--{name}", value))]
        libraries = filter(None, [*self._libraries, os.environ.get("LD_LIBRARY_PATH")])
        self._process.start(
            command, self.answers, environment=os.environ | {"LD_LIBRARY_PATH": os.pathsep.join(libraries)}
        )
        return self

    def answers(self) -> bool:
        """Whether it answers, and has read its data."""
        import redis

        with redis.Redis.from_url(self.url, socket_timeout=2) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

    def kill(self) -> None:
        """Stop it as a power cut would."""
        self._process.kill()

    def close(self) -> None:
        """Kill it, and delete its data."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def find_redis() -> tuple[str, list[str]]:
    """The program, and the folders of libraries that it needs besides the system's; fetched if it is nowhere."""
    found = shutil.which(PROGRAM)
    if found is not None:
        return found, []
    absent = [tool for tool in TOOLS if shutil.which(tool) is None]
    if absent:
        raise Missing(f"{PROGRAM} is not on the path, and without {' and '.join(absent)} it cannot be fetched")
    folder = kept(PROGRAM, unpack)
    return str(folder / "usr" / "bin" / PROGRAM), sorted({str(path.parent) for path in folder.rglob("*.so.*")})


def unpack(folder: Path) -> None:
    """Fetch the packages that this system lacks for Redis, as any user may, and unpack them into the folder."""
    with tempfile.TemporaryDirectory(dir=folder) as fetched:
        try:
            _fetch(fetched)
        except Missing:  # the system's lists of packages are not there, or old: get lists of our own
            for name in ("lists", "archives"):
                Path(fetched, name, "partial").mkdir(parents=True)
            ours = ["-o", f"Dir::State::lists={fetched}/lists", "-o", f"Dir::Cache={fetched}/archives"]
            _run("apt-get", *ours, "update")
            _fetch(fetched, *ours)
        for package in sorted(Path(fetched).glob("*.deb")):
            _run("dpkg", "--extract", str(package), str(folder))


def _fetch(folder: str, *options: str) -> None:
    """Fetch what apt would install here for Redis, if it were asked to."""
    told = _run("apt-get", *options, "install", "--simulate", "--no-install-recommends", PROGRAM)
    packages = re.findall(r"^Inst (\S+)", told, flags=re.MULTILINE)
    _run("apt-get", *options, "download", *packages, folder=folder)


def _run(*command: str, folder: str | None = None) -> str:
    """What the program prints; Missing with its words if it fails."""
    environment = os.environ | {"LC_ALL": "C"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise Missing(f"{PROGRAM} is not on the path, and {' '.join(command)} failed:\n{done.stderr.strip()}")
    return done.stdout
