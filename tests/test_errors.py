"""`DecodeError` and `EncodeError`: their attributes, words and codes, their place in a batch or file.

That they keep nobody's data is in `test_privacy.py`; which record gives which error is the affair of the vectors.
"""

import copy
import pickle
import re
from typing import Any

import pytest
import vmcodec
from support import ROOT, all_told, data_of, decoder_of, told, vectors
from vmcodec import (
    DECODE_CODES,
    ENCODE_CODES,
    DecodeError,
    Decoder,
    EncodeError,
    EventAgentReady,
    EventDNOutOfService,
)

OUT = b'{"id":"EventDNOutOfService","ThisDN":"7011"}'
EVENT = EventDNOutOfService(this_dn="7011")
READY = b'{"id":"EventAgentReady","ThisDN":"7","Server":1,"time":{"seconds":1,"useconds":-2},"AgentWorkMode":2}'


def raised(data: Any) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        vmcodec.decode(data)
    return caught.value


def returned(data: Any) -> DecodeError:
    error = vmcodec.decode_batch([data], errors="return")[0]
    assert isinstance(error, DecodeError)
    return error


def not_written(event: Any) -> EncodeError:
    with pytest.raises(EncodeError) as caught:
        vmcodec.encode(event)
    return caught.value


def test_attributes_of_a_decode_error() -> None:
    error = raised(READY)
    assert isinstance(error, ValueError)
    assert (error.code, error.index, error.offset) == ("out_of_range", 0, READY.index(b"-2"))
    assert (error.line, error.column) == (None, None)
    assert (error.path, error.event) == ("$.time.useconds", "EventAgentReady")
    assert (error.expected, error.got, error.raw) == ("an integer from 0 to 999999", "integer", None)


def test_attributes_of_an_encode_error() -> None:
    bad: Any = EventDNOutOfService(this_dn="7", extensions={"k": [1, object()]})
    error = not_written(bad)
    assert isinstance(error, ValueError)
    assert (error.code, error.index, error.path) == ("wrong_type", 0, "$.Extensions[...][1]")
    assert (error.event, error.got) == ("EventDNOutOfService", "object")
    assert error.expected


def test_str_tells_everything_but_the_data() -> None:
    text = str(raised(READY))
    for part in ("out_of_range", "$.time.useconds", "0 to 999999", "integer", "record 0", "byte 79", "EventAgentReady"):
        assert part in text
    [error] = vmcodec.validate_lines(b"\n" + OUT + b"\n\n" + READY)
    for part in ("line 4", "column 80", "record 1", "byte 79"):
        assert part in str(error)
    text = str(not_written(EventDNOutOfService(this_dn="7", server=1.5)))  # type: ignore[arg-type]
    for part in ("wrong_type", "$.Server", "an int or a str", "float", "event 0", "EventDNOutOfService"):
        assert part in text


def test_repr_is_the_class_and_the_words() -> None:
    for error in (raised(READY), not_written(EventAgentReady)):
        assert repr(error).startswith(type(error).__name__ + "(")
        assert str(error) in repr(error)


@pytest.mark.parametrize("vector", vectors("invalid"), ids=lambda vector: vector["name"])
def test_every_error_has_words_and_lives_through_copies(vector: dict[str, Any]) -> None:
    error = decoder_of(vector).decode_batch([data_of(vector)], errors="return")[0]
    assert isinstance(error, DecodeError)
    assert error.code in DECODE_CODES
    assert error.expected
    assert str(error).startswith(f"{error.code}: expected {error.expected}")
    assert error.path in str(error)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert told(pickle.loads(pickle.dumps(error, protocol))) == told(error)
    for other in (copy.copy(error), copy.deepcopy(error)):
        assert type(other) is DecodeError
        assert (told(other), str(other), repr(other)) == (told(error), str(error), repr(error))


def test_encode_errors_live_through_copies() -> None:
    error = not_written(EventDNOutOfService(this_dn="7", extensions={"k": float("nan")}))
    assert error.code == "invalid_number"
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(other) is EncodeError
        assert (other.__reduce__(), str(other), repr(other)) == (error.__reduce__(), str(error), repr(error))


def test_attributes_are_read_only() -> None:
    for error in (raised(b""), not_written(None)):
        with pytest.raises(AttributeError):
            error.code = "fine"  # type: ignore[misc]


def test_errors_can_be_made_by_hand() -> None:
    error = DecodeError("syntax", index=3, offset=9, line=2, path="$.a", expected="':'")
    assert (error.code, error.index, error.offset, error.line, error.column) == ("syntax", 3, 9, 2, 10)
    assert (error.path, error.event, error.expected, error.got, error.raw) == ("$.a", None, "':'", None, None)
    encode_error = EncodeError("too_deep", path="$.a")
    assert (encode_error.code, encode_error.index, encode_error.path) == ("too_deep", 0, "$.a")


# Codes


def test_codes_are_distinct_words() -> None:
    for codes in (DECODE_CODES, ENCODE_CODES):
        assert isinstance(codes, tuple)
        assert len(set(codes)) == len(codes)
        assert all(re.fullmatch("[a-z0-9]+(_[a-z0-9]+)*", code) for code in codes)


