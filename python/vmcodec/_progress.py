"""A progress bar for long work on files, by rich: for `vmcodec.arrow` and for the command line."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def bar(size: int | None, shown: bool | None = None) -> Iterator[Callable[[int | None, str], None]]:
    """Give a function that takes how many of `size` bytes were read, and what was found so far, and shows both.

    shown : whether it is shown on stderr; by default where stderr is a terminal; elsewhere rich is not needed.
    """
    if not (sys.stderr.isatty() if shown is None else shown):
        yield lambda read, told: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    # Unless told, rich would send to its console what is printed, also where that goes to a file.
    with Progress(*columns, console=Console(stderr=True), redirect_stdout=sys.stdout.isatty()) as progress:
        task = progress.add_task("", total=size)
        yield lambda read, told: progress.update(task, description=told, completed=read)
