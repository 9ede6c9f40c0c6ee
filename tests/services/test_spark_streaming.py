"""From a real broker into a table, with a stop or a crash on the way: each record exactly once, bad ones included."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from services import stream_job
from services.clients import Record, make_topic, read_topic, write
from services.kafka import Broker
from services.rows import collected, expected, records, same

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from pyspark.sql.streaming.query import StreamingQuery

pytestmark = pytest.mark.services

PARTITIONS = 6
VALUES = records()[::2]
PLACE = ("partition", "offset")


def produce(broker: Broker, topic: str, shift: int) -> None:
    """Write all the records once, with each `shift` to other partitions."""
    write(broker, topic, [((at + shift) % PARTITIONS, b"T1:%d" % at, value) for at, value in enumerate(VALUES)])


def wait_for(done: Callable[[], bool], query: StreamingQuery | None = None) -> None:
    """Wait until it is done; fails if the query does, or after two minutes."""
    late = time.monotonic() + 120
    while not done():
        failed = query.exception() if query is not None else None
        assert failed is None, failed
        assert time.monotonic() < late
        time.sleep(0.05)


def check_table(spark: SparkSession, folder: Path, topic: str, written: list[Record]) -> None:
    """Every record that is in the topic stands in the table exactly once, with the row that decode_batch says."""
    table = spark.read.parquet(str(folder / "events")).cache()
    times = Counter((row.partition, row.offset) for row in table.select(*PLACE).collect())
    assert times == {(record.partition, record.offset): 1 for record in written}
    ordered = sorted(written, key=lambda record: (record.partition, record.offset))
    rows = collected(table.drop("key", "topic", "timestamp"), *PLACE)
    wanted = expected([record.value for record in ordered])
    assert [pair for pair in zip(rows, wanted, strict=True) if not same(*pair)] == []
    kept = table.selectExpr(*PLACE, "string(key)", "unix_millis(timestamp)").orderBy(*PLACE).collect()
    keys = [record.key.decode() if record.key else None for record in ordered]
    assert [tuple(row)[2:] for row in kept] == list(zip(keys, (r.timestamp for r in ordered), strict=True))
    assert {row.topic for row in table.select("topic").distinct().collect()} == {topic}
    assert sum("error_code" in row for row in rows) > 150
    table.unpersist()


def test_a_stop_and_a_start_lose_nothing_and_repeat_nothing(spark: SparkSession, kafka: Broker, tmp_path: Path) -> None:
    make_topic(kafka, "stopped", PARTITIONS)
    produce(kafka, "stopped", 0)
    produce(kafka, "stopped", 1)
    query = stream_job.start(spark, kafka.address, "stopped", tmp_path)
    wait_for(lambda: stream_job.batches(tmp_path) >= 2, query)
    query.stop()
    before = stream_job.batches(tmp_path)
    produce(kafka, "stopped", 2)
    query = stream_job.start(spark, kafka.address, "stopped", tmp_path)
    produce(kafka, "stopped", 3)
    query.processAllAvailable()
    query.stop()
    written = read_topic(kafka, "stopped")
    assert len(written) == 4 * len(VALUES)
    assert before * stream_job.AT_ONCE < 2 * len(VALUES), "it was stopped too late: all was read by then"
    check_table(spark, tmp_path, "stopped", written)


def test_a_crash_loses_nothing_and_repeats_nothing(spark: SparkSession, kafka: Broker, tmp_path: Path) -> None:
    make_topic(kafka, "crashed", PARTITIONS)
    for shift in range(3):
        produce(kafka, "crashed", shift)
    job = [sys.executable, stream_job.__file__, kafka.address, "crashed", str(tmp_path)]
    with (tmp_path / "job.log").open("wb") as log:
        process = subprocess.Popen(job, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_for(lambda: stream_job.batches(tmp_path) >= 2 or process.poll() is not None)
        assert process.poll() is None, (tmp_path / "job.log").read_text()[-5000:]
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # driver, JVM and workers: nobody can tidy up
        process.wait()
    assert stream_job.batches(tmp_path) * stream_job.AT_ONCE < 3 * len(VALUES)
    query = stream_job.start(spark, kafka.address, "crashed", tmp_path)
    query.processAllAvailable()
    query.stop()
    check_table(spark, tmp_path, "crashed", read_topic(kafka, "crashed"))
