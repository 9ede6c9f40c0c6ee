"""`vmcodec bench`: how fast this machine decodes the reader's own records, with vmcodec and what else is installed.

records.py settles which records, peers.py who takes part, rounds.py reads the clock, figures.py and bars.py show what
came of it. The project's benches use the same parts.
"""

from __future__ import annotations

import platform
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import numbers, output
from ..trouble import Trouble

if TYPE_CHECKING:
    from .rounds import Peer

HELP = "time vmcodec and other decoders on records of yours"
EXAMPLE = """\
vmcodec bench
vmcodec bench archive.ndjson.gz --records 20000 --plot bench.svg"""

SHARE = 5_000  # records a round
PEERS = ("msgspec", "orjson", "pydantic")


def arguments(parser: ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "file",
        nargs="?",
        metavar="FILE",
        help="NDJSON, also .gz and .zst; a glob; or - for standard input; synthetic events by default",
    )
    parser.add_argument(
        "--records", type=numbers.count, default=20_000, metavar="N", help="read so many at most (20,000)"
    )
    parser.add_argument(
        "--rounds", type=numbers.count, default=11, metavar="N", help="each decoder's turns, at least 2 (11)"
    )
    parser.add_argument("--plot", metavar="PATH.svg", help="draw the figures as well; needs matplotlib")


def run(options: Namespace) -> int:
    """Read, check, race, show."""
    if options.rounds < 2:
        raise Trouble("--rounds takes at least 2: one round has no spread")
    plot = _plot(options.plot) if options.plot else None
    from rich.markup import escape

    from . import figures, peers, records
    from .rounds import BATCH, keep_freed_memory, race

    sample = records.sample(options.file, options.records)
    print("\n".join(sample.told), file=sys.stderr, flush=True)
    keep_freed_memory()
    contestants, refused = records.checked(records.contestants(sample.canonical), sample.messages)
    share = min(SHARE, len(sample.messages))
    clocked = race(contestants, sample.messages, rounds=options.rounds, share=share, batch=min(BATCH, share))
    outcome: dict[str, Any] = {
        "title": "decode_batch",
        "corpus": escape(sample.name),
        "messages_per_round": share,
        "clock": "cpu",
        "contestants": [figures.row(entry, clocked, share, "cpu") for entry in clocked],
    }
    # A file or a pipe takes the table as wide as it is.
    console = output.console(width=None if sys.stdout.isatty() else 120)
    console.print(figures.table(outcome))
    setting = f"{_setting(contestants)}; medians of {options.rounds} rounds, interquartile ranges in brackets"
    console.print(setting, style="dim", highlight=False, soft_wrap=True)
    for note in [*peers.NOTES, *refused]:
        console.print(note, style="yellow", highlight=False, soft_wrap=True)
    if plot:
        plot(outcome, sample.mean_bytes, f"{_setting(contestants)}; medians of {options.rounds} paired rounds")
    return 0


def _setting(contestants: list[Peer]) -> str:
    """What a figure must not be read without."""
    from ... import __version__
    from .figures import version

    used = " ".join(peer.key for peer in contestants)
    versions = [f"vmcodec {__version__}", *(f"{name} {version(name)}" for name in PEERS if name in used)]
    return f"{platform.python_implementation()} {platform.python_version()}, {', '.join(versions)}"


def _plot(name: str) -> Any:
    """A function that draws the figures; Trouble, and a library that is missing, are told before anything is timed."""
    path = Path(name)
    if path.suffix != ".svg":
        raise Trouble(f"--plot draws SVG, so the name must end in .svg, not {path.suffix or name}")
    if not path.parent.is_dir():
        raise Trouble(f"{path.parent}: No such file or directory")
    from .bars import draw_bars
    from .theme import LIGHT, settle

    def draw(outcome: dict[str, Any], mean_bytes: int, footer: str) -> None:
        settle()
        draw_bars(outcome, mean_bytes, footer, LIGHT, path)

    return draw
