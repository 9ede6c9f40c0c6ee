"""The blocks of docs/recipes.md run and print what the page shows; and what it promises holds when things go wrong."""

from __future__ import annotations

import random
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import vmcodec
from support import ROOT
from test_readme import python_blocks, run
from vmcodec import EventDNDOn
from vmcodec.samples import BAD_SAMPLE

from services.redis_server import RedisServer

pytestmark = pytest.mark.services

PAGE = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
REDIS, _, SOCKET, _ = [block.code for block in python_blocks(PAGE)]
URL = "redis://redis:6379"

# Notes what it handles; at the number given it says so and handles nothing more, so that it can be killed just there.
CONSUMER = """
import sys, time

def handle(event):
    if event.reference_id == int(sys.argv[1]):
        print("there", flush=True)
        time.sleep(600)
    with open(sys.argv[2], "a") as noted:
        noted.write(f"{event.reference_id}\\n")

while consume("first", handle):
    pass
"""


def record(number: int) -> bytes:
    """A good record that can be told from others."""
    return b'{"id":"EventDNDOn","ThisDN":"2207","Server":101,"time":1735722300000,"ReferenceID":%d}' % number


def recipe(server: RedisServer, stream: str) -> dict[str, Any]:
    """The names of the page's consumer, at work on a stream of the test's own, in batches of 100."""
    names: dict[str, Any] = {}
    exec(consumer_code(server, stream), names)
    names["client"].xgroup_create(stream, names["GROUP"], id="0", mkstream=True)
    return names


def consumer_code(server: RedisServer, stream: str) -> str:
    """The page's consumer for such a stream."""
    assert URL in REDIS and '"voice-agentstate' in REDIS and "BATCH = 1_000" in REDIS
    code = REDIS.replace(URL, server.url).replace("BATCH = 1_000", "BATCH = 100")
    return code.replace('"voice-agentstate', f'"{stream}')


def pending(names: dict[str, Any]) -> int:
    """How many entries were delivered and not acknowledged."""
    return int(names["client"].xpending(names["STREAM"], names["GROUP"])["pending"])


def test_the_page_is_true(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert URL in PAGE
    run("recipes.md", PAGE.replace(URL, redis_server.url), monkeypatch)


def test_a_consumer_that_is_killed_loses_nothing(redis_server: RedisServer, tmp_path: Path) -> None:
    names = recipe(redis_server, "killed")
    values = [BAD_SAMPLE + b" " * number if number % 50 == 7 else record(number) for number in range(1_000)]
    for value in values:
        names["client"].xadd("killed", {"value": value})
    noted = tmp_path / "noted"
    code = consumer_code(redis_server, "killed") + CONSUMER
    with subprocess.Popen([sys.executable, "-c", code, "456", noted], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"there\n"
        process.send_signal(signal.SIGKILL)
    first = [int(line) for line in noted.read_text().split()]
    assert first == [number for number in range(456) if number % 50 != 7]
    # Its last batch was handled in part, and nothing of it is acknowledged.
    assert pending(names) == 100

    second: list[int] = []
    assert names["claim"]("second", second.append) == 0, "it died less than a minute ago"
    assert names["claim"]("second", lambda event: second.append(event.reference_id), idle=0) == 100
    while names["consume"]("second", lambda event: second.append(event.reference_id), wait=1):
        pass
    assert second == [number for number in range(400, 1_000) if number % 50 != 7]
    assert pending(names) == 0
    letters = [letter for _, letter in names["client"].xrange("killed:dead")]
    assert [letter[b"value"] for letter in letters] == values[7::50]
    assert {letter[b"code"] for letter in letters} == {b"wrong_type"}
    entries = [entry for entry, fields in names["client"].xrange("killed") if fields[b"value"] in set(values[7::50])]
    assert [letter[b"entry"] for letter in letters] == entries


def test_what_was_handled_before_a_failure_is_acknowledged_and_the_rest_comes_again(redis_server: RedisServer) -> None:
    names = recipe(redis_server, "failing")
    for number in range(90):
        names["client"].xadd("failing", {"value": record(number)} if number != 3 else {"other": "field"})
    handled: list[int] = []

    troubles = [RuntimeError("the first time")]

    def handle(event: EventDNDOn) -> None:
        if event.reference_id == 50 and troubles:
            raise troubles.pop()
        assert isinstance(event.reference_id, int)
        handled.append(event.reference_id)

    with pytest.raises(RuntimeError, match="the first time"):
        names["consume"]("one", handle)
    assert pending(names) == 40
    assert names["claim"]("one", handle, idle=0) == 40
    assert handled == [number for number in range(90) if number != 3]
    [(_, letter)] = names["client"].xrange("failing:dead")
    assert (letter[b"code"], letter[b"value"]) == (b"empty_input", b"")


def test_all_that_others_left_is_claimed_in_batches(redis_server: RedisServer) -> None:
    names = recipe(redis_server, "left")
    for number in range(250):
        names["client"].xadd("left", {"value": record(number)})
    for gone in ("one", "two"):
        names["client"].xreadgroup(names["GROUP"], gone, {"left": ">"}, count=125)
    handled: list[object] = []
    assert names["claim"]("three", lambda event: handled.append(event.reference_id), idle=0) == 250
    assert handled == list(range(250)) and pending(names) == 0


def test_redis_may_crash(redis_server: RedisServer) -> None:
    names = recipe(redis_server, "crashed")
    for number in range(300):
        names["client"].xadd("crashed", {"value": record(number)})
    handled: list[int] = []

    def handle(event: EventDNDOn) -> None:
        assert isinstance(event.reference_id, int)
        handled.append(event.reference_id)
        if handled == list(range(151)):
            redis_server.kill()

    assert names["consume"]("one", handle) == 100
    with pytest.raises(names["redis"].RedisError):
        names["consume"]("one", handle)
    redis_server.start()
    assert names["claim"]("one", handle, idle=0) == 100
    assert names["consume"]("one", handle) == 100
    assert names["consume"]("one", handle, wait=1) == pending(names) == 0
    assert Counter(handled) == Counter([*range(300), *range(100, 200)])


def test_a_socket_may_cut_the_lines_anywhere() -> None:
    names: dict[str, Any] = {"vmcodec": vmcodec}
    exec(SOCKET, names)
    with names["Server"](("127.0.0.1", 0)) as server:
        threading.Thread(target=server.serve_forever).start()
        senders = [threading.Thread(target=send, args=(server.server_address, sender)) for sender in range(4)]
        for thread in senders:
            thread.start()
        for thread in senders:
            thread.join()
        server.shutdown()
    numbers = [event.reference_id for event in server.events]
    for sender in range(4):
        mine = [number for number in numbers if number // 1_000 == sender]
        assert mine == [sender * 1_000 + number for number in range(200) if number % 50 != 7]
    assert Counter(server.dead_letters) == {BAD_SAMPLE + b" " * number: 4 for number in range(7, 200, 50)}


def send(address: tuple[str, int], sender: int) -> None:
    """Send 200 records, every fiftieth bad, in pieces of 1 to 200 bytes; returns when all were read."""
    lines = [
        BAD_SAMPLE + b" " * number if number % 50 == 7 else record(sender * 1_000 + number) for number in range(200)
    ]
    left, draw = b"\r\n".join(lines), random.Random(sender)
    with socket.create_connection(address, timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while left:
            cut = draw.randint(1, 200)
            connection.sendall(left[:cut])
            left = left[cut:]
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
