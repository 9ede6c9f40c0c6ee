"""`vmcodec tail` as people run it, on a real broker."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import vmcodec
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions
from support import new_environment
from vmcodec.samples import BAD_SAMPLE, SAMPLES

from services.clients import TIMEOUT, make_topic, write
from services.filled import BAD, VALUES, fill
from services.kafka import Broker

pytestmark = pytest.mark.services

COMMAND = [sys.executable, "-m", "vmcodec", "tail"]
EVENTS = [event for event in vmcodec.decode_batch(SAMPLES) if not isinstance(event, vmcodec.UnknownEvent)]


def tail(broker: Broker, topic: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run it to its end."""
    command = [*COMMAND, "--bootstrap", broker.address, "--topic", topic, *arguments]
    return subprocess.run(command, capture_output=True, env=new_environment({}), timeout=TIMEOUT)


@contextmanager
def following(
    broker: Broker, topic: str, *arguments: str, stdout: int = subprocess.PIPE
) -> Iterator[subprocess.Popen[bytes]]:
    """Run it until the end of the block; in there it has begun, and shows what is written from now on."""
    command = [*COMMAND, "--bootstrap", broker.address, "--topic", topic, *arguments]
    made: subprocess.Popen[bytes] = subprocess.Popen(
        command, stdout=stdout, stderr=subprocess.PIPE, env=new_environment({})
    )
    with made as process:
        try:
            assert process.stderr is not None
            begun = process.stderr.readline().decode()
            assert begun.startswith(f"vmcodec tail: {topic} on {broker.address}, "), begun
            yield process
        finally:
            process.kill()


def lines(process: subprocess.Popen[bytes], count: int) -> list[bytes]:
    assert process.stdout is not None
    return [process.stdout.readline() for _ in range(count)]


