"""encode_batch beside its peers (pytest-benchmark). Run by name: `pytest benches/bench_encode.py`."""

from __future__ import annotations

import peers
import pytest
from conftest import Turn, by_place

ENCODE = peers.encode_peers()


@pytest.mark.parametrize("variant", ["flat", "usual", "heavy", "notes"])
@by_place(ENCODE)
def test_encode_batch(turn: Turn, place: int, variant: str) -> None:
    turn(f"encode_batch, {variant}", ENCODE, place, variant=variant)
