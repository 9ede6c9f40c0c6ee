"""decode_in_arrow beside Spark's own from_json with an explicit schema: the same records, the same session, in turns.

`python benches/bench_spark.py` (`make bench-spark`) prints the ratio; as a test it only checks that both read the same.
Both jobs give every column of every event, and their rows are thrown away: what is measured is how they are read.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from corpus import corpus
from vmcodec.cli.bench.rounds import Spread

sys.path.append(str(Path(__file__).parent.parent / "tests"))  # the services that tests start

from services.kept import Missing
from services.spark import environment, session

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

Job = Callable[["DataFrame"], "DataFrame"]

ROUNDS = 7
RECORDS = 400_000
DISTINCT = 100_000
PARTITIONS = 8
KEPT = ("partition", "offset")


def vmcodec_job(frame: DataFrame) -> DataFrame:
    """Ours, with what a job would keep of the Kafka columns."""
    from vmcodec.spark import decode_in_arrow

    decode = decode_in_arrow(keep=KEPT)
    return frame.mapInArrow(decode, decode.schema(frame.schema))


def from_json_job(frame: DataFrame) -> DataFrame:
    """The same columns by from_json: a code or a name as text, JSON as text, the moment computed."""
    from pyspark.sql import functions

    parsed = frame.select(*KEPT, functions.from_json(frame.value.cast("string"), json_schema()).alias("event"))
    moment = functions.timestamp_micros(functions.expr("event.time.seconds * 1000000 + event.time.useconds"))
    columns = [functions.col(f"event.{name}") for name in json_schema().names if name != "time"]
    return parsed.select(*KEPT, *columns, moment.alias("time"))


def json_schema() -> StructType:
    """The columns of events as from_json reads them; a column named in no event stays empty there, as here."""
    from pyspark.sql.types import LongType, StructField, StructType, TimestampType
    from vmcodec.spark import decode_in_arrow

    pair = StructType([StructField("seconds", LongType()), StructField("useconds", LongType())])
    fields = [field for field in decode_in_arrow(keep=[]).schema() if not field.name.startswith("error_")]
    return StructType(
        [StructField(field.name, pair if field.dataType == TimestampType() else field.dataType) for field in fields]
    )


JOBS: dict[str, Job] = {"decode_in_arrow": vmcodec_job, "from_json": from_json_job}


@contextmanager
def records(count: int) -> Iterator[DataFrame]:
    """So many records of the usual corpus in memory, in a Spark with two cores; Missing where it cannot be."""
    os.environ.update(environment())
    with tempfile.TemporaryDirectory() as folder:
        spark = session(Path(folder), spark_driver_memory="4g", spark_sql_session_timeZone="UTC")
        try:
            yield _cached(spark, count)
        finally:
            spark.stop()


def _cached(spark: SparkSession, count: int) -> DataFrame:
    distinct = min(count, DISTINCT)
    messages = [bytearray(message) for message in corpus(distinct)]
    once = spark.createDataFrame(list(enumerate(messages)), "offset bigint, value binary")
    turns = spark.range(0, count // distinct, 1, 1).withColumnRenamed("id", "turn")
    frame = once.crossJoin(turns).selectExpr(f"int(offset % {PARTITIONS}) AS partition", "offset", "value")
    frame = frame.repartition(PARTITIONS, "offset").cache()
    assert frame.count() == count
    return frame


def check(frame: DataFrame) -> None:
    """Both jobs give the same: how many rows of each event, which columns are filled how often, and sums over them."""
    answers = []
    for job in JOBS.values():
        rows = job(frame)
        names = [name for name in rows.columns if not name.startswith("error_")]
        counts = [f"count(`{name}`)" for name in names]
        # from_json writes JSON anew, so of the texts the keys are compared.
        sums = ["unix_micros(time) % 1000003", "ReferenceID", "crc32(ThisDN)", "crc32(ConnID)", "crc32(AgentID)"]
        sums += [f"crc32(string(json_object_keys({name})))" for name in ("Extensions", "Reasons", "UserData")]
        [row] = rows.selectExpr(*counts, *(f"sum({each})" for each in sums)).collect()
        per_event = rows.groupBy("id").count().orderBy("id").collect()
        order = sorted(range(len(names)), key=names.__getitem__)
        answers.append(([row[at] for at in order], list(row)[len(names) :], per_event))
    assert answers[0] == answers[1], answers
    assert answers[0][0][0] > 0


def seconds(frame: DataFrame, job: Job) -> float:
    """What it takes to give all rows, to nobody."""
    start = time.perf_counter()
    job(frame).write.format("noop").mode("overwrite").save()
    return time.perf_counter() - start


@pytest.mark.services
def test_both_read_the_same() -> None:
    try:
        with records(2_000) as frame:
            check(frame)
    except Missing as missing:
        pytest.skip(str(missing))


def main() -> None:
    """Time both jobs in turns, and print records a second and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=RECORDS, help="records")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = parser.parse_args()
    with records(chosen.n) as frame:
        check(frame)
        times: dict[str, list[float]] = {name: [] for name in JOBS}
        for number in range(chosen.rounds + 1):
            for name in sorted(JOBS, reverse=number % 2 == 1):
                took = seconds(frame, JOBS[name])
                if number:  # the first round warms up
                    times[name].append(took)
    for name, spent in times.items():
        speed = Spread.of([chosen.n / each for each in spent])
        print(f"{name:16} {speed.median:9,.0f} records/s ({speed.low:,.0f}-{speed.high:,.0f})")
    ours, theirs = times["decode_in_arrow"], times["from_json"]
    ratio = Spread.of([slow / quick for slow, quick in zip(theirs, ours, strict=True)])
    print(f"decode_in_arrow is {ratio.median:.2f} times as fast ({ratio.low:.2f}-{ratio.high:.2f})", end="; ")
    print(f"{chosen.n:,} records, {chosen.rounds} rounds in turns, local[2]")


if __name__ == "__main__":
    main()
