"""Which crates of others are linked into the module. `make deny` prints them; test_supply.py counts them.

Asked is cargo, for Linux on the usual processor. Proc macros and build scripts run while building and are not linked,
and so is nothing that only they need.
"""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CARGO = shutil.which("cargo")
ARROW = "vmcodec-arrow"
TARGET = "x86_64-unknown-linux-gnu"


def linked(*without: str) -> list[str]:
    """The crates of others, each with its version, that the module links; `without` our own of these names."""
    if CARGO is None:
        raise FileNotFoundError("cargo")
    command = [
        CARGO, "tree", "--locked", "--package", "vmcodec-py", "--target", TARGET,
        "--edges", "normal,no-proc-macro", "--prefix", "none", "--no-dedupe",
        *(word for name in without for word in ("--prune", name)),
    ]  # fmt: skip
    tree = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    # Behind the name and version of our own stands where they are.
    return sorted({line for line in tree.splitlines() if " (" not in line})


if __name__ == "__main__":
    few, all_of_them = linked(ARROW), linked()
    print(f"{len(few)} crates are linked without the Arrow part: {', '.join(few)}")
    print(f"{len(all_of_them)} with it")
