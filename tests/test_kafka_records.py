"""`vmcodec.kafka` without a broker: what becomes of messages, what deserializers take, what is in a dead letter.

Keys are held against `decode_arrow`, values against `decode_batch`. The records here have the attributes that those of
aiokafka and kafka-python have; messages of confluent-kafka are its own, where it is installed.
"""

from __future__ import annotations

import inspect
import pickle
from typing import Any, NamedTuple

import pyarrow as pa
import pytest
import vmcodec
import vmcodec.kafka
from hypothesis import given
from hypothesis import strategies as st
from properties import examples
from support import ROOT, all_told, data_of, run_python, told, vectors
from test_privacy import BAD, MARKS
from vmcodec import DecodeError, Decoder, EventAgentReady, EventDNOutOfService
from vmcodec.kafka import (
    DeadLetters,
    EventDeserializer,
    Record,
    consume_events,
    dead_letter,
    decode_messages,
    decode_polled,
)
from vmcodec.samples import BAD_SAMPLE, SAMPLES

OUT = b'{"id":"EventDNOutOfService","ThisDN":"2205"}'
VALUES = [*SAMPLES, BAD_SAMPLE, None, b"", b"\x00\x00\x00\x00\x07" + OUT]


RETURNS, RAISES = EventDeserializer(errors="return"), EventDeserializer()


class Polled(NamedTuple):
    """A record as aiokafka and kafka-python give it, as far as vmcodec looks at it."""

    value: Any
    key: Any = None
    topic: str = "voice-agentstate"
    partition: int = 3
    offset: int = 41
    timestamp: int | None = 1735718400250
    headers: Any = ()


class Counting:
    """A decoder that counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def decode_batch(self, *arguments: Any, **options: Any) -> Any:
        self.calls += 1
        return vmcodec.decode_batch(*arguments, **options)


def message_class() -> Any:
    """The class of confluent-kafka's messages, where it is installed and can be called."""
    client = pytest.importorskip("confluent_kafka")
    try:
        client.Message()
    except TypeError:
        pytest.skip("this version of confluent-kafka makes no messages")
    return client.Message


def polled(*messages: Polled, decoder: Any = None) -> list[Record[Any]]:
    records: list[Record[Any]] = decode_polled({0: messages}, decoder=decoder)[0]
    return records


def test_polled_records_stay_in_their_partitions_and_order() -> None:
    batches = {("t", 1): VALUES[:9], ("t", 0): [], ("u", 1): VALUES[9:]}
    records = {
        (topic, partition): [
            Polled(value, f"T:{offset}".encode(), topic, partition, offset, 1000 + offset)
            for offset, value in enumerate(values)
        ]
        for (topic, partition), values in batches.items()
    }
    decoder: Any = Counting()
    found = decode_polled(records, decoder=decoder)
    assert decoder.calls == 1
    assert list(found) == list(batches)
    flat = [record for batch in found.values() for record in batch]
    assert all_told(record.event for record in flat) == all_told(vmcodec.decode_batch(VALUES, errors="return"))
    for (topic, partition), batch in found.items():
        assert [(r.topic, r.partition, r.offset) for r in batch] == [(topic, partition, n) for n in range(len(batch))]
        assert [(r.tenant_id, r.agent_id) for r in batch] == [("T", str(n)) for n in range(len(batch))]
        assert [r.timestamp for r in batch] == [1000 + n for n in range(len(batch))]
        assert all(r.message is given for r, given in zip(batch, records[topic, partition], strict=True))
    errors = [record.error for record in flat]
    assert [error is not None for error in errors] == [isinstance(record.event, DecodeError) for record in flat]
    assert all(error is record.event for error, record in zip(errors, flat, strict=True) if error is not None)
    assert {record.kafka_error for record in flat} == {None}


