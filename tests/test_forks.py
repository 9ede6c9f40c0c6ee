"""Processes that fork, or start others, while threads are at work: no thread outlives a call, so a child lacks none."""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import new_environment, run_python

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

IMPORT = """
import os, sys, threading
before = len(os.listdir("/proc/self/task"))
import vmcodec, vmcodec.kafka, vmcodec.schemas, vmcodec.synthetic
record = b'{"id":"EventDNOutOfService","ThisDN":"7"}'
vmcodec.decode(record)
vmcodec.encode(vmcodec.decode(record))
vmcodec.validate_lines(record)
print(len(os.listdir("/proc/self/task")) - before, threading.active_count())
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="needs /proc")
def test_importing_starts_no_thread() -> None:
    assert run_python(IMPORT) == "0 1\n"


# Some threads in every kind of call; the main one forks again and again, and each child must end by itself.
FORKS = """
import gc, os, signal, sys, threading, time, warnings
import vmcodec
from vmcodec import Decoder, Encoder

warnings.simplefilter("ignore", DeprecationWarning)  # 3.12 warns of forks under threads
good = b'{"id":"EventDNOutOfService","ThisDN":"7","Extensions":{"k":[1,{"l":"m"}]}}'
buffer = (good + b"\\n") * 20_000 + b"{"
messages = [good] * 5_000
decoder, encoder = Decoder(), Encoder()
lazy = Decoder(kv_lists="lazy").decode(good).extensions
events = decoder.decode_batch(messages)
stream = decoder.iter_decode([buffer])
next(stream)
stop = False


def work(call):
    while not stop:
        call()


calls = [
    lambda: decoder.validate_lines(buffer, threads=3),
    lambda: decoder.decode_arrow(buffer, errors="return", threads=3),
    lambda: decoder.decode_batch(messages),
    lambda: encoder.encode_lines(events),
    lambda: sum(1 for _ in decoder.iter_validate(buffer, threads=2)),
    lambda: sum(1 for _ in decoder.iter_decode([buffer], errors="return")),
    lambda: sum(1 for _ in decoder.iter_arrow([buffer], errors="return", threads=2)),
]
threads = [threading.Thread(target=work, args=(call,)) for call in calls]
for thread in threads:
    thread.start()


def child():
    signal.alarm(60)
    assert len(decoder.decode_batch(messages)) == 5_000
    assert len(decoder.validate_lines(buffer, threads=2)) == 1
    assert decoder.decode_arrow(buffer, errors="return", threads=2).num_rows == 20_001
    assert lazy["k"][0] == 1
    assert encoder.encode(next(stream)) == good
    gc.collect()


for number in range(int(sys.argv[1])):
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            child()
            code = 0
        finally:
            # Every other one ends as programs do, with all that Python does at exit.
            os._exit(code) if number % 2 or code else None
        stop = True
        sys.exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code == 0, (number, code)
stop = True
for thread in threads:
    thread.join()
print("done")
"""


def test_forks_under_busy_threads() -> None:
    assert run_python(FORKS, "8") == "done\n"


@pytest.mark.soak
def test_a_hundred_forks_under_busy_threads() -> None:
    """A minute or two."""
    assert run_python(FORKS, "100") == "done\n"


POOL = """
import multiprocessing, pickle, sys, threading, warnings
import vmcodec
from vmcodec import KVList

warnings.simplefilter("ignore", DeprecationWarning)
good = b'{"id":"EventMuteOn","ThisDN":"7","ConnID":"1","ThisDNRole":2,"UserData":{"k":[1]}}'


def decoded(batch):
    import vmcodec

    lazy = vmcodec.Decoder(kv_lists="lazy")
    results = lazy.decode_batch(batch, errors="return")
    return results, vmcodec.validate_batch(batch, threads=2), vmcodec.encode_batch(results[:-1])


if __name__ == "__main__":
    busy = threading.Thread(target=vmcodec.validate_lines, args=((good + b"\\n") * 300_000, 2))
    busy.start()
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        for results, errors, written in pool.map(decoded, [[good] * 100 + [b"{"]] * 4):
            assert results[:-1] == vmcodec.decode_batch([good] * 100)
            assert isinstance(results[0].user_data, KVList)
            assert str(results[-1]) == str(errors[0]) and results[-1].raw == b"{"
            assert written == [good] * 100
    busy.join()
    print("done")
"""


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_pools_of_processes(method: str, tmp_path: Path) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip("not on this system")
    # Its children import the program, so it must be a file.
    program = tmp_path / "program.py"
    program.write_text(POOL)
    command = [sys.executable, str(program), method]
    done = subprocess.run(command, env=new_environment({}), capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "done\n")
