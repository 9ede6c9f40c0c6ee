"""What a bad record costs beside a good one, code by code: the usual corpus, and the same with a fault near the end.

attack.py calls `measure`. A fault near the end costs most: nearly all was read by then. Where the fault stands in
something that the corpus does not have (a member more, the id at the end), the good records have that too, without the
fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
import vmcodec
from corpus import corpus
from vmcodec import Decoder
from vmcodec.cli.bench.rounds import Peer, race

COUNT = 1_000
MARK = 3.0
Records = Sequence[bytes]
Change = Callable[[bytes], bytes]


class EventFussy(vmcodec.BaseEvent, frozen=True, kw_only=True):
    """An event whose own rules refuse every record."""

    def __post_init__(self) -> None:
        """Refuse."""
        raise ValueError


class Case(NamedTuple):
    """What records are made bad by, which the good ones have without the fault, and the options of their decoder."""

    code: str
    what: str
    bad: Change
    good: Change = bytes
    options: dict[str, Any] = {}  # noqa: RUF012 - nobody changes it


def _member(text: bytes) -> Change:
    """A last member."""
    return lambda record: record[:-1] + b"," + text + b"}"


def _agent(text: bytes) -> Change:
    """The record as an agent's event, with this last member."""
    all_of_it = _member(b'"Server":1,"time":{"seconds":1,"useconds":1},"AgentWorkMode":3,' + text)
    return lambda record: all_of_it(re.sub(rb'"id":"\w+"', b'"id":"EventAgentReady"', record, count=1))


def _id_last(change: Change) -> Change:
    """The id goes behind all else."""

    def moved(record: bytes) -> bytes:
        first, rest = change(record)[1:].split(b",", 1)
        return b"{" + rest[:-1] + b"," + first + b"}"

    return moved


def _pair(code: str, what: str, fault: bytes, sound: bytes, change: Callable[[bytes], Change], **options: str) -> Case:
    return Case(code, what, change(fault), change(sound), options)


def _value(text: bytes) -> Change:
    """A last member with a free-form value."""
    return _member(b'"CallHistory":{"k":[0,{"k":' + text + b"}]}")


def _late(text: bytes) -> Change:
    return _id_last(_value(text))


def _useconds(text: bytes) -> Change:
    return _member(b'"time":{"seconds":1,"useconds":' + text + b"}")


def _late_dn(text: bytes) -> Change:
    return _id_last(_member(b'"ThisDN":' + text))


CASES = (
    Case("empty_input", "white space", lambda record: b" " * len(record)),
    Case("not_an_object", "an array", lambda record: b"[" + record + b"]"),
    Case("byte_order_mark", "before the record", lambda record: b"\xef\xbb\xbf" + record),
    Case("framing", "a frame before the record", lambda record: b"\0\0\0\0\1" + record),
    Case("truncated", "the last byte is missing", lambda record: record[:-1]),
    Case("truncated", "in a free-form value", lambda record: _value(b'"x')(record)[:-5], _value(b'"x"')),
    Case("trailing_data", "a brace behind the record", lambda record: record + b"}"),
    Case("syntax", "a comma before the last brace", lambda record: record[:-1] + b",}"),
    _pair("syntax", "in a free-form value", b"nul", b"null", _value),
    _pair("syntax", "in a free-form value, before the id", b"nul", b"null", _late),
    _pair("invalid_utf8", "in a string", b'"CustomerID":"\xff"', b'"CustomerID":"x"', _member),
    _pair("invalid_utf8", "in a free-form value", b'"\xff"', b'"x"', _value),
    _pair("invalid_utf8", "in a free-form value, before the id", b'"\xff"', b'"x"', _late),
    _pair("invalid_escape", "in a free-form value", b'"\\x"', b'"\\n"', _value),
    _pair("lone_surrogate", "in a free-form value", b'"\\ud800"', b'"\\u0800"', _value),
    _pair("control_character", "in a free-form value", b'"\1"', b'"x"', _value),
    _pair("invalid_number", "in a free-form value", b"01", b"1", _value),
    _pair("out_of_range", "in a free-form value", b"1e999", b"1e99", _value),
    _pair("out_of_range", "an attribute", b'"ReferenceID":99999999999999999999', b'"ReferenceID":9', _agent),
    _pair("out_of_range", "in the time", b"-1", b"1", _useconds),
    _pair("too_deep", "in a free-form value", b"[" * 130 + b"]" * 130, b"[" * 120 + b"]" * 120, _value),
    Case("too_large", "by a byte", lambda record: record.ljust(1001), options={"max_size": 1000}),
    Case("missing_attribute", "ThisDN", lambda record: record.replace(b'"ThisDN"', b'"OtherDN"', 1)),
    _pair("wrong_type", "an attribute", b'"ThisDN":7', b'"ThisDN":"7"', _member),
    _pair("wrong_type", "an attribute, before the id", b"7", b'"7"', _late_dn),
    _pair("unknown_enum", "an attribute", b'"AgentWorkMode":"Nonesuch"', b'"AgentWorkMode":"ManualIn"', _agent),
    _pair("invalid_integer", "an attribute", b'"ReferenceID":"seven"', b'"ReferenceID":"7"', _agent),
    _pair("invalid_time", "a pair of one", b'"time":{"seconds":1}', b'"time":{"seconds":1,"useconds":1}', _member),
    Case("refused", "by the class", lambda record: re.sub(rb'"id":"\w+"', b'"id":"EventFussy"', record, count=1),
         options={"events": (*vmcodec.EVENTS, EventFussy), "extra": "ignore"}),
    Case("unknown_event", "a new id", lambda r: r.replace(b'"Event', b'"Other', 1), options={"unknown": "error"}),
    _pair("unknown_member", "the last one", b'"nonesuch":0', b'"ThisDN":"7"', _member, extra="forbid"),
    _pair("duplicate_id", "the last member", b'"id":"EventDNDOn"', b'"ThisDN":"7"', _member),
)  # fmt: skip


