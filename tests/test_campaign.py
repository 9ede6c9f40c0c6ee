"""Mutants held against strict JSON with the tables, and against msgspec; and the list of differences, kept honest.

Some run every time. `VMCODEC_MUTANTS=10000000 pytest -m soak -s tests/test_campaign.py` runs as many as it says, a
million by default, some 5,000 a second; `VMCODEC_SEED` repeats what a seed gave. `campaign.py` tells the figures, and
those of others.
"""

import json
import os
import secrets
from collections import Counter
from typing import Any

import campaign
import msgspec
import naive
import pytest
import vmcodec
from campaign import ROWS, run, told
from differences import FROM_JSON, FROM_MSGSPEC, explained
from vmcodec import Event


def msgspec_reads(data: bytes) -> Any:
    """The event as msgspec reads it; None where it refuses."""
    try:
        return msgspec.json.decode(data, type=Event)
    except msgspec.MsgspecError:
        return None


def vmcodec_reads(data: bytes) -> Any:
    try:
        return vmcodec.decode(data)
    except vmcodec.DecodeError:
        return None


@pytest.mark.parametrize("name", FROM_MSGSPEC)
def test_msgspec_differs_by_this_entry_and_no_other(name: str) -> None:
    example = FROM_MSGSPEC[name].example
    ours, theirs = vmcodec_reads(example), msgspec_reads(example)
    assert not naive.identical(ours, theirs)
    assert explained(example, ROWS, theirs) == name
    # It excuses what it describes alone: neither another result of msgspec's, nor agreement.
    assert explained(example, ROWS, vmcodec.EventDNOutOfService(this_dn="another")) is None
    assert explained(example, ROWS, ours) is None


@pytest.mark.parametrize("name", FROM_JSON)
def test_plain_json_takes_what_this_entry_refuses(name: str) -> None:
    example = FROM_JSON[name].example
    assert isinstance(json.loads(example), dict)
    assert vmcodec_reads(example) is None
    with pytest.raises(naive.NotJson, match=f"^{name}$"):
        naive.decode(example, ROWS)


def test_a_message_that_both_read_alike_needs_no_entry() -> None:
    data = b'{"id":"EventDNOutOfService","ThisDN":"7","time":{"seconds":1,"useconds":2}}'
    assert explained(data, ROWS, msgspec_reads(data)) is None


def test_a_wrong_decoder_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    class Wrong:
        """vmcodec, but for three of the messages."""

        def __getattr__(self, name: str) -> Any:
            return getattr(vmcodec, name)

        def decode_batch(self, batch: list[bytes], errors: str) -> list[Any]:
            found: list[Any] = vmcodec.decode_batch(batch, errors="return")
            bad = [place for place, result in enumerate(found) if isinstance(result, vmcodec.DecodeError)]
            good = [place for place, result in enumerate(found) if isinstance(result, vmcodec.EventAgentReady)]
            found[good[0]] = msgspec.structs.replace(found[good[0]], this_dn="another")
            found[bad[0]], found[good[1]] = found[good[1]], found[bad[0]]
            return found

    monkeypatch.setattr(campaign, "vmcodec", Wrong())
    troubles = " ".join(finding.trouble for finding in run(1000, seed=5).findings)
    assert "other values" in troubles
    assert "refused with" in troubles
    assert "accepted in spite of" in troubles


def check(amount: int, seed: int) -> Counter[str]:
    tally = run(amount, seed)
    assert tally.findings == [], told(tally)
    # Otherwise the mutants would be of too few kinds to tell much.
    assert tally.counts["accepted"] > amount / 8
    assert tally.counts["good json"] > amount / 3
    return tally.counts


def test_mutants() -> None:
    counts = check(15_000, seed=5)
    # The longest numbers are rare; all other entries of the list are met.
    rare = {"let through: digits", "form: minus_before_4300_digits"}
    names = {*FROM_MSGSPEC, *(f"json: {name}" for name in FROM_JSON)}
    assert {name for name in names if not counts[name]} <= rare


@pytest.mark.soak
def test_very_many_mutants() -> None:
    amount = int(os.environ.get("VMCODEC_MUTANTS", 1_000_000))
    seed = int(os.environ.get("VMCODEC_SEED", secrets.randbits(32)))
    print(f"\n{amount:,} mutants of the seed {seed}")
    check(amount, seed)
