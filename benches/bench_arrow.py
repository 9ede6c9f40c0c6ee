"""decode_arrow beside other readers of NDJSON into columns, with one thread (pytest-benchmark).

Run by name: `pytest benches/bench_arrow.py`. Answers are checked by the `turn` fixture; nothing is asserted on time.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ["POLARS_MAX_THREADS"] = "1"  # before it is imported

import columns
import peers
import pytest
import readers
import report
from conftest import Turn, by_place, messages_of
from readers import COLUMNS, Column

READERS = readers.contestants(1)
CHANGED = {"text": "other", "integer": 7, "code": 1, "time": {"seconds": 1, "useconds": 2}, "nested": {"other": 1}}


@by_place(READERS)
def test_decode_arrow(turn: Turn, place: int) -> None:
    turn("decode_arrow, usual", READERS, place)


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
@by_place(READERS)
def test_one_other_value_is_found(place: int, column: Column) -> None:
    if READERS[place].key == "pyarrow" and column.kind == "nested":
        pytest.skip("left out")
    messages = messages_of("usual", "producer", peers.BATCH)
    changed: Any = "EventAgentNotReady" if column.name == "id" else CHANGED[column.kind]
    # Texts are compared as they came, so one without escapes is written again.
    told = [json.loads(message) if b"\\" not in message else {} for message in messages]
    place_of_it = next(n for n, event in enumerate(told) if event.get(column.name, changed) != changed)
    spoilt = json.dumps(told[place_of_it] | {column.name: changed}, ensure_ascii=False, separators=(",", ":"))
    lines = [*messages[:place_of_it], spoilt.encode(), *messages[place_of_it + 1 :]]
    misread = replace(READERS[place], prepare=lambda _: READERS[place].prepare(lines))
    with pytest.raises(AssertionError, match=f"result {COLUMNS.index(column)} differs"):
        peers.check_peer(READERS[0], misread, messages)


def test_every_figure_is_made(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    columns.main(["--rounds", "2", "--scale", "0.004", "--results", str(file)])
    results = json.loads(file.read_text(encoding="utf-8"))
    with_one, with_two = ({row["key"] for row in outcome["contestants"]} for outcome in results["comparisons"])
    assert with_one - with_two == {"objects"} and with_two - with_one == {"one_thread"}
    assert {"vmcodec", "vmcodec_file", "polars", "pyarrow", "duckdb"} < with_one
    assert [peak["lines"] > peak["columns"] > 0 for peak in results["memory"].values()] == [True, True]
    assert all(reader in report.arrow_markdown(results) for reader in ("polars", "pyarrow", "DuckDB"))


def test_the_table_is_that_of_the_figures() -> None:
    results = json.loads(report.ARROW.read_text(encoding="utf-8"))
    _, table, _ = report.section(report.README.read_text(encoding="utf-8"), "arrow")
    assert table == report.arrow_markdown(results)
