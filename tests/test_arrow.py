"""`decode_arrow`: every cell is what `decode_batch` gives, through every door and option; nothing is lost.

How other libraries take the tables is told in `test_arrow_consumers.py`, streams in `test_arrow_stream.py`.
"""

import functools
import itertools
import mmap
from random import Random
from typing import Any

import pyarrow as pa
import pytest
import vmcodec
from cells import expected, held
from hypothesis import given
from hypothesis import strategies as st
from msgspec import field
from mutations import mutated
from properties import OwnEvent, examples
from strategies import any_event, events, messy, seeds
from support import data_of, decoder_of, run_python, vectors
from vmcodec import EVENTS, DecodeError, Decoder, EventMuteOn, EventOffHook, UnknownEvent
from vmcodec.events import BaseEvent


class Other(BaseEvent, frozen=True, kw_only=True):
    """Has attributes of other events with types of its own."""

    this_dn: int | None = field(default=None, name="ThisDN")
    time: str | None = None
    mode: vmcodec.AgentWorkMode | None = field(default=None, name="CallType")


CLASSES: tuple[type[BaseEvent], ...] = (*EVENTS, OwnEvent, Other)
ENCODER = vmcodec.Encoder(events=CLASSES)
VECTORS = [vector for name in ("valid", "forms", "invalid") for vector in vectors(name)]
OUT = b'{"id":"EventDNOutOfService","ThisDN":"7011"}'
BAD = b'{"id":"EventDNOutOfService","ThisDN":7}'


@functools.cache
def decoder(**options: Any) -> Decoder[Any]:
    return Decoder(events=CLASSES, **options)


def check(one: Decoder[Any], messages: Any, classes: tuple[type[BaseEvent], ...] = CLASSES, **options: Any) -> None:
    """The table of these messages holds what their events do, and its errors are those of `decode_batch`."""
    results = one.decode_batch(messages, errors="return")
    table = one.decode_arrow(messages, errors="return", **options)
    assert held(table) == expected(results, classes)
    bad = [result for result in results if isinstance(result, DecodeError)]
    assert pa.table(table.errors).to_pylist() == [
        {
            "index": error.index, "line": error.line, "offset": error.offset, "code": error.code, "path": error.path,
            "event": error.event, "raw": error.raw, "reason": str(error),
        }
        for error in bad
    ]  # fmt: skip
    again = table.to_events()
    assert len(again) == len(results)
    for result, back in zip(results, again, strict=True):
        assert alike(result, back), (result, back)


def alike(result: Any, back: Any) -> bool:
    """Whether `to_events` should give this for the result: None for an error, an integer for a Server of digits."""
    if isinstance(result, DecodeError):
        return back is None
    if isinstance(getattr(result, "server", None), str) and isinstance(back.server, int):
        members = {name: getattr(result, name) for name in result.__struct_fields__}
        result = type(result)(**members | {"server": int(result.server)})
    # Equality would not tell 1 from 1.0 and True, and stops short of NaN.
    return result is back or ENCODER.encode(back) == ENCODER.encode(result)


# Values


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
@examples(60)
@given(st.data())
def test_every_cell_is_what_the_event_holds(cls: type[BaseEvent], data: st.DataObject) -> None:
    event = data.draw(events(cls))
    check(decoder(), [messy(event, Random(data.draw(seeds()))), vmcodec.Encoder(events=CLASSES).encode(event)])


@examples(200)
@given(st.lists(st.tuples(any_event(), seeds(), st.booleans()), max_size=5))
def test_damaged_records_cost_their_own_row_alone(drawn: list[tuple[Any, int, bool]]) -> None:
    messages = []
    for event, seed, damaged in drawn:
        record = messy(event, Random(seed))
        messages.append(mutated(record, Random(seed)) if damaged else record)
    check(decoder(), [*messages, None, OUT])


OPTIONS: list[dict[str, Any]] = [
    {"kv_lists": "lazy"}, {"kv_lists": "skip"}, {"extra": "ignore"}, {"extra": "forbid"}, {"unknown": "error"},
    {"only": EVENTS[::2]}, {"only": (UnknownEvent, EventMuteOn)}, {"max_depth": 3}, {"max_size": 200},
]  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_options_of_the_decoder_count(options: dict[str, Any]) -> None:
    one = decoder(**options)
    messages = [data_of(vector) for vector in VECTORS]
    results = one.decode_batch(messages, errors="return")
    if options.get("kv_lists") == "lazy":
        results = decoder().decode_batch(messages, errors="return")
    assert held(one.decode_arrow(messages, errors="return")) == expected(results, CLASSES)


