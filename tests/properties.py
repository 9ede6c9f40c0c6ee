"""What the property tests share: how many examples, of which classes."""

import enum
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from msgspec import field
from vmcodec import EVENTS, AgentWorkMode, Time
from vmcodec.events import BaseEvent

# Whether this run repeats the suite: in safe mode, or on another version.
REPEATED = os.environ.get("VMCODEC_REPEATED", "0") != "0"

every_event = pytest.mark.parametrize("cls", EVENTS)


def examples(number: int, repeated: int | None = None) -> settings:
    """So many examples, always the same ones, as fast as they come; perhaps fewer where the suite is `repeated`."""
    return settings(
        max_examples=repeated if REPEATED and repeated else number,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=(HealthCheck.too_slow,),
    )


class Grade(enum.IntEnum):
    LOW = 1
    HIGH = 5


class OwnEvent(BaseEvent, frozen=True, kw_only=True):
    """A class of one's own, with every kind of attribute that the 14 do not have."""

    flag: bool
    share: float
    grade: Grade
    items: list[Any]
    whatever: Any
    maybe_flag: bool | None = None
    maybe_share: float | None = field(default=None, name="maybe share")
    maybe_grade: Grade | None = None
    maybe_items: list[Any] | None = None
    maybe: Any = None
    mode: AgentWorkMode | None = None
    moment: Time | None = None
