"""validate_batch beside peers that can only check by building; validate_lines by one thread and by two.

By pytest-benchmark, run by name: `pytest benches/bench_validate.py`.
"""

from __future__ import annotations

from typing import Any

import peers
import pytest
from conftest import by_place, messages_of

VALIDATE = peers.validate_peers()
THREADS = peers.thread_peers()


@pytest.mark.parametrize("variant", ["flat", "usual", "heavy", "notes"])
@by_place(VALIDATE)
def test_validate_batch(benchmark: Any, place: int, variant: str) -> None:
    messages = messages_of(variant, "producer", peers.BATCH)
    peers.check_validation(VALIDATE, messages)
    benchmark.group = f"validate_batch, {variant}"
    benchmark(VALIDATE[place].run, messages)


@by_place(THREADS)
def test_validate_lines_in_threads(benchmark: Any, place: int) -> None:
    messages = messages_of("usual", "producer", 20 * peers.BATCH)
    peers.check_threads(THREADS, messages[: 2 * peers.BATCH])
    benchmark.group = "validate_lines, threads"
    benchmark(THREADS[place].run, THREADS[place].prepare(messages))
