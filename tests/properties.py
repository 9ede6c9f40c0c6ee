"""What the property tests share: how many examples, of which classes."""

import enum
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from msgspec import field
from vmcodec import EVENTS, AgentWorkMode, Time
from vmcodec.events import BaseEvent

# The runs that repeat the suite, in safe mode and on other versions, are content with a part of the examples.
DIVISOR = int(os.environ.get("VMCODEC_EXAMPLES_DIVISOR", "1"))

every_event = pytest.mark.parametrize("cls", EVENTS)


def examples(number: int) -> settings:
    """So many examples, always the same ones, as fast as they come."""
    return settings(
        max_examples=max(number // DIVISOR, 20),
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
