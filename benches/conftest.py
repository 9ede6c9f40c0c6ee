"""Shared by the bench_*.py files: the corpora, made once, and one contestant's turn with its answer checked first."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the files here import one another by bare name, as scripts do

import peers
from corpus import corpus
from vmcodec.cli.bench.rounds import keep_freed_memory

keep_freed_memory()

Turn = Callable[..., None]


@cache
def messages_of(variant: str, order: str, count: int) -> list[bytes]:
    """A corpus, kept for the whole run."""
    return corpus(count, variant, order)


@pytest.fixture
def turn(benchmark: Any) -> Turn:
    """Check one contestant's answers against vmcodec's, then time it on one batch."""

    def take(
        group: str,
        contestants: Sequence[peers.Peer],
        place: int,
        variant: str = "usual",
        order: str = "producer",
        count: int = peers.BATCH,
    ) -> None:
        messages, peer = messages_of(variant, order, count), contestants[place]
        peers.check_peer(contestants[0], peer, messages)
        benchmark.group = group
        benchmark(peer.run, peer.prepare(messages))

    return take


def by_place(contestants: Sequence[peers.Peer]) -> pytest.MarkDecorator:
    """Parametrize over the contestants, named by their keys."""
    return pytest.mark.parametrize("place", range(len(contestants)), ids=[peer.key for peer in contestants])
