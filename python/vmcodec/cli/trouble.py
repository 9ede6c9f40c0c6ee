"""What ends a command: one line for whoever called it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


class Trouble(Exception):
    """The command cannot go on, and it is not for a bad record; the text is one clear line."""


@contextlib.contextmanager
def telling(name: str) -> Iterator[None]:
    """What goes wrong with a file in here is told in one line."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        text = error.strerror or str(error).removeprefix(f"{name}: ")
        raise Trouble(f"{name}: {text}") from None