def test_messages_of_confluent_kafka_and_what_is_none_stay_in_their_order() -> None:
    client, message_of = pytest.importorskip("confluent_kafka"), message_class()
    messages = [
        message_of("t", 2, offset, f"T:{offset}".encode(), value, timestamp=(1, 1000 + offset))
        for offset, value in enumerate(VALUES)
    ]
    end = client.KafkaError(client.KafkaError._PARTITION_EOF)
    messages.insert(2, message_of("t", 2, 2, value=b"the client's words", error=end))
    messages.append(message_of("t", 2, 99, None, OUT, timestamp=(0, -1)))
    decoder: Any = Counting()
    records: list[Record[Any]] = decode_messages(messages, decoder=decoder)
    assert decoder.calls == 1
    assert all(record.message is message for record, message in zip(records, messages, strict=True))
    assert [(r.topic, r.partition, r.offset) for r in records] == [
        (m.topic(), m.partition(), m.offset()) for m in messages
    ]
    word, last = records.pop(2), records.pop()
    assert (word.event, word.tenant_id, word.agent_id, word.error, word.kafka_error) == (None, None, None, None, end)
    assert (last.timestamp, last.tenant_id, last.event) == (None, None, vmcodec.decode(OUT))
    values = [*VALUES[:2], None, *VALUES[2:]]  # an error's place counts the client's word as well
    expected = vmcodec.decode_batch(values, errors="return")
    del expected[2]
    assert all_told(record.event for record in records) == all_told(expected)
    assert [(r.agent_id, r.timestamp) for r in records] == [(str(n), 1000 + n) for n in range(len(records))]
    assert {record.kafka_error for record in records} == {None}
    assert decode_messages([]) == []


def test_the_decoders_options_hold() -> None:
    decoder = Decoder(only=[EventAgentReady])
    found = [record.event for record in polled(*map(Polled, SAMPLES), decoder=decoder)]
    assert found == decoder.decode_batch(SAMPLES)
    assert {type(event) for event in found} == {type(None), EventAgentReady}


keys = st.one_of(
    st.none(),
    st.binary(max_size=6),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    st.sampled_from([b"T1:a", b"T1:a:b", b"T1:", b":a", b"T1", b"", b"\xff:a", b"T1:\xc3", b"T1:\xed\xa0\x80", "é:日"]),
    st.builds(bytearray, st.binary(max_size=3)),
    st.binary(max_size=3).map(lambda key: memoryview(key)),
    st.sampled_from([7, 2.5, ["T1:a"]]),
)
values = st.sampled_from([OUT, OUT.decode(), BAD_SAMPLE, None, 5, bytearray(OUT)])


@examples(150)
@given(st.lists(st.tuples(keys, values), max_size=5))
def test_keys_are_those_of_decode_arrow(pairs: list[tuple[Any, Any]]) -> None:
    records = polled(*(Polled(value, key) for key, value in pairs))
    table = vmcodec.decode_arrow([value for _, value in pairs], keys=[key for key, _ in pairs], errors="return")
    columns = pa.table(table)
    assert [record.tenant_id for record in records] == columns["tenant_id"].to_pylist()
    assert [record.agent_id for record in records] == columns["agent_id"].to_pylist()
    names = ("index", "offset", "code", "path", "event", "raw")
    assert [
        {name: getattr(error, name) for name in names} | {"reason": str(error)}
        for record in records
        if (error := record.error) is not None
    ] == [{name: row[name] for name in (*names, "reason")} for row in pa.table(table.errors).to_pylist()]


def test_records_cannot_be_changed() -> None:
    [record] = polled(Polled(OUT))
    with pytest.raises(AttributeError):
        record.offset = 1  # type: ignore[misc]
    with pytest.raises(AttributeError):
        record.other = 1  # type: ignore[attr-defined]


def test_times_that_are_none() -> None:
    assert [r.timestamp for r in polled(*(Polled(OUT, timestamp=time) for time in (-1, None, 0)))] == [None, None, 0]


def test_it_works_without_confluent_kafka() -> None:
    print_all = """
import sys
for name in ("confluent_kafka", "aiokafka", "kafka"):
    sys.modules[name] = None
from test_kafka_records import BAD_SAMPLE, OUT, Polled, polled
from vmcodec.kafka import EventDeserializer, dead_letter
[good, bad] = polled(Polled(OUT, b"T:a"), Polled(BAD_SAMPLE))
print(good.event.this_dn, good.agent_id, EventDeserializer()(OUT).this_dn, len(dead_letter(bad.message, bad.error)))
"""
    assert run_python(print_all) == "2205 a 2205 3\n"


