"""The events of files, as `--only` and `--where` ask for them; bad records are told and left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .. import DecodeError
from . import files
from .bad_records import BadRecords
from .selection import Selection
from .trouble import telling


@dataclass(frozen=True, slots=True)
class Reading:
    """What is to be read."""

    inputs: Sequence[files.Input]
    source_of: Callable[[files.Input], files.Source]
    selection: Selection
    bad: BadRecords

    def records(self, **options: Any) -> Iterator[Any]:
        """Give the event of each record, decoded with these options, and None for one that is left out."""
        decoder = self.selection.decoder(**options)
        everything, keeps = not self.selection.conditions, self.selection.keeps
        for one in self.inputs:
            with telling(one.name):
                for result in decoder.iter_decode(self.source_of(one), errors="return"):
                    if isinstance(result, DecodeError):
                        self.bad.take(one.name, result)
                        yield None
                    else:
                        yield result if everything or keeps(result) else None