def _lines(records: Records) -> bytes:
    return b"\n".join(records)


def doors(decoder: Decoder[Any]) -> dict[str, tuple[Callable[[Any], Any], Callable[[Records], Any]]]:
    """Every way to read many records: what is called, and what it is given."""
    return {
        "decode_batch": (lambda messages: decoder.decode_batch(messages, errors="return"), list),
        "decode_lines": (lambda buffer: decoder.decode_lines(buffer, errors="return"), _lines),
        "decode_arrow": (lambda buffer: decoder.decode_arrow(buffer, errors="return", threads=1), _lines),
        "validate_batch": (decoder.validate_batch, list),
        "validate_lines": (decoder.validate_lines, _lines),
    }


def spoilt(case: Case, records: Records) -> tuple[list[bytes], list[bytes]]:
    """The good records and the bad ones; it is made sure that they are."""
    good, bad = [case.good(record) for record in records], [case.bad(record) for record in records]
    decoder: Decoder[Any] = Decoder(**case.options)
    assert decoder.validate_batch(good) == [], case
    if case.code == "refused":  # which only whoever makes objects does
        results = decoder.decode_batch(bad, errors="return")
    else:
        results = decoder.validate_batch(bad)
    assert {getattr(result, "code", None) for result in results} == {case.code}, case
    assert len(results) == len(bad)
    return good, bad


def _race(run: Callable[[Any], Any], prepared: tuple[Any, Any], rounds: int) -> float:
    """The least time of the bad ones over the least time of the good ones: what disturbs only makes them longer."""

    def peer(key: str, made: Any) -> Peer:
        return Peer(key, key, run, lambda _ours, _theirs: True, lambda _messages: made)

    good, bad = race([peer("good", prepared[0]), peer("bad", prepared[1])], [b""], rounds=rounds, share=1, batch=1)
    return round(min(bad.cpu) / min(good.cpu), 2)


def _msgspec(messages: Records) -> list[object]:
    """A loop over msgspec that catches what it raises; it does not refuse all that we do."""
    results: list[object] = []
    for message in messages:
        try:
            results.append(_MSGSPEC.decode(message))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            results.append(error)
    return results


_MSGSPEC = msgspec.json.Decoder(vmcodec.Event)


def ratios_of(case: Case, rounds: int) -> dict[str, Any]:
    """The time of a bad record over that of a good one, by door; and for msgspec, where it refuses it."""
    good, bad = spoilt(case, corpus(COUNT))
    ratios = {}
    for name, (run, prepare) in doors(Decoder(**case.options)).items():
        # Only where objects are made, a class has a say.
        if name in ("decode_batch", "decode_lines") or case.code != "refused":
            ratios[name] = _race(run, (prepare(good), prepare(bad)), rounds)
    refuses = all(isinstance(result, Exception) for result in _msgspec(bad))
    theirs = _race(_msgspec, (good, bad), rounds) if refuses else None
    return {"code": case.code, "what": case.what, "ratios": ratios, "msgspec": theirs}


def measure(rounds: int) -> Iterator[dict[str, Any]]:
    """The ratios of all cases."""
    return (ratios_of(case, rounds) for case in CASES)