def test_every_way_to_call_a_deserializer_gives_what_decode_gives() -> None:
    for data in [data_of(vector) for name in ("valid", "invalid") for vector in vectors(name)]:
        [expected] = vmcodec.decode_batch([data], errors="return")
        for deserialize in (RETURNS, RAISES):
            calls: list[Any] = [deserialize, deserialize.deserialize]
            ways = [(calls[0], (data,)), (calls[0], (data, object()))]
            ways += [(calls[1], ("topic", data)), (calls[1], ("topic", [("name", b"value")], data))]
            for call, arguments in ways:
                if deserialize is RETURNS or not isinstance(expected, DecodeError):
                    assert told(call(*arguments)) == told(expected)
                    continue
                with pytest.raises(DecodeError) as caught:
                    call(*arguments)
                assert caught.value.raw is None
                assert str(caught.value) == str(expected)


@examples(150)
@given(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.builds(object), st.just(OUT)
    )
)
def test_a_deserializer_raises_nothing_but_decode_errors(value: Any) -> None:
    assert told(RETURNS(value)) == told(vmcodec.decode_batch([value], errors="return")[0])
    try:
        assert RAISES(value) == vmcodec.decode(value)
    except DecodeError:
        assert value is not None


@pytest.mark.parametrize("options", [{}, {"errors": "return", "only": [EventDNOutOfService], "framing": "confluent"}])
def test_deserializers_can_be_pickled(options: dict[str, Any]) -> None:
    deserialize = EventDeserializer(**options)
    copy = pickle.loads(pickle.dumps(deserialize))
    for value in [b"\x00\x00\x00\x00\x07" + OUT, b"\x00\x00\x00\x00\x07" + SAMPLES[2], OUT, None]:
        results = []
        for call in (deserialize, copy):
            try:
                results.append(told(call(value)))
            except DecodeError as error:
                results.append(("raised", str(error)))
        assert results[0] == results[1]


def test_a_deserializer_says_what_it_cannot_be_made_of() -> None:
    with pytest.raises(ValueError, match="errors must be"):
        EventDeserializer(errors="ignore")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not both"):
        EventDeserializer(Decoder(), framing="confluent")
    with pytest.raises(TypeError, match="cannot pickle"):
        pickle.dumps(EventDeserializer(Decoder()))


def test_kafka_python_takes_it_for_one_of_its_own() -> None:
    serializer = pytest.importorskip("kafka.serializer")
    if not hasattr(serializer.Deserializer, "register"):
        pytest.skip("this version of kafka-python does not ask")
    assert isinstance(EventDeserializer(), serializer.Deserializer)


def test_a_dead_letter_is_the_message_and_says_where_it_was_and_why() -> None:
    headers = [("trace", b"\x00\xff"), ("empty", None), ("__connect.errors.topic", b"an earlier one")]
    for value, key in [(BAD_SAMPLE, b"T:\xc3\xa9"), (OUT, b"\xff"), (None, b"\xff")]:
        [record] = polled(Polled(value, key, "t", 4, 77, headers=headers))
        error = record.error
        assert error is not None
        letter = dead_letter(record.message, error)
        assert (letter["key"], letter["value"], letter["headers"][:3]) == (key, value, headers)
        added = dict(letter["headers"][3:])
        assert len(added) == len(letter["headers"]) - 3
        assert added == {
            "__connect.errors.topic": b"t",
            "__connect.errors.partition": b"4",
            "__connect.errors.offset": b"77",
            "__connect.errors.stage": b"VALUE_CONVERTER" if value is BAD_SAMPLE else b"KEY_CONVERTER",
            "__connect.errors.class.name": b"vmcodec.Decoder",
            "__connect.errors.exception.class.name": b"vmcodec.DecodeError",
            "__connect.errors.exception.message": str(error).encode(),
            "vmcodec.error.code": error.code.encode(),
            "vmcodec.error.path": error.path.encode(),
            "vmcodec.error.offset": str(error.offset).encode(),
            **({"vmcodec.error.event": error.event.encode()} if error.event else {}),
        }
        assert headers == [("trace", b"\x00\xff"), ("empty", None), ("__connect.errors.topic", b"an earlier one")]
        assert set(letter) == {"key", "value", "headers"}


