"""The long form of what hostile input may cost: inputs of 100 MB, a million members, time, bad records and memory.

The shapes and the measuring are those of `benches/attack.py`, which prints the figures. Timings are only looked at
here, in `make soak`: never in the default suite, where `test_contract_limits.py` has smaller forms of the same inputs.
"""

import math
import sys
from pathlib import Path
from typing import Any

import pytest
import vmcodec
from support import ROOT
from vmcodec import DecodeError, Decoder

pytestmark = pytest.mark.soak

HUNDRED = 100_000_000
MILLION = 1_000_000
HEAD = b'{"id":"EventDNOutOfService","ThisDN":"7","Extensions":{"k":'
LONG: dict[str, tuple[bytes, bytes, str | None]] = {
    "string": (b'"', b"x" * HUNDRED + b'"', None),
    "escapes": (b'"', b"\\u20ac" * (HUNDRED // 6) + b'"', None),
    "bad UTF-8": (b'"', b"\xc3\xa9" * (HUNDRED // 2) + b'\xff"', "invalid_utf8"),
    "key": (b'{"', b"x" * HUNDRED + b'":0}', None),
    "integer": (b"-", b"1" * HUNDRED, "out_of_range"),
    "fraction": (b"0.", b"1" * HUNDRED, None),
    "exponent": (b"1e", b"9" * HUNDRED, "out_of_range"),
    "small exponent": (b"1e-", b"9" * HUNDRED, None),
    "exponent of zeros": (b"1e", b"0" * HUNDRED + b"1", None),
    "white space": (b"", b" " * HUNDRED + b"0", None),
    "nesting": (b"", b"[" * HUNDRED, "too_deep"),
    "members": (b"{", b",".join(b'"key%d":%d' % (n, n) for n in range(MILLION)) + b"}", None),
    "one member": (b"{", b",".join([b'"key":%100d' % 0] * MILLION) + b"}", None),
    "array": (b"[", b",".join([b"0"] * (HUNDRED // 2)) + b"]", None),
}


@pytest.mark.parametrize("name", LONG)
def test_a_hundred_megabytes(name: str) -> None:
    """Some seconds each; 1 GB of memory."""
    begin, rest, code = LONG[name]
    data = HEAD + begin + rest + b"}}"
    [refused] = vmcodec.validate_batch([data[: 2**24 + 1]])
    assert refused.code == "too_large"
    for options in ({}, {"kv_lists": "lazy"}, {"only": ()}):
        decoder: Decoder[Any] = Decoder(max_size=2**28, **options)
        errors = decoder.validate_batch([data])
        [result] = decoder.decode_batch([data], errors="return")
        assert [error.code for error in errors] == ([code] if code else [])
        assert (result.code if isinstance(result, DecodeError) else None) == code
        if code is None and not options:
            assert not isinstance(result, DecodeError)
            assert decoder.decode(vmcodec.encode(result)) == result
    decoder = Decoder(max_size=2**28)
    table = decoder.decode_arrow([data], errors="return")
    assert table.errors.num_rows == (code is not None)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("same", [False, True])
def test_a_million_members_of_a_record(same: bool, late: bool) -> None:
    """An attribute again and again, whose last value counts; or members that no class has, each of which is kept."""
    name, own = b'"id":"EventDNOutOfService"', b'"ThisDN":"7"'
    members = b",".join(b'"ThisDN":"%d"' % n if same else b'"key%d":%d' % (n, n) for n in range(MILLION))
    data = b"{%b,%b}" % ((own + b"," + members, name) if late else (name + b"," + own, members))
    decoder: Decoder[Any] = Decoder(max_size=2**28)
    event = decoder.decode(data)
    assert event.this_dn == (str(MILLION - 1) if same else "7")
    assert event.extra == (None if same else {f"key{number}": number for number in range(MILLION)})
    assert decoder.validate_batch([data]) == []
    assert decoder.decode_arrow([data]).to_events() == [event]


@pytest.fixture
def benches(monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = ROOT / "benches"
    monkeypatch.syspath_prepend(str(folder))
    return folder


def test_time_grows_linearly_with_every_shape(benches: Path) -> None:
    """Ten minutes."""
    import attack
    import attack_shapes

    assert len(attack_shapes.SHAPES) >= 30
    over = {}
    for shape in attack_shapes.SHAPES:
        taken = attack.times(shape, attack.SIZES, 3)
        for door in {"decode", "validate"} & taken.keys():
            found = attack.exponent(attack.SIZES, taken[door])
            assert math.isfinite(found)
            if found > attack.MARKS["time"]:
                over[shape.name, door] = found
    assert over == {}


def test_a_bad_record_costs_at_most_three_good_ones(benches: Path) -> None:
    """Two minutes. What is over the mark is measured again, for others may have had the processor."""
    import attack_bad

    over = {}
    for case in attack_bad.CASES:
        for rounds in (15, 45, 135):
            row = attack_bad.ratios_of(case, rounds)
            worst = max(row["ratios"].values())
            if worst <= attack_bad.MARK:
                break
        else:
            over[case.code, case.what] = row["ratios"]
        print(f"{case.code}, {case.what}: {worst}", file=sys.stderr)
    assert over == {}
    assert {case.code for case in attack_bad.CASES} == set(vmcodec.DECODE_CODES) - {"wrong_item", "internal"}


def test_the_most_memory_is_that_of_msgspec(benches: Path) -> None:
    """Three minutes; 1 GB of memory."""
    import attack
    import attack_peak

    over = {row["shape"]: row for row in attack_peak.measure() if row["ratio"] > attack.MARKS["memory"]}
    assert over == {}
