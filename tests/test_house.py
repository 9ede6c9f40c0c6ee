"""The rules of the house that a machine can check: what may stand where in the source, and how long files are."""

import re
from collections import Counter
from pathlib import Path

import pytest
from support import ROOT
from vmcodec import _schema, events

RUST = [path for crate in ROOT.glob("rust/*/src") for path in sorted(crate.rglob("*.rs"))]
PLACES = ("python", "tests", "benches", "examples", "rust/fuzz")
PYTHON = [path for place in PLACES for path in sorted((ROOT / place).rglob("*.py"))]
LIMIT = 400
UNSAFE_ROOM = ROOT / "rust/py/src/ffi"
# By what stands behind the word: blocks, and functions. These numbers may only fall.
UNSAFE = {"{": 33, "fn": 1, "extern": 2}

pytestmark = pytest.mark.skipif(not RUST, reason="no source tree")


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def without_comments(path: Path) -> str:
    return re.sub(r"//.*", "", path.read_text())


def words_in(path: Path, comments: bool) -> set[str]:
    """The words of a Rust file, with or without those of its comments."""
    return set(re.findall(r"\w+", path.read_text() if comments else without_comments(path)))


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


def test_unsafe_code_has_a_room_of_its_own_and_grows_no_more() -> None:
    found: Counter[str] = Counter()
    for path in ROOT.glob("rust/**/*.rs"):
        if "target" not in path.parts:
            kinds = re.findall(r"\bunsafe\b\s*(\w+|\S)", without_comments(path))
            assert not kinds or path.parent == UNSAFE_ROOM, path
            found.update(kinds)
    more = found - Counter(UNSAFE)
    assert not more, f"{more}: more unsafe code than there was; look for a safe way"
    assert found == Counter(UNSAFE), (
        f"{Counter(UNSAFE) - found}: less unsafe code than there was; lower UNSAFE to keep it so"
    )


def test_each_unsafe_block_has_its_rows_in_safety_md() -> None:
    safety = (ROOT / "SAFETY.md").read_text()
    sections = {
        stem: text
        for text in safety.split("\n## ")
        for stem in re.findall(r"^.*\(`(\w+)\.rs`\)", text)
        if stem != "lib"
    }
    files = {path.stem: path for path in UNSAFE_ROOM.glob("*.rs") if path.name != "mod.rs"}
    assert sections.keys() == files.keys()
    for stem, path in files.items():
        names = re.findall(r"// SAFETY: \[(\w+\.\w+)\]", path.read_text())
        assert len(set(names)) == len(names) == len(re.findall(r"\bunsafe \{", without_comments(path))), path
        rows = [[cell.strip() for cell in row.split("|")] for row in re.findall(r"^\| (`.*) \|$", sections[stem], re.M)]
        assert {block for block, *_ in rows} == {f"`{name}`" for name in names}, path
        assert all(name.startswith(f"{stem}.") for name in names)
        assert all(relied_on and kept_by for _, _, relied_on, kept_by in rows)


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
