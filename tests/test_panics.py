"""What a panic of the native module costs: one record, by whichever door it came, and never the process.

No known record makes it panic, so these tests need a build that panics on demand, where a record says so between two at
signs: `make test-panics`. Any other build skips them.
"""

import gc
from collections.abc import Callable
from typing import Any

import pytest
import vmcodec
from vmcodec import DecodeError, Decoder, EncodeError, EventDNOutOfService, _vmcodec

pytestmark = pytest.mark.skipif(not hasattr(_vmcodec, "FAULTS"), reason="needs the build of `make test-panics`")

WORDS = "no defect of vmcodec (please report it)"
ONE_IN = 500
COUNT = 4000  # Of these every thread of four gets some.


def record(place: str, number: int = 0) -> bytes:
    """A record that makes the code panic in this place; `nowhere` is as good as any."""
    return b'{"id":"EventDNOutOfService","ThisDN":"%d","Extensions":{"a":"@%s@","b":"%s"}}' % (
        number,
        place.encode(),
        b"x" * 200,
    )


def records(place: str) -> tuple[list[bytes], list[int]]:
    """Many records, and which of them panic."""
    bad = list(range(7, COUNT, ONE_IN))
    return [record(place if number in bad else "nowhere", number) for number in range(COUNT)], bad


def check(error: Any, raw: bytes | None, event: str | None = None) -> None:
    assert isinstance(error, DecodeError)
    assert (error.code, error.path, error.offset, error.expected) == ("internal", "$", 0, WORDS)
    assert (error.raw, error.event) == (raw, event)


# The walk, and the making of an object


@pytest.mark.parametrize(("place", "event"), [("walk", None), ("finish", "EventDNOutOfService")])
def test_a_panic_is_the_error_of_one_record(place: str, event: str | None) -> None:
    decoder: Decoder[Any] = Decoder()
    for _ in range(3):
        with pytest.raises(DecodeError) as caught:
            decoder.decode(record(place))
        check(caught.value, None, event)
        assert gc.isenabled()
        assert decoder.decode(record("nowhere", 7)).this_dn == "7"


DOORS: dict[str, Callable[[Decoder[Any], list[bytes]], list[Any]]] = {
    "batch": lambda decoder, messages: decoder.decode_batch(messages, errors="return"),
    "lines": lambda decoder, messages: decoder.decode_lines(b"\n".join(messages), errors="return"),
    "iter": lambda decoder, messages: list(decoder.iter_decode(b"\n".join(messages), errors="return")),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("place", "event"), [("walk", None), ("finish", "EventDNOutOfService")])
@pytest.mark.parametrize("kv_lists", ["dict", "lazy"])
def test_the_other_records_are_decoded(door: str, place: str, event: str | None, kv_lists: Any) -> None:
    messages, bad = records(place)
    results = DOORS[door](Decoder(kv_lists=kv_lists), messages)
    assert len(results) == COUNT
    for number, result in enumerate(results):
        if number in bad:
            check(result, messages[number], event)
            assert result.index == number
        else:
            assert (result.this_dn, result.extensions["a"]) == (str(number), "@nowhere@")
    assert gc.isenabled()


# Threads


@pytest.mark.parametrize("threads", [1, 4])
def test_validation_goes_on(threads: int) -> None:
    messages, bad = records("walk")
    decoder: Decoder[Any] = Decoder()
    buffer = b"\n".join(messages)
    for errors in (
        decoder.validate_batch(messages, threads=threads),
        decoder.validate_lines(buffer, threads=threads),
        list(decoder.iter_validate(buffer, threads=threads)),
    ):
        assert [error.index for error in errors] == bad
        for error in errors:
            check(error, messages[error.index])


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("place", ["walk", "row"])
@pytest.mark.parametrize("rows", ["all", "events"])
def test_tables_have_the_other_rows(threads: int, place: str, rows: Any) -> None:
    arrow = pytest.importorskip("pyarrow")
    messages, bad = records(place)
    decoder: Decoder[Any] = Decoder()
    options: dict[str, Any] = {"errors": "return", "rows": rows, "threads": threads}
    whole = decoder.decode_arrow(messages, **options)
    parts = list(decoder.iter_arrow(b"\n".join(messages), batch_rows=1000, **options))
    numbers = [None if number in bad else str(number) for number in range(COUNT)]
    wanted = numbers if rows == "all" else [number for number in numbers if number]
    for tables in ([whole], parts):
        joined = arrow.concat_tables([arrow.table(table) for table in tables])
        assert joined["ThisDN"].to_pylist() == wanted
        assert [name is None for name in joined["id"].to_pylist()] == [number is None for number in wanted]
        errors = arrow.concat_tables([arrow.table(table.errors) for table in tables])
        assert errors["index"].to_pylist() == bad
        assert set(errors["code"].to_pylist()) == {"internal"}
        assert errors["raw"].to_pylist() == [messages[number] for number in bad]


# Beside the records: an error of the call, and the process lives


def test_a_panic_in_a_stream_that_c_code_reads_is_its_error() -> None:
    arrow = pytest.importorskip("pyarrow")
    decoder: Decoder[Any] = Decoder()
    reader = arrow.RecordBatchReader.from_stream(decoder.iter_arrow([record("nowhere"), b"\n", record("table")]))
    with pytest.raises(arrow.ArrowInvalid, match="a defect of vmcodec"):
        reader.read_all()


def test_a_panic_outside_of_records_is_an_exception() -> None:
    tables = vmcodec.Decoder().iter_arrow([record("nowhere"), b"\n", record("table")])
    with pytest.raises(BaseException, match="a panic on demand: table") as caught:
        next(tables)
    assert type(caught.value).__name__ == "PanicException"


# Writing


def test_a_panic_is_the_error_of_one_event() -> None:
    encoder = vmcodec.Encoder()
    good = EventDNOutOfService(this_dn="1")
    bad = EventDNOutOfService(this_dn="@write@")
    calls: list[tuple[Callable[[], Any], int]] = [
        (lambda: encoder.encode(bad), 0),
        (lambda: encoder.encode_batch([good, bad, good]), 1),
        (lambda: encoder.encode_lines([good] * 100 + [bad]), 100),
    ]
    for call, index in calls:
        with pytest.raises(EncodeError) as caught:
            call()
        error = caught.value
        assert (error.code, error.index, error.path, error.event) == ("internal", index, "$", "EventDNOutOfService")
        assert error.expected == WORDS
        assert gc.isenabled()
    assert encoder.encode_batch([good, good]) == [b'{"id":"EventDNOutOfService","ThisDN":"1"}'] * 2