@pytest.mark.parametrize("name", ["valid", "forms", "invalid"])
def test_the_vectors(name: str) -> None:
    for vector in vectors(name):
        one = decoder_of(vector)
        if vector.get("options", {}).get("kv_lists") != "lazy":
            check(one, [data_of(vector)], EVENTS)


def test_what_no_column_holds_is_in_extra() -> None:
    record = (
        b'{"id":"EventMuteOn","ThisDN":"1","ThisDNRole":4,"ConnID":"0","NetworkCallID":18446744073709551615,'
        b'"Strange":[1],"NetworkNodeID":9223372036854775807,"time":{"seconds":9223372036854775807,"useconds":5}}'
    )
    [row] = held(vmcodec.decode_arrow([record]))
    assert (row["NetworkCallID"], row["NetworkNodeID"], row["time"]) == (None, 2**63 - 1, None)
    spilled = {"NetworkCallID": 2**64 - 1, "time": {"seconds": 2**63 - 1, "useconds": 5}}
    assert row["extra"] == {"Strange": [1], **spilled}
    # The last of a repeated member counts, wherever the first one went.
    twice = record[:-1] + b',"NetworkCallID":7,"time":1}'
    [row] = held(vmcodec.decode_arrow([twice]))
    assert (row["NetworkCallID"], row["time"], row["extra"]) == (7, 1000, {"Strange": [1]})


@pytest.mark.parametrize("seconds", [-62135596801, -62135596800, 253402300799, 253402300800])
def test_a_time_outside_of_the_calendar_is_in_extra(seconds: int) -> None:
    time = {"seconds": seconds, "useconds": 999_999}
    record = b'{"id":"EventDNOutOfService","ThisDN":"1","time":{"seconds":%d,"useconds":999999}}' % seconds
    [row] = held(vmcodec.decode_arrow([record]))
    inside = seconds in (-62135596800, 253402300799)
    assert (row["time"], row["extra"]) == ((seconds * 10**6 + 999_999, None) if inside else (None, {"time": time}))


def test_an_attribute_of_two_types_is_json_text() -> None:
    schema = pa.schema(decoder().arrow_schema())
    json = {name for name in ("ThisDN", "time", "CallType", "Server") if schema.field(name).type == pa.json_()}
    assert json == {"ThisDN", "time", "CallType"}


def test_names_that_are_not_listed_are_the_same_in_every_batch() -> None:
    def record(number: int) -> bytes:
        event = "EventOffHook" if number % 2 else f"EventNew{number % 7}"
        return b'{"id":"%s","ThisDN":"1","Server":1,"time":1,"CallState":%d,"UserData":{"pad":"%s"}}' % (
            event.encode(), number % 61, b"x" * 500,
        )  # fmt: skip

    messages = [record(number) for number in range(3000)]
    results = vmcodec.decode_batch(messages)
    for threads in (1, 2, 5, None):
        table = vmcodec.decode_arrow(messages, threads=threads)
        assert held(table) == expected(results, EVENTS)
        read = pa.table(table)
        assert read.column("id").num_chunks > 4
        assert len({tuple(chunk.dictionary.to_pylist()) for chunk in read.column("id").chunks}) == 1
        assert len({tuple(chunk.dictionary.to_pylist()) for chunk in read.column("CallState").chunks}) == 1
        whole = pa.record_batch(table)
        assert whole.num_rows == 3000 and whole.column("id").to_pylist() == read.column("id").to_pylist()
        assert table.to_events() == results


# Doors


def test_messages_lines_and_arrow_arrays_give_the_same() -> None:
    messages = [OUT, None, b'{"id":"New","a":"\xc3\xa9"}', BAD, bytearray(OUT), memoryview(OUT), OUT.decode()]
    wanted = held(vmcodec.decode_arrow(messages, errors="return"))
    data = [None if message is None else message.encode() if isinstance(message, str) else bytes(message)
            for message in messages]  # fmt: skip
    for kind in (pa.binary(), pa.large_binary(), pa.binary_view(), pa.string(), pa.large_string(), pa.string_view()):
        array = pa.array(data, pa.binary()).cast(kind)
        assert held(vmcodec.decode_arrow(array, errors="return")) == wanted
        assert held(vmcodec.decode_arrow(array[2:], errors="return")) == wanted[2:]
        assert held(vmcodec.decode_arrow(pa.chunked_array([array[:2], array[2:]]), errors="return")) == wanted
    lines = b"\n".join(line for line in data if line is not None) + b"\r\n \n"
    wanted = [row for row, line in zip(wanted, data, strict=True) if line is not None]
    with mmap.mmap(-1, len(lines)) as mapped:
        mapped[:] = lines
        for buffer in (lines, bytearray(lines), memoryview(lines), lines.decode(), mapped, pa.py_buffer(lines)):
            table = vmcodec.decode_arrow(buffer, errors="return")
            assert held(table) == wanted
            assert pa.table(table.errors).select(["index", "line"]).to_pylist() == [{"index": 2, "line": 3}]
    assert held(vmcodec.decode_arrow(iter(messages), errors="return"))[0] == wanted[0]


