"""A job as an operator would run it: from Kafka through decode_in_arrow to Parquet, with a checkpoint.

The tests run it in their own session; and as a process of its own, to be killed in the middle of its work:
`python stream_job.py ADDRESS TOPIC FOLDER`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":  # started as a script: the package's folder is not on the path
    sys.path.insert(0, str(Path(__file__).parent.parent))

from services.spark import environment, session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from pyspark.sql.streaming.query import StreamingQuery

AT_ONCE = 300  # records a micro-batch: so few that there are many, and a stop finds the job at work


def start(spark: SparkSession, address: str, topic: str, folder: Path) -> StreamingQuery:
    """Start the job, where it stopped if it did; its table is `folder/events`."""
    from vmcodec.spark import decode_in_arrow

    decode = decode_in_arrow()
    source = spark.readStream.format("kafka").option("kafka.bootstrap.servers", address).option("subscribe", topic)
    frame = source.option("startingOffsets", "earliest").option("maxOffsetsPerTrigger", AT_ONCE).load()
    sink = frame.mapInArrow(decode, decode.schema()).writeStream.format("parquet")
    return sink.option("checkpointLocation", str(folder / "checkpoint")).start(str(folder / "events"))


def batches(folder: Path) -> int:
    """How many micro-batches the table has whole, as Spark's own record of it says."""
    return len(list((folder / "events" / "_spark_metadata").glob("[0-9]*")))


if __name__ == "__main__":
    os.environ.update(environment())
    address, topic, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    start(session(folder), address, topic, folder).awaitTermination()
