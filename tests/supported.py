"""Builds a wheel for every supported CPython that is found here, and runs the tests on it, each in its own environment.

Run by `make test-versions`, and by CI. What is supported is read from pyproject.toml: the classifiers name the versions
of Python, each of which is tested with the newest dependencies; the oldest one found also with the oldest dependencies
that are allowed. A version that is not installed is told and left out.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / ".venvs"
SUPPORTED = re.compile(r"Programming Language :: Python :: (3\.\d+)")
# Whether it is that version, and can make an environment: some systems' own cannot, and pyenv's shims may lead nowhere.
PROBE = "import ensurepip, sys, venv; print('{}.{}'.format(*sys.version_info[:2]), sys.implementation.name)"


def candidates(version: str) -> Iterator[str]:
    """Where an interpreter of the version may be: on the path, and among pyenv's."""
    for folder in os.get_exec_path():
        if path := shutil.which(f"python{version}", path=folder):
            yield path
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    numbered = re.compile(re.escape(version) + r"\.(\d+)")
    found = [(int(match[1]), path) for path in pyenv.glob("versions/*") if (match := numbered.fullmatch(path.name))]
    for _, root in sorted(found, reverse=True):
        yield str(root / "bin" / "python")


def interpreter(version: str) -> str | None:
    """An interpreter of the version that can be used here."""
    for path in candidates(version):
        probe = subprocess.run([path, "-c", PROBE], capture_output=True, text=True)
        if probe.returncode == 0 and probe.stdout.split() == [version, "cpython"]:
            return path
    return None


def run(*command: str | Path, **environment: str) -> None:
    """Run a command in the project's folder; CalledProcessError if it fails."""
    subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, **environment})


def build(version: str, path: str) -> Path:
    """A wheel for the interpreter."""
    folder = PLACE / f"wheel-{version}"
    shutil.rmtree(folder, ignore_errors=True)
    run(Path(sys.executable).with_name("maturin"), "build", "--release", "-q", "-i", path, "--out", folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


def check(name: str, path: str, wheel: Path, dependencies: list[str]) -> None:
    """Run the tests in an environment with the wheel and these dependencies."""
    python = PLACE / name / "bin" / "python"
    run(path, "-m", "venv", "--clear", PLACE / name)
    run(python, "-m", "pip", "install", "-q", "--upgrade", "pip")
    run(python, "-m", "pip", "install", "-q", wheel, *dependencies, "--group", "test")
    run(python, "-m", "pip", "list")
    # The services' tests need clients that not every version has, and are run apart.
    tests = ("-q", "-n", "auto", "--dist", "worksteal", "--ignore=tests/services")
    run(python, "-m", "pytest", *tests, VMCODEC_REPEATED="1")


def main() -> int:
    """Test all versions, whatever becomes of one; 1 if one failed, or if none is here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    supported = [match[1] for line in project["classifiers"] if (match := SUPPORTED.fullmatch(line))]
    newest: list[str] = project["dependencies"]
    extras: list[str] = project["optional-dependencies"]["arrow"]
    oldest = [requirement.replace(">=", "==") for requirement in (*newest, *extras)]
    outcomes: list[str] = []
    runs = [newest, oldest]
    for version in supported:
        path = interpreter(version)
        if path is None:
            outcomes.append(f"{version} skipped: neither on the path nor among pyenv's")
            continue
        for dependencies in runs:
            name = " ".join([version, *dependencies])
            print(f"== {name}, {path}", flush=True)
            try:
                check(name.replace(" ", "-"), path, build(version, path), dependencies)
                outcomes.append(f"{name} passed")
            except subprocess.CalledProcessError as error:
                outcomes.append(f"{name} failed: {error}")
        runs = [newest]
    print("== versions", *outcomes, sep="\n")
    return int(runs == [newest, oldest] or any(" failed: " in outcome for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
