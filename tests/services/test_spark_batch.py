"""decode_in_arrow on a real Spark: each record one row, equal to what decode_batch makes of it, and none lost."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import pytest
from properties import OwnEvent
from vmcodec import DecodeError, EventAgentReady, decode_batch
from vmcodec.samples import BAD_SAMPLE, SAMPLES

from services.rows import collected, expected, records, same
from services.spark import ZONES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.services

VALUES = records()


def frame_of(spark: SparkSession, values: list[Any], kind: str = "binary") -> DataFrame:
    """The records in column `value`, with their places in `offset`, in several partitions."""
    rows = [(place, bytearray(v) if isinstance(v, bytes) else v) for place, v in enumerate(values)]
    return spark.createDataFrame(rows, f"offset bigint, value {kind}").repartition(3, "offset")


def decoded(frame: DataFrame, **options: Any) -> DataFrame:
    """The frame through the function that is tested, which was pickled on the way."""
    from vmcodec.spark import decode_in_arrow

    decode = pickle.loads(pickle.dumps(decode_in_arrow(**{"keep": ["offset"], **options})))
    return frame.mapInArrow(decode, decode.schema(frame.schema))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("large", ["false", "true"])
def test_each_record_gives_the_row_that_decode_batch_says(spark: SparkSession, zone: str, large: str) -> None:
    spark.conf.set("spark.sql.session.timeZone", zone)
    spark.conf.set("spark.sql.execution.arrow.useLargeVarTypes", large)
    wanted = expected(VALUES)
    rows = collected(decoded(frame_of(spark, VALUES)), "offset")
    assert len(rows) == len(wanted) > 300
    assert [pair for pair in zip(rows, wanted, strict=True) if not same(*pair)] == []
    assert {row["id"] for row in rows if "id" in row} >= {row["id"] for row in wanted if "id" in row}
    assert sum("error_code" in row for row in rows) > 100 and rows[0] == rows[-1] == {}


@pytest.mark.parametrize("large", ["false", "true"])
def test_text_is_taken_too(spark: SparkSession, large: str) -> None:
    spark.conf.set("spark.sql.execution.arrow.useLargeVarTypes", large)
    values = [sample.decode() for sample in (*SAMPLES, BAD_SAMPLE)]
    rows = collected(decoded(frame_of(spark, values, "string")), "offset")
    assert all(map(same, rows, expected([*SAMPLES, BAD_SAMPLE])))


@pytest.mark.parametrize("zone", ZONES)
def test_a_moment_is_the_same_moment_in_every_time_zone(spark: SparkSession, zone: str) -> None:
    spark.conf.set("spark.sql.session.timeZone", zone)
    event = b'{"id":"EventAgentLogout","ThisDN":"1","Server":1,"time":{"seconds":1735718399,"useconds":88410}}'
    [row] = decoded(frame_of(spark, [event])).selectExpr("unix_micros(time)", "string(time)").collect()
    assert tuple(row) == (1735718399088410, {"UTC": "2025-01-01 07:59:59.08841"}.get(zone, "2025-01-01 04:29:59.08841"))


def test_a_query_tells_good_from_bad_and_the_bad_are_all_there(spark: SparkSession) -> None:
    results = decode_batch(VALUES, errors="return")
    rows = decoded(frame_of(spark, VALUES)).cache()
    good, bad = rows.where("error_code IS NULL"), rows.where("error_code IS NOT NULL")
    errors = {place: error for place, error in enumerate(results) if isinstance(error, DecodeError)}
    assert {row.offset for row in good.select("offset").collect()} == set(range(len(VALUES))) - set(errors)
    letters = {
        row.offset: (row.error_code, bytes(row.error_raw))
        for row in bad.select("offset", "error_code", "error_raw").collect()
    }
    assert letters == {place: (error.code, VALUES[place]) for place, error in errors.items()}
    again = decoded(bad.selectExpr("offset", "error_raw AS value"))
    assert collected(again, "offset") == collected(bad, "offset")
    rows.unpersist()


def test_the_columns_of_a_frame_of_ones_own_are_kept_as_they_are(spark: SparkSession) -> None:
    frame = frame_of(spark, [*SAMPLES, BAD_SAMPLE]).selectExpr(
        "offset", "value AS body", "named_struct('a', array(offset)) AS nested", "timestamp '2025-07-01 12:00:00' AS at"
    )
    names = ["nested", "body", "at", "offset"]
    kept = decoded(frame, value="body", keep=names)
    assert [(field.name, field.dataType) for field in kept.schema.fields[:4]] == [
        (name, frame.schema[name].dataType) for name in names
    ]
    before = frame.select(*names).orderBy("offset").collect()
    assert kept.select(*names).orderBy("offset").collect() == before


def test_keys_give_tenant_and_agent(spark: SparkSession) -> None:
    rows = [(0, SAMPLES[0], "T1:A2205"), (1, SAMPLES[1], "T1:a:b"), (2, BAD_SAMPLE, "T2:A1"), (3, SAMPLES[2], None)]
    frame = spark.createDataFrame(
        [(place, bytearray(value), key and bytearray(key.encode())) for place, value, key in rows],
        "offset bigint, value binary, key binary",
    )
    found = decoded(frame, key="key").select("tenant_id", "agent_id").orderBy("offset").collect()
    assert [tuple(row) for row in found[:2]] == [("T1", "A2205"), ("T1", "a:b")]
    assert tuple(found[3]) == (None, None)
    assert "tenant_id" not in decoded(frame).columns


def test_an_event_left_out_is_a_row_of_nulls(spark: SparkSession) -> None:
    rows = collected(decoded(frame_of(spark, [*SAMPLES, BAD_SAMPLE]), only=[EventAgentReady]), "offset")
    wanted = [row if row["id"] == "EventAgentReady" else {} for row in expected([*SAMPLES])]
    assert all(map(same, rows[:-1], wanted)) and rows[-1]["error_code"] == "wrong_type"


def test_classes_of_ones_own(spark: SparkSession) -> None:
    event = b'{"id":"OwnEvent","flag":true,"share":0.5,"grade":5,"items":[1,"x"],"whatever":null,"maybe share":2}'
    rows = decoded(frame_of(spark, [event, SAMPLES[0]]), events=[OwnEvent]).orderBy("offset").collect()
    assert (rows[0].id, rows[0].flag, rows[0].share, rows[0]["maybe share"]) == ("OwnEvent", True, 0.5, 2.0)
    assert (rows[0]["items"], rows[1].id, rows[1].error_code) == ('[1,"x"]', "EventDNOutOfService", None)


def test_the_schema_is_the_same_as_text(spark: SparkSession) -> None:
    from vmcodec.spark import decode_in_arrow

    for options in ({}, {"key": "key", "keep": ["headers", "value"]}, {"events": [OwnEvent], "keep": ["timestamp"]}):
        decode = decode_in_arrow(**options)
        assert spark.createDataFrame([], decode.ddl()).schema == decode.schema()


def test_no_rows_are_no_rows(spark: SparkSession) -> None:
    assert decoded(frame_of(spark, [])).collect() == []


def test_what_cannot_be_is_told_before_anything_runs(spark: SparkSession) -> None:
    from vmcodec.spark import decode_in_arrow

    frame = spark.createDataFrame([], "value int, body binary, ID bigint")
    with pytest.raises(TypeError, match="the column 'value' is int, neither binary nor string"):
        decode_in_arrow(keep=[]).schema(frame.schema)
    with pytest.raises(ValueError, match="there is no column 'topic' among value, body, ID"):
        decode_in_arrow("body", keep=["topic"]).schema(frame.schema)
    with pytest.raises(ValueError, match="there is no column 'k' among key, value, topic"):
        decode_in_arrow(key="k").schema()
    with pytest.raises(ValueError, match="two columns would be named 'id'"):
        decode_in_arrow("body", keep=["ID"])
    with pytest.raises(TypeError):
        decode_in_arrow(colour="red")