@pytest.mark.parametrize(
    "source",
    [3, None, object(), {"a": 1}, pa.array([1, 2]), pa.table({"a": ["x"]})],
    ids=lambda source: type(source).__name__,
)
def test_what_is_no_source_is_a_type_error(source: Any) -> None:
    with pytest.raises(TypeError):
        vmcodec.decode_arrow(source)


def test_lines_count_across_stretches() -> None:
    lines = (b"\n" + OUT + b"\n" + BAD + b"\r\n") * 20_000
    for threads in (1, 3):
        table = vmcodec.decode_arrow(lines, errors="return", threads=threads)
        places = pa.table(table.errors).select(["index", "line"]).to_pylist()
        assert places == [{"index": 2 * n + 1, "line": 3 * n + 3} for n in range(20_000)]
        assert len(table) == 40_000


# Bad records


def test_the_first_error_is_raised_without_payload() -> None:
    messages = [OUT] * 10_000 + [BAD, b"secret"] + [OUT] * 10_000
    for threads in (1, 2):
        with pytest.raises(DecodeError) as caught:
            vmcodec.decode_arrow(messages, threads=threads)
        assert (caught.value.index, caught.value.code, caught.value.raw) == (10_000, "wrong_type", None)


def test_rows_of_events_alone() -> None:
    messages: list[Any] = [BAD, OUT, None, b"{", b'{"id":"EventMuteOn","ThisDN":"2","ThisDNRole":1,"ConnID":"3"}', 7]
    table = Decoder(only=[EventMuteOn]).decode_arrow(messages, errors="return", rows="events", keys=[*"abcdef"])
    assert [(row["ThisDN"], row["tenant_id"]) for row in held(table)] == [("2", "e")]
    # Events that nobody wants are checked as JSON alone.
    assert pa.table(table.errors).column("index").to_pylist() == [3, 5]
    assert repr(table) == "EventTable(1 rows, 26 columns, 2 errors)"


def test_one_bad_line_in_a_million_stops_nothing() -> None:
    lines = (OUT + b"\n") * 1_000_000
    at = 654_321 * (len(OUT) + 1)
    lines = lines[:at] + b"\xff" + lines[at + 1 :]
    for rows, count in (("all", 1_000_000), ("events", 999_999)):
        table = vmcodec.decode_arrow(lines, errors="return", rows=rows)  # type: ignore[arg-type]
        assert (table.num_rows, table.errors.num_rows) == (count, 1)
        [error] = pa.table(table.errors).to_pylist()
        assert (error["index"], error["line"], error["offset"], error["raw"]) == (
            654_321,
            654_322,
            0,
            b"\xff" + OUT[1:],
        )
        assert pa.table(table).column("ThisDN").null_count == count - 999_999


def test_the_errors_show_no_payload() -> None:
    table = vmcodec.decode_arrow([b'{"id":"EventMuteOn","secret":"topsecret"'], errors="return")
    assert "secret" not in repr(table) + pa.table(table.errors).column("reason")[0].as_py()


# Keys and time stamps


def test_keys_are_split_at_the_first_colon() -> None:
    keys = [b"t:a", "t:Support\\jane@x:y", b"t:", "t", b"", None, "é:ü".encode()]
    table = vmcodec.decode_arrow([OUT] * len(keys), keys=keys, timestamps=[0, -1, None, 2**63 - 1, 1, 2, 3])
    assert [(row["tenant_id"], row["agent_id"], row["record_time"]) for row in held(table)] == [
        ("t", "a", 0), ("t", "Support\\jane@x:y", -1), ("t", "", None), ("t", None, 2**63 - 1), ("", None, 1),
        (None, None, 2), ("é", "ü", 3),
    ]  # fmt: skip
    assert held(vmcodec.decode_arrow([OUT], keys=pa.array([b"t:a"])))[0]["agent_id"] == "a"


def test_keys_and_times_stay_with_rows_of_nulls() -> None:
    table = vmcodec.decode_arrow([BAD, None], keys=["t:a", "t:b"], timestamps=[1, 2], errors="return")
    assert [(row["agent_id"], row["record_time"], row["id"]) for row in held(table)] == [("a", 1, None), ("b", 2, None)]


