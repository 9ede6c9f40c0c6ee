"""Figures on paper: the terminal tables, the files of results and the sections of README.md made from them.

Called by compare.py, columns.py and versions.py, which hand over plain dicts; plot.py reads the results written here.
Nothing is measured here but the corpus and the machine.
"""

from __future__ import annotations

import gc
import json
import os
import platform
import shutil
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corpus import SEED, lines
from peers import Messages
from rich.console import Console
from rich.table import Table
from vmcodec.cli.bench.figures import OURS as OURS
from vmcodec.cli.bench.figures import ratio, table, version

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
ARROW = HERE / "results_arrow.json"
VERSIONS = HERE / "versions.json"
README = HERE / "README.md"
PACKAGES = ("vmcodec", "msgspec", "orjson", "pydantic")

console = Console(width=max(118, shutil.get_terminal_size().columns))


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def environment(rounds: int, freed_memory_kept: bool, packages: Sequence[str] = PACKAGES) -> dict[str, Any]:
    """What a figure must not be read without."""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "packages": {name: version(name) for name in packages},
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cpu_count": os.cpu_count(),
        "gc_enabled": gc.isenabled(),
        "gc_threshold": list(gc.get_threshold()),
        "freed_memory_kept": freed_memory_kept,
        "rounds": rounds,
        "seed": SEED,
        "clock": "CPU time of the process (time.process_time), unless a comparison says wall",
    }


def entropy(messages: Messages) -> dict[str, float]:
    """How varied the messages are: what deflate makes of them, and how many string values in them are new ones."""
    text = lines(messages)
    strings: list[str] = []

    def collect(value: Any) -> None:
        if isinstance(value, str):
            strings.append(value)
        elif isinstance(value, dict):
            for item in value.values():
                collect(item)

    for message in messages:
        collect(json.loads(message))
    return {
        "mean_bytes": round(sum(map(len, messages)) / len(messages)),
        "deflate_bits_per_byte": round(8 * len(zlib.compress(text, 6)) / len(text), 2),
        "strings_per_message": round(len(strings) / len(messages), 1),
        "distinct_strings_percent": round(100 * len(set(strings)) / len(strings)),
    }


def show(outcome: dict[str, Any]) -> None:
    """One comparison on the terminal."""
    console.print(table(outcome))
    console.print()


def show_memory(kept: dict[str, float]) -> None:
    """Bytes kept for each event, when they were measured."""
    if not kept:
        console.print("Memory is not measured here: it needs /proc.\n")
        return
    table = Table(
        title="Memory kept for each event (growth of the resident set)", title_justify="left", box=None, padding=(0, 2)
    )
    table.add_column("", width=44)
    table.add_column("bytes", justify="right")
    table.add_column("against ordinary classes", justify="right")
    for key, size in kept.items():
        table.add_row(key, f"{size:,.0f}", f"{100 * size / kept['msgspec_ordinary'] - 100:+.0f} %")
    console.print(table)
    console.print()


def show_peak(peaks: dict[str, Any]) -> None:
    """The most memory that decode_arrow took, when it was measured."""
    for threads, peak in peaks.items():
        console.print(
            f"Memory, {threads} thread(s): {_megabytes(peak['peak'])} at the most for {_megabytes(peak['columns'])} of "
            f"columns from {_megabytes(peak['lines'])} of lines: {peak['ratio']:.2f} times the columns\n",
            highlight=False,
        )


def show_notes(results: dict[str, Any]) -> None:
    """The environment, and what was left out."""
    console.print(setting(results["environment"]), style="dim", highlight=False)
    for note in results["notes"]:
        console.print(note, style="yellow")


