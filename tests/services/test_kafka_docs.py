"""The blocks of docs/kafka.md run with a real broker, and print what the page shows."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections.abc import Generator
from typing import Any

import pytest
import vmcodec.kafka
from support import ROOT
from test_readme import python_blocks, run
from vmcodec.kafka import Record, consume_events
from vmcodec.samples import BAD_SAMPLE, SAMPLES

from services.clients import TIMEOUT, make_topic, read_topic, write
from services.kafka import Broker

pytestmark = [
    pytest.mark.services,
    pytest.mark.filterwarnings("ignore:(read|open)_text is deprecated:DeprecationWarning"),  # kafka-python's
]

TOPIC = "the-page"  # the broker is shared with other pages
RECORDS = [(b"7f3c:A2205", SAMPLES[2]), (b"7f3c:A2205", SAMPLES[4]), (b"7f3c:A2206", BAD_SAMPLE), (b"7f3c:A2207", None)]


def until_idle(*arguments: Any, **options: Any) -> Generator[list[Record[Any]], None, None]:
    """As `consume_events`, which never ends; this one does when nothing more comes."""
    some = False
    for batch in consume_events(*arguments, **options):
        if some and not batch:
            return
        some = some or bool(batch)
        yield batch


@pytest.fixture
def page(kafka: Broker, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The page as a module whose code has run."""
    for topic in (TOPIC, f"{TOPIC}-dead"):
        make_topic(kafka, topic, 1)
    write(kafka, TOPIC, [(0, key, value) for key, value in RECORDS])
    monkeypatch.setattr(vmcodec.kafka, "consume_events", until_idle)
    text = (ROOT / "docs" / "kafka.md").read_text(encoding="utf-8")
    for shown, real in {"broker:9092": kafka.address, "voice-agentstate": TOPIC}.items():
        assert shown in text
        text = text.replace(shown, real)
    before = signal.getsignal(signal.SIGTERM)
    try:
        run("kafka.md", text, monkeypatch)
        yield sys.modules["document"]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_the_page_is_true(page: Any, kafka: Broker) -> None:
    [letter] = read_topic(kafka, f"{TOPIC}-dead")
    assert (letter.key, letter.value) == RECORDS[2]
    page.reader.close()

    # What the page defines and does not call.
    handled: list[Record[Any]] = []
    settings = {**page.settings, "group.id": "working"}

    def handle(record: Record[Any]) -> None:
        handled.append(record)
        if len(handled) == 3:
            signal.raise_signal(signal.SIGTERM)

    page.consume_events = consume_events
    page.work(page.Consumer(settings), handle)
    assert [record.offset for record in handled] == [0, 1, 3]

    async def run_async() -> None:
        stopping = asyncio.Event()

        async def handle_async(record: Record[Any]) -> None:
            handled.append(record)
            if len(handled) == 6:
                stopping.set()

        await asyncio.wait_for(page.consume(handle_async, stopping), TIMEOUT)

    asyncio.run(run_async())
    assert [record.offset for record in handled[3:]] == [0, 1, 3]
    assert [letter.value for letter in read_topic(kafka, f"{TOPIC}-dead")] == [BAD_SAMPLE] * 3


def test_the_readme_shows_code_of_the_page() -> None:
    """The README's own test has no broker, so its code for Kafka is not marked as a block to run."""
    shown = re.findall(
        r"^```py\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    blocks = [block.code for block in python_blocks((ROOT / "docs" / "kafka.md").read_text(encoding="utf-8"))]
    assert all(code in blocks for code in shown)
