"""Classes that cannot be events, and kinds of attributes that have no rule: refused when a decoder is made of them."""

import enum
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta
from vmcodec import EVENTS, BaseEvent, CallType, Decoder, Encoder, Time


class Inner(msgspec.Struct):
    """Not an event."""


@pytest.mark.parametrize(
    "kind",
    [
        bytes,
        datetime,
        Decimal,
        set[Any],
        tuple[int, ...],
        list[int],
        dict[str, int],
        dict[int, Any],
        Inner,
        int | float,
        int | bool,
        str | Time,
        CallType | str,
        enum.Enum("E", {"A": "a"}),
        enum.IntFlag("F", {"A": 1}),
        Annotated[int, Meta(ge=0)],
        Annotated[str, Meta(max_length=3)],
    ],
    ids=str,
)
def test_unsupported_kinds_are_refused_by_name(kind: Any) -> None:
    fields = [("fine", str), ("odd_one", kind)]
    cls = msgspec.defstruct("EventOdd", fields, bases=(BaseEvent,), frozen=True, kw_only=True)
    for make in (Decoder, Encoder):
        with pytest.raises(TypeError, match=r"EventOdd\.odd_one"):
            make(events=(*EVENTS, cls))


class NoTag(msgspec.Struct, kw_only=True):
    """Without an id."""

    extra: dict[str, Any] | None = None


class NumberTag(msgspec.Struct, kw_only=True, tag_field="id", tag=7):
    """With a number for its id."""

    extra: dict[str, Any] | None = None


class NoExtra(msgspec.Struct, kw_only=True, tag_field="id", tag=True):
    """Without a place for unknown members."""


class Array(msgspec.Struct, kw_only=True, tag_field="id", tag=True, array_like=True):
    """Not an object on the wire."""

    extra: dict[str, Any] | None = None


@pytest.mark.parametrize("cls", [NoTag, NumberTag, NoExtra, Array], ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("make", [Decoder, Encoder])
def test_classes_that_are_no_events(make: Callable[..., Any], cls: Any) -> None:
    with pytest.raises(TypeError, match=cls.__name__):
        make(events=(cls,))
