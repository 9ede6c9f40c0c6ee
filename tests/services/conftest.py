"""The services as fixtures, one of each for the whole call. Tests that use them are marked `services`.

Where a service cannot run here, its tests skip and say why; with VMCODEC_REQUIRE_SERVICES=1 that is a failure.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from services.kafka import Broker
from services.kept import Missing
from services.redis_server import RedisServer
from services.spark import environment, session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

REQUIRED = os.environ.get("VMCODEC_REQUIRE_SERVICES") == "1"


@pytest.fixture(scope="session")
def new_broker() -> Iterator[Callable[..., Broker]]:
    """Makes brokers that do not run yet; they are closed at the end of the call."""
    with ExitStack() as stack:

        def make(**options: Any) -> Broker:
            try:
                broker = Broker(**options)
            except Missing as missing:
                pytest.skip(str(missing))
            stack.callback(broker.close)
            return broker

        yield make


@pytest.fixture(scope="session")
def kafka(new_broker: Callable[..., Broker]) -> Broker:
    """A broker that runs. Tests share it: each takes topics of its own, and leaves it running."""
    return new_broker().start()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A Redis that runs. Tests share it: each takes streams of its own, and leaves it running."""
    try:
        server = RedisServer()
    except Missing as missing:
        pytest.skip(str(missing))
    with server:
        yield server


@pytest.fixture(scope="session")
def spark_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """Spark on two cores, with its Kafka source: one for the whole call, since it takes long to start."""
    pytest.importorskip("pyspark")
    with pytest.MonkeyPatch.context() as patch:
        try:
            for name, value in environment().items():
                patch.setenv(name, value)
            made = session(tmp_path_factory.mktemp("spark"))
        except Missing as missing:
            pytest.skip(str(missing))
        yield made
        made.stop()


@pytest.fixture
def spark(spark_session: SparkSession) -> Iterator[SparkSession]:
    """The same with settings of the test's own; batches are small, so that there are several."""
    made = spark_session.newSession()
    made.conf.set("spark.sql.session.timeZone", "UTC")
    made.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "100")
    yield made


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Where services are required, a test that was skipped has failed."""
    outcome: Any = yield
    report: pytest.TestReport = outcome.get_result()
    if REQUIRED and report.skipped and item.get_closest_marker("services"):
        report.outcome = "failed"
        report.longrepr = f"VMCODEC_REQUIRE_SERVICES=1, and yet: {report.longrepr}"
