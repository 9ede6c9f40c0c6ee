"""Seeded synthetic voice-agentstate messages, standard library only.

Called by the benchmarks, by examples/demo.py and from a shell (`python benches/corpus.py`); it reads no real data and
leaves decoding to others. The same seed gives the same values in every order, on every Python version.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from random import Random
from typing import Final, TypeVar

T = TypeVar("T")

AGENTS: Final = 5_000
TENANTS: Final = 25
QUEUES: Final = 200
SEED: Final = 20_240_610
VARIANTS: Final = ("flat", "usual", "heavy", "notes")
ORDERS: Final = ("producer", "sorted", "shuffled", "id_last")
ODD_SHARE: Final = 0.10  # of the messages carry a nested string that is not plain ASCII text

# Per mille: 70 % Ready/NotReady, 20 % hook, 10 % the rest, of which the two service events make 4 points.
MIX: Final = {
    "EventAgentReady": 320,
    "EventAgentNotReady": 380,
    "EventOffHook": 100,
    "EventOnHook": 100,
    "EventDNOutOfService": 20,
    "EventDNBackInService": 20,
    "EventAgentLogin": 10,
    "EventAgentLogout": 10,
    "EventDNDOn": 6,
    "EventDNDOff": 6,
    "EventForwardSet": 5,
    "EventForwardCancel": 5,
    "EventMuteOn": 9,
    "EventMuteOff": 9,
}
# Only these carry UserData, so only these can be heavy or have notes.
USER_MIX: Final = {"EventOffHook": 450, "EventOnHook": 450, "EventMuteOn": 50, "EventMuteOff": 50}

REASONS: Final = ("Lunch", "Break", "Training", "Meeting", "Coaching", "WrapUp", "Email", "Outbound", "IT-Issue",
                  "Personal", "EndOfShift", "Supervisor")  # fmt: skip
PLACES: Final = tuple(
    f"{city}, floor {floor}" for city in ("Madrid", "Lisbon", "Austin", "Leeds") for floor in range(1, 7)
)
# As they stand between the quotes on the wire: raw UTF-8 in the first half, escapes in the second.
ODD_PLACES: Final = ("Málaga, planta 2", "São Paulo, 4º andar", "Zürich · Etage 3", "東京 5階",
                     r"M\u00e1laga, planta 2", r"Leeds, \"the attic\"", r"Austin\\annex",
                     r"Madrid\nfloor 3")  # fmt: skip
# Of what people write in six languages: words, and what stands between them.
LANGUAGES: Final = (
    ("customer called again about the invoice of last month and asks for a new date".split(), " "),
    ("Kundin möchte eine Rückzahlung für die beschädigte Lieferung nach München erhält später Grüße".split(), " "),
    ("el señor pidió información sobre la conexión de teléfono mañana volverá a llamar años".split(), " "),
    ("le numéro de la commande a été changé à la réception café où ça problème déjà réglé".split(), " "),
    ("клиент просит перезвонить завтра утром по вопросу договора не работает телефон".split(), " "),
    ("お客様 住所 変更 電話 料金 確認 東京都 千代田区 明日 連絡 希望 契約 更新 です".split(), ""),
)
NOTE_KEYS: Final = ("AgentNotes", "ContactReason", "CustomerCity", "CustomerName", "Disposition")
NOTE_LENGTHS: Final = (24, 10, 2, 2, 4)  # words, at most

SEGMENTS: Final = ("default", "gold", "silver", "retail", "business", "vip", "at-risk", "new")
SKILLS: Final = ("Spanish", "Billing", "English", "Retention", "Sales", "Support", "French", "Claims")

# Keys of a full UserData, in the alphabetical order in which the producer here attaches them.
USER_KEYS: Final = tuple(sorted(
    ["ANI", "CampaignName", "ContactReason", "CustomerName", "CustomerSegment", "DNIS", "GSYS_IVR", "InboundTrunk",
     "InteractionUuid", "Language", "PegABN", "PegTD", "PreviousAgent", "RRequestedSkills", "RStrategyName",
     "RTargetAgentGroup", "RTargetObjectSelected", "RTargetPlaceSelected", "RTenant", "RVQDBID", "RVQID",
     "SecsInACWToReadyInbound", "ServiceObjective", "ServiceType", "SurveyAccepted", "VerifiedCaller"]
    + [f"IVR_Step{n:02}" for n in range(1, 25)] + [f"CRM_Field{n:02}" for n in range(1, 25)]
    + [f"RouteTrace{n:02}" for n in range(1, 17)]
))  # fmt: skip

Draw = Callable[[], float]


def _pick(draw: Draw, values: tuple[T, ...] | list[T]) -> T:
    return values[int(draw() * len(values))]


def _weighted(mix: dict[str, int]) -> list[str]:
    """One entry per mille, so that a draw is one index."""
    return [name for name, weight in mix.items() for _ in range(weight)]


class _Agent:
    """What stays the same for one agent: members already written as JSON text."""

    def __init__(self, number: int, draw: Draw) -> None:
        tenant = number % TENANTS
        person = f"Support\\\\agent{number}@example.com" if draw() < 0.05 else str(100_000 + number * 7)
        self.dn = f'"ThisDN":"{20_000 + number}"'
        self.agent_id = f'"AgentID":"{person}"'
        self.server = f'"Server":{65_200 + tenant}'
        self.customer = f'"CustomerID":"tenant-{tenant:02}"'
        self.queues = [f'"ThisQueue":"{8_000 + int(draw() * QUEUES)}@sip"' for _ in range(3)]


class _Writer:
    """Writes one event after another; every public name of the wire stands in one of its methods."""

    def __init__(self, variant: str, rng: Random) -> None:
        self.variant = variant
        self.draw = rng.random
        self.bits = rng.getrandbits
        self.agents = [_Agent(number, self.draw) for number in range(AGENTS)]
        self.reference = 1
        self.seconds = 1_718_000_000.0
        self.user_pools = [self._user_pool(key) for key in USER_KEYS] if variant == "heavy" else []

    def next(self, name: str) -> list[str]:
        """The members of one event in producer order, each as the text `"Key":value`."""
        agent = _pick(self.draw, self.agents)
        self.seconds += self.draw() * 0.08  # 5,000 agents at about 450 events a day make one every 0.04 s
        self.reference += 1
        members = [f'"id":"{name}"', agent.dn]
        if not name.endswith("Service") or self.draw() < 0.7:  # the two service events may come without a clock
            members += [agent.server, f'"time":{{"seconds":{int(self.seconds)},"useconds":{int(self.draw() * 1e6)}}}']
        if name.startswith("EventAgent"):
            self._agent_event(name, agent, members)
        elif name.endswith("Hook"):
            self._hook_event(name, agent, members)
        elif name.startswith("EventMute"):
            self._mute_event(agent, members)
        elif name.startswith(("EventDND", "EventForward")):
            self._feature_event(name, agent, members)
        elif self.variant != "flat":
            members.append(f'"Extensions":{{"Location":"{self._place()}","Switch":"SipSwitch_{int(self.draw() * 8)}"}}')
        return members

    def _agent_event(self, name: str, agent: _Agent, members: list[str]) -> None:
        draw = self.draw
        members.append(agent.agent_id)
        if name != "EventAgentLogout":
            members.append(f'"AgentWorkMode":{1 + int(draw() * 4)}')
        members += [_pick(draw, agent.queues), agent.customer]
        if self.variant != "flat":
            reason = _pick(draw, REASONS)
            members.append(
                f'"Extensions":{{"DeviceState":{int(draw() * 4)},"Location":"{self._place()}",'
                f'"ReasonCode":"{reason}","SessionID":"{self.bits(64):016x}"}}'
            )
            members.append(f'"Reasons":{{"ReasonCode":"{reason}"}}')
        members.append(f'"ReferenceID":{self.reference}')

    def _feature_event(self, name: str, agent: _Agent, members: list[str]) -> None:
        members.append(agent.customer)
        if self.variant != "flat":
            members.append(f'"Extensions":{{"Location":"{self._place()}"}}')
            members.append(f'"Reasons":{{"ReasonCode":"{_pick(self.draw, REASONS)}"}}')
        members.append(f'"ReferenceID":{self.reference}')
        if name == "EventForwardSet":
            members += [f'"InfoStatus":{_pick(self.draw, (3, 10))}', f'"OtherDN":"{self._phone()}"']

    def _hook_event(self, name: str, agent: _Agent, members: list[str]) -> None:
        draw = self.draw
        members.append(agent.customer)
        if self.variant != "flat":
            members.append(f'"Extensions":{{"BusinessCall":{int(draw() * 2)},"OriginationDN":"{self._phone()}"}}')
        members += [f'"ConnID":"{self.bits(64):016x}"', f'"CallID":{self.bits(25)}']
        if name == "EventOffHook":
            members += [f'"CallType":{1 + int(draw() * 4)}', f'"CallState":{_pick(draw, (0, 0, 0, 0, 1, 2, 22))}']
        else:
            members.append(f'"ThisDNRole":{1 + int(draw() * 2)}')
        if self.variant != "flat" and draw() < 0.05:
            members.append(
                f'"CallHistory":{{"FirstTransfer":{{"HomeLocation":"SipSwitch_A","OrigDN":"{self._extension()}"}},'
                f'"LastTransfer":{{"HomeLocation":"SipSwitch_B","OrigDN":"{self._extension()}"}}}}'
            )
        members += ['"NetworkCallID":0', '"NetworkNodeID":0', f'"ThisTrunk":{int(draw() * 60)}']
        if self.variant != "flat":
            members.append(self._user_data())

    def _mute_event(self, agent: _Agent, members: list[str]) -> None:
        members.append(agent.customer)
        if self.variant != "flat":
            members.append('"Extensions":{}')
            members.append('"Reasons":{}')
        members += [f'"ReferenceID":{self.reference}', f'"ConnID":"{self.bits(64):016x}"']
        members += [f'"ThisDNRole":{1 + int(self.draw() * 2)}', '"NetworkCallID":0', '"NetworkNodeID":0']
        if self.variant != "flat":
            members.append(self._user_data())

    def _user_data(self) -> str:
        draw = self.draw
        if self.variant == "heavy":
            return self._full_user_data()
        if self.variant == "notes":
            return self._notes()
        return (
            f'"UserData":{{"ANI":"{self._phone()}","CustomerSegment":"{_pick(draw, SEGMENTS)}",'
            f'"Location":"{self._place()}","PegTD":{int(draw() * 9)},'
            f'"RRequestedSkills":{{"{_pick(draw, SKILLS)}":{1 + int(draw() * 5)}}},'
            f'"RTargetObjectSelected":"?:{_pick(draw, SKILLS)} = {int(draw() * 5)}"}}'
        )

    def _notes(self) -> str:
        """Texts of one language, on the wire as they are; one in four has a quote or a line's end in it."""
        words, between = _pick(self.draw, LANGUAGES)
        pairs = []
        for key, most in zip(NOTE_KEYS, NOTE_LENGTHS, strict=True):
            note = [_pick(self.draw, words) for _ in range(1 + int(self.draw() * most))]
            if self.draw() < 0.25:
                note.append(_pick(self.draw, (r"\n", rf"\"{note[0]}\"")))
                note.append(_pick(self.draw, words))
            pairs.append(f'"{key}":"{between.join(note)}"')
        return f'"UserData":{{{",".join(pairs)}}}'

    def _full_user_data(self) -> str:
        """60 to 90 of the known pairs, a random stretch left out, and one place as in the usual variant."""
        draw = self.draw
        pools = self.user_pools
        gap = int(draw() * (len(pools) // 3))
        start = int(draw() * (len(pools) - gap))
        kept = pools[:start] + pools[start + gap :]
        pairs = [pool[int(draw() * len(pool))] for pool in kept]
        return f'"UserData":{{{",".join(pairs)},"WorkPlace":"{self._place()}"}}'

    def _user_pool(self, key: str) -> list[str]:
        """The pairs one key is drawn from: few values for codes, many for identifiers, some numbers and objects."""
        draw = self.draw
        if key == "RRequestedSkills":
            values = [f'{{"{a}":{n},"{b}":{n + 1}}}' for a in SKILLS for b in SKILLS if a < b for n in range(3)]
        elif key in ("PegABN", "PegTD", "RVQDBID", "ServiceObjective"):
            values = [str(n * 5) for n in range(64)]
        elif key == "VerifiedCaller":
            values = ["true", "false", "null"]
        elif key in ("ANI", "DNIS", "PreviousAgent"):
            values = [f'"{self._phone()}"' for _ in range(1_000)]
        elif key in ("InteractionUuid", "RVQID") or key.startswith("CRM_"):
            values = [f'"{self.bits(96):024X}"' for _ in range(1_000)]
        elif key.startswith("RouteTrace"):
            values = [f'"?:{_pick(draw, SKILLS)} = {n % 7}; group {n}"' for n in range(200)]
        else:
            values = [f'"{_pick(draw, SEGMENTS)}-{n:03}"' for n in range(50)]
        return [f'"{key}":{value}' for value in values]

    def _place(self) -> str:
        draw = self.draw
        return _pick(draw, ODD_PLACES) if draw() < ODD_SHARE else _pick(draw, PLACES)

    def _extension(self) -> int:
        return 20_000 + int(self.draw() * AGENTS)

    def _phone(self) -> str:
        return f"+1415{int(self.draw() * 1e7):07}"


def corpus(n: int = 100_000, variant: str = "usual", order: str = "producer", seed: int = SEED) -> list[bytes]:
    """`n` messages with their top-level keys in `order`.

    Values are canonical (integer codes, `seconds`/`useconds`) and no member is unknown, so that every peer reads them.
    """
    if variant not in VARIANTS:
        raise ValueError(f"variant must be one of {VARIANTS}")
    if order not in ORDERS:
        raise ValueError(f"order must be one of {ORDERS}")
    writer = _Writer(variant, Random(seed))
    shuffler = Random(seed + 1)  # apart from the values' generator, so that every order holds the same values
    names = _weighted(USER_MIX if variant in ("heavy", "notes") else MIX)
    messages = []
    for _ in range(n):
        members = writer.next(_pick(writer.draw, names))
        if order == "sorted":
            members.sort()
        elif order == "id_last":
            members.append(members.pop(0))
        elif order == "shuffled":
            members = [member for _, member in sorted((shuffler.random(), member) for member in members)]
        messages.append(f"{{{','.join(members)}}}".encode())
    return messages


def lines(messages: Iterable[bytes]) -> bytes:
    """The messages as one NDJSON buffer, every line ended."""
    return b"".join(message + b"\n" for message in messages)


def main(arguments: list[str] | None = None) -> None:
    """Write a corpus as NDJSON to standard output."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("-n", type=int, default=100_000, help="number of messages")
    parser.add_argument("--variant", choices=VARIANTS, default="usual")
    parser.add_argument("--order", choices=ORDERS, default="producer")
    parser.add_argument("--seed", type=int, default=SEED)
    chosen = parser.parse_args(arguments)
    sys.stdout.buffer.write(lines(corpus(chosen.n, chosen.variant, chosen.order, chosen.seed)))


if __name__ == "__main__":
    main()
