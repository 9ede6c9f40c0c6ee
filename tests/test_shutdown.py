"""The interpreter ends while calls are under way and objects are held: exit code 0, and nothing on stderr."""

import subprocess
import sys

import pytest
from support import new_environment

SETUP = r"""
import atexit, collections, itertools, sys, threading, time
import msgspec, vmcodec
from vmcodec import Decoder, Encoder, EventDNOutOfService, KVList

record = b'{"id":"EventDNOutOfService","ThisDN":"7","Extensions":{"a":[1,2,{"b":"c"}]}}\n'
buffer = record * 100_000
messages = [record] * 20_000
decoder, encoder = Decoder(), Encoder()
events = decoder.decode_batch(messages)
begun = threading.Event()


def endless():
    while True:
        begun.set()
        time.sleep(0.0002)
        yield record * 20


class Endless:
    def read(self, size):
        return next(self.chunks)

    chunks = endless()


def again(call):
    def run():
        while True:
            begun.set()
            call()

    threading.Thread(target=run, daemon=True).start()
    begun.wait()


def exhaust(iterator):
    collections.deque(iterator, maxlen=0)


class Slow(vmcodec.OpenIntEnum):
    One = 1

    @classmethod
    def _missing_(cls, code):
        begun.set()
        time.sleep(0.0002)
        return super()._missing_(code)
"""
DAEMONS = {
    "decode_batch": "again(lambda: decoder.decode_batch(messages))",
    "decode_lines": "again(lambda: decoder.decode_lines(record * 1000))",
    "validate_lines": "again(lambda: decoder.validate_lines(buffer, threads=2))",
    "decode_arrow": "again(lambda: decoder.decode_arrow(buffer, threads=2))",
    "encode_batch": "again(lambda: encoder.encode_batch(events))",
    "iter_decode": "again(lambda: exhaust(decoder.iter_decode(endless())))",
    "iter_decode, a file object": "again(lambda: exhaust(decoder.iter_decode(Endless())))",
    "iter_validate": "again(lambda: exhaust(decoder.iter_validate(endless())))",
    "iter_arrow": "again(lambda: exhaust(decoder.iter_arrow(endless(), batch_rows=50)))",
    "an iterable of messages": "again(lambda: decoder.decode_batch(endless()))",
    "a pipe that is silent": """
import os
read, write = os.pipe()
again(lambda: exhaust(decoder.iter_decode(f"/dev/fd/{read}")))
""",
    "a class of the user's": """
class Moody(vmcodec.BaseEvent, frozen=True, kw_only=True):
    mode: Slow
moody = Decoder(events=[Moody])
again(lambda: moody.decode(b'{"id":"Moody","mode":7}'))
""",
    "a class that looks at its values": """
class Fussy(vmcodec.BaseEvent, frozen=True, kw_only=True):
    made: list = msgspec.field(default_factory=lambda: [begun.set(), time.sleep(0.0002)])
    def __post_init__(self):
        time.sleep(0.0002)
fussy = Decoder(events=[Fussy])
again(lambda: fussy.decode(b'{"id":"Fussy"}'))
""",
    "decoders that are made": "again(lambda: Decoder(events=[EventDNOutOfService]))",
}
HELD = """
import builtins

streams = [vmcodec.iter_decode([record] * 5), vmcodec.iter_validate([b"{\\n"] * 5), vmcodec.iter_arrow([record] * 5)]
for stream in streams:
    next(stream)
generator = endless()
half = vmcodec.iter_decode(generator)
next(half)
table = vmcodec.decode_arrow(messages, threads=2)
capsules = table.__arrow_c_array__(), table.__arrow_c_stream__(), streams[2].__arrow_c_stream__()
lazy = Decoder(kv_lists="lazy").decode_batch(messages)
looked_at = KVList(b'{"a":[1]}')
assert looked_at["a"] == [1]

class Late:
    def __init__(self):
        self.held = vmcodec.decode, vmcodec.encode, streams, decoder, vmcodec.validate_lines, table
        self.me = self

    def __del__(self):
        decode, encode, streams, decoder, validate, table = self.held
        assert encode(decode(record)) == record[:-1]
        assert len(decoder.decode_lines(record * 100)) == 100
        assert validate(record * 10_000, 2) == []
        assert len(list(streams[0])) in (0, 4)
        assert len(table.to_events()) == 20_000
        print("late", flush=True)

module_global, builtins.kept = Late(), Late()
atexit.register(lambda: print(len(vmcodec.decode_batch(messages)), len(vmcodec.validate_lines(buffer, threads=2))))
builtins.more = streams, half, table, capsules, lazy, looked_at, decoder, encoder
sys.modules["kept"] = streams
"""


def ended(code: str) -> str:
    """What the program printed; it must end by itself, with exit code 0, and say nothing on stderr."""
    command = [sys.executable, "-c", SETUP + code]
    done = subprocess.run(command, env=new_environment({}), capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.soak
@pytest.mark.parametrize("daemon", DAEMONS)
def test_daemon_threads_in_the_middle_of_a_call(daemon: str) -> None:
    """Before CPython 3.14 a daemon thread is ended where it stands: below frames of ours, if code of others runs."""
    ended(DAEMONS[daemon] + "\ntime.sleep(0.01)")


def test_all_of_them_at_once() -> None:
    """Which one it is, should this fail, the long tests tell."""
    ended("\n".join(DAEMONS.values()) + "\ntime.sleep(0.05)")


def test_what_is_held_to_the_very_end() -> None:
    assert ended(HELD).split() == ["20000", "0", "late", "late"]


@pytest.mark.soak
def test_daemon_threads_at_any_moment() -> None:
    """The same at 200 moments, up to 40 ms behind the begin: some minutes."""
    for number in range(200):
        ended("\n".join(DAEMONS.values()) + f"\ntime.sleep({number * 0.0002})")
