"""Code that runs in the middle of our calls and calls us again: all kinds of it at once, the collector at every turn.

One kind at a time, and what else a collector's run could meet, is in `test_contract_gc`.
"""

import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import vmcodec
from msgspec import field
from support import all_told
from vmcodec import BaseEvent, Decoder, Encoder, OpenIntEnum

# How deep calls may lie in each other, and how many of them there were.
DEEPEST = 3
depth, calls = 0, 0


def again() -> Any:
    """Make every kind of call, unless one of ours has got here already too often."""
    global depth, calls
    if depth >= DEEPEST:
        return
    depth += 1
    try:
        for work in WORK.values():
            assert work() == USUAL[work]
            calls += 1
    finally:
        depth -= 1


class Mode(OpenIntEnum):
    """Decodes for each code that is not listed."""

    One = 1

    @classmethod
    def _missing_(cls, value: object) -> Any:
        again()
        return super()._missing_(value)


class Eager(BaseEvent, frozen=True, kw_only=True):
    """Decodes while it is made: between its attributes, and at the end."""

    mode: Mode = Mode.One
    made: list[Any] = field(default_factory=lambda: [again()])
    text: str = ""
    free: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        again()


class Slotted(BaseEvent, frozen=True, kw_only=True):
    """The same without `__post_init__`: filled slot by slot."""

    mode: Mode = Mode.One
    made: list[Any] = field(default_factory=lambda: [again()])
    free: dict[str, Any] | None = None


class Cycle:
    """Garbage that only the collector finds, and that decodes when it goes."""

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        again()


CLASSES: tuple[type[BaseEvent], ...] = (*vmcodec.EVENTS, *(Eager, Slotted))
DECODER: Decoder[Any] = Decoder(events=CLASSES)
LAZY: Decoder[Any] = Decoder(events=CLASSES, kv_lists="lazy")
ENCODER = Encoder(events=CLASSES)
MESSAGES: list[Any] = [
    b'{"id":"EventDNOutOfService","ThisDN":"7011","Extensions":{"Reason":"1","k":[1,{}],"l":{"m":2.5}}}',
    b'{"id":"Eager","mode":77,"text":"\\u00e9","free":{"k":[1,{"l":{}}]},"more":{"x":[[]]}}',
    b'{"id":"EventDNOutOfService","ThisDN":7011}',
    b'{"id":"Slotted","mode":78,"free":{"k":[1,{"l":{}}]},"more":1}',
    b'{"id":"EventRinging","k":{}}',
]
LINES = b"\n".join(MESSAGES)
WORK: dict[str, Callable[[], Any]] = {
    "decode_batch": lambda: all_told(DECODER.decode_batch(MESSAGES, errors="return")),
    "decode_lines": lambda: all_told(DECODER.decode_lines(LINES, errors="return")),
    "iter_decode": lambda: all_told(DECODER.iter_decode(LINES, errors="return", batch_size=2)),
    "lazy": lambda: [repr(result) for result in LAZY.decode_batch(MESSAGES, errors="return")],
    "validate": lambda: all_told(DECODER.validate_batch(MESSAGES)),
    "columns": lambda: DECODER.decode_arrow(MESSAGES, errors="return", threads=1).num_rows,
    "encode": lambda: ENCODER.encode_lines([vmcodec.decode(MESSAGES[0]), vmcodec.decode(MESSAGES[4])]),
}
USUAL: dict[Callable[[], Any], Any] = {}


@pytest.fixture
def usual_results() -> Iterator[None]:
    """Let the usual results be made while nothing interferes."""
    global depth, calls
    threshold = gc.get_threshold()
    depth = DEEPEST
    USUAL.update({work: work() for work in WORK.values()})
    depth, calls = 0, 0
    yield
    gc.set_threshold(*threshold)
    assert gc.isenabled()


@pytest.mark.usefixtures("usual_results")
def test_calls_within_calls_give_the_usual_results() -> None:
    def at_every_run(phase: str, _: dict[str, int]) -> None:
        # One level is enough here: each makes garbage for the next run.
        if depth < 1:
            again()

    gc.callbacks.append(at_every_run)
    gc.set_threshold(1)
    try:
        for _ in range(2):
            Cycle()
            again()
            Cycle()
            gc.collect()
    finally:
        gc.callbacks.remove(at_every_run)
        gc.set_threshold(700)
    assert calls > 1000
