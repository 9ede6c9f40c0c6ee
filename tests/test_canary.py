"""Secrets in every place of records, keys and events are in none of the errors, wherever these come from.

`raw` of a returned error, of a table's errors and of a dead letter's value is the record itself, and left out here.
`make soak` looks at a million errors (`CANARIES` says how many; some minutes), and counts those of others.
"""

import json
import logging
import os
import pickle
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pyarrow as pa
import pytest
import vmcodec
from canary import GOOD, NUMBER, SPELLINGS, WORD, leaks, record, shows
from support import command
from vmcodec import DecodeError, Decoder, EncodeError
from vmcodec.arrow import to_parquet
from vmcodec.kafka import EventDeserializer, dead_letter, decode_messages, decode_polled

DECODERS: list[Decoder[Any]] = [
    Decoder(),
    Decoder(extra="forbid", unknown="error"),
    Decoder(kv_lists="lazy", extra="ignore", max_depth=2),
    Decoder(max_size=100),
    Decoder(framing="confluent"),
]


class Message:
    """A message as confluent-kafka has them, or aiokafka and kafka-python: with the same names as attributes."""

    def __init__(self, key: Any, value: Any) -> None:
        self._key, self._value = key, value

    def key(self) -> Any:
        return self._key

    def value(self) -> Any:
        return self._value

    def headers(self) -> None:
        return None

    def error(self) -> None:
        return None

    def topic(self) -> str:
        return "topic"

    def partition(self) -> int:
        return 0

    offset = partition

    def timestamp(self) -> tuple[int, int]:
        return 1, 2


class Polled:
    topic, partition, offset, timestamp, headers = "topic", 0, 0, 1, ()

    def __init__(self, key: Any, value: Any) -> None:
        self.key, self.value = key, value


def returned(decoder: Decoder[Any], records: list[bytes], random: Random) -> Iterator[DecodeError]:
    """The errors that are results."""
    results: list[Any] = decoder.decode_batch(records, errors="return")
    results += decoder.validate_batch(records, threads=random.choice((1, 2)))
    if decoder is not DECODERS[-1]:
        lines = b"\n".join(records)
        results += decoder.decode_lines(lines, errors="return")
        results += decoder.iter_decode([lines], errors="return")
        results += decoder.validate_lines(lines, threads=2)
        results += decoder.iter_validate([lines], threads=1)
    keys = [random.choice([None, *SPELLINGS, NUMBER]) for _ in records]
    messages: list[Any] = [Message(key, value) for key, value in zip(keys, records, strict=True)]
    for kept in decode_messages(messages, decoder=decoder):
        if kept.error is not None:
            results.append(kept.error)
            assert not shows(dead_letter(kept.message, kept.error)["headers"])
    polled = decode_polled({"": [Polled(*pair) for pair in zip(keys, records, strict=True)]}, decoder=decoder)
    results += [kept.event for kept in polled[""]]
    yield from (result for result in results if isinstance(result, DecodeError))


def tabled(decoder: Decoder[Any], records: list[bytes], random: Random) -> int:
    """How many errors the tables have, which show nothing beside their records."""
    times: list[Any] = [random.choice([1, None, WORD, NUMBER**3]) for _ in records]
    keys: list[Any] = [random.choice([None, *SPELLINGS, NUMBER]) for _ in records]
    table = decoder.decode_arrow(records, errors="return", keys=keys, timestamps=times, threads=1)
    columns = pa.table(table.errors)
    assert not shows(columns.drop_columns(["raw"]).to_pydict())
    assert not shows(repr(table) + repr(table.errors))
    return int(columns.num_rows)


def raising(data: bytes, path: Path) -> list[Callable[[], Any]]:
    """Calls that raise the record's error, where it has one."""
    decoder = DECODERS[1]
    return [
        lambda: decoder.decode(data),
        lambda: decoder.decode(bytearray(data)),
        lambda: decoder.decode_batch([data]),
        lambda: decoder.decode_lines(data),
        lambda: list(decoder.iter_decode([data])),
        lambda: decoder.decode_arrow([data]),
        lambda: list(decoder.iter_arrow([data])),
        lambda: EventDeserializer(decoder)(data),
        lambda: EventDeserializer(decoder).deserialize("topic", None, data),
        lambda: to_parquet([data], path / "x.parquet", decoder=decoder, progress=False),
        lambda: decoder.decode_arrow([b'{"id":"EventDNDOn"}'], keys=[b"qzjx\xffkvwq"]),
        lambda: vmcodec.KVList(data),
    ]


