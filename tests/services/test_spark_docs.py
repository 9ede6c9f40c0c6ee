"""The blocks of docs/spark.md run on a real Spark with a real broker, and print what the page shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support import ROOT
from test_readme import run
from vmcodec.samples import BAD_SAMPLE, SAMPLES

from services.clients import make_topic, read_topic, write
from services.kafka import Broker

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.services


def test_the_page_is_true(
    spark_session: SparkSession, kafka: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for topic in ("voice-agentstate", "voice-agentstate-dead"):
        make_topic(kafka, topic)
    values = [*SAMPLES, BAD_SAMPLE, None]
    write(kafka, "voice-agentstate", [(at % 6, b"T1:%d" % at, value) for at, value in enumerate(values)])
    (tmp_path / "archive.ndjson").write_bytes(b"\n".join(SAMPLES))
    page = (ROOT / "docs" / "spark.md").read_text(encoding="utf-8")
    assert "/data/archive.ndjson" in page and "broker:9092" in page
    run("spark.md", page.replace("/data/", f"{tmp_path}/").replace("broker:9092", kafka.address), monkeypatch)
    [letter] = read_topic(kafka, "voice-agentstate-dead")
    assert (letter.key, letter.value) == (b"T1:%d" % values.index(BAD_SAMPLE), BAD_SAMPLE)
