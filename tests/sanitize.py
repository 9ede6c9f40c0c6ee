"""All tests under AddressSanitizer and LeakSanitizer: `make sanitize`. Fails on a report of ours, and on a failed test.

The quicker companion of `memcheck.py`: it sees what our own code reads and writes, what libc is told to, and what is
lost when a process ends, in all tests and the interpreters that they start. The module is built anew with the stable
toolchain, whose runtime is preloaded, as the interpreter has none. Every object is memory of its own here too. What has
our module in a stack is ours; `sanitize.c` sees to it that memory that was lost has such a stack. Stacks of allocations
end in CPython all the same: `ASAN_OPTIONS=fast_unwind_on_malloc=0 make sanitize TESTS=...` shows them whole.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from zlib import crc32

ROOT = Path(__file__).parent.parent
BUILT = ROOT / "target" / "sanitize"
PACKAGE = BUILT / "python"
RUNTIME = BUILT / "libsanitize.so"
TARGET = "x86_64-unknown-linux-gnu"
# The symbols and the lines of reports, and frames that the runtime can follow. Build scripts and macros go without.
RUSTFLAGS = "-Zsanitizer=address -Cforce-frame-pointers=yes -Cdebuginfo=line-tables-only -Cstrip=none"
# An error ends the process; losses do not, for nearly every program has some.
OPTIONS = {
    "ASAN_OPTIONS": {
        "abort_on_error": "1", "allocator_may_return_null": "1", "detect_leaks": "1", "detect_odr_violation": "0",
        "max_malloc_fill_size": "0", "quarantine_size_mb": "64", "stack_trace_format": '"    #%n %p %F %L %M"',
    },
    "LSAN_OPTIONS": {"exitcode": "0"},
}  # fmt: skip
# What cannot work here, for reasons that are not ours.
LEFT_OUT = {
    # The allocator keeps freed memory for a while, and a shadow of all of it.
    "they measure the memory of a process": [
        "test_arrow_consumers.py::test_the_processes_memory_stays_bounded",
        "test_arrow_lifetimes.py::test_nothing_is_left_of_what_nobody_takes",
        "test_stream_memory.py",
    ],
    # What these hold is lost: CPython ends daemon threads where they are, and a child of a fork has none of them.
    "they lose threads in the middle of calls": [
        "test_shutdown.py::test_all_of_them_at_once",
        "test_forks.py::test_forks_under_busy_threads",
    ],
    # Here the handlers take longer than that, and run within one another until the stack is full.
    "a signal comes every millisecond": ["test_threads.py::test_a_handler_decodes_with_the_same_decoder"],
    # It would run in the runtime too, which takes minutes.
    "they start cargo": [
        "test_supply.py::test_few_crates_are_linked",
        "test_supply.py::test_the_software_bill_of_materials_is_what_is_linked",
    ],
}


def run(*command: str | Path, **environment: str) -> None:
    """Run a command of the build, which must succeed."""
    subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=True)


def build() -> None:
    """The runtime as a library, and the package with a module that calls it."""
    BUILT.mkdir(parents=True, exist_ok=True)
    place = subprocess.run(["rustc", "--print", "sysroot"], cwd=ROOT, capture_output=True, text=True, check=True)
    [archive] = Path(place.stdout.strip()).glob(f"lib/rustlib/{TARGET}/lib/librustc-*_rt.asan.a")
    shutil.copy(archive, BUILT / "runtime.a")
    # What is for programs alone. In its place the library's own first function is the runtime's.
    run("ar", "d", BUILT / "runtime.a", "asan_preinit.cpp.o")
    whole = ("-Wl,--whole-archive", BUILT / "runtime.a", "-Wl,--no-whole-archive")
    # libstdc++ for extensions that throw: the runtime looks for its functions before they load it.
    libraries = ("-Wl,--no-as-needed", "-l:libstdc++.so.6", "-lpthread", "-ldl", "-lm", "-lrt")
    run("cc", "-shared", "-Wl,-init=__asan_init", "-o", RUNTIME, *whole, *libraries)
    source = ROOT / "tests" / "sanitize.c"
    # cargo does not look into what is linked, but at its name.
    marker = BUILT / f"sanitize-{crc32(source.read_bytes()):08x}.o"
    run("cc", "-c", "-O2", "-fPIC", "-fno-omit-frame-pointer", "-o", marker, source)
    flags = ("--profile", "soak", "--features", "pyo3/extension-module", "--locked", "--quiet")
    where = ("--package", "vmcodec-py", "--target", TARGET, "--target-dir", BUILT)
    # The stable toolchain has the runtime, but the flag for it is not stable yet.
    settings = {"RUSTC_BOOTSTRAP": "1", "RUSTFLAGS": RUSTFLAGS, "PYO3_PYTHON": sys.executable}
    run("cargo", "rustc", *flags, *where, "--", f"-Clink-arg={marker}", **settings)
    shutil.rmtree(PACKAGE, ignore_errors=True)
    ignored = shutil.ignore_patterns("_vmcodec*.so", "__pycache__")
    shutil.copytree(ROOT / "python" / "vmcodec", PACKAGE / "vmcodec", ignore=ignored)
    shutil.copy(BUILT / TARGET / "soak" / "lib_vmcodec.so", PACKAGE / "vmcodec" / "_vmcodec.so")


def check(tests: list[str], reports: Path) -> int:
    """Run pytest with the runtime: its exit code."""
    left_out = [f"--deselect=tests/{test}" for tests in LEFT_OUT.values() for test in tests]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "auto", "--dist", "worksteal"]
    settings = {
        name: ":".join([f"{key}={value}" for key, value in options.items()] + [f"log_path={reports}/report"])
        for name, options in OPTIONS.items()
    }
    settings["ASAN_OPTIONS"] += ":" + os.environ.get("ASAN_OPTIONS", "")
    settings["PYTHONPATH"] = os.pathsep.join([str(PACKAGE), str(ROOT / "tests")])
    settings |= {"PYTHONMALLOC": "malloc", "LD_PRELOAD": str(RUNTIME)}
    return subprocess.run([*command, *left_out, *tests], cwd=ROOT, env=os.environ | settings, check=False).returncode


def ours(reports: Path) -> tuple[list[str], int]:
    """The reports that are ours, and how many others there were: errors, and losses that hang on no other one."""
    error, loss = r"^==\d+==ERROR: AddressSanitizer.*?^SUMMARY", r"^Direct leak.*?\n\n"
    found = [
        report
        for path in sorted(reports.iterdir())
        for report in re.findall(f"{error}|{loss}", path.read_text(errors="replace"), re.DOTALL | re.MULTILINE)
    ]
    mine = [report for report in found if "_vmcodec" in report]
    return mine, len(found) - len(mine)


def main() -> None:
    """Build, run, and read the reports."""
    build()
    with tempfile.TemporaryDirectory(prefix="vmcodec-") as place:
        ended = check(sys.argv[1:], Path(place))
        found, others = ours(Path(place))
    print(*found, f"sanitize: {len(found)} errors and losses of ours, {others} of others", sep="\n\n")
    if found or ended:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