def interrupted(process: subprocess.Popen[bytes]) -> tuple[int, bytes, bytes]:
    """The exit code after Ctrl-C, and what else was written."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=TIMEOUT)
    return process.returncode, out, err


def canonical(values: Sequence[bytes | None]) -> list[bytes]:
    events = [event for event in vmcodec.decode_batch(values, errors="return") if event is not None]
    good = [event for event in events if not isinstance(event, vmcodec.DecodeError)]
    return [vmcodec.encode(event) + b"\n" for event in good]


def groups(broker: Broker) -> set[str]:
    listed = AdminClient({"bootstrap.servers": broker.address}).list_consumer_groups().result(TIMEOUT)
    return {group.group_id for group in listed.valid}


def test_all_that_is_there_and_no_trace_of_the_reader(kafka: Broker) -> None:
    before = groups(kafka)
    written = fill(kafka, "tailed")
    done = tail(kafka, "tailed", "--from", "beginning", "--until", "end")
    assert done.returncode == 1  # there are bad records
    assert sorted(done.stdout.splitlines(keepends=True)) == sorted(canonical(VALUES))
    first, *told = done.stderr.decode().splitlines()
    assert first == f"vmcodec tail: tailed on {kafka.address}, 3 partitions"
    expected = {
        f"tailed/{partition}/{offset} {error.code} {error.path}: expected {error.expected}"
        for (partition, offset), value in written.items()
        for error in vmcodec.decode_batch([value], errors="return")
        if isinstance(error, vmcodec.DecodeError)
    }
    assert {line.partition(", got")[0].partition(" (")[0] for line in told} == expected
    assert len(told) == len(BAD)
    assert groups(kafka) == before


def test_it_follows_until_ctrl_c(kafka: Broker) -> None:
    before = groups(kafka)
    fill(kafka, "followed")
    with following(kafka, "followed") as process:
        for value in SAMPLES[:3]:
            write(kafka, "followed", [(1, b"T:a", value)])
            assert lines(process, 1) == canonical([value])  # it comes at once, and nothing older does
        write(kafka, "followed", [(2, b"T:a", BAD_SAMPLE)])
        assert process.stderr is not None
        assert process.stderr.readline().startswith(b"followed/2/8 wrong_type $.AgentWorkMode: expected ")
        assert interrupted(process) == (130, b"", b"")
    assert groups(kafka) == before


def test_so_many_events(kafka: Broker) -> None:
    fill(kafka, "counted", list(SAMPLES))
    done = tail(kafka, "counted", "--from", "beginning", "--events", "4")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 4


def test_only_some_events(kafka: Broker) -> None:
    fill(kafka, "chosen", list(SAMPLES))
    done = tail(kafka, "chosen", "--from", "beginning", "--until", "end", "--only", "EventAgentReady,EventDNDOn")
    wanted: list[Any] = [e for e in EVENTS if isinstance(e, vmcodec.EventAgentReady | vmcodec.EventDNDOn)]
    assert sorted(done.stdout.splitlines()) == sorted(map(vmcodec.encode, wanted)) and done.returncode == 0
    done = tail(kafka, "chosen", "--from", "beginning", "--until", "end", "--where", "ThisDN=2206")
    wanted = [e for e in EVENTS if e.this_dn == "2206"]
    assert wanted and sorted(done.stdout.splitlines()) == sorted(map(vmcodec.encode, wanted))


@pytest.mark.parametrize(
    ("start", "count"),
    [
        ("beginning", 4),
        ("end", 0),
        ("2025-01-01", 4),
        ("2025-01-01T00:00:10Z", 3),
        ("2025-01-01T01:00:10+01:00", 3),
        ("2025-01-01 00:00:10", 3),
        ("1735689610000", 3),
        ("1735689610001", 2),
        ("2026-01-01", 0),
    ],
)
def test_records_from_a_time_on(kafka: Broker, start: str, count: int) -> None:
    topic = f"timed-{abs(hash(start))}"
    make_topic(kafka, topic, 2)
    producer = Producer({"bootstrap.servers": kafka.address})
    for at, partition in enumerate([0, 0, 0, 1]):
        producer.produce(topic, SAMPLES[at], partition=partition, timestamp=1735689600000 + 10_000 * at)
    producer.flush(TIMEOUT)
    done = tail(kafka, topic, "--from", start, "--until", "end")
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines(keepends=True)) == sorted(canonical(SAMPLES[4 - count : 4]))


def test_partitions_that_are_added_are_followed_too(kafka: Broker) -> None:
    make_topic(kafka, "growing", 1)
    with following(kafka, "growing") as process:
        admin = AdminClient({"bootstrap.servers": kafka.address})
        for future in admin.create_partitions([NewPartitions("growing", 3)]).values():
            future.result(TIMEOUT)
        write(kafka, "growing", [(2, None, SAMPLES[1])])
        assert lines(process, 1) == canonical([SAMPLES[1]])
        assert interrupted(process)[0] == 130


def test_on_a_terminal_people_can_read_it(kafka: Broker) -> None:
    fill(kafka, "read", [SAMPLES[2], SAMPLES[0], b'{"id":"EventDNDOff","ThisDN":"\\u001b[31m","Server":1,"time":5}'])
    done = tail(kafka, "read", "--from", "beginning", "--until", "end", "--to", "text")
    assert sorted(done.stdout.decode().splitlines()) == [
        "-                         T:1                   EventDNOutOfService   ThisDN=2205",
        "1970-01-01 00:00:00.005Z  T:2                   EventDNDOff           ThisDN=\\x1b[31m Server=1",
        "2025-01-01 08:00:00.250Z  T:0                   EventAgentLogin       ThisDN=2205 Server=101 AgentID=A2205"
        " AgentWorkMode=ManualIn ThisQueue=Sales@north CustomerID=Tenant-7 Extensions={} Reasons={} ReferenceID=11",
    ]
    ours, theirs = pty.openpty()
    with following(kafka, "read", "--from", "beginning", "--events", "3", stdout=theirs) as process:
        assert process.wait(TIMEOUT) == 0
        os.close(theirs)
        shown = os.read(ours, 10_000)
        os.close(ours)
    assert sorted(shown.splitlines()) == sorted(done.stdout.splitlines())


def test_whoever_reads_may_have_seen_enough(kafka: Broker) -> None:
    fill(kafka, "piped", list(SAMPLES))
    with following(kafka, "piped", "--from", "beginning") as process:
        assert process.stdout is not None and process.stderr is not None
        assert len(lines(process, 1)) == 1
        process.stdout.close()
        late = time.monotonic() + TIMEOUT
        while process.poll() is None and time.monotonic() < late:
            write(kafka, "piped", [(0, None, SAMPLES[0])])
        assert process.returncode == 141
        assert process.stderr.read() == b""


def test_a_broker_that_goes_and_comes_back(kafka: Broker) -> None:
    make_topic(kafka, "patient", 1)
    with following(kafka, "patient") as process:
        kafka.stop()
        assert process.stderr is not None
        assert b"brokers are down" in process.stderr.readline()
        kafka.start()
        write(kafka, "patient", [(0, None, SAMPLES[1])])
        assert lines(process, 1) == canonical([SAMPLES[1]])
        assert interrupted(process)[0] == 130


def test_wrong_use_is_one_clear_line(kafka: Broker, tmp_path: Path) -> None:
    make_topic(kafka, "used", 1)
    config = tmp_path / "client.properties"
    config.write_text("# for tests\n\nclient.id = me\nno.such.setting=1\n")
    empty = tmp_path / "empty.properties"
    empty.write_text("client.id\n")
    wrong = {
        ("--topic", "no-such-topic"): rf"vmcodec tail: there is no topic no-such-topic on {kafka.address}",
        ("--topic", "used", "--from", "yesterday"): r".*'yesterday' is neither beginning nor end nor a time.*",
        ("--topic", "used", "--only", "EventX"): r"vmcodec tail: there is no event 'EventX'.*",
        ("--topic", "used", "--where", "ThisDN"): r"vmcodec tail: --where takes NAME=VALUE.*",
        ("--topic", "used", "--events", "-1"): r".*'-1' is no number of things.*",
        ("--topic", "used", "--config", str(config)): r"vmcodec tail: .*no\.such\.setting.*",
        ("--topic", "used", "--config", str(empty)): r"vmcodec tail: .*empty\.properties:1: is no NAME=VALUE",
        ("--topic", "used", "--config", str(tmp_path / "none")): r"vmcodec tail: .*none: No such file or directory",
        ("--bootstrap", "127.0.0.1:1"): r"vmcodec tail: 127\.0\.0\.1:1: no broker answers",
    }
    for arguments, expected in wrong.items():
        command = [*COMMAND, "--bootstrap", kafka.address, *arguments]
        done = subprocess.run(command, capture_output=True, env=new_environment({}), timeout=TIMEOUT)
        assert (done.returncode, done.stdout) == (2, b"")
        assert re.fullmatch(f"{expected}\n", done.stderr.decode()), done.stderr
    topics = AdminClient({"bootstrap.servers": kafka.address}).list_topics(timeout=TIMEOUT).topics
    assert "no-such-topic" not in topics  # asking for it did not make it


def test_without_the_client_it_says_what_to_install(tmp_path: Path) -> None:
    missing = "raise ModuleNotFoundError('no client', name='confluent_kafka')\n"
    (tmp_path / "confluent_kafka.py").write_text(missing)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    command = [*COMMAND, "--bootstrap", "127.0.0.1:1"]
    done = subprocess.run(command, capture_output=True, env=os.environ | {"PYTHONPATH": path}, timeout=TIMEOUT)
    assert done.returncode == 2
    assert done.stderr == b"vmcodec tail: confluent_kafka is missing: pip install 'vmcodec[kafka]'\n"
