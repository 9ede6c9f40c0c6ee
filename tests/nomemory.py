"""Failed allocations, each of an operation in turn, and what comes of it: for tests, and as a table of libraries.

`make out-of-memory`, which is `python tests/nomemory.py`, prints the table (a minute or two); `--points N` looks at N
of an operation's allocations at most, spread evenly, `--library NAME` at one library alone, `--show` names what was not
as it should be. CPython's own `_testcapi.set_nomemory` makes the allocations fail: Python's, not those by `malloc`.

Every point is tried in a child that was forked for it and for what follows, so that a crash costs one point.
"""

import argparse
import gc
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

# The outcomes of a point that are as they should be.
GOOD = ("MemoryError", "the usual result")
# How often a point is tried, and how often where there are more objects each time.
TIMES, MANY_TIMES = 6, 120
# Where so many points in a row change nothing, the operation has no more allocations.
QUIET = 40


class Operation(NamedTuple):
    """What is done while allocations fail, and how its result is compared."""

    name: str
    call: Callable[[], Any]
    told: Callable[[Any], Any] = lambda result: result


class Point(NamedTuple):
    """What came of one point: the allocation that failed, alone or with all that follow, and the outcome."""

    operation: str
    start: int
    alone: bool
    outcome: str


def attempt(call: Callable[[], Any], start: int, alone: bool) -> tuple[str, Any]:
    """Make the call while this allocation fails: how it ended, and what it gave."""
    import _testcapi  # type: ignore[import-not-found]

    try:
        _testcapi.set_nomemory(start, start + 1 if alone else 0)
        result = call()
    except BaseException as error:
        kind: type[BaseException] = type(error)
    else:
        _testcapi.remove_mem_hooks()
        return "a result", result
    finally:
        _testcapi.remove_mem_hooks()
    return kind.__name__, None


def outcome(operation: Operation, usual: Any, start: int, alone: bool) -> str:
    """Try a point several times, and look at what it leaves behind."""
    grown: list[int] = []
    # Caches and free lists fill, and then are full. What is lost is lost each time.
    while len(grown) < TIMES or (min(grown[-TIMES:]) > 0 and len(grown) < MANY_TIMES):
        before = sys.getallocatedblocks()
        ended, result = attempt(operation.call, start, alone)
        if not gc.isenabled():
            gc.enable()
            return "the collector is off"
        if ended == "a result":
            ended = "the usual result" if operation.told(result) == usual else "another result"
        del result
        if ended not in GOOD:
            return ended
        try:
            next_one = operation.told(operation.call())
        except BaseException as error:
            return f"the next call raises {type(error).__name__}"
        if next_one != usual:
            return "the next call gives another result"
        gc.collect()
        grown.append(sys.getallocatedblocks() - before)
    return "objects are lost" if min(grown[-TIMES:]) > 0 else ended


