"""The test suite under AddressSanitizer: `make memcheck`. Fails on any error, and on memory lost by code of ours.

Builds the extension instrumented, with assertions and checks for overflows on, into `.memcheck`, beside a copy of the
Python package, and runs pytest on it with `PYTHONMALLOC=malloc`, so that every object is memory of its own. The runtime
is the C compiler's (`libasan`), loaded before everything else. Arguments go to pytest, such as `tests/test_kvlist.py`.

At the end the leak checker looks at what nobody refers to any more. CPython and other extensions leave some of that
behind; what has our module in its stack is ours.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parent.parent
PLACE = ROOT / ".memcheck"
TARGET = "x86_64-unknown-linux-gnu"
# What cannot be under it: they limit the memory of a process, measure it, or start other interpreters by the dozen.
LEFT_OUT = "not peak_memory and not fit and not failed_allocation"


def build() -> None:
    """Build the module, and put it where the package is."""
    settings = {
        "RUSTC_BOOTSTRAP": "1",
        "RUSTFLAGS": "-Zsanitizer=address -Cforce-frame-pointers=yes",
        "CARGO_PROFILE_RELEASE_LTO": "false",
        "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
        "CARGO_PROFILE_RELEASE_STRIP": "none",
        "CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS": "true",
        "CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS": "true",
        "PYO3_PYTHON": sys.executable,
    }
    command = ["cargo", "build", "--release", "-p", "vmcodec-py", "--features", "pyo3/extension-module", "--locked"]
    # Next to the others: it shares nothing with them.
    target = ROOT / "target" / "asan"
    command += ["--target", TARGET, "--target-dir", str(target)]
    subprocess.run(command, cwd=ROOT, env=os.environ | settings, check=True)
    package = PLACE / "vmcodec"
    shutil.rmtree(package, ignore_errors=True)
    shutil.copytree(ROOT / "python" / "vmcodec", package, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    shutil.copy(target / TARGET / "release" / "lib_vmcodec.so", package / f"_vmcodec{suffix}")


def library(name: str) -> str:
    """Where the C compiler has its runtime."""
    command = ["cc", f"-print-file-name={name}"]
    path = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    if not Path(path).is_file():
        raise SystemExit(f"the C compiler has no {name}")
    return str(Path(path).resolve())


def main() -> None:
    """Build, run, read the reports."""
    build()
    reports = PLACE / "reports"
    shutil.rmtree(reports, ignore_errors=True)
    reports.mkdir(parents=True)
    settings = {
        "LD_PRELOAD": library("libasan.so"),
        "PYTHONMALLOC": "malloc",
        "PYTHONPATH": str(PLACE),
        "ASAN_OPTIONS": f"log_path={reports}/report:detect_leaks=1:allocator_may_return_null=1:detect_odr_violation=0"
        ":malloc_context_size=40:fast_unwind_on_malloc=1",
        # Leaks alone do not end a process with an error: whose they are is looked at below.
        "LSAN_OPTIONS": "exitcode=0:max_leaks=0:print_suppressions=0",
    }
    arguments = sys.argv[1:] or ["-k", LEFT_OUT]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | settings, check=False)
    errors, lost, others = read(reports)
    for report in errors + lost:
        print(report)
    print(f"memcheck: {len(errors)} errors, {len(lost)} leaks of ours, {others} of others")
    if errors or lost or done.returncode:
        raise SystemExit(1)


def read(reports: Path) -> tuple[list[str], list[str], int]:
    """Errors of whomever, leaks with our module in their stack, and how many leaks there were of others."""
    errors, lost, others = [], [], 0
    for path in sorted(reports.iterdir()):
        for part in re.split(r"\n(?=Direct leak|Indirect leak|=+\d+=+ERROR: Addr)", path.read_text()):
            if "ERROR: AddressSanitizer" in part:
                errors.append(part)
            elif part.startswith("Direct leak"):
                if "_vmcodec" in part:
                    lost.append(part)
                else:
                    others += 1
    return errors, lost, others


if __name__ == "__main__":
    main()