def setting(setting: dict[str, Any]) -> str:
    """The environment in one line."""
    versions = ", ".join(f"{name} {version}" for name, version in setting["packages"].items() if version)
    return (
        f"{setting['implementation']} {setting['python']}; {versions}; {setting['system']}, {setting['processor']}, "
        f"{setting['cpu_count']} CPUs; gc {'on' if setting['gc_enabled'] else 'off'}, "
        f"thresholds {tuple(setting['gc_threshold'])}; "
        f"malloc {'keeps' if setting['freed_memory_kept'] else 'may return'} freed memory; "
        f"{setting['rounds']} rounds; medians, with the interquartile range in brackets."
    )


def write_results(results: dict[str, Any], target: Path) -> None:
    """Write the figures as JSON."""
    target.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _markdown(results: dict[str, Any]) -> str:
    parts = [setting(results["environment"]), ""]
    parts += ["| corpus | mean bytes | deflate, bits a byte | strings a message | distinct strings in 5,000 messages |"]
    parts += ["|---|--:|--:|--:|--:|"]
    for name, mixed in results["corpora"].items():
        parts.append(
            f"| {name} | {mixed['mean_bytes']:,} | {mixed['deflate_bits_per_byte']} | {mixed['strings_per_message']} "
            f"| {mixed['distinct_strings_percent']} % |"
        )
    for outcome in results["comparisons"]:
        lazy = any(row["key"] == "vmcodec_lazy" for row in outcome["contestants"])
        parts += [
            "",
            f"**{outcome['title']}** ({outcome['corpus']}; {outcome['messages_per_round']:,} messages a round)",
            "",
        ]
        clock = outcome.get("clock", "cpu")
        name = {"cpu": "CPU", "wall": "wall clock"}[clock]
        parts.append(f"| | {name} µs a message | peer / vmcodec |" + (" peer / vmcodec lazy |" if lazy else ""))
        parts.append("|---|--:|--:|" + ("--:|" if lazy else ""))
        for row in outcome["contestants"]:
            label = f"**{row['label']}**" if row["key"] in OURS else row["label"]
            cells = f"| {label} | {row[f'{clock}_us']['median']:.2f} | {ratio(row, 'vmcodec')} |"
            parts.append(cells + (f" {ratio(row, 'vmcodec_lazy')} |" if lazy else ""))
    if kept := results["memory"]:
        parts += ["", "**Memory kept for each event** (growth of the resident set of a fresh process)", ""]
        parts += ["| | bytes | against ordinary classes |", "|---|--:|--:|"]
        for key, size in kept.items():
            parts.append(f"| {key} | {size:,.0f} | {100 * size / kept['msgspec_ordinary'] - 100:+.0f} % |")
    parts += ["", *results["notes"]] if results["notes"] else []
    return "\n".join(parts)


def throughput(row: dict[str, Any], corpus: dict[str, Any]) -> float:
    """MB/s of a contestant that reads lines, by wall clock."""
    return float((corpus["mean_bytes"] + 1) / row["wall_us"]["median"])


def arrow_markdown(results: dict[str, Any]) -> str:
    """A row for each reader: MB/s and ratios, with 1 thread and with 2; then the most memory."""
    one, two = ({row["key"]: row for row in outcome["contestants"]} for outcome in results["comparisons"])
    corpus = results["corpora"][results["comparisons"][0]["corpus"]]
    parts = [setting(results["environment"]), ""]
    headings = [f"{threads}, {what}" for threads in ("1 thread", "2 threads") for what in ("MB/s", "peer / vmcodec")]
    parts += [f"| | {' | '.join(headings)} |", f"|---|{'--:|' * len(headings)}"]
    lines = [(key, row["label"], "vmcodec") for key, row in (two | one).items()]
    lines += [("duckdb", "DuckDB, against iter_arrow of that file", "vmcodec_file")] if "duckdb" in one else []
    for key, label, ours in lines:
        cells = [f"**{label}**" if key in OURS else label]
        for rows in (one, two):
            row = rows.get(key)
            cells += [f"{throughput(row, corpus):,.0f}", ratio(row, ours)] if row else ["", ""]
        parts.append(f"| {' | '.join(cells)} |")
    if results["memory"]:
        parts += ["", "| memory of decode_arrow | lines | columns | at the most | over the columns |"]
        parts += ["|---|--:|--:|--:|--:|"]
        for threads, peak in results["memory"].items():
            sizes = " | ".join(_megabytes(peak[name]) for name in ("lines", "columns", "peak"))
            parts.append(f"| threads={threads} | {sizes} | {peak['ratio']:.2f} |")
    parts += ["", *results["notes"]] if results["notes"] else []
    return "\n".join(parts)


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"


