"""What services need is fetched once and kept in `.services/` of the checkout; and the error where it cannot be had."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

KEPT = Path(__file__).resolve().parent.parent.parent / ".services"


class Missing(Exception):
    """Something that a service needs is not on this machine; the text says what."""


def kept(name: str, fill: Callable[[Path], None]) -> Path:
    """The folder of that name in `.services/`; if it is not there yet, `fill` is given an empty one to put all into."""
    folder = KEPT / name
    if folder.is_dir():
        return folder
    KEPT.mkdir(exist_ok=True)
    # Filled beside its place and then renamed: whoever finds the folder finds all of it.
    with tempfile.TemporaryDirectory(dir=KEPT, prefix=f"{name}-") as parts:
        filled = Path(parts, "filled")
        filled.mkdir()
        fill(filled)
        try:
            filled.rename(folder)
        except OSError:  # somebody else was quicker
            if not folder.is_dir():
                raise
    return folder
