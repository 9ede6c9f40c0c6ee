"""`make demo`: what vmcodec does, in half a minute, with nothing but the standard library, msgspec and vmcodec.

It decodes the made-up messages of vmcodec.samples, shows an error and an unknown event, then times a made-up corpus.
The figures are a first look; benches/compare.py is where they are measured with care.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import vmcodec
from vmcodec.samples import BAD_SAMPLE, SAMPLES

CORPUS = Path(__file__).resolve().parent.parent / "benches" / "corpus.py"
COUNT, BATCH, ROUNDS = 100_000, 1_000, 5
SHOWN = (vmcodec.EventAgentReady, vmcodec.EventAgentNotReady, vmcodec.EventForwardSet, vmcodec.EventOffHook)
WIDTH = 110


def load_corpus() -> Any:
    """The corpus module, by its path: benches/ is no package."""
    spec = importlib.util.spec_from_file_location("corpus", CORPUS)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{CORPUS} is missing")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def show_message(message: bytes) -> None:
    """A message as it came, broken after commas into lines of the terminal's width."""
    print()
    line = " "
    for part in message.decode().replace(",", ",\n").splitlines():
        if len(line) + len(part) > WIDTH:
            print(f" {line}")
            line = "   "
        line += part
    print(f" {line}")


def heading(text: str) -> None:
    """A title with room around it."""
    print(f"\n{text}\n{'-' * len(text)}")


def show_events() -> None:
    """A few messages, in several accepted forms, and the events they become."""
    heading("Messages become typed events")
    events = vmcodec.decode_batch(SAMPLES)
    for kind in SHOWN:
        message, event = next(pair for pair in zip(SAMPLES, events, strict=True) if type(pair[1]) is kind)
        show_message(message)
        print(f"  -> {kind.__name__}")
        for name in kind.__struct_fields__:
            if (value := getattr(event, name)) is not None:
                moment = f"  {value.to_datetime().isoformat()}" if isinstance(value, vmcodec.Time) else ""
                print(f"     {name:<17}{value!r}{moment}")


def show_error() -> None:
    """One bad message: the error says where and what, and quotes no value."""
    heading("A bad message is named exactly, and its values are never printed")
    show_message(BAD_SAMPLE)
    try:
        vmcodec.decode(BAD_SAMPLE)
    except vmcodec.DecodeError as error:
        print(f"  -> {type(error).__name__}: {error}")
    else:
        raise SystemExit("the bad sample was accepted")


def show_unknown() -> None:
    """An event that no class describes is kept and written back byte for byte."""
    heading("An unknown event is kept, and written back byte for byte")
    message, event = next(
        (text, event) for text in SAMPLES if isinstance(event := vmcodec.decode(text), vmcodec.UnknownEvent)
    )
    if vmcodec.encode(event) != message:
        raise SystemExit("the unknown event was not written back as it came")
    show_message(message)
    print(f"  -> UnknownEvent, id {event.id!r}; encode() gives the same {len(message)} bytes")


Work = Callable[[Any], Any]


def check_answers(messages: list[bytes], buffer: bytes, msgspec_decode: Callable[[bytes], Any]) -> None:
    """Stop unless every way to read the corpus gives the same answer."""
    events = vmcodec.decode_batch(messages)
    same = (
        events == [msgspec_decode(message) for message in messages],
        events == vmcodec.decode_lines(buffer),
        events == vmcodec.Decoder(kv_lists="lazy").decode_batch(messages),
        vmcodec.validate_batch(messages) == [],
        all(msgspec.to_builtins(event) == json.loads(message) for event, message in zip(events, messages, strict=True)),
    )
    if not all(same):
        raise SystemExit(f"the answers differ: {same}")


def clock(work: Work, batches: list[Any]) -> float:
    """CPU seconds for all batches, what the results cost to free included."""
    gc.collect()
    start = time.process_time()
    for batch in batches:
        work(batch)
    return time.process_time() - start


def show_speed() -> None:
    """Messages a second on a made-up corpus, each way beside msgspec's decoder on the same classes."""
    heading(f"{COUNT:,} made-up messages, in batches of {BATCH:,}")
    corpus = load_corpus()
    messages: list[bytes] = corpus.corpus(COUNT)
    batches = [messages[start : start + BATCH] for start in range(0, COUNT, BATCH)]
    buffers = [corpus.lines(batch) for batch in batches]
    msgspec_decode = msgspec.json.Decoder(vmcodec.Event).decode
    check_answers(messages, b"".join(buffers), msgspec_decode)

    def msgspec_loop(batch: list[bytes]) -> list[Any]:
        return [msgspec_decode(message) for message in batch]

    def json_loop(batch: list[bytes]) -> list[Any]:
        return [json.loads(message) for message in batch]

    ways: list[tuple[str, Work, list[Any]]] = [
        ("json.loads, to dicts, unchecked", json_loop, batches),
        ("msgspec, a loop", msgspec_loop, batches),
        ("vmcodec.decode_batch", vmcodec.Decoder().decode_batch, batches),
        ("vmcodec.decode_batch, lazy", vmcodec.Decoder(kv_lists="lazy").decode_batch, batches),
        ("vmcodec.decode_lines", vmcodec.Decoder().decode_lines, buffers),
        ("vmcodec.validate_batch", vmcodec.Decoder().validate_batch, batches),
    ]
    taken: dict[str, list[float]] = {name: [] for name, _, _ in ways}
    for number in range(ROUNDS):
        turn = number % len(ways)
        for name, work, inputs in ways[turn:] + ways[:turn]:
            taken[name].append(clock(work, inputs))

    reference = taken["msgspec, a loop"]
    size = sum(map(len, messages)) / COUNT
    print(f"\n  {'':<34}{'messages/s':>12}{'MB/s':>8}{'against msgspec':>18}")
    for name, seconds in taken.items():
        rate = COUNT / statistics.median(seconds)
        ratio = statistics.median([base / own for base, own in zip(reference, seconds, strict=True)])
        print(f"  {name:<34}{rate:>12,.0f}{rate * size / 1e6:>8,.0f}{ratio:>17.2f}x")
    print(
        f"\n  All answers were compared first and agree. Mean message {size:.0f} bytes; CPU time, medians of {ROUNDS}"
        f"\n  interleaved rounds; CPython {platform.python_version()}, msgspec {msgspec.__version__}."
    )


def main() -> None:
    """Run the four parts."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    show_events()
    show_error()
    show_unknown()
    show_speed()


if __name__ == "__main__":
    main()
