"""Looks into the source distribution and the wheel that was built from it: all that belongs there, and nothing else.

Run by `make sdist`, with the folder where both are.
"""

import json
import re
import sys
import tarfile
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LARGEST = 6_000_000  # bytes of a wheel
MODULE = re.compile(r"vmcodec/_vmcodec\.[\w-]+\.so")
# Of each crate what cargo would package; of Python the package.
SOURCES = re.compile(
    r"PKG-INFO|LICENSE|README\.md|pyproject\.toml|Cargo\.(lock|toml)"
    r"|rust/(core|arrow|py)/(Cargo\.toml|(src|tests)/[\w/]+\.rs)|rust/py/vmcodec\.cdx\.json"
    r"|python/vmcodec/[\w/]+\.(html|pyi?|typed)"
)
INFO = re.compile(
    r"vmcodec-[\w.]+\.dist-info/(METADATA|WHEEL|RECORD|entry_points\.txt|licenses/LICENSE|sboms/[\w.-]+\.json)"
)


def package() -> set[str]:
    """The files of the Python package."""
    folder = ROOT / "python"
    found = (path for path in (folder / "vmcodec").rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix() for path in found if path.suffix not in (".pyc", ".so")}


def check(holds: bool, why: object) -> None:
    """End where something is wrong."""
    if not holds:
        raise SystemExit(f"contents: {why}")


def source(path: Path) -> None:
    """The source distribution."""
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
        lock = archive.extractfile(f"{path.name.removesuffix('.tar.gz')}/Cargo.lock")
        locked = tomllib.loads(lock.read().decode()) if lock else {}
    check(not (strange := sorted(name for name in names if not SOURCES.fullmatch(name))), f"not wanted: {strange}")
    crates = [path for crate in ("core", "arrow", "py") for path in (ROOT / "rust" / crate).rglob("*.rs")]
    wanted = {path.relative_to(ROOT).as_posix() for path in crates} | {f"python/{name}" for name in package()}
    wanted |= {"Cargo.lock", "Cargo.toml", "LICENSE", "README.md", "PKG-INFO", "pyproject.toml"}
    check(not (missing := sorted(wanted - names)), f"missing in the sdist: {missing}")
    # Maturin leaves out what no member needs, and keeps the rest as it is locked here.
    ours = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    check(all(entry in ours for entry in locked["package"]), "another Cargo.lock than ours")


def wheel(path: Path) -> None:
    """The wheel."""
    check(path.stat().st_size < LARGEST, f"{path.stat().st_size:,} bytes are too many for a wheel")
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        texts = {name.rpartition("/")[2]: archive.read(name).decode() for name in names if INFO.fullmatch(name)}
    (module,) = (name for name in names if MODULE.fullmatch(name))
    infos = {name for name in names if INFO.fullmatch(name)}
    check(names - infos - {module} == package(), sorted((names - infos - {module}) ^ package()))
    check(texts["LICENSE"] == (ROOT / "LICENSE").read_text(), "no LICENSE")
    metadata = Parser().parsestr(texts["METADATA"])
    needed = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    check([re.split(r"\W", line)[0] for line in needed] == ["msgspec"], f"needs {needed}")
    boms = [text for name, text in texts.items() if name.endswith(".json")]
    check(len(boms) == 1, "no software bill of materials")
    components = {(part["name"], part["version"]) for part in json.loads(boms[0])["components"]}
    locked = {
        (entry["name"], entry["version"]) for entry in tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    }
    check({"pyo3", "zstd-sys", "vmcodec-core"} <= {name for name, _ in components}, "crates are missing in the SBOM")
    check(components <= locked, f"not what is locked: {sorted(components - locked)}")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (sdist,), (built,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    source(sdist)
    wheel(built)
    size = f"{built.stat().st_size / 1e6:.1f} MB"
    print(f"contents: {sdist.name} and {built.name} ({size}) are as they should be")
