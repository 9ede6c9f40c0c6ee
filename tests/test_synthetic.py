"""Synthetic events: the same for a seed, legal one after another, and mixed like those of a real topic."""

from __future__ import annotations

import datetime
import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice, pairwise, takewhile
from statistics import median

import pytest
import vmcodec as v
from support import run_python
from vmcodec import synthetic
from vmcodec.synthetic import Chance

DAY = 86_400_000_000
FIRST = 20_094 * DAY  # 2025-01-06


@dataclass
class Telephone:
    """What has been told of a DN so far: the rules of the topic, as an independent reader would check them."""

    agent: str | None = None
    state: str | None = None
    queues: set[str | None] = field(default_factory=set)
    call: tuple[str | None, int | None] | None = None
    muted: bool = False
    disturb: bool = True
    forward: str | None = None
    service: bool = True
    reference: int | None = None

    def take(self, agent: str, event: v.Event) -> None:
        """Check that the event may come now, and take it in."""
        match event:
            case v.EventAgentLogin():
                assert self.agent in (None, agent) and event.this_queue not in self.queues
                assert self.state in (None, "logged in")
                self.agent, self.state = agent, "logged in"
                self.queues.add(event.this_queue)
            case v.EventAgentLogout():
                assert self.agent == agent == event.agent_id and self.call is None
                assert event.this_queue in self.queues and self.state == "not ready"
                self.agent, self.state, self.queues = None, None, set()
            case v.EventAgentReady() | v.EventAgentNotReady():
                assert self.agent == agent == event.agent_id and self.call is None
                if type(event) is v.EventAgentReady:
                    # A shift begins not ready. Nothing but a change of mode makes a ready agent ready once more.
                    assert self.state in ("ready", "not ready") and self.disturb and self.forward is None
                self.state = "ready" if type(event) is v.EventAgentReady else "not ready"
            case v.EventOffHook():
                assert self.call is None and self.service and self.agent == agent and self.state == "ready"
                self.call = (event.conn_id, event.call_id)
            case v.EventOnHook():
                assert self.call == (event.conn_id, event.call_id)
                self.call, self.muted = None, False
            case v.EventMuteOn() | v.EventMuteOff():
                assert self.call is not None and self.call[0] == event.conn_id
                assert self.muted == (type(event) is v.EventMuteOff)
                self.muted = not self.muted
            case v.EventDNDOn() | v.EventDNDOff():
                assert self.disturb == (type(event) is v.EventDNDOn) and self.state == "not ready"
                self.disturb = not self.disturb
            case v.EventForwardSet():
                assert self.forward is None and event.other_dn and event.info_status in (3, 10)
                self.forward = event.other_dn
            case v.EventForwardCancel():
                assert self.forward is not None
                self.forward = None
            case v.EventDNOutOfService():
                self.service = False
            case v.EventDNBackInService():
                assert not self.service
                self.service = True
        told = getattr(event, "reference_id", None)
        if told is not None:
            assert self.reference is None or told == self.reference + 1
            self.reference = told


def one_day(agents: int, seed: int = 5) -> list[synthetic.Dated]:
    return list(takewhile(lambda dated: dated.time_us < FIRST + DAY, synthetic.events(seed, agents)))


@pytest.fixture(scope="module")
def day() -> list[synthetic.Dated]:
    return one_day(100)


def test_no_event_is_illegal_after_those_before() -> None:
    telephones: dict[tuple[str, str], Telephone] = {}
    week = list(islice(synthetic.events(8, 30), 60_000))
    for dated in week:
        telephones.setdefault((dated.tenant_id, dated.event.this_dn), Telephone()).take(dated.agent_id, dated.event)
    assert len(telephones) == 30
    assert (week[-1].time_us - week[0].time_us) // DAY >= 4
    assert {type(dated.event) for dated in week} == set(v.EVENTS)


def test_at_night_nobody_is_in_or_speaks(day: list[synthetic.Dated]) -> None:
    telephones: dict[str, Telephone] = {}
    for dated in day:
        telephones.setdefault(dated.event.this_dn, Telephone()).take(dated.agent_id, dated.event)
    for left in telephones.values():
        assert (left.agent, left.call, left.forward, left.muted, left.disturb, left.service) == (
            None, None, None, False, True, True,
        )  # fmt: skip


def test_times_run_in_order_and_are_those_that_the_events_tell(day: list[synthetic.Dated]) -> None:
    assert all(one.time_us <= other.time_us for one, other in pairwise(day))
    told = [(dated.time_us, dated.event.time) for dated in day]
    assert all(time is None or time.to_epoch_us() == at for at, time in told)
    # The four events that need not tell it do so for some tenants, and for others not.
    assert 0.005 < sum(time is None for _, time in told) / len(told) < 0.06


def test_the_mix_is_that_of_the_topic(day: list[synthetic.Dated]) -> None:
    counts = Counter(type(dated.event) for dated in day)
    states = counts[v.EventAgentReady] + counts[v.EventAgentNotReady]
    hook = counts[v.EventOffHook] + counts[v.EventOnHook]
    assert 0.66 < states / len(day) < 0.74
    assert 0.17 < hook / len(day) < 0.22
    assert 0.07 < 1 - (states + hook) / len(day) < 0.13
    assert set(counts) == set(v.EVENTS)
    assert 300 < median(Counter(dated.key for dated in day).values()) < 600


