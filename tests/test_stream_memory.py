"""What a stream of any length takes of memory: peaks of a process of its own, after a small stream and a large one.

The default run reads some 64 MB in each way; `pytest -m soak` reads a file of 1 GB, plain and compressed.
"""

import gzip
import shutil
from pathlib import Path

import pytest
import zstandard
from support import run_python

RECORD = (
    b'{"id":"EventOffHook","ThisDN":"7011","Server":65200,"time":{"seconds":1718001850,"useconds":573000},'
    b'"ConnID":"006c02462a161006","CallID":17922791,"CustomerID":"Environment","NetworkCallID":0,"ThisTrunk":20,'
    b'"UserData":{"ANI":"+14155550111","RTargetObjectSelected":"?:Gold = 1","Perfil \xc3\xa9":"s\\u00ed","PegTD":4,'
    b'"RRequestedSkills":{"Spanish":1,"Billing":3}},"Extensions":{"BusinessCall":1}}\n'
)
BLOCK = RECORD * (2**20 // len(RECORD))

# Reads small streams, notes the peak, reads large ones, and prints by how many MB the peak has grown.
GROWTH = """
import collections, itertools, sys
import vmcodec

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024

def drain(results):
    for number, result in enumerate(results, 1):
        pass
    return number

{body}
"""
SOURCES = """
block = open(sys.argv[1] + "/small", "rb").read()

def sources(size, megabytes):
    for name in (size, size + ".gz", size + ".zst"):
        yield sys.argv[1] + "/" + name
    yield open(sys.argv[1] + "/" + size, "rb")
    yield itertools.repeat(block, megabytes)
    yield (block[at : at + 1000] for _ in range(megabytes) for at in range(0, len(block), 1000))

small = [drain(vmcodec.iter_decode(source)) for source in sources("small", 1)]
before = peak()
for source, records in zip(sources("large", 64), small, strict=True):
    assert drain(vmcodec.iter_decode(source)) == records * 64
    print(peak() - before)
for source, records in zip(sources("large", 64), small, strict=True):
    errors = vmcodec.iter_validate(source)
    assert list(errors) == [] and errors.records == records * 64
    print(peak() - before)
"""
OVERSIZED = """
good = b'{"id":"EventDNOutOfService","ThisDN":"7011"}'
block = b"x" * 2**20

def chunks(megabytes):
    return itertools.chain([good + b"\\n"], itertools.repeat(block, megabytes), [b"\\n", good])

def checked(errors):
    (error,) = errors
    assert (error.code, error.index, error.line) == ("too_large", 1, 2)
    assert len(error.raw) <= 2**22

def check(megabytes):
    decoder = vmcodec.Decoder(max_size=2**20)
    first, error, last = decoder.iter_decode(chunks(megabytes), errors="return")
    assert first == last == vmcodec.decode(good)
    checked([error])
    checked(decoder.iter_validate(chunks(megabytes)))
    with open(sys.argv[1] + "/oversized", "wb") as file:
        file.writelines(chunks(megabytes))
    checked(decoder.iter_validate(file.name))
    tables = [(table.num_rows, table.errors.num_rows) for table in decoder.iter_arrow(file.name, errors="return")]
    assert tables == [(1, 0), (1, 1), (1, 0)]

check(80)
before = peak()
check(300)
print(peak() - before)
"""
FILE = """
before = peak()
records = drain(vmcodec.iter_decode(sys.argv[1]))
print(records, before, peak())
"""


def growth(body: str, directory: Path) -> list[float]:
    return [float(line) for line in run_python(GROWTH.format(body=body), str(directory)).split()]


def test_peak_memory_does_not_grow_with_the_stream(tmp_path: Path) -> None:
    for name, copies in (("small", 1), ("large", 64)):
        (tmp_path / name).write_bytes(BLOCK * copies)
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(BLOCK * copies, 1))
        (tmp_path / f"{name}.zst").write_bytes(zstandard.compress(BLOCK * copies, 1))
    grown = growth(SOURCES, tmp_path)
    assert len(grown) == 12
    assert max(grown) < 12


def test_peak_memory_does_not_grow_with_an_oversized_record(tmp_path: Path) -> None:
    [grown] = growth(OVERSIZED, tmp_path)
    assert grown < 12


@pytest.mark.soak
@pytest.mark.parametrize("name", ["events.ndjson", "events.ndjson.gz"])
def test_a_gigabyte(name: str, tmp_path: Path) -> None:
    if shutil.disk_usage(tmp_path).free < 2**31:
        pytest.skip("needs 2 GB of disk")
    path = tmp_path / name
    with gzip.open(path, "wb", compresslevel=1) if name.endswith("gz") else path.open("wb") as file:
        for _ in range(1024):
            file.write(BLOCK)
    records, before, after = run_python(GROWTH.format(body=FILE), str(path)).split()
    path.unlink()
    print(f"{name}: {records} records, peak {float(after):.1f} MB, {float(before):.1f} MB before the first record")
    assert int(records) == 1024 * (len(BLOCK) // len(RECORD))
    assert float(after) - float(before) < 16
