"""The collector's state, finalizers and code of users that runs in the middle of a call, and counts of references.

What threads may do to each other is in `test_contract_threads.py`.
"""

import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
import vmcodec
from msgspec import field
from vmcodec import BaseEvent, DecodeError, Decoder, EncodeError, Encoder, KVList, OpenIntEnum

OUT = b'{"id":"EventDNOutOfService","ThisDN":"7011","Extensions":{"Reason":"1","k":[1,{}]}}'
EVENT = vmcodec.decode(OUT)


@pytest.fixture(autouse=True)
def usual_collector() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.set_threshold(*threshold)
    gc.enable()


class Nasty(BaseEvent, frozen=True, kw_only=True):
    """Runs code of ours in the middle of a record: its factory is called, and so is `__post_init__`."""

    hook: Any = field(default_factory=lambda: hooks[-1]())
    text: str = ""

    def __post_init__(self) -> None:
        hooks[-1]()


class Mode(OpenIntEnum):
    """Runs code of ours for every code that is not listed."""

    One = 1

    @classmethod
    def _missing_(cls, value: object) -> Any:
        hooks[-1]()
        return super()._missing_(value)


class Moody(BaseEvent, frozen=True, kw_only=True):
    """With an attribute of that kind between others."""

    first: str = ""
    mode: Mode = Mode.One
    last: dict[str, Any] | None = None


hooks: list[Callable[[], Any]] = [lambda: None]
CLASSES: tuple[type[BaseEvent], ...] = (*vmcodec.EVENTS, *(Nasty, Moody))
DECODER: Decoder[Any] = Decoder(events=CLASSES)
ENCODER = Encoder(events=CLASSES)
NASTY, MOODY = b'{"id":"Nasty"}', b'{"id":"Moody","first":"a","mode":77,"last":{"k":[1,{"l":{}}]}}'


BAD: list[Any] = [OUT, b"{", 5, None]


def failing() -> Any:
    raise LookupError("mine")


def refusing() -> Any:
    raise ValueError("not today")


def broken() -> Iterator[bytes]:
    yield OUT + b"\n"
    raise LookupError("mine")


CALLS: dict[str, tuple[Callable[[], Any], type[Exception] | None]] = {
    "decode": (lambda: vmcodec.decode(OUT), None),
    "decode, bad": (lambda: vmcodec.decode(OUT[:-1]), DecodeError),
    "decode, None": (lambda: vmcodec.decode(None), None),
    "decode_batch": (lambda: vmcodec.decode_batch([OUT] * 5000), None),
    "decode_batch, bad": (lambda: vmcodec.decode_batch([OUT, b"{"]), DecodeError),
    "decode_batch, returned": (lambda: vmcodec.decode_batch(BAD, errors="return"), None),
    "decode_batch, no container": (lambda: vmcodec.decode_batch(OUT), TypeError),  # type: ignore[arg-type]
    "decode_batch, broken container": (lambda: vmcodec.decode_batch(broken()), LookupError),
    "decode_lines": (lambda: vmcodec.decode_lines(OUT), None),
    "decode_lines, bad": (lambda: vmcodec.decode_lines(b"{"), DecodeError),
    "iter_decode": (lambda: list(vmcodec.iter_decode([OUT, b"\n", OUT])), None),
    "iter_decode, bad": (lambda: list(vmcodec.iter_decode(b"{")), DecodeError),
    "iter_decode, broken source": (lambda: list(vmcodec.iter_decode(broken())), LookupError),
    "validate_batch": (lambda: vmcodec.validate_batch([OUT, b"{"]), None),
    "validate_lines": (lambda: vmcodec.validate_lines(OUT + b"\n{"), None),
    "encode": (lambda: vmcodec.encode(EVENT), None),
    "encode, bad": (lambda: vmcodec.encode(5), EncodeError),  # type: ignore[arg-type]
    "encode_batch": (lambda: vmcodec.encode_batch([EVENT] * 5000), None),
    "encode_lines, bad": (lambda: vmcodec.encode_lines([EVENT, None]), EncodeError),  # type: ignore[list-item]
    "KVList": (lambda: len(KVList(b'{"a":[{}]}')), None),
    "to_dict": (lambda: KVList(b'{"a":[{}]}').to_dict(), None),
    "a factory that fails": (lambda: with_hook(failing, lambda: DECODER.decode_batch([OUT, NASTY])), LookupError),
    "an enum that fails": (lambda: with_hook(failing, lambda: DECODER.decode_batch([OUT, MOODY])), LookupError),
    "code that decodes": (lambda: with_hook(lambda: DECODER.decode(OUT), lambda: DECODER.decode(MOODY)), None),
}


