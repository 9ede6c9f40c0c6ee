"""Deep nesting on small stacks and near Python's recursion limit: every way in and out, and freeing what came of it.

32 kB is the least that CPython gives a thread; 128 kB is what musl gives. What is as deep as allowed is decoded, looked
into, written and freed in such a thread. CPython's own `repr` and `==` recurse: they are tried at the usual depth only.
`test_contract_limits.py` has more forms of nesting at 128 kB.
"""

import gc
import sys
from collections.abc import Callable
from typing import Any

import pytest
import vmcodec
from msgspec.structs import replace
from support import on_a_small_stack
from vmcodec import DecodeError, Decoder, EncodeError, Encoder, EventDNOutOfService, KVList

MILLION = 1_000_000
DEEPEST = 1024
OUT = b'{"id":"EventDNOutOfService","ThisDN":"7","Extensions":{"k":%b}}'
DECODER: Decoder[Any] = Decoder(max_depth=DEEPEST, max_size=2**27)
LAZY: Decoder[Any] = Decoder(max_depth=DEEPEST, kv_lists="lazy")
ENCODER = Encoder(max_depth=DEEPEST)
LISTS, DICTS = (b"[", b"0", b"]"), (b'{"k":', b"0", b"}")
# From 3.12 on CPython frees nested lists by recursion as far as its own count goes, whatever the stack is.
small_stacks = pytest.mark.parametrize("kilobytes", [32, 64, 128, 256] if sys.version_info < (3, 12) else [128, 256])


def nested(kind: tuple[bytes, bytes, bytes], levels: int) -> bytes:
    """A record whose value is so many containers in one another, beside the two around it."""
    opening, inner, closing = kind
    return OUT % (opening * levels + inner + closing * levels)


DEEP = [nested(kind, DEEPEST - 2) for kind in (LISTS, DICTS)]
TOO_DEEP = [nested(kind, MILLION) for kind in (LISTS, DICTS)]
EVENT = DECODER.decode(DEEP[0])


def depth_of(value: Any) -> int:
    """How many containers are in one another, the first key or item of each; without recursion."""
    depth = 0
    while isinstance(value, (dict, list, KVList)) and len(value):
        value, depth = value[0] if isinstance(value, list) else value["k"], depth + 1
    return depth


def decoded() -> list[int]:
    return [depth_of(event.extensions) for event in DECODER.decode_batch(DEEP)]


def by_lines() -> list[int]:
    return [depth_of(event.extensions) for event in DECODER.decode_lines(b"\n".join(DEEP))]


def streamed() -> list[int]:
    pieces = [record + b"\n" for record in DEEP]
    return [depth_of(event.extensions) for event in DECODER.iter_decode(pieces)]


def looked_into() -> list[int]:
    events = LAZY.decode_batch(DEEP)
    for event in events:
        assert len(event.extensions.to_dict()) == 1
        assert bytes(event.extensions.raw) in ENCODER.encode(event)
    return [depth_of(event.extensions) for event in events]


def validated() -> int:
    return len(DECODER.validate_batch(DEEP)) + len(DECODER.validate_lines(b"\n".join(DEEP), threads=2))


def written() -> bool:
    return ENCODER.encode_batch(DECODER.decode_batch(DEEP)) == DEEP


def from_columns() -> list[int]:
    table = DECODER.decode_arrow(DEEP, threads=2)
    return [depth_of(event.extensions) for event in table.to_events()]


def collected() -> bool:
    """A deep value in a cycle, which the collector has to free."""
    gc.collect()
    value = DECODER.decode(DEEP[1]).extensions
    value["back"] = value
    del value
    return gc.collect() > DEEPEST - 10


def refused() -> list[tuple[str, str, int, str]]:
    errors = [*DECODER.decode_batch(TOO_DEEP, errors="return"), *DECODER.validate_batch(TOO_DEEP)]
    assert DECODER.decode_arrow(TOO_DEEP, errors="return").errors.num_rows == 2
    for record in TOO_DEEP:
        with pytest.raises(DecodeError) as caught:
            DECODER.decode(record)
        errors.append(caught.value)
    # The wording of an error is made when somebody looks at it, whose path has a step for each level.
    assert all(error.code in repr(error) and error.path in str(error) for error in errors)
    return [(error.code, error.path, error.offset, type(error).__name__) for error in errors]


def not_written() -> tuple[str, int]:
    inner: Any = 0
    for _ in range(20_000):
        inner = [inner]
    event = replace(EventDNOutOfService(this_dn="7"), extensions={"k": inner})
    with pytest.raises(EncodeError) as caught:
        ENCODER.encode(event)
    while inner:  # Taken apart here, as CPython may free it by recursion.
        inner = inner.pop()
    return caught.value.code, len(str(caught.value))


def at_the_usual_depth() -> bool:
    events = [vmcodec.decode(nested(kind, 126)) for kind in (LISTS, DICTS)]
    lists: Any = LAZY.decode(nested(DICTS, 126))
    return events == vmcodec.decode_batch([nested(LISTS, 126), nested(DICTS, 126)]) and len(repr((events, lists))) > 900


CALLS: list[Callable[[], Any]] = [
    decoded, by_lines, streamed, looked_into, validated, written, from_columns, collected, refused, not_written,
]  # fmt: skip


@small_stacks
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
def test_as_deep_as_can_be_on_a_small_stack(call: Callable[[], Any], kilobytes: int) -> None:
    assert on_a_small_stack(call, kilobytes) == call()


def test_what_the_calls_give() -> None:
    assert decoded() == by_lines() == streamed() == looked_into() == from_columns() == [DEEPEST - 1] * 2
    assert (validated(), written(), collected(), not_written()[0]) == (0, True, True, "too_deep")
    assert [error[0] for error in refused()] == ["too_deep"] * 6


@pytest.mark.parametrize("kilobytes", [64, 128, 256])
def test_the_usual_depth_is_printed_and_compared_on_a_small_stack(kilobytes: int) -> None:
    assert on_a_small_stack(at_the_usual_depth, kilobytes)


def below(frames: int, call: Callable[[], Any]) -> Any:
    """What the call gives under so many frames."""
    return below(frames - 1, call) if frames else call()


def depth_now() -> int:
    frame, depth = sys._getframe(), 0
    while frame.f_back is not None:
        frame, depth = frame.f_back, depth + 1
    return depth


@pytest.mark.parametrize(
    "call",
    [
        lambda: [event.this_dn for event in DECODER.decode_batch(DEEP)],
        lambda: len(LAZY.decode(DEEP[1]).extensions),
        lambda: DECODER.validate_batch(DEEP),
        lambda: ENCODER.encode(EVENT),
        lambda: DECODER.decode_arrow(DEEP, threads=1).num_rows,
        lambda: len(DECODER.decode_arrow(DEEP, threads=1).to_events()),
        lambda: [repr(error) for error in DECODER.decode_batch(DEEP[:1] + TOO_DEEP, errors="return")[1:]],
        lambda: sum(1 for _ in DECODER.iter_decode(DEEP[0])),
    ],
    ids=["decode", "lazy", "validate", "encode", "arrow", "to_events", "errors", "stream"],
)  # fmt: skip
def test_near_the_recursion_limit_it_works_or_is_told(call: Callable[[], Any]) -> None:
    wanted, outcomes = call(), set()
    room = sys.getrecursionlimit() - depth_now()
    for frames in range(room - 12, room + 2):
        try:
            assert below(frames, call) == wanted
            outcomes.add("given")
        except RecursionError:
            outcomes.add("told")
    assert outcomes == {"given", "told"}
    assert call() == wanted
