"""decode_batch and decode beside their peers, for every shape and order of the corpus (pytest-benchmark).

Run by name: `pytest benches/bench_decode.py`. Answers are checked by the `turn` fixture; nothing is asserted on time.
"""

from __future__ import annotations

import peers
import pytest
from conftest import Turn, by_place

DECODE = peers.decode_peers()
ORDER = peers.order_peers()
SINGLE = peers.single_peers()
ONLY = peers.only_peers()
RETAINED = peers.retained_peers()


@by_place(DECODE)
def test_decode_batch(turn: Turn, place: int) -> None:
    turn("decode_batch, usual", DECODE, place)


@by_place(DECODE)
def test_decode_batch_heavy(turn: Turn, place: int) -> None:
    turn("decode_batch, heavy UserData", DECODE, place, variant="heavy")


@pytest.mark.parametrize("order", ["sorted", "shuffled", "id_last"])
@by_place(ORDER)
def test_decode_batch_order(turn: Turn, place: int, order: str) -> None:
    turn(f"decode_batch, {order}", ORDER, place, order=order)


@by_place(ORDER)
def test_decode_batch_flat(turn: Turn, place: int) -> None:
    turn("decode_batch, flat", ORDER, place, variant="flat")


@by_place(ORDER)
def test_decode_batch_notes(turn: Turn, place: int) -> None:
    turn("decode_batch, notes", ORDER, place, variant="notes")


@by_place(SINGLE)
def test_decode_one_at_a_time(turn: Turn, place: int) -> None:
    turn("decode, one call a message", SINGLE, place)


@by_place(ONLY)
def test_decode_only_some_events(turn: Turn, place: int) -> None:
    turn("decode_batch, 4 % of the events wanted", ONLY, place)


@by_place(RETAINED)
def test_decode_batch_retained(turn: Turn, place: int) -> None:
    turn("decode_batch, 20,000 results kept", RETAINED, place, count=20_000)
