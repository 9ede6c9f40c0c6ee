"""Messages by the million: what vmcodec makes of each, held against strict JSON with the tables, and against msgspec.

They are mutants, or events with every bit of them changed. `test_campaign` and `test_bits` run some in every test run;
this file, as a program, runs as many as it is told and shows what came of them, with orjson's figures beside ours:

    python tests/campaign.py --messages 10000000 --seed 1
    python tests/campaign.py --bits
"""

import argparse
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Any, NamedTuple

import msgspec
import naive
import vmcodec
from bits import all_changes
from differences import FROM_JSON, FROM_MSGSPEC, explained
from mutations import Mutator
from rich.console import Console
from rich.progress import track
from rich.table import Table
from strategies import messy
from support import data_of, vectors
from table import NAMES, rows_by_hand
from vmcodec import DecodeError, Event, synthetic
from vmcodec.events import BaseEvent

ROWS = rows_by_hand()
# In a result's place: what was read is called no JSON. None there: it is, but no event.
NO_JSON = object()
Readers = dict[str, Callable[[bytes], Any]]
_MSGSPEC = msgspec.json.Decoder(Event)
BATCH = 1000
# What no reader of JSON may take, by the naive decoder's reasons. How many digits an integer has is Python's own limit.
_BAD_JSON = ("grammar", "invalid_utf8")
# Codes of faults against the table: the record was JSON.
_TABLE_CODES = frozenset(
    "not_an_object out_of_range missing_attribute wrong_type unknown_enum"
    " invalid_integer invalid_time duplicate_id".split()
)


class Finding(NamedTuple):
    """A message that was taken otherwise than it should be, and in which way."""

    trouble: str
    message: bytes


class Tally(NamedTuple):
    """What came of a campaign."""

    counts: Counter[str]
    findings: list[Finding]


def seeds(random: Random) -> list[bytes]:
    """Messages to make mutants of: the vectors, and events as agents give them, tidy and untidy."""
    entries = [entry for name in ("valid", "forms", "invalid") for entry in vectors(name) if "options" not in entry]
    found = [data_of(entry) for entry in entries if "item" not in entry]
    events = [dated.event for dated in itertools.islice(synthetic.events(agents=20), 1000)]
    found += [vmcodec.encode(event) for event in events[::2]] + [messy(event, random) for event in events[1::2]]
    # Long ones cost time, and their faults are those of short ones.
    return [seed for seed in found if 0 < len(seed) < 1500]


def run(amount: int, seed: int) -> Tally:
    """So many mutants, the same ones for the same seed."""
    return check_all(mutants(amount, seed))


def mutants(amount: int, seed: int) -> Iterator[list[bytes]]:
    """The mutants of a campaign, in batches."""
    random = Random(seed)
    mutator = Mutator(seeds(random), random)
    for start in range(0, amount, BATCH):
        yield [mutator.mutant() for _ in range(min(BATCH, amount - start))]


def check_all(batches: Iterable[list[bytes]], others: Readers | None = None) -> Tally:
    """Check messages of any kind. `others` are readers of JSON to count the verdicts of."""
    tally = Tally(Counter(), [])
    for batch in batches:
        found = vmcodec.decode_batch(batch, errors="return")
        refusals = [_facts(one) for one in found if isinstance(one, DecodeError)]
        if [_facts(one) for one in vmcodec.validate_batch(batch)] != refusals:
            tally.findings.append(Finding("validate_batch tells other errors", b"\n".join(batch)))
        for data, result in zip(batch, found, strict=True):
            trouble = _check(data, result, tally.counts, others or {})
            if trouble:
                tally.findings.append(Finding(trouble, data))
    return tally


def told(tally: Tally) -> str:
    """The shortest messages that were taken otherwise."""
    shortest = sorted(tally.findings, key=lambda finding: len(finding.message))[:10]
    return "\n".join(f"{finding.trouble}: {finding.message!r}" for finding in shortest)


def _facts(error: DecodeError) -> tuple[object, ...]:
    return error.index, error.code, error.offset, error.path, error.event, error.expected, error.got


def _check(data: bytes, found: Any, counts: Counter[str], others: Readers) -> str | None:
    """What is wrong with what vmcodec has found; none, mostly."""
    counts["messages"] += 1
    refused: naive.Refused | None = None
    try:
        expected = naive.decode(data, ROWS)
    except naive.Refused as error:
        refused = error
        trouble = _refused(data, found, refused)
    else:
        trouble = _accepted(found, expected)
    counts["refused" if refused else "accepted"] += 1
    ours = _ours(found)
    theirs = _msgspec(data)
    _judge(refused, {"vmcodec": ours, "msgspec": theirs} | {name: read(data) for name, read in others.items()}, counts)
    if ours in (None, NO_JSON) and theirs in (None, NO_JSON):
        return trouble
    if not naive.identical(ours, theirs):
        why = explained(data, ROWS, None if theirs is NO_JSON else theirs)
        counts[why or "not explained"] += 1
        return trouble or (None if why else "msgspec takes it otherwise")
    return trouble


