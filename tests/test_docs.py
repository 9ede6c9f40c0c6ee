"""The documents are complete and true to the code: names, options, codes, tables, links, targets, and where files live.

That their Python blocks run is `test_readme.py`'s affair.
"""

from __future__ import annotations

import importlib.util
import inspect
import re
import types
from pathlib import Path

import pytest
import vmcodec
from vmcodec._schema import lower

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.glob("*.md"))]
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def sections(document: str, level: int) -> dict[str, str]:
    """The text under each heading of a level, by heading; a heading of a higher level ends it."""
    parts = re.split(rf"^(#{{1,{level}}}) (.*)$", document, flags=re.MULTILINE)
    found: dict[str, str] = {}
    for marks, heading, body in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        if len(marks) == level:
            assert heading not in found, f"{heading} stands twice"
            found[heading] = body
    return found


def tables() -> types.ModuleType:
    """docs/tables.py, by its path: docs/ is no package."""
    spec = importlib.util.spec_from_file_location("tables", DOCS / "tables.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["events.md", "api.md"])
def test_the_tables_are_those_of_the_classes(name: str) -> None:
    module = tables()
    document = read(f"docs/{name}")
    rendered = module.render(document, module.TABLES[name], lower(vmcodec.EVENTS))
    assert rendered == document, f"docs/{name} is out of date: run python docs/tables.py"


def test_the_order_of_the_attributes_is_that_of_every_event() -> None:
    rows = lower(vmcodec.EVENTS)
    order = list(tables().attributes(rows))
    for event in rows.events:
        names = [field.names[0] for field in event.fields]
        assert names == sorted(names, key=order.index)
    assert len(order) == len({field.names[0] for event in rows.events for field in event.fields})


def test_a_missing_marker_is_an_error() -> None:
    with pytest.raises(ValueError, match="stand 0 times"):
        tables().render("no marker", {"attributes": lambda rows: ""}, lower(()))


API = sections(read("docs/api.md"), 3)


def api_names() -> list[str]:
    headings = [match[1] for heading in API if (match := re.match(r"`(\w+)", heading))]
    rows = re.findall(r"^\| \[`(\w+)`\]", read("docs/api.md"), flags=re.MULTILINE)
    return headings + rows


def test_the_reference_has_every_public_name_once() -> None:
    assert sorted(api_names()) == sorted(vmcodec.__all__)


@pytest.mark.parametrize("heading", [heading for heading in API if "(" in heading])
def test_the_signatures_of_functions_are_those_of_the_code(heading: str) -> None:
    name, arguments = heading.strip("`").split("(", 1)
    signature = inspect.signature(getattr(vmcodec, name))
    names = inspect.Signature([p.replace(annotation=p.empty) for p in signature.parameters.values()])
    assert str(names).replace("'", '"') == f"({arguments}"


def test_functions_are_documented_with_their_signatures() -> None:
    functions = {name for name in vmcodec.__all__ if inspect.isroutine(getattr(vmcodec, name))}
    assert functions == {heading.strip("`").split("(")[0] for heading in API if "(" in heading}
    assert len(functions) == 13


@pytest.mark.parametrize(
    "cls",
    [
        vmcodec.Decoder,
        vmcodec.Encoder,
        vmcodec.KVList,
        vmcodec.Time,
        vmcodec.BaseEvent,
        vmcodec.UnknownEvent,
        vmcodec.OpenIntEnum,
        vmcodec.DecodeError,
        vmcodec.EncodeError,
    ],
)
def test_every_public_attribute_is_in_the_section_of_its_class(cls: type) -> None:
    public = [name for name in vars(cls) if not name.startswith("_")]
    assert public
    section = API[f"`{cls.__name__}`"]
    assert [name for name in public if not re.search(rf"`(\w+\(.*)?\b{name}\b", section)] == []


@pytest.mark.parametrize(("name", "heading"), [("guide.md", "Options"), ("api.md", "`Decoder`")])
def test_every_option_of_the_decoder_is_in_its_table(name: str, heading: str) -> None:
    document = read(f"docs/{name}")
    section = {**sections(document, 2), **sections(document, 3)}[heading]
    options = list(inspect.signature(vmcodec.Decoder).parameters)
    assert re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE) == options


def test_every_option_of_the_encoder_is_in_its_section() -> None:
    for option in inspect.signature(vmcodec.Encoder).parameters:
        assert f"{option}=" in API["`Encoder`"]


@pytest.mark.parametrize(("heading", "codes"), [("Decoding", vmcodec.DECODE_CODES), ("Encoding", vmcodec.ENCODE_CODES)])
def test_every_code_has_a_section_with_an_example_that_gives_it(heading: str, codes: tuple[str, ...]) -> None:
    described = sections("### " + sections(read("docs/errors.md"), 2)[heading].partition("\n### ")[2], 3)
    assert tuple(name.strip("`") for name in described) == codes
    for name, body in described.items():
        code = name.strip("`")
        outputs = re.findall(r"^```text\n(.*?)^```$", body, flags=re.DOTALL | re.MULTILINE)
        lines = [line for output in outputs for line in output.splitlines()]
        assert all(line.startswith(f"{code}: ") for line in lines), code
        assert lines or code == "internal", code


def test_every_accepted_spelling_is_told() -> None:
    wire, events = read("docs/wire.md"), read("docs/events.md")
    rows = lower(vmcodec.EVENTS)
    for pair in rows.time_pairs:
        assert f"`{pair[0]}`/`{pair[1]}`" in wire
    for event in rows.events:
        assert all(f"`{alias}`" in wire for alias in event.ids[1:])
        assert all(f"`{field.names[0]}`" in wire for field in event.fields)
        assert all(f"`{alias}`" in wire for field in event.fields for alias in field.names[1:])
    for enum in rows.enums:
        assert all(f"`{name}`" in events for name in enum.names)


def anchors(document: str) -> set[str]:
    """The anchors that GitHub gives to the headings."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", document), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", text)):
        if link.startswith("https://"):
            continue
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), link


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_targets_are_those_of_the_makefile(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), flags=re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)`", path.read_text(encoding="utf-8"))) <= targets


def code_files(folder: str) -> list[Path]:
    return [path for path in sorted((ROOT / folder).glob("*")) if path.suffix in {".rs", ".py", ".pyi", ".typed"}]


@pytest.mark.parametrize(
    ("folder", "heading"),
    [
        ("rust/core/src", "The core, `rust/core/src`"),
        ("rust/arrow/src", "The columns, `rust/arrow/src`"),
        ("rust/py/src", "The module, `rust/py/src`"),
        ("rust/py/src/ffi", "The module, `rust/py/src`"),
        ("python/vmcodec", "The package, `python/vmcodec`"),
    ],
)
def test_the_map_shows_every_file(folder: str, heading: str) -> None:
    section = sections(read("CONTRIBUTING.md"), 3)[heading]
    files = code_files(folder)
    assert files
    assert [file.name for file in files if f"`{file.stem}`" not in section and f"`{file.name}`" not in section] == []


@pytest.mark.parametrize(
    "heading", ["The core, `rust/core/src`", "The columns, `rust/arrow/src`", "The module, `rust/py/src`"]
)
def test_the_map_shows_no_file_that_is_not_there(heading: str) -> None:
    folder = ROOT / heading.split("`")[1]
    cells = re.findall(r"^\| ([^|]*) \|", sections(read("CONTRIBUTING.md"), 3)[heading], flags=re.MULTILINE)
    names = [name for cell in cells for name in re.findall(r"`([\w/]+)`", cell)]
    assert names and all((folder / name).is_dir() or (folder / f"{name}.rs").is_file() for name in names), names
