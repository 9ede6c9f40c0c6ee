"""No input exhausts a stack or takes more than linear time: nesting, lengths, counts, on a stack of 128 kB.

Nothing here looks at a clock. Where the time were quadratic these megabytes would take hours.
"""

import gzip
import sys
from pathlib import Path
from typing import Any

import pytest
import vmcodec
import zstandard
from support import all_told, data_of, decoder_of, on_a_small_stack, vectors
from vmcodec import DecodeError, Decoder, Encoder, EventDNOutOfService, EventIterator, KVList, UnknownEvent

MILLION = 1_000_000
OUT = b'{"id":"EventDNOutOfService","ThisDN":"7"%b}'
OPTIONS: list[dict[str, Any]] = [
    {},
    {"kv_lists": "lazy"},
    {"kv_lists": "skip"},
    {"extra": "ignore"},
    {"only": ()},
    {"max_depth": 1024},
]
some_options = pytest.mark.parametrize("options", OPTIONS, ids=str)


def verdict(decoder: Decoder[Any], data: bytes) -> Any:
    """What becomes of the record in a batch, lines, a stream and a validation: the same in all four."""
    [result] = decoder.decode_batch([data], errors="return")
    [by_line] = decoder.decode_lines(data, errors="return")
    [streamed] = decoder.iter_decode(data, errors="return")
    checked = decoder.validate_batch([data])
    if not isinstance(result, DecodeError):
        assert checked == []
        return result
    for error in (by_line, streamed, *checked):
        assert isinstance(error, DecodeError)
        assert (error.code, error.offset, error.path) == (result.code, result.offset, result.path)
    assert len(checked) == 1
    return result