def test_every_code_is_provoked_by_a_vector() -> None:
    # `internal` is for defects: nothing that is known provokes it. `refused` takes a class of one's own.
    assert {vector["code"] for vector in vectors("invalid")} == set(DECODE_CODES) - {"internal", "refused"}


@pytest.mark.parametrize("code", sorted({*DECODE_CODES, *ENCODE_CODES}))
def test_every_code_is_documented(code: str) -> None:
    headings = [line for line in (ROOT / "docs" / "errors.md").read_text().splitlines() if line.startswith("#")]
    assert any(re.search(rf"\b{code}\b", heading) for heading in headings)


# Batches


@pytest.mark.parametrize("vector", vectors("invalid"), ids=lambda vector: vector["name"])
def test_returned_errors_hold_exactly_the_record(vector: dict[str, Any]) -> None:
    data, decoder = data_of(vector), decoder_of(vector)
    wanted = None if "item" in vector else data
    error = decoder.decode_batch([None, data], errors="return")[1]
    assert isinstance(error, DecodeError)
    assert (error.raw, error.index) == (wanted, 1)
    assert all_told(decoder.validate_batch([None, data])) == [told(error)]
    with pytest.raises(DecodeError) as caught:
        decoder.decode_batch([None, data])
    assert caught.value.raw is None
    assert told(caught.value)[1][:-1] == told(error)[1][:-1]


def test_raw_is_bytes_whatever_the_item_was() -> None:
    for item in (b"{", bytearray(b"{"), memoryview(b"{"), "{"):
        assert (type(returned(item).raw), returned(item).raw) == (bytes, b"{")
    assert returned('{"é').raw == '{"é'.encode()
    buffer = bytearray(b"{")
    error = returned(buffer)
    buffer[:] = b"x"
    assert error.raw == b"{"


def test_return_gives_a_result_for_every_item_in_order() -> None:
    items: list[Any] = [OUT, b"{", None, 7, "{", OUT.decode(), b"", bytearray(OUT), [OUT], memoryview(READY), OUT[:-1]]
    for copies in (1, 500):
        results = vmcodec.decode_batch(items * copies, errors="return")
        assert len(results) == len(items) * copies
        codes = ["truncated", "wrong_item", "truncated", "empty_input", "wrong_item", "out_of_range", "truncated"]
        wanted = iter(codes * copies)
        for index, (item, result) in enumerate(zip(items * copies, results, strict=True)):
            if item is None or item in (OUT, OUT.decode()):
                assert result == (item and EVENT)
            else:
                assert isinstance(result, DecodeError)
                assert (result.index, result.code) == (index, next(wanted))
        assert next(wanted, None) is None


def test_raise_raises_the_first() -> None:
    with pytest.raises(DecodeError) as caught:
        vmcodec.decode_batch([OUT, None, b"{", READY])
    assert (caught.value.code, caught.value.index) == ("truncated", 2)
    with pytest.raises(DecodeError) as caught:
        vmcodec.decode_lines(b"\n" + OUT + b"\n\n" + READY + b"\n{\n")
    assert (caught.value.code, caught.value.index, caught.value.line) == ("out_of_range", 1, 4)


def test_encode_errors_tell_the_place_in_the_batch() -> None:
    for call in (vmcodec.encode_batch, vmcodec.encode_lines):
        with pytest.raises(EncodeError) as caught:
            call([EVENT, EVENT, None, 7])  # type: ignore[list-item]
        assert (caught.value.code, caught.value.index, caught.value.got) == ("wrong_item", 2, "NoneType")
        assert "event 2" in str(caught.value)


# Lines


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_line_and_column(end: bytes, tmp_path: Any) -> None:
    lines = [b"", OUT, b" \t", b" {]", b"\r", b"", OUT, b'{"id":"\xc3\xa9", x', OUT]
    buffer = end.join(lines)
    path = tmp_path / "events.ndjson"
    path.write_bytes(buffer)
    wanted = [("syntax", 1, 4, 3), ("syntax", 3, 8, 13)]
    results = vmcodec.decode_lines(buffer, errors="return")
    assert results[0] == results[2] == results[4] == EVENT
    errors = [result for result in results if isinstance(result, DecodeError)]
    assert [(error.code, error.index, error.line, error.column) for error in errors] == wanted
    assert [error.raw for error in errors] == [lines[3], lines[7]]
    assert [error.offset for error in errors] == [2, 12]
    assert all_told(vmcodec.validate_lines(buffer)) == all_told(errors)
    assert all_told(vmcodec.iter_decode(path, errors="return")) == all_told(results)


def test_a_carriage_return_belongs_to_the_line_end_only_once() -> None:
    [error] = vmcodec.decode_lines(b"{\r\r\n", errors="return")
    assert isinstance(error, DecodeError)
    assert (error.code, error.raw) == ("truncated", b"{\r")


def test_there_are_no_lines_without_lines() -> None:
    for error in (raised(b"{"), returned(b"{"), Decoder().validate_batch([b"{"])[0]):
        assert (error.line, error.column) == (None, None)
