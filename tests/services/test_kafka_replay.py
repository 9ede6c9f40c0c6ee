"""Three consumers of one group on a real broker, one of them killed, the broker stopped, poison in the mix: none lost.

The consumers are processes (replay_member) that use `consume_events` as a program would. replay_plan says what is
written, and replay_check what must have come of it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions
from confluent_kafka.admin import AdminClient
from rich.console import Console
from rich.table import Table
from support import new_environment

from services.clients import make_topic, read_topic, write
from services.kafka import Broker
from services.process import Process
from services.replay_check import check_events, check_letters
from services.replay_member import ENDED, LINE, held
from services.replay_plan import PARTITIONS, POISON_EVERY, Planned, plan

pytestmark = pytest.mark.services

MEMBERS = 3
PATIENCE = 120.0


class Member:
    """A consumer in a process of its own, with its journal and its log."""

    def __init__(self, broker: Broker, topic: str, folder: Path, name: str, hold: int = 0) -> None:
        self.journal = folder / f"{name}.journal"
        self.process = Process(name, folder / f"{name}.log")
        arguments = [broker.address, topic, f"{topic}-dead", str(self.journal), str(hold)]
        command = [sys.executable, "-m", "services.replay_member", *arguments]
        self.process.start(command, self.journal.exists, environment=new_environment({}))

    def handled(self) -> int:
        """How many events it has noted."""
        return self.journal.stat().st_size // LINE.size

    def end(self) -> None:
        """Ask it to end, and see that it does."""
        self.process.stop(PATIENCE)
        # Not the last line: threads of the client log on until the process is gone.
        assert ENDED in self.process.log.read_text().splitlines(), self.process.failure("did not end as asked")


class Play:
    """The group at work, seen from outside, as an operator sees it."""

    def __init__(self, broker: Broker, topic: str, folder: Path) -> None:
        self._broker, self._topic, self._folder = broker, topic, folder
        self.journals: list[Path] = []
        self.members: list[Member] = []

    def join(self, name: str, hold: int = 0) -> Member:
        """A new member."""
        member = Member(self._broker, self._topic, self._folder, name, hold)
        self.members.append(member)
        self.journals.append(member.journal)
        return member

    def kill(self, member: Member) -> None:
        """A member dies."""
        member.process.kill()
        self.members.remove(member)

    def handled(self) -> int:
        """How many events were handled by all, those handled again counted again."""
        return sum(journal.stat().st_size for journal in self.journals) // LINE.size

    def shared(self) -> bool:
        """Whether these members, and no others, have the partitions, each its share."""
        admin = self._admin()
        group = admin.describe_consumer_groups([self._topic])[self._topic].result(PATIENCE)
        shares = {member.client_id: len(member.assignment.topic_partitions) for member in group.members}
        return shares == {member.journal.stem: PARTITIONS // MEMBERS for member in self.members}

    def committed(self) -> dict[int, int]:
        """How far the group came in each partition."""
        admin = self._admin()
        [future] = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(self._topic)]).values()
        return {place.partition: place.offset for place in future.result(PATIENCE).topic_partitions or ()}

    def _admin(self) -> AdminClient:
        """A new one each time: one that has seen the broker go gets no answer about groups any more."""
        return AdminClient({"bootstrap.servers": self._broker.address})

    def wait_for(self, come: Callable[[], bool], what: str) -> None:
        """Wait until it is so; fails if a member ends before that, or if it takes too long."""
        late = time.monotonic() + PATIENCE
        while not come():
            for member in self.members:
                assert member.process.runs(), member.process.failure(f"ended before {what}")
            assert time.monotonic() < late, f"{what}: not within {PATIENCE:.0f} s; {self.handled()} handled"
            time.sleep(0.05)


def in_stages(planned: list[Planned], gates: list[Event]) -> Iterator[tuple[int, bytes, bytes]]:
    """The records to write, in as many parts as there are gates and one; each waits until its gate is open."""
    part = len(planned) // (len(gates) + 1)
    for at, each in enumerate(planned):
        if at and at % part == 0 and at // part <= len(gates):
            gates[at // part - 1].wait()
        yield each.partition, each.key, each.value


def replay(broker: Broker, folder: Path, count: int) -> Table:
    """Write so many records and have them consumed, with a death and a stop on the way; what was counted."""
    topic = f"replay-{count}"
    make_topic(broker, topic, PARTITIONS)
    make_topic(broker, f"{topic}-dead", 3)
    planned = list(plan(count))
    ends = {each.partition: each.offset + 1 for each in planned}
    began = time.monotonic()
    play = Play(broker, topic, folder)
    gates = [Event(), Event()]
    with ThreadPoolExecutor(1) as pool:
        try:
            victim = play.join("victim", hold=count // 20)
            play.join("second")
            play.join("third")
            play.wait_for(play.shared, "three members share the partitions")
            writing = pool.submit(write, broker, topic, in_stages(planned, gates))

            play.wait_for(held(victim.journal).exists, "the victim is in the middle of a batch")
            play.kill(victim)
            play.join("replacement")
            play.wait_for(play.shared, "the replacement has its share")

            gates[0].set()
            play.wait_for(lambda: play.handled() > count * 0.45, "nearly half is handled")
            broker.stop()
            before = play.handled()
            assert before < count * 0.9, "the broker was stopped too late"
            time.sleep(1)
            broker.start()
            gates[1].set()
            writing.result(PATIENCE)
            play.wait_for(lambda: play.committed() == ends, "all is committed")
            for member in play.members:
                member.end()
        finally:
            for gate in gates:
                gate.set()
            for member in play.members:
                member.process.kill()
    seconds = time.monotonic() - began
    counts = check_events(planned, play.journals)
    counts |= check_letters(planned, topic, read_topic(broker, f"{topic}-dead"))
    assert counts["poison"] == count // POISON_EVERY
    assert counts["handled again"] > 0, "the victim had committed all that it handled: it did not die in a batch"
    table = Table("replay of", f"{count:,}")
    for name, number in counts.items():
        table.add_row(name, f"{number:,}")
    table.add_row("members killed and replaced", "1")
    table.add_row("the broker stopped and started", f"1, after {before:,}")
    table.add_row("seconds", f"{seconds:.0f}")
    return table


@pytest.mark.parametrize("count", [120_000, pytest.param(1_000_000, marks=pytest.mark.soak)])
def test_nothing_is_lost(count: int, kafka: Broker, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counts = replay(kafka, tmp_path, count)
    with capsys.disabled():
        Console().print(counts)
