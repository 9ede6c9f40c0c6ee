"""Errors keep nobody's data: a mark hidden in every place of a record turns up nowhere in them.

A returned error's `raw` is the one exception, and neither str nor repr shows it.
"""

import pickle
import traceback
from typing import Any

import pytest
import vmcodec
from vmcodec import DecodeError, Decoder, EncodeError, EventAgentReady, EventDNOutOfService, KVList, Time, UnknownEvent

MARKS = ("canary", "4040404040", "c\\u0061nary", "c\\x61nary")
ATTRIBUTES = ("code", "index", "offset", "line", "column", "path", "event", "expected", "got")
TIME = b'"time":{"seconds":1,"useconds":2}'


def assert_clean(error: BaseException) -> None:
    """Look wherever a person, a log or a debugger would look."""
    attributes = [getattr(error, name, None) for name in ATTRIBUTES]
    others = (error.args, error.__dict__, error.__cause__, error.__context__, getattr(error, "__notes__", None))
    seen = [str(error), repr(error), *map(repr, attributes), *map(repr, others)]
    seen += traceback.format_exception_only(error)
    for text in seen:
        assert not any(mark in text for mark in MARKS), text


def all_errors(decoder: Decoder[Any], data: bytes) -> list[DecodeError]:
    """The error of the record, if it has one, in every way that there is to get it."""
    errors = []
    calls: list[Any] = [
        lambda: decoder.decode(data),
        lambda: decoder.decode_batch([data]),
        lambda: decoder.decode_lines(data),
        lambda: list(decoder.iter_decode(data)),
    ]
    for call in calls:
        try:
            call()
        except DecodeError as error:
            assert error.raw is None
            assert b"anary" not in pickle.dumps(error)
            errors.append(error)
    returned = [*decoder.decode_batch([data], errors="return"), *decoder.validate_batch([data])]
    return errors + [error for error in returned if isinstance(error, DecodeError)]


# The mark as a value of every type, as a key, as a name and as an id; then what makes the record bad.
BAD = [
    b'{"id":"canary"}',
    b'{"id":4040404040}',
    b'{"id":["canary"]}',
    b'{"id":"EventDNOutOfService","canary":"canary","ThisDN":4040404040}',
    b'{"id":"EventDNOutOfService","ThisDN":"canary","id":"canary"}',
    b'{"id":"EventDNOutOfService","ThisDN":"canary\\q"}',
    b'{"id":"EventDNOutOfService","ThisDN":"canary\\ud800canary"}',
    b'{"id":"EventDNOutOfService","ThisDN":"canary\xff"}',
    b'{"id":"EventDNOutOfService","ThisDN":"canary\x01"}',
    b'{"id":"EventDNOutOfService","ThisDN":"canary"canary}',
    b'{"id":"EventDNOutOfService","ThisDN":"canary"}canary',
    b'{"id":"EventDNOutOfService","ThisDN":canary}',
    b'{"id":"EventDNOutOfService","ThisDN":"canary',
    b'{"id":"EventDNOutOfService","ThisDN":"canary","time":{"canary":1}}',
    b'{"id":"EventDNOutOfService","ThisDN":"canary","time":{"seconds":1,"useconds":4040404040}}',
    b'{"id":"EventDNOutOfService","ThisDN":"canary","time":"canary"}',
    b'{"id":"EventDNOutOfService","ThisDN":"canary","Server":{"canary":1}}',
    b'{"id":"EventDNOutOfService","ThisDN":"canary","Extensions":{"canary":{"canary":[1,{"canary":tru}]}}}',
    b'{"id":"EventDNOutOfService","ThisDN":"canary","Extensions":{"canary":4040404040e999}}',
    b'{"id":"EventDNOutOfService","ThisDN":"canary","Extensions":"canary"}',
    b'{"id":"EventDNOutOfService","ThisDN":"canary","canary":{"canary":nul}}',
    b'{"id":"EventDNOutOfService","Extensions":{"canary":"canary"},"canary":1}',
    b'{"id":"EventAgentReady","ThisDN":"canary","Server":"canary",' + TIME + b',"AgentWorkMode":"canary"}',
    b'{"id":"EventAgentReady","ThisDN":"canary","Server":"canary",' + TIME + b',"ReferenceID":"canary"}',
    b'{"id":"EventAgentReady","ThisDN":"canary","Server":"canary",' + TIME + b',"ReferenceID":40404040404040404040}',
    b'{"id":"EventAgentReady","ThisDN":"canary","Server":"canary",' + TIME + b',"Agent ID":["canary"]}',
    b'"canary"',
    b'["canary"]',
    b"canary",
]
BAD += [record[:1] + b'"canary":"canary",' + record[1:] for record in BAD if record.startswith(b'{"id"')]


