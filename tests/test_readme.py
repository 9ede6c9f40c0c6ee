"""Runs every Python block of the documents, and compares what it prints with the text block below it.

The blocks of a document share one namespace, in order, as a reader would type them, in an empty directory.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
import types
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
ELSEWHERE = {"docs/kafka.md", "docs/recipes.md", "docs/spark.md"}  # run by tests/services, which they need
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
DOCUMENTS = [path for path in DOCUMENTS if path.relative_to(ROOT).as_posix() not in ELSEWHERE]
FENCE = re.compile(r"```(\w*)\n(.*?\n)?```(?=\n|$)(\s*)", re.DOTALL)


class Block(NamedTuple):
    """A Python block: its code, the line it begins on, and the text that stands directly below it, if one does."""

    code: str
    line: int
    output: str | None


def python_blocks(document: str) -> list[Block]:
    """The Python blocks in order; AssertionError for a text block that is no Python block's output."""
    blocks: list[Block] = []
    end = 0
    for fence in FENCE.finditer(document):
        language, code = fence[1], fence[2] or ""
        line = document.count("\n", 0, fence.start()) + 1
        if language == "python":
            blocks.append(Block(code, line + 1, None))
            end = fence.end()
        elif language == "text":
            assert blocks and fence.start() == end, f"line {line}: no Python block stands directly above this text"
            blocks[-1] = blocks[-1]._replace(output=code)
    return blocks


def run(name: str, document: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the blocks of a document; AssertionError where one prints something else than the document says."""
    module = types.ModuleType("document")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for code, line, output in python_blocks(document):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            # The blank lines give tracebacks the line numbers of the document.
            exec(compile("\n" * (line - 1) + code, name, "exec"), module.__dict__)
        assert printed.getvalue() == (output or ""), f"{name}, the block at line {line}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_blocks_run_and_print_what_the_document_shows(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    run(path.name, path.read_text(encoding="utf-8"), monkeypatch)


@pytest.mark.parametrize(
    "path", ["README.md", "docs/guide.md", "docs/errors.md", "docs/events.md", "docs/wire.md", "docs/api.md"]
)
def test_the_documents_have_blocks(path: str) -> None:
    assert any(block.output for block in python_blocks((ROOT / path).read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("```python\nprint(1)\n```\n\n```text\n2\n```\n", "the block at line 2"),
        ("```python\nprint(1)\n```\n", "the block at line 2"),
        ("```python\nx = 1\n```\n```text\n1\n```\n", "the block at line 2"),
        ("```python\nx = 1\n```\nProse.\n```text\n1\n```\n", "line 5: no Python block"),
        ("```text\n1\n```\n", "line 1: no Python block"),
    ],
)
def test_a_document_that_is_wrong_is_found(document: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError, match=said):
        run("wrong.md", document, monkeypatch)


def test_blocks_share_a_namespace_and_keep_their_line_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    document = "```sh\nls\n```\n```python\nx = 1\n```\n\n```python\nprint(x)\n```\n\n```text\n1\n```\n"
    run("right.md", document, monkeypatch)
    with pytest.raises(ZeroDivisionError) as caught:
        run("wrong.md", "Prose.\n\n```python\n1 / 0\n```\n", monkeypatch)
    assert caught.traceback[-1].lineno + 1 == 4
