"""A call: its numbers, and the UserData that a routing strategy and a CRM attach to it."""

from __future__ import annotations

from typing import Any

from ..enums import CallState, CallType, ThisDNRole
from .chance import Chance
from .tenant import CITIES, FAMILY, FIELDS, GIVEN, Tenant

_KINDS = (
    *[(CallType.Inbound, ThisDNRole.Destination)] * 12,
    *[(CallType.Outbound, ThisDNRole.Origination)] * 5,
    *[(CallType.Internal, ThisDNRole.Destination)] * 2,
    (CallType.Consult, ThisDNRole.Origination),
)
_STATES = (*[CallState.Ok] * 14, CallState.Transferred, CallState.Conferenced)
_SEGMENTS = ("gold", "silver", "business", "retail", "at risk", "new")
_LANGUAGES = ("Português", "Español", "English", "Deutsch", "Polski", "Ελληνικά", "日本語")
_HEAVY = 0.12  # of the calls carry a full UserData

# What else a full UserData holds: the stem of the keys, and how many of them there are.
_MORE = (("IVR_Menu", 20), ("CRM_Field", 30), ("RouteTrace", 16), ("Survey", 8), ("Offer", 8))


class Call:
    """One call, from off the hook to on the hook."""

    def __init__(self, chance: Chance, tenant: Tenant) -> None:
        self.chance = chance
        self.conn_id = chance.hex(16)
        self.call_id = chance.between(1, 2**25)
        self.call_type, self.role = chance.pick(_KINDS)
        self.state = chance.pick(_STATES)
        self.trunk = chance.between(1, 60)
        self.number = phone(chance)
        self.history = self._history(tenant) if self.state is CallState.Transferred else None
        self.user_data = self._user_data()

    def extensions(self) -> dict[str, Any]:
        """What the switch adds."""
        return {"BusinessCall": int(self.call_type is not CallType.Internal), "OriginationDN": self.number}

    def _history(self, tenant: Tenant) -> dict[str, Any]:
        first = {"HomeLocation": tenant.switch, "OrigDN": tenant.seat(self.chance.below(500))}
        return {"FirstTransfer": first, "LastTransfer": first}

    def _user_data(self) -> dict[str, Any]:
        chance = self.chance
        skill = chance.pick(FIELDS)
        data: dict[str, Any] = {
            "ANI": self.number,
            "CustomerName": f"{chance.pick(GIVEN)[0]} {chance.pick(FAMILY)[0]}",
            "CustomerSegment": chance.pick(_SEGMENTS),
            "RTargetObjectSelected": f"?:{skill} > {chance.below(5)}",
        }
        if chance.happens(0.6):
            data["Language"] = chance.pick(_LANGUAGES)
        if chance.happens(0.4):
            data["RRequestedSkills"] = {skill: chance.between(1, 5), chance.pick(FIELDS): chance.between(1, 5)}
        if chance.happens(0.3):
            data["VerifiedCaller"] = chance.happens(0.7)
        if chance.happens(_HEAVY):
            self._fill(data)
        return data

    def _fill(self, data: dict[str, Any]) -> None:
        """Up to a full UserData: 60 to 90 pairs of all types, a few with long text."""
        chance = self.chance
        for stem, most in _MORE:
            for number in range(1, most - chance.below(most // 3) + 1):
                data[f"{stem}{number:02}"] = self._value()

    def _value(self) -> Any:
        chance = self.chance
        kind = chance.below(20)
        if kind < 4:
            return chance.below(100_000)
        if kind < 9:
            return chance.hex(24)
        if kind < 15:
            return f"{chance.pick(FIELDS)} / {chance.pick(CITIES)} / {chance.below(1000)}"
        if kind < 17:
            return " ".join(chance.pick(FIELDS) for _ in range(int(chance.mostly_low(4, 90))))
        return chance.pick((None, True, False, "", 0.25, 1.5, ["first", "second"], {"step": 1, "result": "ok"}))


def phone(chance: Chance) -> str:
    """A telephone number that is nobody's."""
    return f"+1202555{chance.below(10_000):04}"