def test_sizes_are_those_of_the_topic(day: list[synthetic.Dated]) -> None:
    sizes = sorted(map(len, v.encode_batch([dated.event for dated in day])))
    assert 250 < sizes[len(sizes) // 10] and sizes[len(sizes) * 3 // 4] < 450
    assert 250 < median(sizes) < 400
    assert sizes[0] < 200
    large = [size for size in sizes if size > 1_000]
    assert 0.01 < len(large) / len(sizes) < 0.1 and 4_000 < large[-1] < 12_000


def test_the_day_has_a_curve(day: list[synthetic.Dated]) -> None:
    hours = Counter((dated.time_us - FIRST) // (DAY // 24) for dated in day)
    assert hours[3] == 0 < hours[7] < hours[9] < hours[12] > hours[18] > hours[20] > 0
    weekend = datetime.date(2025, 1, 11)
    saturday = list(takewhile(lambda d: d.time_us < FIRST + 6 * DAY, synthetic.events(5, 100, weekend)))
    assert 0 < len(saturday) < len(day) / 2


def test_texts_are_as_varied_as_in_life(day: list[synthetic.Dated]) -> None:
    data = v.encode_lines([dated.event for dated in day]).decode()
    assert not data.isascii() and "Núñez" in data and "山田" in data and "\\\\" in data and "+34600" in data
    calls = [dated.event for dated in day if isinstance(dated.event, v.EventOffHook)]
    ids = {call.conn_id for call in calls}
    assert len(ids) == len(calls) and all(id and len(id) == 16 and int(id, 16) >= 0 for id in ids)
    assert {type(dated.event.server) for dated in day} >= {int, str}
    assert len({dated.tenant_id for dated in day}) == 10
    assert all(dated.key == f"{dated.tenant_id}:{dated.agent_id}" and ":" not in dated.tenant_id for dated in day)


def digest(seed: int, agents: int, number: int) -> str:
    dated = list(islice(synthetic.events(seed, agents), number))
    keys = "".join(f"{one.time_us} {one.key}\n" for one in dated)
    return hashlib.sha256(v.encode_lines([one.event for one in dated]) + keys.encode()).hexdigest()


def test_a_seed_gives_the_same_everywhere_and_always() -> None:
    assert digest(1, 20, 5_000) == "5438a2ef144879f13e87f3f7af509ac09a667745795df35ed2282a294c18aa3e"
    code = "from test_synthetic import digest; print(digest(1, 20, 5_000), end='')"
    assert run_python(code, PYTHONHASHSEED="77") == digest(1, 20, 5_000) != digest(2, 20, 5_000)


def test_only_promised_numbers_are_drawn() -> None:
    # `Random.random` alone is the same in every version of Python.
    chance = Chance(1, 2, 3)
    assert [chance.below(1000) for _ in range(6)] == [675, 269, 607, 658, 318, 271]
    assert Chance(1, 2, 3).hex(5) != Chance(1, 3, 2).hex(5)


def test_an_agent_does_not_depend_on_how_many_there_are() -> None:
    def of_first(agents: int) -> list[synthetic.Dated]:
        key = next(synthetic.events(4, 1)).key
        return list(islice((dated for dated in synthetic.events(4, agents) if dated.key == key), 500))

    assert of_first(1) == of_first(7)


def test_events_go_on_without_end() -> None:
    far = next(islice(synthetic.events(1, 1), 20_000, None))
    assert far.time_us > FIRST + 30 * DAY
    with pytest.raises(ValueError, match="agents must be at least 1, not 0"):
        synthetic.events(1, 0)


@pytest.mark.parametrize("code", synthetic.FAULTS)
def test_every_fault_gives_its_error_in_every_event(code: str, day: list[synthetic.Dated]) -> None:
    records = v.encode_batch(one_of_each(dated.event for dated in day) + [dated.event for dated in day[:200]])
    chance = Chance(9)
    spoilt = [synthetic.FAULTS[code](record, chance) for record in records]
    assert [error.code for error in v.validate_batch(spoilt)] == [code] * len(records)
    # Each stays one line, which is refused as well.
    assert [error.code for error in v.validate_lines(b"\n".join(spoilt))] == [code] * len(records)


def one_of_each(events: Iterable[v.Event]) -> list[v.Event]:
    found = list({type(event): event for event in events}.values())
    assert len(found) == len(v.EVENTS)
    return found


def test_spoilt_records_are_of_all_kinds(day: list[synthetic.Dated]) -> None:
    records = v.encode_batch([dated.event for dated in day[:2_000]])

    def spoilt(chance: Chance) -> list[bytes]:
        return [synthetic.spoil(record, chance) for record in records]

    counts = Counter(error.code for error in v.validate_batch(spoilt(Chance(3))))
    assert set(counts) == set(synthetic.FAULTS) and counts.total() == 2_000
    assert spoilt(Chance(3)) == spoilt(Chance(3)) != spoilt(Chance(4))