def test_a_dead_letter_of_confluent_kafka_is_the_same() -> None:
    message_of = message_class()
    for headers in ([("trace", b"\x00")], None):
        message = message_of("t", 4, 77, b"T:a", BAD_SAMPLE, headers=headers, timestamp=(1, 5))
        [record] = decode_messages([message])
        [other] = polled(Polled(BAD_SAMPLE, b"T:a", "t", 4, 77, headers=headers or ()))
        assert record.error is not None and other.error is not None
        assert dead_letter(message, record.error) == dead_letter(other.message, other.error)


def test_where_a_deserializer_left_the_error_the_letter_has_the_bytes() -> None:
    error = EventDeserializer(errors="return")(BAD_SAMPLE)
    assert dead_letter(Polled(error, b"T:a"), error)["value"] == BAD_SAMPLE


@pytest.mark.parametrize("value", BAD)
def test_headers_of_dead_letters_show_nothing_of_the_record(value: bytes) -> None:
    for key in (b"T:canary", b"canary\xff"):
        for decoder in (Decoder(extra="forbid", unknown="error"), Decoder()):
            [record] = polled(Polled(value, key), decoder=decoder)
            if record.error is not None:
                for name, said in dead_letter(record.message, record.error)["headers"]:
                    assert isinstance(said, bytes) and not any(mark.encode() in said for mark in MARKS), name


def test_a_letter_that_does_not_arrive_is_told() -> None:
    client = pytest.importorskip("confluent_kafka")
    [good, bad] = polled(Polled(OUT), Polled(BAD_SAMPLE))
    nobody = {"bootstrap.servers": "127.0.0.1:1", "log_level": 0}
    letters = DeadLetters(client.Producer({**nobody, "message.timeout.ms": 100}), "dead")
    letters.flush()  # nothing was sent, so nothing is missing
    with pytest.raises(ValueError, match="not bad"):
        letters(good)
    letters(bad)
    with pytest.raises(client.KafkaException, match="_MSG_TIMED_OUT"):
        letters.flush()
    letters.flush()  # told once: whoever goes on sends it again
    slow = DeadLetters(client.Producer(nobody), "dead", timeout=0.1)
    slow(bad)
    with pytest.raises(client.KafkaException, match="1 messages were not delivered"):
        slow.flush()


def test_a_full_queue_makes_a_letter_wait() -> None:
    client = pytest.importorskip("confluent_kafka")
    [bad] = polled(Polled(BAD_SAMPLE))
    producer = client.Producer(
        {
            "bootstrap.servers": "127.0.0.1:1",
            "log_level": 0,
            "message.timeout.ms": 100,
            "queue.buffering.max.messages": 1,
        }
    )
    letters = DeadLetters(producer, "dead")
    for _ in range(3):
        letters(bad)
    with pytest.raises(client.KafkaException, match="_MSG_TIMED_OUT"):
        letters.flush()


def test_a_consumer_that_may_commit_by_itself_is_refused() -> None:
    client = pytest.importorskip("confluent_kafka")
    consumer = client.Consumer({"bootstrap.servers": "127.0.0.1:1", "group.id": "g", "log_level": 0})
    with pytest.raises(ValueError, match=r"enable\.auto\.offset\.store"):
        consume_events(consumer, ["t"])
    consumer.close()


def test_the_reference_has_every_name_with_its_arguments() -> None:
    section = (ROOT / "docs" / "api.md").read_text(encoding="utf-8").partition("### In `vmcodec.kafka`")[2]
    section = section.partition("\n## ")[0]
    for name in vmcodec.kafka.__all__:
        assert f"`{name}" in section, name
        if f"`{name}(" in section:
            parameters = inspect.signature(getattr(vmcodec.kafka, name)).parameters.values()
            plain = inspect.Signature(
                [parameter.replace(annotation=inspect.Parameter.empty) for parameter in parameters]
            )
            assert f"`{name}{plain}`".replace("'", '"') in section.replace("\n  ", " "), name