def unwritable(random: Random) -> Any:
    """An event that cannot be written, or no event."""
    values: list[Any] = [WORD + "\ud800", [WORD], NUMBER**5, NUMBER + 0.5, {WORD: {1, NUMBER}}, {NUMBER: WORD}]
    values += [{WORD + "\udfff": 1}, {WORD: [{WORD: float("nan")}]}, WORD.encode(), vmcodec.Time(1, NUMBER), WORD]
    cls = random.choice(vmcodec.EVENTS)
    fields: dict[str, Any] = {name: WORD for name in cls.__struct_fields__}
    fields |= {random.choice(cls.__struct_fields__): random.choice(values) for _ in range(2)}
    others = [vmcodec.UnknownEvent(WORD, WORD.encode()), {WORD: NUMBER}, WORD]
    return random.choice([cls(**fields)] * 9 + others)


def raised(calls: list[Callable[[], Any]]) -> Iterator[Exception]:
    for call in calls:
        try:
            call()
        except (DecodeError, EncodeError, ValueError, TypeError) as error:
            yield error


class Heard(logging.Handler):
    """All that is logged meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(repr(vars(record)))


def campaign(count: int, path: Path) -> int:
    """Looks at so many errors; how many they were."""
    seen, turn = 0, 0
    heard, logger = Heard(), logging.getLogger()
    usual = logger.level
    logger.addHandler(heard)
    logger.setLevel(1)
    try:
        while seen < count:
            random = Random(turn)
            decoder = DECODERS[turn % len(DECODERS)]
            records = [record(random) for _ in range(200)]
            for error in returned(decoder, records, random):
                assert leaks(error) == []
                seen += 1
            seen += tabled(decoder, records, random)
            calls = [call for data in records[:5] for call in raising(data, path)]
            event = unwritable(random)
            calls += [partial(vmcodec.encode, event), partial(vmcodec.encode_lines, [event])]
            calls.append(partial(vmcodec.encode_batch, iter([event])))
            for raises in raised(calls):
                assert leaks(raises) == [], type(raises)
                assert getattr(raises, "raw", None) is None
                assert not shows(repr(pickle.dumps(raises)))
                seen += 1
            turn += 1
    finally:
        logger.setLevel(usual)
        logger.removeHandler(heard)
    assert not any(map(shows, heard.texts))
    return seen


def test_no_error_shows_a_secret(tmp_path: Path) -> None:
    assert campaign(8_000, tmp_path) >= 8_000


def test_a_secret_that_is_shown_is_found() -> None:
    """The test itself: each place where one might be."""
    error = DecodeError("code", path=f"$.{WORD}")
    assert leaks(error) == ["str", "repr", "path"]
    for data in (b'{"a":"qzjx\xffkvwq"}', b"[qzjxkvwq]", b"{7171717171717}"):
        with pytest.raises(ValueError) as caught:
            json.loads(data)
        assert leaks(caught.value)
    assert shows("qz\\u006axkvwq") and shows(repr(b"qzjx\xff")) and not shows(str(list(range(4000, 7100))))
    assert shows("<X object at 0x7171>7171") and not shows("<X object at 0x7171>")
    assert len(GOOD) == 14


def test_the_command_shows_no_secret(tmp_path: Path) -> None:
    random = Random(1)
    file = tmp_path / "bad.ndjson"
    file.write_bytes(b"\n".join(record(random) for _ in range(300)))
    ended = command("validate", "--max-errors", "300", file)
    assert ended.code == 1
    assert ended.err.count("\n") + ended.out.count("\n") > 100
    assert not shows(ended.err + ended.out)
    ended = command("decode", "--format", "parquet", "--out", tmp_path / "x.parquet", file)
    assert not shows(ended.err)


@pytest.mark.soak
def test_a_million_errors_show_no_secret(tmp_path: Path) -> None:
    """Some minutes; the errors of others on such records are counted too, up to a tenth of as many."""
    count = int(os.environ.get("CANARIES", 1_000_000))
    print(f"vmcodec: 0 of {campaign(count, tmp_path):,} errors show a secret")
    import orjson

    plain = msgspec.json.Decoder(vmcodec.Event)
    others: dict[str, Callable[[bytes], Any]] = {
        "msgspec": plain.decode,
        "orjson": orjson.loads,
        "json": json.loads,
    }
    for name, decode in others.items():
        errors = shown = 0
        for turn in range(count // 10):
            try:
                decode(record(Random(turn)))
            except Exception as error:
                errors += 1
                shown += bool(leaks(error) or (error.__cause__ and leaks(error.__cause__)))
        print(f"{name}: {shown:,} of {errors:,} errors show a secret")