def with_hook(hook: Callable[[], Any], call: Callable[[], Any]) -> Any:
    hooks.append(hook)
    try:
        return call()
    finally:
        hooks.pop()


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("name", CALLS)
def test_the_collector_is_as_it_was(name: str, enabled: bool) -> None:
    call, error = CALLS[name]
    (gc.enable if enabled else gc.disable)()
    if error is None:
        call()
    else:
        with pytest.raises(error):
            call()
    assert gc.isenabled() == enabled


def test_it_is_as_it_was_between_the_results_of_a_stream() -> None:
    for enabled in (True, False):
        (gc.enable if enabled else gc.disable)()
        for _ in vmcodec.iter_decode([OUT + b"\n"] * 100, batch_size=7):
            assert gc.isenabled() == enabled


def test_no_collection_runs_within_a_call() -> None:
    runs: list[str] = []
    messages = [OUT] * 20_000

    def note(phase: str, _: dict[str, int]) -> None:
        runs.append(phase)

    gc.set_threshold(1)
    gc.collect()
    gc.callbacks.append(note)
    try:
        results = vmcodec.decode_batch(messages)
        within = len(runs)
    finally:
        gc.callbacks.remove(note)
    assert len(results) == 20_000
    # One may be due at the very start or end, none for each of the 80,000 new containers.
    assert within <= 4


class Cycle:
    """Garbage that only the collector finds, and that decodes when it goes."""

    found: list[Any] = []  # noqa: RUF012

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        Cycle.found.append(DECODER.decode_batch([OUT, b"{", MOODY], errors="return")[::2])


def test_finalizers_may_decode_with_the_same_decoder() -> None:
    gc.set_threshold(1)
    Cycle.found.clear()
    wanted = [EVENT, Moody(first="a", mode=Mode(77), last={"k": [1, {"l": {}}]})]
    for _ in range(300):
        Cycle()
        assert with_hook(Cycle, lambda: DECODER.decode_batch([OUT, MOODY])) == wanted
        assert with_hook(Cycle, lambda: list(DECODER.iter_decode(OUT + b"\n" + MOODY, batch_size=1))) == wanted
        assert ENCODER.encode_batch(wanted) == [OUT, MOODY]
    gc.collect()
    assert len(Cycle.found) >= 900
    assert all(found == wanted for found in Cycle.found)


class Spilling(BaseEvent, frozen=True, kw_only=True):
    """Its first attribute may refuse to be made, before the others were taken."""

    made: Any = field(default_factory=lambda: hooks[-1]())
    later: str | None = None
    free: dict[str, Any] | None = None


class SpillingSlowly(Spilling, frozen=True, kw_only=True):
    """The same, by way of the constructor."""

    def __post_init__(self) -> None:
        """Do nothing."""


class Tracked(BaseEvent, frozen=True, kw_only=True, gc=True):
    """Known to the collector, with code of ours between its attributes."""

    first: dict[str, Any]
    mode: Mode = Mode.One
    last: dict[str, Any] = field(default_factory=lambda: hooks[-1]() or {})


def test_nothing_half_built_can_be_found() -> None:
    looks = 0

    def look() -> None:
        nonlocal looks
        looks += 1
        for thing in gc.get_objects():
            if isinstance(thing, msgspec.Struct):
                for name in thing.__struct_fields__:
                    getattr(thing, name)  # AttributeError where the slot is empty.

    decoder: Decoder[Any] = Decoder(events=(Tracked, Moody, Nasty))
    data = b'{"id":"Tracked","first":{"k":{}},"mode":77}'
    gc.collect()
    results = with_hook(look, lambda: decoder.decode_batch([data, MOODY, NASTY, data]))
    assert looks == 7
    assert len(results) == 4
    assert gc.is_tracked(results[0])


# Code of users in the middle of a call


