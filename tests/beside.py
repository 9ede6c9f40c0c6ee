"""What vmcodec, msgspec and orjson make of the same hostile input: `python tests/beside.py`, a minute.

Beside what `campaign` (mutants), `nomemory` (failed allocations), `test_canary` (secrets in errors) and
`benches/attack.py` (time and memory) tell of them. Each case is a process of its own, so that a crash costs one case.
"""

import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

import msgspec
import vmcodec
from support import new_environment

LARGE = 2**31
HEAD = b'{"id":"EventDNOutOfService","ThisDN":"7"'
STACKS = (64, 128, 256)  # kB
LEVELS = (120, 900, 1_000_000)
# Long before this the call must have ended by itself.
PATIENCE = 120


def decoders() -> dict[str, Callable[[bytes], Any]]:
    """One call of each that decodes a record."""
    import orjson

    ours: vmcodec.Decoder[Any] = vmcodec.Decoder(max_size=LARGE, max_depth=1024)
    return {"vmcodec": ours.decode, "msgspec": msgspec.json.Decoder(vmcodec.Event).decode, "orjson": orjson.loads}


def free(value: bytes) -> bytes:
    """A record with a free-form value."""
    return HEAD + b',"Extensions":{"k":' + value + b"}}"


def value_of(result: Any) -> Any:
    """The free-form value, as it was read."""
    return (result["Extensions"] if isinstance(result, dict) else result.extensions)["k"]


def outcome(call: Callable[[], Any]) -> str:
    """Whether there is a result, or which error."""
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return "read"


def nested(decode: Callable[[bytes], Any], kilobytes: int, levels: int) -> str:
    """Lists in one another, read and freed in a thread with such a stack."""
    told: list[str] = []
    data = free(b"[" * levels + b"]" * levels)
    threading.stack_size(kilobytes * 1024)
    thread = threading.Thread(target=lambda: told.append(outcome(lambda: decode(data))))
    thread.start()
    thread.join()
    return told[0]


def integers(decode: Callable[[bytes], Any]) -> str:
    """Integers beyond 64 bits: exact, refused, or made floats."""
    edges = [sign * (2**64 + near * 2**40 + 1) for near in range(1, 1000) for sign in (1, -1)]
    edges += [sign * (10**digits + 1) for digits in range(20, 300) for sign in (1, -1)]
    told: Counter[str] = Counter()
    for edge in edges:
        try:
            found = value_of(decode(free(b"%d" % edge)))
        except ValueError:
            told["refused"] += 1
        else:
            told["exact" if type(found) is int and found == edge else f"another {type(found).__name__}"] += 1
    return ", ".join(f"{count} {what}" for what, count in told.items())


def doubles(decode: Callable[[bytes], Any]) -> str:
    """Decimals of 17 and of 40 digits: how many are read with other bits than by `float`."""
    random = Random(1)
    wrong = 0
    for _ in range(1000):
        texts = [
            f"{random.uniform(1, 10):.{random.choice((16, 40))}f}e{random.randrange(-290, 290)}" for _ in range(1000)
        ]
        found = value_of(decode(free(b"[" + ",".join(texts).encode() + b"]")))
        wrong += sum(one != float(text) for one, text in zip(found, texts, strict=True))
    return f"{wrong} of 1,000,000"


def utf8(decode: Callable[[bytes], Any]) -> str:
    """Pairs of bytes in a string of a member that no class has: how many are no UTF-8 and are taken all the same."""
    taken = 0
    for pair in range(2**16):
        text = pair.to_bytes(2, "big")
        try:
            text.decode()
        except UnicodeDecodeError:
            taken += outcome(partial(decode, HEAD + b',"x":"' + text + b'"}')) == "read"
    return str(taken)


def interrupted(decode: Callable[[bytes], Any]) -> str:
    """Ctrl-C 50 ms into a record of 200 MB: after how many ms the call gives up, or that it goes on to its end."""
    data = free(b"[" + b"[1.5,[]]," * 22_000_000 + b"0]")
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    given: list[Any] = []
    begun = time.monotonic()
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        # No code of Python's runs between the end of the call and `given`.
        given.extend(map(decode, [data]))
    except KeyboardInterrupt:
        late = (time.monotonic() - begun - 0.05) * 1000
        return f"goes on for {late:,.0f} ms" if given else f"ends after {late:,.0f} ms"
    return "is over before"


CASES: dict[str, Callable[[Callable[[bytes], Any]], str]] = {
    **{
        f"{levels:,} levels on a stack of {size} kB": partial(nested, kilobytes=size, levels=levels)
        for levels in LEVELS
        for size in STACKS
    },
    "integers beyond 64 bits": integers,
    "doubles with other bits": doubles,
    "pairs of bytes taken that are no UTF-8": utf8,
    "Ctrl-C in a record of 200 MB": interrupted,
}


def told(library: str, case: str) -> str:
    """What came of a case, or how its process ended."""
    command = [sys.executable, __file__, library, case]
    done = subprocess.run(command, env=new_environment({}), capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode < 0:
        return f"crash ({signal.Signals(-done.returncode).name})"
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def main() -> None:
    """Print a case for a library, or the table."""
    if len(sys.argv) == 3:
        print(CASES[sys.argv[2]](decoders()[sys.argv[1]]))
        return
    print("|", *decoders(), sep=" | ", end=" |\n")
    for case in CASES:
        print(f"| {case}", *(told(library, case) for library in decoders()), sep=" | ", end=" |\n", flush=True)


if __name__ == "__main__":
    main()