def test_a_wrong_key_or_time_makes_a_bad_record() -> None:
    messages: list[Any] = [OUT, OUT, OUT, 5, BAD, OUT]
    keys: list[Any] = ["t:a", b"\xff:a", 7, 8, 9, "t:b"]
    times: list[Any] = [1, 2, 3, 4, 5, "x"]
    table = vmcodec.decode_arrow(messages, keys=keys, timestamps=times, errors="return")
    errors = pa.table(table.errors).to_pylist()
    assert [(error["index"], error["code"], error["path"], error["raw"]) for error in errors] == [
        (1, "invalid_utf8", "$key", OUT), (2, "wrong_item", "$key", OUT), (3, "wrong_item", "$", None),
        (4, "wrong_item", "$key", BAD), (5, "wrong_item", "$timestamp", OUT),
    ]  # fmt: skip
    assert [row["ThisDN"] for row in held(table)] == ["7011", None, None, None, None, None]
    with pytest.raises(DecodeError, match=r"\$key"):
        vmcodec.decode_arrow([OUT], keys=[b"\xff"])


@pytest.mark.parametrize("name", ["keys", "timestamps"])
def test_as_many_keys_and_times_as_messages(name: str) -> None:
    one: Any = functools.partial(vmcodec.decode_arrow, [OUT, OUT])
    for given_ in ([], [None], [None] * 3):
        with pytest.raises(ValueError, match=f"{name}: {len(given_)} for 2 messages"):
            one(**{name: given_})
    with pytest.raises(ValueError, match="go with messages"):
        vmcodec.decode_arrow(OUT, **{name: [None]})  # type: ignore[arg-type]


# Tables


def test_the_schema_follows_from_the_classes() -> None:
    schema = pa.schema(vmcodec.Decoder().arrow_schema(keys=True, timestamps=True))
    assert schema == pa.schema(vmcodec.decode_arrow([OUT], keys=[None], timestamps=[None]))
    names, numbers = pa.dictionary(pa.int32(), pa.string()), pa.int64()
    assert {field.name: field.type for field in schema} == {
        "id": names, "ThisDN": pa.string(), "Server": pa.string(), "time": pa.timestamp("us", "UTC"),
        "AgentID": pa.string(), "AgentWorkMode": names, "ThisQueue": pa.string(), "CustomerID": pa.string(),
        "Extensions": pa.json_(), "Reasons": pa.json_(), "ReferenceID": numbers, "InfoStatus": names,
        "OtherDN": pa.string(), "ConnID": pa.string(), "CallID": numbers, "CallType": names, "CallState": names,
        "CallHistory": pa.json_(), "NetworkCallID": numbers, "NetworkNodeID": numbers, "ThisTrunk": numbers,
        "UserData": pa.json_(), "ThisDNRole": names, "extra": pa.json_(), "tenant_id": pa.string(),
        "agent_id": pa.string(), "record_time": pa.timestamp("ms", "UTC"),
    }  # fmt: skip
    assert all(field.nullable for field in schema)


def test_two_columns_of_one_name_are_an_error() -> None:
    class Taken(BaseEvent, frozen=True, kw_only=True):
        tenant: str = field(name="tenant_id")

    one = Decoder(events=[Taken])
    assert len(one.decode_arrow([b'{"id":"Taken","tenant_id":"x"}'])) == 1
    with pytest.raises(ValueError, match="tenant_id"):
        one.decode_arrow([], keys=[])


def test_a_table_is_built_without_pyarrow() -> None:
    code = "import sys; sys.modules.update(pyarrow=None, numpy=None); import vmcodec; print(vmcodec.decode_arrow([]))"
    assert run_python(code).strip() == "EventTable(0 rows, 24 columns)"


def test_framed_messages() -> None:
    one = Decoder(framing="confluent")
    frames = [b"\0\0\0\0\7" + OUT, b"\0\0\0\0\7" + b'{"id":"New"}']
    table = one.decode_arrow(frames)
    assert table.to_events() == one.decode_batch(frames)
    with pytest.raises(ValueError, match="confluent"):
        one.decode_arrow(OUT)


def test_names_stay_below_their_columns_whatever_was_refused() -> None:
    # A record that fails late has written into its columns already: nothing of it may stay.
    late = (
        b'{"id":"EventOffHook","ThisDN":"gone","Server":"gone","time":5,"CallState":99,"ConnID":"go","x":1,"CallID":7'
    )
    good = b'{"id":"EventDNOutOfService","ThisDN":"here"}'
    for order in itertools.permutations([late, good, late, None]):
        rows = held(vmcodec.decode_arrow(list(order), errors="return"))
        assert rows == expected(vmcodec.decode_batch(list(order), errors="return"), EVENTS)
        dictionary = pa.table(vmcodec.decode_arrow(list(order), errors="return")).column("id").chunk(0).dictionary
        assert dictionary.to_pylist() == [cls.__name__ for cls in EVENTS]
    assert EventOffHook in EVENTS
