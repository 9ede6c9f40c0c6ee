"""Numbers among the arguments, with a clear word where one is none."""

from __future__ import annotations

from argparse import ArgumentTypeError


def count(text: str) -> int:
    """A whole number from 1 on."""
    try:
        number = int(text.replace("_", ""))
    except ValueError:
        number = 0
    if number < 1:
        raise ArgumentTypeError(f"takes a whole number from 1 on, not {text!r}")
    return number


def rate(text: str) -> float:
    """A number above 0."""
    number = _float(text)
    if not 0 < number < float("inf"):
        raise ArgumentTypeError(f"takes a number above 0, not {text!r}")
    return number


def share(text: str) -> float:
    """A number from 0 to 1."""
    number = _float(text)
    if not 0 <= number <= 1:
        raise ArgumentTypeError(f"takes a share from 0 to 1, not {text!r}")
    return number


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