@pytest.mark.parametrize("record", BAD, ids=lambda record: record.decode(errors="replace"))
@pytest.mark.parametrize("options", [{"extra": "forbid", "unknown": "error"}, {"kv_lists": "lazy"}, {"max_depth": 2}])
def test_decode_errors_keep_no_payload(record: bytes, options: dict[str, Any]) -> None:
    for error in all_errors(Decoder(**options), record):
        assert_clean(error)


def test_each_bad_record_is_refused_in_every_way() -> None:
    decoder = Decoder(extra="forbid", unknown="error")
    assert [len(all_errors(decoder, record)) for record in BAD] == [6] * len(BAD)


RICH = (
    b'{"id":"EventOffHook","ThisDN":"canary","Server":"canary","time":{"seconds":4040404040,"useconds":2},'
    b'"ConnID":"canary","CallID":4040404040,"canary":{"canary":["canary",4040404040]},'
    b'"UserData":{"canary":"c\\u0061nary","k":[1.5,true,null,{"canary":{}}]}}'
)


@pytest.mark.parametrize("record", [RICH, b'{"canary":"canary",' + RICH[1:-1] + b',"canary2":0}'])
def test_no_damage_to_a_record_brings_its_data_out(record: bytes) -> None:
    decoder, count = Decoder(), 0
    vmcodec.decode(record)
    damaged = [record[:place] for place in range(len(record))]
    for byte in (b"\xff", b'"', b"}", b"]", b"\x00", b"\\", b"0", b",", b"x"):
        damaged += [record[:place] + byte + record[place + 1 :] for place in range(len(record))]
    for data in damaged:
        for error in decoder.decode_batch([data], errors="return") + all_raised(decoder, data):
            if isinstance(error, DecodeError):
                assert_clean(error)
                count += 1
    assert count > len(record) * 8


def all_raised(decoder: Decoder[Any], data: bytes) -> list[Any]:
    try:
        decoder.decode(data)
    except DecodeError as error:
        return [error]
    return []


def test_items_that_are_no_records_are_not_shown() -> None:
    for item in (["canary"], {"canary": 1}, 4040404040, ("canary",)):
        for error in all_errors_of_item(item):
            assert_clean(error)


def all_errors_of_item(item: Any) -> list[DecodeError]:
    with pytest.raises(DecodeError) as caught:
        vmcodec.decode(item)
    return [caught.value, *vmcodec.validate_batch([item])]


def test_a_copy_of_a_returned_error_is_as_discreet() -> None:
    [error] = vmcodec.decode_batch([b'{"canary"'], errors="return")
    assert isinstance(error, DecodeError)
    for other in (error, pickle.loads(pickle.dumps(error))):
        assert other.raw == b'{"canary"'
        assert_clean(other)


NOT_WRITTEN: list[Any] = [
    EventDNOutOfService(this_dn=["canary"]),  # type: ignore[arg-type]
    EventDNOutOfService(this_dn="canary\ud800"),
    EventDNOutOfService(this_dn="canary", server=4040404040.5),  # type: ignore[arg-type]
    EventDNOutOfService(this_dn="canary", time="canary"),  # type: ignore[arg-type]
    EventDNOutOfService(this_dn="canary", time=Time(1, 4040404040)),
    EventDNOutOfService(this_dn="canary", extensions={"canary": {"canary": [0, {"canary": b"canary"}]}}),
    EventDNOutOfService(this_dn="canary", extensions={"canary": {4040404040: 1}}),
    EventDNOutOfService(this_dn="canary", extensions={"canary": {"canary\ud800": 1}}),
    EventDNOutOfService(this_dn="canary", extra={"canary": b"canary"}),
    EventDNOutOfService(this_dn="canary", extra={"ThisDN": "canary"}),
    EventDNOutOfService(this_dn="canary", extra=KVList(b'{"canary":1}')),  # type: ignore[arg-type]
    EventAgentReady(this_dn="canary", server="canary", time=Time(1, 2), agent_work_mode="canary"),  # type: ignore[arg-type]
    EventAgentReady(this_dn="canary", server=10**5000 * 4040404040, time=Time(1, 2), agent_work_mode=2),  # type: ignore[arg-type]
    UnknownEvent("canary", b'{"id":"canary" canary}'),
    UnknownEvent("canary", b'{"id":"canary4040404040"}'),
    "canary",
    {"canary": 4040404040},
]


@pytest.mark.parametrize("event", NOT_WRITTEN, ids=range(len(NOT_WRITTEN)))
def test_encode_errors_keep_no_payload(event: Any) -> None:
    calls: list[Any] = [
        lambda: vmcodec.encode(event),
        lambda: vmcodec.encode_batch([event]),
        lambda: vmcodec.encode_lines([event]),
    ]
    for call in calls:
        with pytest.raises(EncodeError) as caught:
            call()
        assert_clean(caught.value)
        assert b"anary" not in pickle.dumps(caught.value)
