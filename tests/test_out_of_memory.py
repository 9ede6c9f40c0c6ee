"""Where memory is short: MemoryError, nothing lost, nothing crashed, and the next call works.

Two kinds of shortage. Python's allocations fail one after the other (`nomemory` does it and tells what came of it): so
many of each operation in the default run, all of them in `make soak`. And a process may have so much memory only, with
inputs so large that what is made of them does not fit: there it is Rust's allocations that fail.
"""

import resource
import subprocess
import sys

import pytest
from nomemory_cases import operations
from support import new_environment

pytest.importorskip("_testcapi", reason="this Python has no allocations that fail")
NAMES = [operation.name for operation in operations()]


def faults(name: str, most: int | None) -> tuple[int, list[str]]:
    """How many points of an operation were tried, and those that were not as they should be; in a new process."""
    code = (
        "import sys, nomemory, nomemory_cases\n"
        "[operation] = [each for each in nomemory_cases.operations() if each.name == sys.argv[1]]\n"
        "most = int(sys.argv[2]) or None\n"
        "found = list(nomemory.points(operation, most))\n"
        "print(len(found))\n"
        "for point in found:\n"
        "    if point.outcome not in nomemory.GOOD:\n"
        "        print(*point, sep='; ')\n"
    )
    command = [sys.executable, "-c", code, name, str(most or 0)]
    done = subprocess.run(command, env=new_environment({}), capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    count, *wrong = done.stdout.splitlines()
    return int(count), wrong


@pytest.mark.parametrize("name", ["decode_batch", "decode_batch, returned", "encode, bad", "errors", "iter_decode"])
def test_a_failed_allocation_is_a_memory_error(name: str) -> None:
    count, wrong = faults(name, 60)
    assert count >= 20
    assert wrong == []


@pytest.mark.soak
@pytest.mark.parametrize("name", NAMES)
def test_every_failed_allocation_is_a_memory_error(name: str) -> None:
    count, wrong = faults(name, None if not name.startswith(("Decoder", "Encoder")) else 300)
    print(f"{name}: {count} points")
    assert wrong == []


# What takes so much of memory that what comes of it cannot be had beside it: {size} is in MB.
SHORT = """
import resource, sys
import vmcodec

size = int(sys.argv[1]) << 20
decoder = vmcodec.Decoder(max_size=1 << 40)
lazy = vmcodec.Decoder(max_size=1 << 40, kv_lists="lazy")
small = b'{"id":"EventDNOutOfService","ThisDN":"7011"}'
{given}
used = int(open("/proc/self/statm").read().split()[0]) * 4096
resource.setrlimit(resource.RLIMIT_AS, (used + size // 2, -1))
try:
    {call}
except MemoryError:
    print("MemoryError")
else:
    print("a result")
resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
assert decoder.decode(small).this_dn == "7011"
assert vmcodec.encode(decoder.decode(small)) == small
"""
LONG = 'b\'{"id":"EventDNOutOfService","ThisDN":"\' + b"x" * size + b\'"}\''
ESCAPED = 'b\'{"id":"EventDNOutOfService","ThisDN":"\' + b"\\\\n" * (size // 2) + b\'"}\''
FREE = 'b\'{"id":"EventDNOutOfService","ThisDN":"1","Extensions":{"k":"\' + b"x" * size + b\'"}}\''
UNKNOWN = 'b\'{"id":"\' + b"x" * size + b\'"}\''
MANY = 'b\'{"id":"EventDNOutOfService","ThisDN":"1","Extensions":{"k":[\' + b"1," * (size // 2) + b\'1]}}\''
ROWS = "(small + b'\\n') * (size // len(small))"
CALLS = {
    "a long text": (f"data = {LONG}", "decoder.decode(data)"),
    "a long text with escapes": (f"data = {ESCAPED}", "decoder.decode(data)"),
    "the same, checked only": (f"data = {ESCAPED}", "decoder.validate_batch([data])"),
    "a long value": (f"data = {FREE}", "decoder.decode(data)"),
    "a long lazy value": (f"data = {FREE}", "lazy.decode(data)"),
    "a long id": (f"data = {UNKNOWN}", "decoder.decode(data)"),
    "a long bad record": (f"data = {LONG}[:-1]", "decoder.decode_batch([data], errors='return')"),
    "a large bytearray": (f"data = bytearray({LONG})", "decoder.decode(data)"),
    "many values": (f"data = {MANY}", "decoder.decode(data)"),
    "a long line": (f"data = {LONG}", "decoder.decode_lines(data)"),
    "many lines": (f"data = {ROWS}", "decoder.decode_lines(data)"),
    "a long record of a stream": (f"data = {LONG}", "list(decoder.iter_decode(data))"),
    "the same, checked": (f"data = {LONG}[:-1]", "list(decoder.iter_validate(data))"),
    "a long text in a column": (f"data = {LONG}", "decoder.decode_arrow([data])"),
    "a long value in a column": (f"data = {FREE}", "decoder.decode_arrow([data])"),
    "a long unknown event in a column": (f"data = {UNKNOWN}", "decoder.decode_arrow([data])"),
    "a long bad record of a table": (f"data = {LONG}[:-1]", "decoder.decode_arrow([data], errors='return')"),
    "a long record of a stream of tables": (f"data = {LONG}", "list(decoder.iter_arrow(data))"),
    "a long text written": (f"event = decoder.decode({LONG})", "vmcodec.encode(event)"),
    "escapes written": ("event = vmcodec.EventDNOutOfService(this_dn='\\n' * size)", "vmcodec.encode(event)"),
    "a lazy value written": (f"event = lazy.decode({FREE})", "vmcodec.encode(event)"),
    "an unknown event written": (f"event = decoder.decode({UNKNOWN})", "vmcodec.encode(event)"),
    "many values written": (
        "event = vmcodec.EventDNOutOfService(this_dn='1', extensions={'k': [None] * (size // 4)})",
        "vmcodec.encode(event)",
    ),
    "many events written": ("events = [decoder.decode(small)] * (size // 32)", "vmcodec.encode_lines(events)"),
    "a lazy value looked at": (f"value = lazy.decode({FREE}).extensions", "repr(value)"),
}


def ended(name: str, megabytes: int) -> str:
    given, call = CALLS[name]
    code = SHORT.replace("{given}", given).replace("{call}", call)
    done = subprocess.run(
        [sys.executable, "-c", code, str(megabytes)],
        env=new_environment({"MALLOC_ARENA_MAX": "1"}),
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.stdout.strip() if done.returncode == 0 else f"{done.returncode}: {done.stderr[-500:]}"


@pytest.mark.parametrize("name", CALLS)
def test_what_does_not_fit_is_a_memory_error(name: str) -> None:
    assert ended(name, 48) == "MemoryError"


@pytest.mark.soak
@pytest.mark.parametrize("name", CALLS)
def test_a_gigabyte_that_does_not_fit_is_a_memory_error(name: str) -> None:
    if "column" not in name:  # A record of more than 256 MB is refused there before.
        assert ended(name, 1024) == "MemoryError"


def test_the_limit_is_that_of_the_child_alone() -> None:
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY
