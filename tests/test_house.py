"""The rules of the house that a machine can check: what may stand where in the source, and how long files are."""

import re
from pathlib import Path

import pytest
from support import ROOT
from vmcodec import _schema, events

RUST = [path for crate in ROOT.glob("rust/*/src") for path in sorted(crate.rglob("*.rs"))]
PLACES = ("python", "tests", "benches", "examples", "rust/fuzz")
PYTHON = [path for place in PLACES for path in sorted((ROOT / place).rglob("*.py"))]
LIMIT = 400

pytestmark = pytest.mark.skipif(not RUST, reason="no source tree")


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def words_in(path: Path, comments: bool) -> set[str]:
    """The words of a Rust file, with or without those of its comments."""
    text = path.read_text()
    return set(re.findall(r"\w+", text if comments else re.sub(r"//.*", "", text)))


@pytest.mark.parametrize("path", RUST, ids=relative)
def test_rust_names_no_event(path: Path) -> None:
    ids = {name for row in _schema.lower(events.EVENTS).events for name in row.ids}
    assert not ids & words_in(path, comments=True)


@pytest.mark.parametrize("path", RUST, ids=relative)
def test_rust_code_names_no_attribute(path: Path) -> None:
    rows = _schema.lower(events.EVENTS).events
    names = {name for row in rows for field in row.fields for name in (field.attribute, *field.names)}
    # Plain words that mean other things too.
    names -= {"time", "server", "reasons", "extensions"}
    assert len(names) > 30
    assert not names & words_in(path, comments=False)


@pytest.mark.parametrize("path", RUST, ids=relative)
def test_unsafe_code_has_a_room_of_its_own(path: Path) -> None:
    if "/py/src/ffi/" not in path.as_posix():
        assert "unsafe" not in words_in(path, comments=False)


@pytest.mark.parametrize("crate", ["core", "arrow"])
def test_crates_without_python_forbid_unsafe_code(crate: str) -> None:
    assert "#![forbid(unsafe_code)]" in (ROOT / "rust" / crate / "src" / "lib.rs").read_text()


def test_only_one_module_looks_into_msgspec() -> None:
    users = [path.name for path in PYTHON if "python/" in path.as_posix() and "msgspec.inspect" in path.read_text()]
    imports = [path.name for path in PYTHON if "python/" in path.as_posix() and "import inspect" in path.read_text()]
    assert {*users, *imports} == {"_schema.py"}


@pytest.mark.parametrize("path", RUST + PYTHON, ids=relative)
def test_files_are_short_and_say_what_they_are(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= LIMIT
    assert text == "" or text.startswith(("//!", '"""', "#"))