def _judge(refused: naive.Refused | None, results: dict[str, Any], counts: Counter[str]) -> None:
    """Count whose verdict on the JSON is wrong. That no event was made of it is none: a reader may stop at that."""
    reason = refused.reason if refused else ""
    if reason in FROM_JSON:
        counts[f"json: {reason}"] += 1
    bad = reason in _BAD_JSON
    counts["bad json" if bad else "good json"] += 1
    for name, result in results.items():
        if bad and result is not None and result is not NO_JSON:
            counts[f"{name}: takes bad json"] += 1
        elif not bad and result is NO_JSON:
            counts[f"{name}: refuses good json"] += 1


def _accepted(found: Any, expected: Any) -> str | None:
    if isinstance(found, DecodeError):
        return f"refused with {found.code}"
    if not naive.identical(found, expected):
        return "other values"
    written = vmcodec.encode(found)
    if not isinstance(found, BaseEvent):
        return None if written == found.raw else "written otherwise than it came"
    return None if vmcodec.encode(vmcodec.decode(written)) == written else "not what was written"


def _refused(data: bytes, found: Any, refused: naive.Refused) -> str | None:
    if not isinstance(found, DecodeError):
        return f"accepted in spite of {refused.reason}"
    if not 0 <= found.offset <= len(data):
        return "an offset outside of the record"
    if isinstance(refused, naive.NotAnEvent) and _ours(found) is NO_JSON:
        return f"called no JSON: {found.code}"
    return None if found.raw == data else "another raw"


def _ours(found: Any) -> Any:
    if not isinstance(found, DecodeError):
        return found
    return None if found.code in _TABLE_CODES else NO_JSON


def _msgspec(data: bytes) -> Any:
    try:
        return _MSGSPEC.decode(data)
    except msgspec.ValidationError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return NO_JSON


def main() -> int:
    """Run what the arguments ask for, and show what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=1_000_000, help="how many mutants")
    parser.add_argument("--seed", type=int, default=1, help="of all chance; another one gives other mutants")
    parser.add_argument(
        "--bits", action="store_true", help="every change of a byte of every event, in place of mutants"
    )
    given = parser.parse_args()
    import orjson  # which is here for the benches

    def read(data: bytes) -> Any:
        try:
            return [orjson.loads(data)]
        except ValueError:
            return NO_JSON

    console = Console()
    batches = all_changes(NAMES, every=True) if given.bits else mutants(given.messages, given.seed)
    started = time.monotonic()
    tally = check_all(track(batches, "batches", None if given.bits else given.messages // BATCH), {"orjson": read})
    show(tally, "every change" if given.bits else f"seed {given.seed}", console)
    seconds = time.monotonic() - started
    console.print(f"{seconds:.0f} s, msgspec {msgspec.__version__}, orjson {orjson.__version__}")
    for finding in tally.findings[:20]:
        console.print(finding.trouble, repr(finding.message), markup=False)
    return 1 if tally.findings else 0


def show(tally: Tally, title: str, console: Console) -> None:
    """The verdicts on the JSON, and the deliberate differences that were met."""
    counts = tally.counts
    bad, good = counts["bad json"], counts["good json"]
    verdicts = Table("messages", "vmcodec", "msgspec", "orjson", title=f"{title}: {counts['messages']:,} messages")
    names = ("vmcodec", "msgspec", "orjson")
    verdicts.add_row(
        f"taken, of {bad:,} that are no JSON", *(f"{counts[f'{name}: takes bad json']:,}" for name in names)
    )
    refused = (f"{counts[f'{name}: refuses good json']:,}" for name in names)
    verdicts.add_row(f"called no JSON, of {good:,} that are", *refused)
    console.print(verdicts)
    table = Table(
        "deliberate difference", "why", "messages", title=f"disagreements beside these: {len(tally.findings)}"
    )
    for name, entry in FROM_JSON.items():
        table.add_row(f"json: {name}", entry.why, f"{counts[f'json: {name}']:,}")
    for name, entry in FROM_MSGSPEC.items():
        table.add_row(f"msgspec: {name}", entry.why, f"{counts[name]:,}")
    console.print(table)


if __name__ == "__main__":
    raise SystemExit(main())