# Nesting


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"k":', b"}"), (b'[{"k":', b"}]"), (b" [ ", b" ] ")])
@pytest.mark.parametrize(
    "record",
    [
        OUT % b',"Extensions":{"k":%b}',
        OUT % b',"nobody":%b',
        b'{"x":%b,"id":"EventDNOutOfService"}',
        b'{"id":"X","k":%b}',
    ],
)
def test_a_million_levels(record: bytes, opening: bytes, closing: bytes, closed: bool) -> None:
    value = opening * MILLION + (b"0" + closing * MILLION if closed else b"")
    data = record % value if closed else (record % value)[:-1]
    decoder = Decoder(max_size=2**26)
    result = on_a_small_stack(lambda: verdict(decoder, data))
    assert isinstance(result, DecodeError)
    assert result.code == "too_deep"
    assert result.offset < record.index(b"%b") + 129 * len(opening)


@some_options
def test_a_million_levels_whatever_the_options(options: dict[str, Any]) -> None:
    decoder: Decoder[Any] = Decoder(max_size=2**26, **options)
    for data in (OUT % (b',"Extensions":{"k":' + b"[" * MILLION), OUT % (b',"z":' + b'{"":' * MILLION)):
        result = on_a_small_stack(lambda data=data: verdict(decoder, data))  # type: ignore[misc]
        assert result.code == "too_deep"


@pytest.mark.parametrize("data", [b"[" * MILLION, b'{"id":' * MILLION, b'{"id":[' * MILLION, b'{"ThisDN":' * MILLION])
def test_a_million_levels_from_the_start(data: bytes) -> None:
    result = on_a_small_stack(lambda: verdict(Decoder(), data))
    assert result.code in {"not_an_object", "wrong_type", "too_deep", "truncated"}


@some_options
@pytest.mark.parametrize("kind", [b"[%b]", b'{"k":%b}'])
def test_the_deepest_nesting_allowed_fits_a_small_stack(kind: bytes, options: dict[str, Any]) -> None:
    decoder: Decoder[Any] = Decoder(**options | {"max_depth": 1024})
    before, after = kind.split(b"%b")
    inner = before * 1022 + b"0" + after * 1022
    data = OUT % (b',"Extensions":{"k":' + inner + b'},"z":' + before + inner + after)

    def call() -> tuple[bytes, str]:
        # The values are written, taken apart and freed on the small stack too.
        event = decoder.decode(data)
        return (Encoder(max_depth=1024).encode(event) if event else b"", type(event).__name__)

    written, name = on_a_small_stack(call)
    assert name == ("NoneType" if "only" in options else "EventDNOutOfService")
    if "kv_lists" not in options and "extra" not in options and "only" not in options:
        assert written == data


def test_a_kv_list_is_opened_and_freed_on_a_small_stack() -> None:
    raw = b'{"k":' * 1023 + b"{}" + b"}" * 1023
    assert on_a_small_stack(lambda: len(KVList(raw))) == 1
    assert on_a_small_stack(lambda: len(KVList(raw).to_dict())) == 1
    with pytest.raises(ValueError):
        on_a_small_stack(lambda: KVList(b'{"k":' * MILLION))


@pytest.mark.parametrize("name", ["valid", "forms", "invalid", "grammar"])
def test_all_vectors_on_a_small_stack(name: str) -> None:
    entries = [(decoder_of(vector), data_of(vector)) for vector in vectors(name) if "options" in vector]
    plain = [data_of(vector) for vector in vectors(name) if "options" not in vector]

    def call() -> list[Any]:
        results = vmcodec.decode_batch(plain, errors="return")
        return results + [decoder.decode_batch([data], errors="return")[0] for decoder, data in entries]

    assert all_told(on_a_small_stack(call)) == all_told(call())


@pytest.mark.parametrize("name", ["events", "events.gz", "events.zst"])
def test_files_on_a_small_stack(name: str, tmp_path: Path) -> None:
    data = OUT % b"" + b"\n"
    packs = {"events": data * 10_000, "events.gz": gzip.compress(data * 10_000)}
    (tmp_path / name).write_bytes(packs.get(name, zstandard.compress(data * 10_000)))
    assert on_a_small_stack(lambda: sum(1 for _ in vmcodec.iter_decode(tmp_path / name))) == 10_000


# Lengths and counts


def test_a_record_as_long_as_allowed() -> None:
    head, tail = b'{"id":"EventDNOutOfService","ThisDN":"', b'"}'
    for unit in (b"a", b"\xc3\xa9", b"\\n", b"\\u20ac", b"\xf0\x9f\x98\x80"):
        count = (2**24 - len(head) - len(tail)) // len(unit)
        event = vmcodec.decode(head + unit * count + tail)
        assert isinstance(event, EventDNOutOfService)
        assert len(event.this_dn) == count
        assert vmcodec.validate_batch([head + unit * (count + 1) + tail])[0].code == "too_large"


TWO = 2**21
LONG: list[tuple[str, bytes, str | None]] = [
    ("digits", b"1" * TWO, "out_of_range"),
    ("negative digits", b"-" + b"9" * TWO, "out_of_range"),
    ("fraction", b"0." + b"1" * TWO, None),
    ("many digits and a fraction", b"1" * 300 + b"." + b"7" * TWO, None),
    ("exponent", b"1e" + b"0" * TWO + b"1", None),
    ("huge exponent", b"1e" + b"9" * TWO, "out_of_range"),
    ("tiny", b"0." + b"0" * TWO + b"1", None),
    ("zeros", b"0" * TWO, "invalid_number"),
    ("escapes", b'"' + b"\\u0041" * (TWO // 6) + b'"', None),
    ("escapes in a key", b'{"' + b"\\n" * (TWO // 2) + b'":0}', None),
    ("backslashes", b'"' + b"\\\\" * (TWO // 2) + b'"', None),
    ("quotes", b'"' + b'\\"' * (TWO // 2) + b'"', None),
    ("no closing quote", b'"' + b"a" * TWO, "truncated"),
    ("bad byte at the end", b'"' + b"\xc3\xa9" * (TWO // 2) + b'\xff"', "invalid_utf8"),
    ("array", b"[" + b"0," * (TWO // 2) + b"0]", None),
    ("empty arrays", b"[" + b"[]," * (TWO // 3) + b"{}]", None),
    ("array with a fault at its end", b"[" + b"0," * (TWO // 2) + b"]", "syntax"),
    ("members", b"{" + b",".join(b'"%d":0' % n for n in range(TWO // 10)) + b"}", None),
    ("one key again and again", b"{" + b",".join([b'"key":0'] * (TWO // 8)) + b"}", None),
    ("white space", b" " * TWO + b"0" + b"\t" * TWO, None),
    ("white space between", b"[" + (b" " * 1000 + b"0,") * (TWO // 1000) + b"0]", None),
    ("integers of 4300 digits", b"[" + b",".join([b"1" * 4300] * (TWO // 4300)) + b"]", None),
    ("floats", b"[" + b",".join([b"1.7976931348623157e308"] * (TWO // 23)) + b"]", None),
    ("halfway floats", b"[" + b",".join([b"9007199254740993." + b"0" * 700 + b"1"] * (TWO // 720)) + b"]", None),
]


@pytest.mark.parametrize(("value", "code"), [pytest.param(value, code, id=name) for name, value, code in LONG])
@pytest.mark.parametrize("options", [{}, {"kv_lists": "lazy", "extra": "ignore"}, {"only": ()}], ids=str)
def test_long_values(value: bytes, code: str | None, options: dict[str, Any]) -> None:
    decoder: Decoder[Any] = Decoder(**options)
    head, ends = OUT.removesuffix(b"%b}"), code != "truncated"
    for data in (head + b',"z":' + value + b"}" * ends, head + b',"Extensions":{"k":' + value + b"}}" * ends):
        result = verdict(decoder, data)
        assert (result.code if isinstance(result, DecodeError) else None) == code
        if code is None and options == {}:
            assert decoder.decode(vmcodec.encode(result)) == result


def test_a_lower_limit_of_the_interpreters_own_costs_one_record() -> None:
    usual = sys.get_int_max_str_digits()
    good, long = OUT % b"", OUT % (b',"Extensions":{"k":' + b"1" * 700 + b"}")
    wanted = vmcodec.decode_batch([good, long, good])
    sys.set_int_max_str_digits(640)
    try:
        results = vmcodec.decode_batch([good, long, good], errors="return")
    finally:
        sys.set_int_max_str_digits(usual)
    assert results[::2] == wanted[::2]
    # Read all the same, or refused like any other integer that is too long.
    assert results[1] == wanted[1] or (isinstance(results[1], DecodeError) and results[1].code == "out_of_range")


@pytest.mark.parametrize("late", [False, True])
def test_very_many_unknown_members(late: bool) -> None:
    members = b",".join(b'"m%d":%d' % (number, number) for number in range(200_000))
    head = b'"id":"EventDNOutOfService","ThisDN":"7"'
    event = vmcodec.decode(b"{" + (members + b"," + head if late else head + b"," + members) + b"}")
    assert isinstance(event, EventDNOutOfService)
    assert event.extra is not None
    assert len(event.extra) == 200_000
    assert event.extra["m199999"] == 199_999


def test_very_many_repeats_of_an_attribute() -> None:
    data = b"{" + b'"ThisDN":"6","time":5,"Extensions":{"k":[]},' * 80_000 + (OUT % b"")[1:]
    event = vmcodec.decode(data)
    assert isinstance(event, EventDNOutOfService)
    assert event.this_dn == "7"
    error = verdict(Decoder(), data[:-1] + b',"id":"X"}')
    assert (error.code, error.offset) == ("duplicate_id", len(data))


def test_very_long_ids_and_names() -> None:
    long_id = "EventDNOutOfService" * 100_000
    data = b'{"id":"' + long_id.encode() + b'"}'
    assert vmcodec.decode(data) == UnknownEvent(long_id, data)
    event = vmcodec.decode(OUT % (b',"' + b"ThisDN" * 100_000 + b'":1'))
    assert isinstance(event, EventDNOutOfService)
    assert event.extra == {"ThisDN" * 100_000: 1}


def test_very_many_bad_records() -> None:
    errors = vmcodec.validate_lines(b"{\n" * 200_000)
    assert len(errors) == 200_000
    assert (errors[-1].index, errors[-1].line) == (199_999, 200_000)
    assert len(vmcodec.decode_lines(b"{\n" * 200_000, errors="return")) == 200_000


def test_very_small_chunks_of_a_long_record() -> None:
    record = OUT % (b',"z":"' + b"z" * 1_000_000 + b'"')
    events: EventIterator[Any] = vmcodec.iter_decode(record[at : at + 3] for at in range(0, len(record), 3))
    assert list(events) == [vmcodec.decode(record)]
