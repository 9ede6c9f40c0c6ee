"""What is kept between calls is bounded: whatever keys, values, ids and codes come, it stays under 1 MiB.

Every byte of Python's objects and of ours is asked of malloc here, and malloc is asked how many are in use: no resident
set, which depends on what other allocations left. glibc only.
"""

import ctypes
import sys

import pytest
from support import run_python

LIMIT = 2**20

pytestmark = pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="needs glibc 2.33 or newer")

# Prints how many bytes are kept after each stream, all of them behind one another.
KEPT = """
import ctypes, gc, itertools, sys
import vmcodec

class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in
        "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()]

mallinfo = ctypes.CDLL(None).mallinfo2
mallinfo.restype = Info

def used():
    gc.collect()
    info = mallinfo()
    return info.uordblks + info.hblkhd

amount = int(sys.argv[1])
HEAD = '{"id":"EventOffHook","ThisDN":"%s","Server":%d,"time":{"seconds":%d,"useconds":1}'
number = itertools.count(10**9)

def text():
    return f"a text of some length {next(number)}"[:32]

def members(count):
    return ",".join(f'"{text()}":"{text()}"' for _ in range(count))

def head():
    return HEAD % (text(), next(number), next(number))

def keys():
    "Keys and values that never come again."
    for _ in range(amount // 50):
        yield head() + ',"UserData":{' + members(50) + "}}"

def shapes():
    "Objects of many shapes, each so often that it is learnt: the most keys that one may have, the longest ones."
    for _ in range(2):
        yield head() + ',"UserData":{' + ",".join(f'"k{place}":{{}}' for place in range(250)) + "}}"
    for first in range(0, min(amount // 40, 250), 6):
        inner = ",".join(f'"k{place}":{{{members(96)}}}' for place in range(first, first + 6))
        for _ in range(4):
            yield head() + ',"UserData":{' + inner + "}}"

def small():
    "Small objects, which are kept whole, and texts of attributes: twice each, so that it seems worthwhile."
    for _ in range(amount // 40):
        extensions, reasons = (f'{{"k{next(number)}":"{next(number)}"}}' for _ in "ab")
        objects = f'"Extensions":{extensions},"UserData":{extensions},"Reasons":{reasons}'
        one = f'{head()},{objects},"CustomerID":"{text()}"}}'
        yield one
        yield one

def ids():
    for _ in range(amount // 20):
        yield f'{{"id":"Event{next(number)}","k":{next(number)}}}'

def codes():
    for _ in range(amount // 40):
        yield f'{head()},"CallType":{next(number)},"CallState":{next(number)},"{text()}":{next(number)}}}'

def names():
    for _ in range(amount // 40):
        yield f'{head()},"CallType":"{text()}"}}'

def long():
    yield head() + ',"UserData":{"' + r"\\n" * 4_000_000 + '":"' + r"\\u20ac" * 1_000_000 + '"}}'

STREAMS = (shapes, keys, small, ids, codes, names, long)

def report(call):
    call([HEAD % ("7", 1, 1) + "}"])
    before = used()
    for stream in STREAMS:
        records = stream()
        while batch := list(itertools.islice(records, 200)):
            call(batch)
        print(stream.__name__, used() - before)
        del records

def decoded(decoder):
    return lambda batch: decoder.decode_batch(batch, errors="return") and None

def singly(batch):
    for record in batch:
        try:
            vmcodec.decode(record)
        except vmcodec.DecodeError:
            pass

def there_and_back(batch):
    events = vmcodec.decode_batch(batch, errors="return")
    vmcodec.encode_batch([event for event in events if not isinstance(event, vmcodec.DecodeError)])

def columns(batch):
    vmcodec.decode_arrow(batch, errors="return").to_events()

report({call})
"""

CALLS = {
    "a decoder": "decoded(vmcodec.Decoder())",
    "lazy": 'decoded(vmcodec.Decoder(kv_lists="lazy"))',
    "the module's own": "singly",
    "encoded too": "there_and_back",
    "columns and back": "columns",
}


def kept(call: str, amount: int) -> dict[str, int]:
    printed = run_python(KEPT.replace("{call}", call), str(amount), PYTHONMALLOC="malloc")
    return {name: int(size) for name, size in map(str.split, printed.splitlines())}


@pytest.mark.parametrize("name", ["a decoder", "columns and back"])
def test_little_is_kept_of_what_never_comes_again(name: str) -> None:
    sizes = kept(CALLS[name], 10_000)
    assert len(sizes) == 7
    assert max(sizes.values()) < LIMIT, sizes


@pytest.mark.soak
@pytest.mark.parametrize("name", CALLS)
def test_little_is_kept_of_a_million_keys(name: str) -> None:
    """Half a minute for each way of reading."""
    sizes = kept(CALLS[name], 1_000_000)
    print(f"{name}: " + ", ".join(f"{stream} {size / 1024:.0f} kB" for stream, size in sizes.items()), file=sys.stderr)
    assert max(sizes.values()) < LIMIT, sizes
