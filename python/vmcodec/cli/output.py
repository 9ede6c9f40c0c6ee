"""Where a command writes: standard output, or a file that has its name only once it is complete."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from .trouble import Trouble, telling

if TYPE_CHECKING:
    from rich.console import Console

STDOUT = "-"


def arguments(parser: ArgumentParser) -> None:
    """Add `-o` to a command's arguments."""
    parser.add_argument(
        "-o",
        "--output",
        default=STDOUT,
        metavar="PATH",
        help="the file to write, which is there only when it is complete; - is standard output, the default",
    )


@contextlib.contextmanager
def opened(path: str) -> Iterator[BinaryIO]:
    """Give what to write bytes to. Trouble where it cannot be written."""
    if path == STDOUT:
        sys.stdout.flush()  # what was printed before comes first
        with open(sys.stdout.fileno(), "wb", closefd=False) as file:
            yield file
        return
    with replaced(path) as part, open(part, "wb") as file:
        yield file


def console(**options: Any) -> Console:
    """Give a console of rich's that leaves a closed pipe to us: its own ends the process with another exit code."""
    from rich.console import Console

    class Ours(Console):
        def on_broken_pipe(self) -> None:
            raise  # the error that is being handled

    return Ours(**options)


@contextlib.contextmanager
def replaced(path: str) -> Iterator[str]:
    """Give the name to write a file under: it gets its own once all went well, and nothing is left otherwise.

    A pipe or a device is written as it is. Trouble where nothing can be written there.
    """
    with telling(path):
        status = os.stat(path) if os.path.exists(path) else None
        folder = os.path.dirname(path) or "."
        if status and stat.S_ISDIR(status.st_mode):
            raise Trouble(f"{path}: is a directory")
        if not os.path.isdir(folder):
            raise Trouble(f"{path}: there is no folder {folder}")
        if status and not stat.S_ISREG(status.st_mode):
            yield path
            return
        target = os.path.realpath(path)  # what a link leads to is replaced, not the link
        part = os.path.join(os.path.dirname(target), f".{os.path.basename(target)}.{os.getpid()}.part")
        try:
            open(part, "xb").close()
            yield part
            if status:
                os.chmod(part, stat.S_IMODE(status.st_mode))
            os.replace(part, target)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(part)
