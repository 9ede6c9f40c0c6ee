"""Every bit of a message changed: verdict and values are those of Python's json with the tables.

And msgspec's, but for the differences that are listed; an error's offset lies within the record.
The least messages of three events in every run; all attributes of all 14, and each byte replaced by all others, with
`pytest -m soak tests/test_bits.py`: a million and a half messages, some five minutes.
"""

import pytest
from bits import BYTES, all_changes, changes
from campaign import check_all, told
from table import NAMES


def test_changes_are_all_there_are() -> None:
    found = list(changes(b"ab", b"x"))
    assert found == [
        *(b"", b"`b", b"cb", b"eb", b"ib", b"qb", b"Ab", b"!b", b"\xe1b", b"b", b"aab", b"ba", b"xb"),
        *(b"a", b"ac", b"a`", b"af", b"aj", b"ar", b"aB", b'a"', b"a\xe2", b"a", b"abb", b"ab", b"ax"),
    ]


def check(names: list[str], *, every: bool) -> None:
    tally = check_all(all_changes(names, every=every))
    assert tally.findings == [], told(tally)
    # Each byte gives so many messages, and the shortest event has 50 of them.
    assert tally.counts["messages"] > len(names) * 50 * (12 + (256 if every else len(BYTES)))
    assert tally.counts["accepted"] > tally.counts["messages"] / 20


def test_every_bit_of_three_events() -> None:
    check(["EventAgentReady", "EventDNOutOfService", "EventMuteOn"], every=False)


@pytest.mark.soak
def test_every_bit_of_every_event() -> None:
    check(NAMES, every=True)
