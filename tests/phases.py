"""The kinds of work that `test_leaks` repeats: each codec entry point, on good input and on every kind of bad input.

As a program, `python tests/phases.py PHASE AMOUNT`, it does one of them in a process of its own, and prints what the
process had in memory (kB) at some times of the way.
"""

import contextlib
import itertools
import json
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import vmcodec
from msgspec import field
from support import data_of, decoder_of, vectors
from vmcodec import BaseEvent, DecodeError, Decoder, EncodeError, KVList

# As long as an event of a corpus; what is longer counts for as many as it is long.
USUAL_SIZE = 374
GOOD = (
    b'{"id":"EventAgentNotReady","ThisDN":"%d","Server":65200,"time":{"seconds":1718001850,"useconds":573000},'
    b'"AgentID":"A%d","AgentWorkMode":4,"Reasons":{"ReasonCode":"Coffee","number":%d,"f":1.5,"list":[1,{"k":null}]},'
    b'"Extensions":{"BusinessCall":1,"text":"\\u00e9\\n %d"},"more":{"x":[true,-2.5e3]}}'
)
UNKNOWN = b'{"id":"EventRinging","ThisDN":"7011","CallID":%d}'
PLAIN: Decoder[Any] = Decoder()
LAZY: Decoder[Any] = Decoder(kv_lists="lazy")


class Phase(NamedTuple):
    """A call, which is made again and again, and how many decodes (or their like) it counts for."""

    call: Callable[[], Any]
    weight: int


class Refusing(BaseEvent, frozen=True, kw_only=True):
    """Refuses to be made: the code `refused`."""

    made: Any = field(default_factory=lambda: int("no number"))


class Breaking(BaseEvent, frozen=True, kw_only=True):
    """Raises what is no matter of the record."""

    made: Any = field(default_factory=lambda: int(float("inf")))


def phases() -> dict[str, Phase]:
    """All of them, by name."""
    numbers = itertools.count()
    batch = [GOOD % (7000 + number, number, number, number) for number in range(98)] + [UNKNOWN % 1, UNKNOWN % 2]
    lines = b"\n".join(batch) + b"\n"
    bad = [*batch[:49], GOOD[:-9], b"{}", *batch[49:98]]
    events: list[Any] = PLAIN.decode_batch(batch) + LAZY.decode_batch(batch)
    large = json.dumps(
        {"id": "EventDNOutOfService", "ThisDN": "1", "Extensions": {"a": ["x" * 99] * 5000, "b": "é" * 2**18}}
    )
    wrong: Any = large
    breaking: Decoder[Any] = Decoder(events=(*vmcodec.EVENTS, Breaking))
    mixed = [*batch[:50], b'{"id":"Breaking"}', *batch[50:]]

    def unique() -> None:
        first = next(numbers)
        PLAIN.decode_batch(
            [
                b'{"id":"EventDNOutOfService","ThisDN":"d%d","Extensions":{"k%d":"v%d","%dl":[{"in%d":%d}]},"u%d":%d}'
                % ((first * 100 + number,) * 8)
                for number in range(100)
            ]
        )

    def looked_at() -> None:
        for event in LAZY.decode_batch(batch):
            if isinstance(getattr(event, "reasons", None), KVList):
                assert (
                    event.reasons["ReasonCode"] == "Coffee" and repr(event.reasons) and event.reasons == event.reasons
                )

    def returned() -> None:
        for result in PLAIN.decode_batch(bad, errors="return"):
            if isinstance(result, DecodeError):
                assert str(result) and result.path and result.raw is not None

    def half_read() -> None:
        stream = PLAIN.iter_decode([lines[:1000], lines[1000:]], batch_size=7)
        for _ in range(50):
            next(stream)

    found = {
        "good": Phase(lambda: PLAIN.decode_batch(batch), 100),
        "one at a time": Phase(lambda: [PLAIN.decode(message) for message in batch], 100),
        "copied buffers": Phase(lambda: PLAIN.decode_batch([*map(bytearray, batch), memoryview(batch[0])]), 101),
        "text": Phase(lambda: PLAIN.decode_batch([message.decode() for message in batch]), 100),
        "lazy": Phase(lambda: LAZY.decode_batch(batch), 100),
        "lazy, looked at": Phase(looked_at, 100),
        "unique keys": Phase(unique, 100),
        "a record of 1 MB": Phase(lambda: PLAIN.decode(large), len(large) // USUAL_SIZE),
        "a lazy record of 1 MB": Phase(lambda: LAZY.decode(large).extensions.to_dict(), len(large) // USUAL_SIZE),
        "returned errors": Phase(returned, 100),
        "an error in the middle": Phase(refused(lambda: PLAIN.decode_batch(bad), DecodeError), 50),
        "an exception in the middle": Phase(refused(lambda: breaking.decode_batch(mixed), OverflowError), 50),
        "lines": Phase(lambda: PLAIN.decode_lines(lines), 100),
        "stream": Phase(lambda: sum(1 for _ in PLAIN.iter_decode([lines[:1000], lines[1000:]], batch_size=7)), 100),
        "half a stream": Phase(half_read, 50),
        "validate": Phase(lambda: PLAIN.validate_batch(bad), 100),
        "validated stream": Phase(lambda: list(PLAIN.iter_validate(lines, threads=1)), 100),
        "encode": Phase(lambda: [vmcodec.encode(event) for event in events], 200),
        "encode_batch": Phase(lambda: vmcodec.encode_batch(events), 200),
        "encode_lines": Phase(lambda: vmcodec.encode_lines(events), 200),
        "encode, bad": Phase(refused(lambda: vmcodec.encode_lines([*events, wrong]), EncodeError), 200),
        "columns": Phase(lambda: PLAIN.decode_arrow(bad, errors="return", threads=1), 100),
        "columns and back": Phase(lambda: PLAIN.decode_arrow(lines, threads=1).to_events(), 100),
        "tables": Phase(lambda: list(PLAIN.iter_arrow(lines, batch_rows=30, threads=1)), 100),
    }
    return found | by_code()


def by_code() -> dict[str, Phase]:
    """Records of each code that a record can be refused with."""
    vector_of = {vector["code"]: vector for vector in vectors("invalid")}
    made: dict[str, tuple[Decoder[Any], Any]] = {
        code: (decoder_of(vector), data_of(vector)) for code, vector in vector_of.items()
    }
    made["refused"] = (Decoder(events=(Refusing,)), b'{"id":"Refusing"}')
    return {f"bad: {code}": Phase(bad_ones(*pair), 40) for code, pair in sorted(made.items())}


def bad_ones(decoder: Decoder[Any], item: Any) -> Callable[[], None]:
    """Decode the record some times, so that its error is raised, and returned."""
    one = refused(lambda: decoder.decode(item), DecodeError)

    def call() -> None:
        for _ in range(20):
            one()
        for error in decoder.decode_batch([item] * 20, errors="return"):
            assert isinstance(error, DecodeError)

    return call


def refused(call: Callable[[], Any], kind: type[Exception]) -> Callable[[], None]:
    """Make the call, which raises this."""

    def raising() -> None:
        with contextlib.suppress(kind):
            call()
            raise AssertionError("nothing was raised")

    return raising


def resident() -> int:
    """What this process has in memory, in kB."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def main() -> None:
    """Do so much of a phase; what was done by then and the memory are printed at twenty times."""
    name, amount = sys.argv[1], int(sys.argv[2])
    call, weight = phases()[name]
    calls = max(20, amount // weight)
    for number in range(calls):
        call()
        if (number + 1) % (calls // 20) == 0:
            print((number + 1) * weight, resident())


if __name__ == "__main__":
    main()
