"""Numbers as Python sees them: doubles bit for bit both ways, and integers exact or refused, never a float.

`VMCODEC_DOUBLES=10000000 pytest -m soak tests/test_numbers.py` takes that many doubles, two million by default:
about ten seconds a million. What a number is, `rust/core/tests/number.rs` asks.
"""

import math
import os
import struct
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

import msgspec
import pytest
import vmcodec
from vmcodec import DecodeError, EventAgentReady, EventDNOutOfService

HEAD = b'{"id":"EventDNOutOfService","ThisDN":"7"'
READY = b'{"id":"EventAgentReady","ThisDN":"7","Server":1,"time":{"seconds":1,"useconds":2},"AgentWorkMode":2'
BATCH = 1000


def bits(values: list[float]) -> bytes:
    return struct.pack(f"<{len(values)}d", *values)


def any_bits(random: Random) -> list[float]:
    """Doubles of any bits: of every exponent alike."""
    found = struct.unpack(f"<{BATCH}d", random.randbytes(8 * BATCH))
    return [value for value in found if math.isfinite(value)]


def subnormal(random: Random) -> list[float]:
    return [math.ldexp(random.getrandbits(52), -1074) for _ in range(BATCH)]


def short(random: Random) -> list[float]:
    """Such as people write: few digits."""
    return [random.randrange(10**6) / 10 ** random.randrange(1, 5) for _ in range(BATCH)]


def near_integers(random: Random) -> list[float]:
    """About the powers of two and ten, where spellings change."""
    powers = [
        float(10 ** random.randrange(25)) if one % 2 else 2.0 ** random.randrange(-70, 70) for one in range(BATCH)
    ]
    return [math.nextafter(power, random.choice((0, power, math.inf))) for power in powers]


def tie(value: float) -> str:
    """The exact middle between the value and the next one, in all its digits."""
    above = math.nextafter(value, math.inf)
    middle = Decimal(value) + (Decimal(above) - Decimal(value)) / 2
    return f"{middle:e}" if math.isfinite(above) else repr(value)


SOURCES: list[Callable[[Random], list[float]]] = [any_bits, any_bits, any_bits, subnormal, short, near_integers]
SPELLINGS: list[Callable[[float], str]] = [
    repr,
    repr,
    "{:.16e}".format,
    "{:.17E}".format,
    "{:.40e}".format,
    # Too few digits to come back, and a tie: read as Python reads them, whatever that is.
    "{:.14e}".format,
    tie,
]


def check_doubles(amount: int, seed: int) -> None:
    """Read as `float` reads, and written so that the same bits are read again: as msgspec writes them."""
    random = Random(seed)
    done = 0
    while done < amount:
        values = random.choice(SOURCES)(random)
        values = [value * random.choice((1, -1)) for value in values]
        texts = [spelling(value) for spelling in [random.choice(SPELLINGS)] for value in values]
        expected = [float(text) for text in texts]
        event = vmcodec.decode(HEAD + b',"Extensions":{"a":[' + ",".join(texts).encode() + b"]}}")
        assert isinstance(event, EventDNOutOfService)
        assert event.extensions is not None
        found = event.extensions["a"]
        assert {*map(type, found)} == {float}
        assert bits(found) == bits(expected), next(
            text for text, one, other in zip(texts, found, expected, strict=True) if bits([one]) != bits([other])
        )
        written = vmcodec.encode(event)
        assert written == msgspec.json.encode(event)
        again = vmcodec.decode(written)
        assert isinstance(again, EventDNOutOfService)
        assert again.extensions is not None
        assert bits(again.extensions["a"]) == bits(found)
        done += len(values)


def test_doubles() -> None:
    check_doubles(150_000, seed=3)


@pytest.mark.soak
def test_very_many_doubles() -> None:
    amount = int(os.environ.get("VMCODEC_DOUBLES", 2_000_000))
    seed = int(os.environ.get("VMCODEC_SEED", 4))
    print(f"\n{amount:,} doubles of the seed {seed}")
    check_doubles(amount, seed)


EDGES = [edge + near for edge in (-(2**64), -(2**63), 0, 2**53, 2**63, 2**64) for near in range(-3, 4)] + [
    sign * 10**digits + near for sign in (1, -1) for digits in (18, 19, 20, 38, 308, 400, 4298) for near in (-1, 0, 1)
]


def outcome(data: bytes) -> Any:
    """The event, or the code of the error."""
    try:
        return vmcodec.decode(data)
    except DecodeError as error:
        return error.code


@pytest.mark.parametrize("value", EDGES, ids=lambda value: f"{str(value)[:24]}, {len(str(value))} long")
def test_integers_are_exact_or_refused(value: int) -> None:
    text = str(value).encode()
    for free in (HEAD + b',"Server":%b}' % text, HEAD + b',"Extensions":{"a":%b}}' % text, HEAD + b',"x":%b}' % text):
        event = vmcodec.decode(free)
        assert isinstance(event, EventDNOutOfService)
        (found,) = [*(event.extensions or event.extra or {"Server": event.server}).values()]
        assert type(found) is int
        assert found == value
        assert vmcodec.encode(event) == free
    fits = -(2**63) <= value < 2**64
    for quotes in (b"", b'"'):
        found = outcome(READY + b',"ReferenceID":%b%b%b}' % (quotes, text, quotes))
        assert found.reference_id == value if fits else found == "out_of_range"
        assert not fits or type(found.reference_id) is int
    found = outcome(READY + b',"AgentWorkMode":%b}' % text)
    assert found.agent_work_mode == value if fits else found == "out_of_range"
    found = outcome(READY + b',"time":%b}' % text)
    assert found.time.to_epoch_us() == value * 1000 if fits else found == "out_of_range"
    found = outcome(READY + b',"time":{"seconds":%b,"useconds":0}}' % text)
    assert found.time.seconds == value if -(2**63) <= value < 2**63 else found == "out_of_range"


@pytest.mark.parametrize("form", ["%d.0", "%de0", "%dE+00"])
@pytest.mark.parametrize("value", [0, 1, 2**53 + 1, 2**63, 2**64])
def test_a_float_is_never_taken_for_an_integer(value: int, form: str) -> None:
    text = (form % value).encode()
    for member in (b"ReferenceID", b"Server", b"AgentWorkMode", b"time"):
        assert outcome(READY + b',"%b":%b}' % (member, text)) == "wrong_type"
    event = vmcodec.decode(READY + b',"x":%b}' % text)
    assert isinstance(event, EventAgentReady)
    assert event.extra is not None
    assert type(event.extra["x"]) is float
    assert event.extra["x"] == float(value)


def test_an_integer_of_more_digits_than_python_takes_is_refused() -> None:
    for member in (b"Server", b"x", b"ReferenceID"):
        assert outcome(READY + b',"%b":%b}' % (member, b"1" * 4301)) == "out_of_range"