def points(operation: Operation, most: int | None) -> Iterator[Point]:
    """All points of an operation, or so many of them."""
    usual = operation.told(operation.call())
    for _ in range(5):
        operation.call()
    gc.collect()
    # What is there by now is not looked through again at every point.
    gc.freeze()
    step = 1
    if most is not None:
        [(_, found)] = list(in_child(lambda tell: tell(0, str(last_point(operation))))) or [(0, "")]
        step = max(1, int(found) // most) if found.isdigit() else 1
    for alone in (True, False):
        start, quiet, passed = 0, 0, []
        while quiet * step < QUIET:
            trying = partial(try_points, operation, usual, start, step, alone)
            for point, ended in in_child(trying, start):
                start = point
                quiet = quiet + 1 if ended == "the usual result" else 0
                passed.append(Point(operation.name, start, alone, ended))
            start += step
        # What changed nothing at the end lies behind the last allocation.
        yield from passed[: len(passed) - quiet]


def try_points(
    operation: Operation, usual: Any, first: int, step: int, alone: bool, tell: Callable[[int, str], None]
) -> None:
    """Try points until there are no more; each is told before and after."""
    quiet, start = 0, first
    while quiet * step < QUIET:
        tell(start, "")
        ended = outcome(operation, usual, start, alone)
        tell(start, ended)
        quiet = quiet + 1 if ended == "the usual result" else 0
        start += step


def in_child(work: Callable[[Callable[[int, str], None]], None], number: int = 0) -> Iterator[tuple[int, str]]:
    """What the work tells of numbers, from this one on, in a child; where that ends early, the last one and how."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        # A panic or a crash would be told on the standard error too, at length.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            with os.fdopen(write, "w", buffering=1) as out:
                work(lambda number, text: print(number, text, file=out))
        except BaseException:
            os._exit(1)
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as lines:
        for line in lines:
            first, _, text = line.decode().rstrip("\n").partition(" ")
            number = int(first)
            if text:
                yield number, text
    _, status = os.waitpid(child, 0)
    if status:
        ended = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else "an exception"
        yield number, f"ended by {ended}"


def last_point(operation: Operation) -> int:
    """About how many allocations the operation makes: found by halving, where a failure ends it."""
    low, high = 0, 1
    while attempt(operation.call, high, alone=False)[0] != "a result":
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        failed = attempt(operation.call, middle, alone=False)[0] != "a result"
        low, high = (middle, high) if failed else (low, middle)
    return high


def vmcodec_operations() -> list[Operation]:
    """Every entry point, on good and bad input."""
    from nomemory_cases import operations

    return operations()


def msgspec_operations() -> list[Operation]:
    """The same work by msgspec: into dicts, into vmcodec's classes, a batch, lines, and back."""
    import msgspec
    from nomemory_cases import FREE, GOOD_ONES, as_wire
    from vmcodec.events import Event

    typed: Any = msgspec.json.Decoder(Event, strict=True)
    free = msgspec.json.Decoder()
    encoder = msgspec.json.Encoder()
    canonical = [as_wire(message) for message in GOOD_ONES]
    events = [typed.decode(message) for message in canonical]
    trees = [free.decode(message) for message in FREE]
    lines = b"\n".join(FREE)
    return [
        Operation("decode, free", lambda: [free.decode(message) for message in FREE]),
        Operation("decode, typed", lambda: [typed.decode(message) for message in canonical]),
        Operation("decode, bad", lambda: refused(typed.decode, canonical[0][:-5])),
        Operation("decode, wrong type", lambda: refused(typed.decode, canonical[0].replace(b'"7011"', b"7011"))),
        Operation("decode_lines", lambda: free.decode_lines(lines)),
        Operation("encode, free", lambda: [encoder.encode(tree) for tree in trees]),
        Operation("encode, typed", lambda: [encoder.encode(event) for event in events]),
        Operation("encode_lines", lambda: encoder.encode_lines(trees)),
        Operation("Decoder", lambda: msgspec.json.Decoder(Event).strict),
    ]


def orjson_operations() -> list[Operation]:
    """The same work by orjson: into dicts and back."""
    import orjson
    from nomemory_cases import FREE

    trees = [orjson.loads(message) for message in FREE]
    return [
        Operation("loads", lambda: [orjson.loads(message) for message in FREE]),
        Operation("loads, str", lambda: [orjson.loads(message.decode()) for message in FREE]),
        Operation("loads, bad", lambda: refused(orjson.loads, FREE[0][:-5])),
        Operation("dumps", lambda: [orjson.dumps(tree) for tree in trees]),
        Operation("dumps, sorted", lambda: [orjson.dumps(tree, option=orjson.OPT_SORT_KEYS) for tree in trees]),
        Operation("dumps, bad", lambda: refused(orjson.dumps, {"a": {1, 2}})),
    ]


def refused(call: Callable[[Any], Any], argument: Any) -> str:
    """The class of the error that the call raises for its argument; what memory is short for is raised on."""
    try:
        call(argument)
    except MemoryError:
        raise
    except Exception as error:
        return type(error).__name__
    return "accepted"


LIBRARIES = {"vmcodec": vmcodec_operations, "msgspec": msgspec_operations, "orjson": orjson_operations}


def count(library: str, most: int | None, show: bool) -> Counter[str]:
    """The outcomes of a library's points; with `show`, all that are not as they should be are printed."""
    found: Counter[str] = Counter()
    for operation in LIBRARIES[library]():
        for point in points(operation, most):
            found[point.outcome] += 1
            if show and point.outcome not in GOOD:
                print(library, *point, sep="; ", flush=True)
    return found


def main() -> None:
    """Print the table."""
    from rich.console import Console
    from rich.table import Table

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=200, help="of each operation, at most about so many (200)")
    parser.add_argument("--library", choices=LIBRARIES, action="append")
    parser.add_argument("--show", action="store_true", help="print every point that is not as it should be")
    options = parser.parse_args()
    table = Table("", "points", *GOOD, "crashes", "other faults", "which")
    for library in options.library or LIBRARIES:
        found = count(library, options.points, options.show)
        total = found.total()
        crashes = sum(number for ended, number in found.items() if ended.startswith("ended by"))
        good = [found[ended] for ended in GOOD]
        rest = {ended: number for ended, number in found.items() if ended not in GOOD}
        shares = [f"{number} ({number / total:.1%})" for number in (*good, crashes, total - sum(good) - crashes)]
        table.add_row(library, str(total), *shares, ", ".join(f"{ended} {number}" for ended, number in rest.items()))
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
