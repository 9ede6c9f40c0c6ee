"""A real Spark on this machine: two cores, Java, and Spark's own Kafka source by Maven."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from services.java import find_java, jars

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

TESTS = Path(__file__).resolve().parent.parent
ZONES = ("UTC", "America/St_Johns")  # one that is no whole number of hours away from UTC


def environment() -> dict[str, str]:
    """What Spark must find in the environment: its Java, and for its workers this Python and the helpers of the tests.

    Missing where Java is.
    """
    paths = [str(TESTS), os.environ.get("PYTHONPATH", "")]
    return {
        "JAVA_HOME": str(find_java().home),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }


def session(folder: Path, **settings: str) -> SparkSession:
    """A session of its own in this process, which needs our `environment`; all it writes is in the folder.

    Missing where Java or Maven is.
    """
    import pyspark
    from pyspark.sql import SparkSession

    kafka_source = sorted(jars("spark", spark_version=pyspark.__version__).glob("*.jar"))
    builder = SparkSession.builder.master("local[2]").appName("vmcodec")
    chosen = {
        "spark.jars": ",".join(map(str, kafka_source)),
        "spark.driver.memory": "1g",
        "spark.local.dir": str(folder / "spark"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        **{name.replace("_", "."): value for name, value in settings.items()},
    }
    for name, value in chosen.items():
        builder = builder.config(name, value)
    made = builder.getOrCreate()
    made.sparkContext.setLogLevel("ERROR")
    return made
