"""What is linked into the module: few crates, from one registry, none of a version with a known hole.

Licences, sources and doubles are cargo-deny's: see deny.toml and `make deny`.
"""

import re
import tomllib
from typing import Any

import pytest
from sbom import BILL, bill
from supply import ARROW, CARGO, ROOT, linked

REGISTRY = "registry+https://github.com/rust-lang/crates.io-index"
LOCKS = [ROOT / "Cargo.lock", ROOT / "rust" / "fuzz" / "Cargo.lock"]

# The advisories on crates that we lock, by hand from RustSec's database as it stood in June 2026: crate, first good
# version, advisory. Those without a number had none then.
MENDED = [
    ("arrow-array", "58.3.0", "unnumbered: FixedSizeBinaryArray::value"),
    ("arrow-buffer", "58.3.0", "unnumbered: BufferBuilder::reserve"),
    ("arrow-data", "58.3.0", "unnumbered: ArrayData::try_new"),
    ("bytes", "1.11.1", "RUSTSEC-2026-0007"),
    ("chrono", "0.4.20", "RUSTSEC-2020-0159"),
    ("hashbrown", "0.15.1", "RUSTSEC-2024-0402"),
    ("iana-time-zone", "0.1.45", "RUSTSEC-2022-0049"),
    ("once_cell", "1.0.1", "RUSTSEC-2019-0017"),
    ("pyo3", "0.29.0", "RUSTSEC-2026-0176"),
    ("pyo3", "0.29.0", "RUSTSEC-2026-0177"),
    ("zerocopy", "0.7.31", "RUSTSEC-2023-0074"),
    ("zlib-rs", "0.4.0", "RUSTSEC-2024-0401"),
]

pytestmark = pytest.mark.skipif(not LOCKS[0].exists() or CARGO is None, reason="no source tree, or no cargo")


def locked() -> list[dict[str, Any]]:
    return [package for lock in LOCKS for package in tomllib.loads(lock.read_text())["package"]]


def numbers(version: str) -> tuple[int, ...]:
    """A version's three numbers, or as many as a requirement has."""
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("+")[0])[:3])


def test_few_crates_are_linked() -> None:
    few, all_of_them = linked(ARROW), linked()
    assert "pyo3" in {crate.split()[0] for crate in few}
    assert len(few) <= 15, few
    # With the Arrow part. May only fall.
    assert len(all_of_them) <= 36, all_of_them


def test_the_software_bill_of_materials_is_what_is_linked() -> None:
    assert BILL.read_text() == bill(), "write it anew: python tests/sbom.py"


def test_every_crate_is_the_registry_s_own_and_has_a_checksum() -> None:
    ours = {package["name"] for package in locked() if "source" not in package}
    assert ours == {"vmcodec-core", "vmcodec-arrow", "vmcodec-py", "vmcodec-fuzz"}
    for package in locked():
        if package["name"] not in ours:
            assert package["source"] == REGISTRY, package
            assert re.fullmatch("[0-9a-f]{64}", package["checksum"]), package


@pytest.mark.parametrize(("crate", "good", "advisory"), MENDED, ids=[f"{crate} {why}" for crate, _, why in MENDED])
def test_known_holes_are_mended(crate: str, good: str, advisory: str) -> None:
    found = [package["version"] for package in locked() if package["name"] == crate]
    assert found, f"{crate} is not used any more: leave it out of the table"
    assert all(numbers(version) >= numbers(good) for version in found), advisory


def test_whoever_builds_without_the_lock_gets_no_pyo3_with_a_hole() -> None:
    manifest = tomllib.loads((ROOT / "rust" / "py" / "Cargo.toml").read_text())
    assert numbers(manifest["dependencies"]["pyo3"]) >= (0, 29)
