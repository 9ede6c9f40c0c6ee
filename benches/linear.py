"""Does cost grow linearly? Time a message against the size of a batch, and against the size of a message.

Writes linear.json; `python benches/plot.py` draws it. Contestants, answers and clock are those of compare.py.
"""

from __future__ import annotations

import argparse
import gc
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import Any

import peers
import report
from corpus import SEED, USER_KEYS, corpus
from rich.table import Table
from vmcodec.cli.bench.figures import plain
from vmcodec.cli.bench.rounds import Spread, keep_freed_memory, race

RESULTS = Path(__file__).parent / "linear.json"
BATCH_SIZES = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)
MESSAGE_SIZES = (44, 100, 200, 400, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000)  # bytes
DISTINCT = 20_000  # messages; larger batches repeat them
BYTES = 4_000_000  # a round, whatever the size of its messages
WIDE = 1_000  # messages a batch at most, where the size of messages is what varies
BARE = '{"id":"EventDNOutOfService","ThisDN":"2205"'

Point = dict[str, Any]


def _pair(number: int, random: Random) -> str:
    """One pair as UserData has them: the known keys first, then numbered fields; most values are text."""
    key = USER_KEYS[number] if number < len(USER_KEYS) else f"CRM_Field{number}"
    kind = random.random()
    if kind < 0.2:
        return f'"{key}":{random.randrange(100_000)}'
    if kind < 0.6:
        return f'"{key}":"{random.getrandbits(64):016X}"'
    return f'"{key}":"segment {random.randrange(50)} of the campaign"'


def grown(size: int, random: Random) -> bytes:
    """A message of exactly `size` bytes: a bare event, or a hook event whose UserData is filled with pairs."""
    if size == len(BARE) + 1:
        return f"{BARE}}}".encode()
    time = f'{{"seconds":1718000000,"useconds":{random.randrange(100_000, 1_000_000)}}}'
    if size < 200:
        head, foot = f'{BARE},"Extensions":{{"Location":"', '"}}'
    else:
        head = f'{{"id":"EventOffHook","ThisDN":"2205","Server":65201,"time":{time},"CallType":2,"UserData":{{'
        foot = '"}}'
        pairs: list[str] = []
        room = size - len(head) - len('"Note":"') - len(foot)
        while len(pair := _pair(len(pairs), random)) + 1 <= room:
            pairs.append(pair)
            room -= len(pair) + 1
        head += "".join(f"{pair}," for pair in pairs) + '"Note":"'
    fill = size - len(head) - len(foot)
    return f"{head}{'x' * fill}{foot}".encode()


def contestants() -> list[peers.Peer]:
    """vmcodec's two ways, and msgspec at its best."""
    return [peers.ours_dict(), peers.ours_lazy(), peers.msgspec_ours()]


def clock(messages: Sequence[bytes], *, rounds: int, share: int, batch: int) -> dict[str, dict[str, float]]:
    """Nanoseconds of CPU time a message, by contestant, freeing included."""
    clocked = race(contestants(), messages, rounds=rounds, share=share, batch=batch)
    return {entry.peer.key: plain(Spread.of([seconds / share * 1e9 for seconds in entry.cpu])) for entry in clocked}


def by_batch(largest: int, rounds: int) -> list[Point]:
    """The usual corpus in batches of every size; each round decodes DISTINCT messages, or one batch if that is more."""
    distinct = corpus(DISTINCT)
    peers.check_all(contestants(), distinct)
    points = []
    for size in BATCH_SIZES:
        if size > largest:
            break
        share = max(size, DISTINCT)
        messages = list(islice(cycle(distinct), share))
        # A million results are a gigabyte and take seconds: fewer rounds tell as much.
        times = clock(messages, rounds=min(rounds, 3) if size > 100_000 else rounds, share=share, batch=size)
        points.append({"size": size, "messages_per_round": share, "ns": times})
    return points


def by_message(largest: int, rounds: int) -> list[Point]:
    """Messages of every size, the same number of bytes a round."""
    points = []
    for size in MESSAGE_SIZES:
        if size > largest:
            break
        random = Random(SEED + size)
        share = max(BYTES // size, 1)
        distinct = [grown(size, random) for _ in range(min(share, DISTINCT))]
        peers.check_all(contestants(), distinct)
        messages = list(islice(cycle(distinct), share))
        times = clock(messages, rounds=rounds, share=share, batch=min(WIDE, share))
        points.append({"size": size, "messages_per_round": share, "ns": times})
    return points


def show(title: str, points: Sequence[Point]) -> None:
    """One series as a terminal table."""
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2))
    table.add_column("", justify="right")
    for peer in contestants():
        table.add_column(peer.label, justify="right", no_wrap=True)
    for point in points:
        cells = [f"{taken['median']:,.0f} ({taken['low']:,.0f}-{taken['high']:,.0f})" for taken in point["ns"].values()]
        table.add_row(f"{point['size']:,}", *cells)
    report.console.print(table)
    report.console.print()


def main(arguments: list[str] | None = None) -> None:
    """Measure how the time a message changes with the size of batches and of messages."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes and few rounds: a look, nothing is written")
    parser.add_argument("--results", type=Path, default=None, help="where to write the figures (benches/linear.json)")
    chosen = parser.parse_args(arguments)
    rounds = 3 if chosen.quick else 9

    kept = keep_freed_memory()
    results: dict[str, Any] = {"environment": report.environment(rounds, kept)}
    series: tuple[tuple[str, str, Callable[[int, int], list[Point]], int], ...] = (
        ("batch", "CPU ns a message, by messages in a batch", by_batch, 10_000 if chosen.quick else 1_000_000),
        ("message", "CPU ns a message, by bytes of a message", by_message, 8_000 if chosen.quick else 64_000),
    )
    for key, title, measure, largest in series:
        results[key] = measure(largest, rounds)
        show(title, results[key])
        gc.collect()
    target = chosen.results or (None if chosen.quick else RESULTS)
    if target:
        report.write_results(results, target)


if __name__ == "__main__":
    main()
