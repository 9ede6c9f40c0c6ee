"""Builds the source distribution and the wheel twice, as two people would, and compares what they got, byte by byte.

Run by `make reproducible`. The two differ in folder, time, time zone, language, umask, and in the order and time in
which their files were written; the toolchain, the Python and cargo's home are the same ones. Where the hashes differ it
tells in which members, and ends with 1.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MATURIN = Path(sys.executable).with_name("maturin")


@dataclass(frozen=True)
class Builder:
    """Somebody who builds: where, and with which habits."""

    folder: str
    umask: int
    written: int
    environment: dict[str, str]


BUILDERS = (
    Builder("one", 0o022, 1_600_000_000, {"TZ": "UTC", "LANG": "C", "LC_ALL": "C"}),
    Builder(
        "another one/in a deeper folder", 0o077, 1_700_000_000, {"TZ": "Asia/Tokyo", "LANG": "C.UTF-8", "LC_ALL": ""}
    ),
)


def sources() -> list[str]:
    """What a clone would have: the files that git knows, and new ones that it does not ignore."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [name for name in listed.split("\0") if (ROOT / name).is_file()]


def copy(names: list[str], to: Path, builder: Builder) -> None:
    """Write the sources there, as this builder would find them."""
    for name in names:
        path = to / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, path)
        path.chmod((0o777 if path.stat().st_mode & 0o100 else 0o666) & ~builder.umask)
        os.utime(path, (builder.written, builder.written))


def build(folder: Path, builder: Builder) -> list[Path]:
    """The source distribution and the wheel."""
    environment = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    environment |= {"CARGO_TARGET_DIR": str(folder / "target"), **builder.environment}
    for command in (["sdist"], ["build", "--release", "--locked", "--interpreter", sys.executable]):
        subprocess.run(
            [MATURIN, *command, "--out", "dist"],
            cwd=folder,
            env=environment,
            umask=builder.umask,
            check=True,
        )
    return sorted((folder / "dist").iterdir())


def members(path: Path) -> dict[str, tuple[object, ...]]:
    """For each member of an archive what can differ: how it is stored, and what it holds."""
    found: dict[str, tuple[object, ...]] = {}
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            for entry in wheel.infolist():
                content = hashlib.sha256(wheel.read(entry)).hexdigest()
                found[entry.filename] = (content, entry.date_time, entry.external_attr, entry.header_offset)
    else:
        with tarfile.open(path) as archive:
            for member in archive:
                file = archive.extractfile(member)
                content = hashlib.sha256(file.read() if file else b"").hexdigest()
                found[member.name] = (content, member.mtime, member.mode, member.uname, member.offset)
    return found


def compare(one: Path, other: Path) -> bool:
    """Whether both are the same file; tells about it."""
    first, second = (hashlib.sha256(path.read_bytes()).hexdigest() for path in (one, other))
    print(f"{one.name}\n  {first}")
    if first == second:
        return True
    print(f"  {second}")
    left, right = members(one), members(other)
    for name in sorted(left.keys() | right.keys()):
        if left.get(name) != right.get(name):
            print(f"  differs: {name} {left.get(name)} {right.get(name)}")
    return False


def main() -> int:
    """Build twice and compare."""
    names = sources()
    built: list[list[Path]] = []
    with tempfile.TemporaryDirectory(prefix="vmcodec-") as place:
        for builder in BUILDERS:
            folder = Path(place, builder.folder)
            # The order in which files were written is the order in which some file systems list them.
            copy(names[:: -1 if built else 1], folder, builder)
            built.append(build(folder, builder))
        one, other = built
        if [path.name for path in one] != [path.name for path in other]:
            raise SystemExit(f"not the same files: {one}, {other}")
        same = [compare(*pair) for pair in zip(one, other, strict=True)]
        if keep := os.environ.get("VMCODEC_KEEP"):
            shutil.copytree(place, keep, ignore=shutil.ignore_patterns("target"))
    print("reproducible" if all(same) else "NOT reproducible")
    return int(not all(same))


if __name__ == "__main__":
    sys.exit(main())
