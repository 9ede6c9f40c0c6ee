"""An agent: days of work as a stream of events, each legal after the one before.

Logging in, calls with their work afterwards, pauses with reasons, do-not-disturb, forwarding, telephones that fail and
come back, and logging out. All that happens is decided by chance, and all chance by the seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, NamedTuple

from msgspec import structs

from .. import events as e
from ..enums import AgentWorkMode, InfoStatus
from .call import Call, phone
from .chance import Chance
from .tenant import FAMILY, GIVEN, REASONS, Tenant

SECOND = 1_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR

# When shifts begin, in hours of the day: most between seven and ten.
_STARTS = (6.0, 7.0, 7.5, 8.0, 8.0, 8.5, 8.5, 9.0, 9.0, 9.5, 10.0, 11.0, 12.0, 13.0)
_SHIFT, _LUNCH_AFTER = 8.5, 4.0  # hours


class Dated(NamedTuple):
    """An event, whose it is, and when it was, in microseconds since 1970: not every event tells that itself."""

    time_us: int
    tenant_id: str
    agent_id: str
    event: e.Event

    @property
    def key(self) -> str:
        """The key of its record in the topic."""
        return f"{self.tenant_id}:{self.agent_id}"


class Agent:
    """One agent at one telephone; `life` gives all the events."""

    def __init__(self, seed: int, number: int, tenant: Tenant) -> None:
        self.tenant = tenant
        self.chance = chance = Chance(seed, 2, number)
        given, family = chance.pick(GIVEN), chance.pick(FAMILY)
        self.name = f"{given[0]} {family[0]}"
        self.agent_id = tenant.login(number, f"{given[1]}.{family[1]}")
        self.this_dn = tenant.seat(number)
        self.place = f"{tenant.city}-{chance.between(1, 6)}-{chance.between(100, 180)}"
        self.queues = sorted({chance.pick(tenant.queues) for _ in range(3)})
        self.mode = chance.pick((AgentWorkMode.AutoIn, AgentWorkMode.AutoIn, AgentWorkMode.ManualIn))
        self.pace = 0.9 + chance.mostly_low(0, 1.2)  # of all that this agent does: above 1 is slow
        self.start = int((chance.pick(_STARTS) + chance.below(60) / 120) * HOUR)
        self.reference = chance.below(2**30)
        self.session = ""
        self.now = 0

    def life(self, first_day: int) -> Iterator[Dated]:
        """All events from that day on, counted from 1970; it never ends."""
        for day in count(first_day):
            weekend = (day + 3) % 7 >= 5
            if self.chance.happens(0.2 if weekend else 0.95):
                self.now = day * DAY + self.start + self.chance.below(600 * SECOND)
                self.session = self.chance.hex(16)
                yield from self._shift(self.now + int(_SHIFT * HOUR))

    def _shift(self, end: int) -> Iterator[Dated]:
        yield from self._login()
        lunch = self.now + int(_LUNCH_AFTER * HOUR)
        while self.now < end:
            if self.now > lunch:
                lunch = end
                yield from self._away("Lunch", 1_500, 2_700)
            else:
                yield from self.chance.pick(_DOINGS)(self)
        yield self._not_ready("EndOfShift")
        self._wait(2, 60)
        yield self._told(
            e.EventAgentLogout,
            agent_id=self.agent_id,
            this_queue=self.queues[0],
            extensions=self._extensions("EndOfShift"),
            reasons={"ReasonCode": "EndOfShift"},
            **self._request(),
        )

    def _login(self) -> Iterator[Dated]:
        for queue in self.queues:
            yield self._told(
                e.EventAgentLogin,
                agent_id=self.agent_id,
                agent_work_mode=self.mode,
                this_queue=queue,
                extensions={"AgentName": self.name, **self._extensions()},
                **self._request(),
            )
            self._wait(0.05, 3)
        yield self._not_ready("LoggedIn")
        self._wait(10, 300)
        yield self._ready()

    # What an agent does while ready. Each ends ready, and idle. ---------------------------------------------------

    def _call(self) -> Iterator[Dated]:
        chance = self.chance
        call = Call(chance, self.tenant)
        self._wait(5, 60)
        yield self._told(
            e.EventOffHook,
            extensions=call.extensions(),
            conn_id=call.conn_id,
            call_id=call.call_id,
            call_type=call.call_type,
            call_state=call.state,
            call_history=call.history,
            user_data=dict(call.user_data),
            **self._network(call),
        )
        self._wait(10, 300)
        if chance.happens(0.12):
            yield from self._mute(call)
        dropped = chance.happens(0.01)
        if dropped:
            yield self._service(e.EventDNOutOfService)
        yield self._on_hook(call)
        if dropped:
            # That the agent is not ready now is told, too: nothing follows from the fault by itself.
            yield self._not_ready("IT-Issue")
            self._wait(20, 300)
            yield self._service(e.EventDNBackInService)
        elif chance.happens(0.8):
            self._wait(0.01, 0.5)
            yield self._not_ready("AfterCall", AgentWorkMode.AfterCallWork)
        else:
            return
        self._wait(8, 90)
        yield self._ready()

    def _mute(self, call: Call) -> Iterator[Dated]:
        for event in (e.EventMuteOn, e.EventMuteOff):
            yield self._told(
                event,
                extensions={},
                conn_id=call.conn_id,
                this_dn_role=call.role,
                user_data=dict(call.user_data),
                reference_id=self._next_reference(),
                customer_id=self.tenant.customer_id,
                network_call_id=0,
                network_node_id=0,
            )
            self._wait(5, 90)
            if self.chance.happens(0.1):
                return  # the end of the call unmutes as well

    def _on_hook(self, call: Call) -> Dated:
        return self._told(
            e.EventOnHook,
            extensions=call.extensions(),
            conn_id=call.conn_id,
            call_id=call.call_id,
            this_dn_role=call.role,
            call_history=call.history,
            user_data={**call.user_data, "Disposition": self.chance.pick(("Solved", "Callback", "Escalated"))},
            **self._network(call),
        )

    def _pause(self) -> Iterator[Dated]:
        self._wait(10, 90)
        for _ in range(self.chance.pick((1, 1, 1, 2, 2))):
            yield self._not_ready(self.chance.pick(REASONS))
            self._wait(15, 240)
        yield self._ready()

    def _other_mode(self) -> Iterator[Dated]:
        self._wait(10, 90)
        self.mode = AgentWorkMode.ManualIn if self.mode == AgentWorkMode.AutoIn else AgentWorkMode.AutoIn
        yield self._ready()

    def _outage(self) -> Iterator[Dated]:
        self._wait(5, 60)
        yield self._service(e.EventDNOutOfService)
        if self.chance.happens(0.15):
            self._wait(1, 30)
            yield self._service(e.EventDNOutOfService)  # once more, to a client that has registered
        self._wait(5, 400)
        yield self._service(e.EventDNBackInService)

    def _disturbed(self) -> Iterator[Dated]:
        self._wait(5, 60)
        yield from self._away(self.chance.pick(("Meeting", "Training", "Coaching")), 120, 1_200)

    def _away(self, reason: str, low: float, high: float) -> Iterator[Dated]:
        """Not ready for longer: the telephone is told not to disturb, or to forward, or neither."""
        yield self._not_ready(reason)
        self._wait(1, 15)
        how = self.chance.below(20)
        if how < 11:
            yield self._told(e.EventDNDOn, **self._feature(reason))
        if how >= 10:
            status = self.chance.pick((InfoStatus.CallForwardingStatus, InfoStatus.SendAllCallsStatus))
            target = phone(self.chance)
            yield self._told(e.EventForwardSet, info_status=status, other_dn=target, **self._feature(reason))
        self._wait(low, high)
        if how >= 10:
            yield self._told(e.EventForwardCancel, **self._feature(reason))
            self._wait(0.2, 5)
        if how < 11:
            yield self._told(e.EventDNDOff, **self._feature(reason))
            self._wait(0.2, 5)
        yield self._ready()

    # Events --------------------------------------------------------------------------------------------------------

    def _ready(self) -> Dated:
        return self._told(
            e.EventAgentReady,
            agent_id=self.agent_id,
            agent_work_mode=self.mode,
            this_queue=self.queues[0],
            extensions=self._extensions(),
            **self._request(),
        )

    def _not_ready(self, reason: str, mode: AgentWorkMode = AgentWorkMode.AuxWork) -> Dated:
        return self._told(
            e.EventAgentNotReady,
            agent_id=self.agent_id,
            agent_work_mode=mode,
            this_queue=self.queues[0],
            extensions=self._extensions(reason),
            reasons={"ReasonCode": reason},
            **self._request(),
        )

    def _service(self, event: type[e.EventDNOutOfService | e.EventDNBackInService]) -> Dated:
        return self._told(event, extensions={"Switch": self.tenant.switch, "Place": self.place})

    def _told(self, event: Callable[..., e.Event], **attributes: Any) -> Dated:
        """The event now; with server and time where it must tell them, or its tenant does all the same."""
        if event in _TIMED or self.tenant.tells_time:
            attributes["server"] = self.tenant.server
            attributes["time"] = e.Time.from_epoch_us(self.now)
        made = event(this_dn=self.this_dn, **attributes)
        return Dated(self.now, self.tenant.tenant_id, self.agent_id, made)

    def _extensions(self, reason: str | None = None) -> dict[str, Any]:
        told = {"AgentSessionID": self.session, "Place": self.place, "Switch": self.tenant.switch}
        return told if reason is None else {**told, "ReasonCode": reason}

    def _request(self) -> dict[str, Any]:
        return {"customer_id": self.tenant.customer_id, "reference_id": self._next_reference()}

    def _feature(self, reason: str) -> dict[str, Any]:
        return {"extensions": {"Place": self.place}, "reasons": {"ReasonCode": reason}, **self._request()}

    def _network(self, call: Call) -> dict[str, Any]:
        return {
            "customer_id": self.tenant.customer_id,
            "network_call_id": 0,
            "network_node_id": 0,
            "this_trunk": call.trunk,
        }

    def _next_reference(self) -> int:
        self.reference += 1
        return self.reference

    def _wait(self, low: float, high: float) -> None:
        self.now += 1 + int(self.chance.mostly_low(low, high) * self.pace * SECOND)


_TIMED = frozenset(cls for cls in e.EVENTS for field in structs.fields(cls) if field.name == "time" and field.required)
# As often as each stands here. The shares of the events follow from these.
_DOINGS: tuple[Callable[[Agent], Iterator[Dated]], ...] = (
    *[Agent._call] * 20,
    *[Agent._pause] * 44,
    *[Agent._other_mode] * 8,
    *[Agent._outage] * 3,
    *[Agent._disturbed] * 3,
)
