"""Finds Java and Maven, and has Maven fetch jars, once: after that a service starts without a network.

Which jars, a `<name>.pom.xml` beside this file says; where from, only Maven's own settings say. They are kept in
`.services/` of the checkout, a folder for each pom and its properties.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from services.kept import Missing, kept

HERE = Path(__file__).parent
OLDEST = 17  # what Kafka's broker and Spark 4 ask for
TRIES = 3  # a download may fail by bad luck


class Java(NamedTuple):
    """A Java that is new enough."""

    home: Path
    version: int

    @property
    def command(self) -> str:
        """The program."""
        return str(self.home / "bin" / "java")


def find_java() -> Java:
    """The Java of JAVA_HOME, or else of the path; Missing where neither is new enough."""
    seen = []
    places = [Path(home, "bin", "java") for home in [os.environ.get("JAVA_HOME")] if home]
    places += [Path(path) for path in [shutil.which("java")] if path]
    for place in places:
        version = _version(place)
        if version >= OLDEST:
            return Java(place.resolve().parent.parent, version)
        seen.append(f"{place} is version {version}" if version else f"{place} does not run")
    raise Missing(f"Java {OLDEST} or newer is needed, by JAVA_HOME or on the path: {'; '.join(seen) or 'none is here'}")


def _version(java: Path) -> int:
    """The feature release, such as 17; 0 where it does not run. Java 8 and older call themselves 1."""
    try:
        told = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=True).stderr
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r'version "(\d+)', told)
    return int(found[1]) if found else 0


def find_maven() -> str:
    """Maven's program, on the path; Missing where there is none."""
    maven = shutil.which("mvn")
    if maven is None:
        raise Missing("Maven (mvn) is needed on the path to fetch jars the first time")
    return maven


def jars(name: str, **properties: str) -> Path:
    """The folder with the jars that `<name>.pom.xml` asks for; fetched if they are not there yet.

    Missing where Java or Maven is; RuntimeError with Maven's words where it fails.
    """
    pom = HERE / f"{name}.pom.xml"
    wanted = [f"-D{key.replace('_', '.')}={value}" for key, value in sorted(properties.items())]
    mark = hashlib.sha256("\0".join([pom.read_text(encoding="utf-8"), *wanted]).encode()).hexdigest()[:12]
    return kept(f"{name}-{mark}", lambda folder: _fetch(pom, wanted, folder))


def _fetch(pom: Path, wanted: list[str], folder: Path) -> None:
    java, maven = find_java(), find_maven()
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={folder}", "-DincludeScope=runtime"]
    command = [maven, "--batch-mode", "--quiet", "--file", str(pom), *goal, *wanted]
    for left in reversed(range(TRIES)):
        done = subprocess.run(
            command,
            env=os.environ | {"JAVA_HOME": str(java.home)},
            cwd=folder.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
        )
        if done.returncode == 0:
            return
        if not left:
            raise RuntimeError(f"Maven could not fetch the jars of {pom.name}:\n{done.stdout}")