@pytest.mark.parametrize("record", [MOODY, NASTY])
def test_code_in_the_middle_may_decode_with_the_same_decoder(record: bytes) -> None:
    depth = 0

    def again() -> Any:
        nonlocal depth
        if depth > 20:
            return None
        depth += 1
        try:
            inner = DECODER.decode_batch([OUT, record, b"{", OUT], errors="return")
            assert inner[0] == inner[3] == EVENT
            assert isinstance(inner[2], DecodeError)
            assert DECODER.validate_batch([OUT, b"{"])[0].code == "truncated"
            return type(inner[1]).__name__
        finally:
            depth -= 1

    depth = 17
    outer = with_hook(again, lambda: DECODER.decode_batch([OUT, record, OUT]))
    assert outer[0] == outer[2] == EVENT
    if record is MOODY:
        assert outer[1] == Moody(first="a", mode=Mode(77), last={"k": [1, {"l": {}}]})
    else:
        assert isinstance(outer[1], Nasty)
        assert outer[1].hook == "Nasty"


def test_a_list_may_change_while_it_is_decoded() -> None:
    messages = [OUT, MOODY, OUT, MOODY]
    results = with_hook(messages.clear, lambda: DECODER.decode_batch(messages))
    assert messages == []
    assert [type(result).__name__ for result in results] == ["EventDNOutOfService", "Moody"] * 2
    assert results[3].first == "a"


def test_a_list_may_change_while_it_is_iterated() -> None:
    messages = [OUT] * 100

    class Shrinking:
        def __iter__(self) -> Iterator[bytes]:
            while messages:
                yield messages[-1]
                messages.clear()
                gc.collect()

    assert DECODER.decode_batch(Shrinking()) == [EVENT]
    assert DECODER.validate_batch(iter(messages)) == []


def test_a_buffer_may_change_in_the_middle_of_its_own_record() -> None:
    buffer = bytearray(MOODY)

    def spoil() -> None:
        buffer[:] = b"\xff" * 3

    assert with_hook(spoil, lambda: DECODER.decode(buffer)) == Moody(
        first="a", mode=Mode(77), last={"k": [1, {"l": {}}]}
    )
    lines = bytearray(MOODY + b"\n" + MOODY)
    results = with_hook(lines.clear, lambda: DECODER.decode_lines(lines))
    assert [result.first for result in results] == ["a", "a"]
    assert not lines


def test_a_stream_may_not_be_asked_from_within_itself() -> None:
    def chunks() -> Iterator[bytes]:
        with pytest.raises((RuntimeError, ValueError)):
            next(events)
        yield OUT

    events = vmcodec.iter_decode(chunks())
    assert list(events) == [EVENT]


def test_an_exception_in_the_middle_leaves_nothing_behind() -> None:
    spilled = b'{"first":"a","mode":77,"text":"from the record before","id":"Moody"}'
    for _ in range(3):
        with pytest.raises(LookupError):
            with_hook(failing, lambda: DECODER.decode_batch([spilled, NASTY]))
        with pytest.raises(LookupError):
            with_hook(failing, lambda: DECODER.decode(NASTY))
        assert DECODER.decode(b'{"id":"Moody"}') == Moody()
        assert DECODER.decode(NASTY) == Nasty(hook=None)


# References


@pytest.mark.parametrize("cls", [Spilling, SpillingSlowly])
def test_nothing_of_a_refused_record_reaches_the_next_one(cls: type[BaseEvent]) -> None:
    decoder = Decoder(events=(cls,))
    name = cls.__name__.encode()
    first = b'{"id":"%b","later":"of the first","free":{"of":["the first"]},"more":"of the first"}' % name
    second = b'{"id":"%b","made":1}' % name
    for results in (
        with_hook(refusing, lambda: decoder.decode_batch([first, second], errors="return")),
        with_hook(refusing, lambda: decoder.decode_lines(first + b"\n" + second, errors="return")),
        with_hook(refusing, lambda: list(decoder.iter_decode([first + b"\n" + second + b"\n"], errors="return"))),
    ):
        assert results[0].code == "refused"
        assert results[1] == cls(made=1)  # type: ignore[call-arg]


def test_a_stream_that_its_own_source_holds_is_collected() -> None:
    class Reader:
        def __init__(self) -> None:
            self.events = vmcodec.iter_decode(self.chunks())

        def chunks(self) -> Iterator[bytes]:
            yield OUT + b"\n"
            yield OUT

    reader = Reader()
    assert next(reader.events) == EVENT
    gone = weakref.ref(reader)
    del reader
    gc.collect()
    assert gone() is None