VERSION_COLUMNS = (  # heading, comparison, whose time, over whose
    ("decode_batch, own classes", "decode_batch", "msgspec", "vmcodec"),
    ("decode_batch, ordinary", "decode_batch", "msgspec_ordinary", "vmcodec"),
    ("lazy, ordinary", "decode_batch", "msgspec_ordinary", "vmcodec_lazy"),
    ("shuffled, own classes", "shuffled", "msgspec", "vmcodec"),
    ("shuffled, ordinary", "shuffled", "msgspec_ordinary", "vmcodec"),
    ("validate_batch, own classes", "validate", "msgspec", "vmcodec"),
    ("encode_batch", "encode_batch", "msgspec", "vmcodec"),
)


def versions_markdown(rows: dict[str, Any]) -> str:
    """One row for each CPython version: the ratios, and vmcodec's own time."""
    headings = ["CPython", "msgspec", "decode_batch, µs", *(column[0] for column in VERSION_COLUMNS)]
    parts = [f"| {' | '.join(headings)} |", f"|---|---|{'--:|' * (len(headings) - 2)}"]
    for row in rows.values():
        found = {
            (outcome["key"], entry["key"]): entry for outcome in row["comparisons"] for entry in outcome["contestants"]
        }
        setting = row["environment"]
        cells = [setting["python"], setting["packages"]["msgspec"]]
        cells.append(f"{found['decode_batch', 'vmcodec']['cpu_us']['median']:.2f}")
        cells += [ratio(found[comparison, peer], over) for _, comparison, peer, over in VERSION_COLUMNS]
        parts.append(f"| {' | '.join(cells)} |")
    return "\n".join(parts)


def section(text: str, name: str) -> tuple[str, str, str]:
    """What stands before, between and after the two markers of that name."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, rest = text.split(begin, 1)
    inside, after = rest.split(end, 1)
    return before + begin, inside.strip(), end + after


def _put(path: Path, name: str, inside: str) -> None:
    before, _, after = section(path.read_text(encoding="utf-8"), name)
    path.write_text(f"{before}\n\n{inside}\n\n{after}", encoding="utf-8")


def write_readme(results: dict[str, Any], path: Path = README) -> None:
    """Put the tables of compare.py into README.md."""
    _put(path, "results", _markdown(results))


def write_arrow(results: dict[str, Any], path: Path = README) -> None:
    """Put the tables of columns.py into README.md."""
    _put(path, "arrow", arrow_markdown(results))


def write_versions(rows: dict[str, Any], path: Path = README) -> None:
    """Put the table of versions.py into README.md."""
    _put(path, "versions", versions_markdown(rows))


def write_kafka(setting: str, headings: Sequence[str], rows: Sequence[Sequence[str]], path: Path = README) -> None:
    """Put the table of bench_kafka.py into README.md."""
    parts = [setting, "", f"| {' | '.join(headings)} |", f"|---|{'--:|' * (len(headings) - 1)}"]
    _put(path, "kafka", "\n".join([*parts, *(f"| {' | '.join(row)} |" for row in rows)]))


if __name__ == "__main__":
    write_readme(json.loads(RESULTS.read_text(encoding="utf-8")))
    write_arrow(json.loads(ARROW.read_text(encoding="utf-8")))
    write_versions(json.loads(VERSIONS.read_text(encoding="utf-8")))
    sys.stdout.write(f"{README.name} brought up to date from {RESULTS.name}, {ARROW.name} and {VERSIONS.name}\n")
