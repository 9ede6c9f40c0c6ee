"""The command `vmcodec`: which subcommands there are, and how any of them ends.

A subcommand is a module of this package with `HELP`, `EXAMPLE`, `arguments(parser)` and `run(options)`; what its
options do not need it imports when it runs. It ends with exit code 0, with 1 where bad records were found, and with 2
where it was used wrongly: by `Trouble`, which is one clear line.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from .. import __version__
from .trouble import Trouble

__all__ = ["main"]

COMMANDS: tuple[str, ...] = ("validate", "decode", "stats", "tail", "schema", "generate", "bench")
# Which extra brings which library.
EXTRAS = {"rich": "cli", "matplotlib": "bench", "pyarrow": "arrow", "confluent_kafka": "kafka", "pyspark": "spark"}


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Help with a fixed width where it does not go to a terminal, so that it reads the same everywhere."""

    def __init__(self, prog: str) -> None:
        width = os.get_terminal_size().columns if sys.stdout.isatty() else 100
        super().__init__(prog, max_help_position=32, width=min(width, 120) - 2)


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with the arguments."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message} (see {self.prog} --help)", file=sys.stderr)
        sys.exit(2)


def parser(names: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """The parser of all arguments, or of those of some commands."""
    top = _Parser(
        prog="vmcodec",
        description="Looks into the agent and DN events of Genesys Voice Microservices: files of NDJSON, and a topic.",
        epilog="example:\n  vmcodec validate archive/*.ndjson.gz",
        formatter_class=_Formatter,
    )
    top.add_argument("--version", action="version", version=f"vmcodec {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in names:
        module = import_module(f".{name}", __name__)
        command = commands.add_parser(
            name,
            help=module.HELP,
            description=module.HELP[0].upper() + module.HELP[1:] + ".",
            epilog="example:\n" + "\n".join(f"  {line}" for line in module.EXAMPLE.splitlines()),
            formatter_class=_Formatter,
        )
        module.arguments(command)
        command.set_defaults(run=module.run)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with these arguments, by default the process's own; its exit code."""
    _prepare_streams()
    try:
        code = _run(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        _drop_output()
        return 128 + signal.SIGPIPE
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except OSError as error:
        _drop_output()
        return _wrong("vmcodec", f"cannot go on: {error.strerror or error}")


def _prepare_streams() -> None:
    """Whoever closed one of them wants to hear nothing; and a file may have any name."""
    sys.stdout = sys.stdout or open(os.devnull, "w")
    sys.stderr = sys.stderr or open(os.devnull, "w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _run(arguments: Sequence[str] | None) -> int:
    words = sys.argv[1:] if arguments is None else arguments
    # The modules of the other commands take their time.
    names = words[:1] if words and words[0] in COMMANDS else () if words == ["--version"] else COMMANDS
    try:
        options = parser(names).parse_args(words)
    except SystemExit as end:  # after --help too, what was printed has to be written
        return int(end.code or 0)
    try:
        code: int = options.run(options)
        return code
    except Trouble as trouble:
        return _wrong(f"vmcodec {options.command}", str(trouble))
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        if library not in EXTRAS:
            raise
        return _wrong(f"vmcodec {options.command}", f"{library} is missing: pip install 'vmcodec[{EXTRAS[library]}]'")


def _wrong(who: str, message: str) -> int:
    print(f"{who}: {message}", file=sys.stderr)
    return 2


def _drop_output() -> None:
    """What is buffered cannot be written, and must not fail once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
