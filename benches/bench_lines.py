"""decode_lines and encode_lines beside their peers (pytest-benchmark). Run by name: `pytest benches/bench_lines.py`."""

from __future__ import annotations

import peers
from conftest import Turn, by_place

DECODE = peers.lines_peers()
ENCODE = peers.encode_lines_peers()


@by_place(DECODE)
def test_decode_lines(turn: Turn, place: int) -> None:
    turn("decode_lines, usual", DECODE, place)


@by_place(DECODE)
def test_decode_lines_shuffled(turn: Turn, place: int) -> None:
    turn("decode_lines, shuffled", DECODE, place, order="shuffled")


@by_place(ENCODE)
def test_encode_lines(turn: Turn, place: int) -> None:
    turn("encode_lines, usual", ENCODE, place)
