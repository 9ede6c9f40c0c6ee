"""Several interpreters in one process: vmcodec works in the first that imports it, and says so to the others."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest
from support import ROOT, run_python

CODE = '''
import sys
try:
    import _interpreters as interpreters  # 3.13
except ImportError:
    import _xxsubinterpreters as interpreters

TRY = """
try:
    import vmcodec
except ImportError as error:
    print("ImportError:", error, flush=True)
else:
    print(vmcodec.decode('{"id":"EventDNOutOfService","ThisDN":"7"}').this_dn, flush=True)
"""

def create(isolated):
    if sys.version_info >= (3, 13):
        return interpreters.create("isolated" if isolated else "legacy")
    return interpreters.create(isolated=isolated)

def attempt(where):
    failed = interpreters.run_string(where, TRY)
    assert failed is None, failed
'''
REFUSED = "ImportError: vmcodec works in one interpreter of a process: the first that imported it, not this one\n"
# Which module is refused first, msgspec's or ours, is CPython's affair.
ISOLATED = re.compile(r"ImportError: module \S+ does not support loading in subinterpreters\n")


def test_a_second_interpreter_is_refused_and_the_first_works_on() -> None:
    code = """
import vmcodec
for _ in range(3):
    other = create(isolated=False)
    attempt(other)
    attempt(other)
    interpreters.destroy(other)
exec(TRY)
"""
    assert run_python(CODE + code) == REFUSED * 6 + "7\n"


def test_the_first_one_need_not_be_the_main_one() -> None:
    code = """
first, second = create(isolated=False), create(isolated=False)
attempt(first)
attempt(second)
attempt(first)
exec(TRY)
interpreters.destroy(first)
attempt(second)
exec(TRY)
"""
    assert run_python(CODE + code) == "7\n" + REFUSED + "7\n" + REFUSED * 3


@pytest.mark.skipif(sys.version_info < (3, 12), reason="there is no other kind before 3.12")
def test_an_interpreter_with_a_lock_of_its_own_is_refused_by_cpython() -> None:
    out = run_python(CODE + "import vmcodec\nother = create(isolated=True)\nattempt(other)\nexec(TRY)\n")
    assert ISOLATED.fullmatch(out.removesuffix("7\n"))
    assert out.endswith("7\n")


@pytest.mark.skipif(sys.version_info < (3, 14), reason="new in 3.14")
def test_a_pool_of_interpreters_says_so() -> None:
    code = """
from concurrent.futures import InterpreterPoolExecutor
import vmcodec
with InterpreterPoolExecutor(1) as pool:
    try:
        pool.submit(exec, "import vmcodec").result()
    except Exception as error:
        print(error)
"""
    assert "does not support loading in subinterpreters" in run_python(code)


def test_the_module_can_be_imported_anew_in_its_interpreter() -> None:
    code = """
import gc, importlib, sys
import vmcodec
mute = '{"id":"EventMuteOn","ThisDN":"7","ThisDNRole":2,"ConnID":"0","UserData":{"k":[1]}}'
old = vmcodec.Decoder(kv_lists="lazy").decode(mute)
written = vmcodec.encode(old)
lazy = old.user_data
for _ in range(3):
    for name in [name for name in sys.modules if name.partition(".")[0] == "vmcodec"]:
        del sys.modules[name]
    del vmcodec
    gc.collect()
    import vmcodec
    importlib.reload(vmcodec)
    assert vmcodec.decode(written).user_data == {"k": [1]}
assert lazy["k"] == [1] and lazy.raw == b'{"k":[1]}' and old.user_data is lazy
del old
gc.collect()
assert dict(lazy) == {"k": [1]} and repr(lazy) == "KVList({'k': [1]})"
print("ok")
"""
    assert run_python(code) == "ok\n"


@pytest.mark.skipif(not (ROOT / "rust").is_dir(), reason="no source tree")
def test_the_module_says_that_it_needs_the_lock() -> None:
    """On a free-threaded build CPython then switches the lock on. Other builds do not look, so the source is read."""
    assert "#[pymodule(gil_used = true)]" in (ROOT / "rust" / "py" / "src" / "lib.rs").read_text()


@pytest.mark.skipif(sys.version_info < (3, 13), reason="there is no such build before 3.13")
def test_the_lock_is_on_once_it_is_imported() -> None:
    """True of every build: of a free-threaded one because the module asks for it."""
    assert run_python("import sys, vmcodec; print(sys._is_gil_enabled())", PYTHON_GIL="") == "True\n"


def test_the_native_module_comes_first() -> None:
    """It refuses an interpreter before msgspec is imported there, which would end the process on 3.12."""
    spec = importlib.util.find_spec("vmcodec")
    assert spec is not None and spec.origin is not None
    imports = re.findall(r"^from (\S+) import", Path(spec.origin).read_text(), re.MULTILINE)
    assert next(name for name in imports if name.startswith(".")) == "._vmcodec"
