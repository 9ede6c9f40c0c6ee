"""The software bill of materials of the wheel: `python tests/sbom.py` writes it anew, test_supply.py compares.

Maturin could make one for each build; but it would hold the time, a random number and the folder of that build, and no
two wheels would be the same. This one holds what follows from Cargo.lock, the checksums among it. Where the format is
laid down: CycloneDX 1.5.
"""

import json
import subprocess
import tomllib
from typing import Any

from supply import CARGO, ROOT, TARGET, linked

BILL = ROOT / "rust" / "py" / "vmcodec.cdx.json"


def reference(name: str, version: str) -> str:
    """What a crate is called in the bill: its package URL."""
    return f"pkg:cargo/{name}@{version}"


def packages() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """All packages that cargo knows of here, and what each depends on."""
    if CARGO is None:
        raise FileNotFoundError("cargo")
    command = [CARGO, "metadata", "--locked", "--format-version", "1", "--filter-platform", TARGET]
    metadata = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    return metadata["packages"], metadata["resolve"]["nodes"]


def bill() -> str:
    """The bill, as JSON: our crates, and those of others that are linked."""
    checksums = {
        (entry["name"], entry["version"]): entry.get("checksum")
        for entry in tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    }
    theirs = {tuple(line.replace(" v", " ").split()[:2]) for line in linked()}
    found, nodes = packages()
    ours = {package["id"] for package in found if package["source"] is None}
    kept = {
        package["id"]: package
        for package in sorted(found, key=lambda package: (package["name"], package["version"]))
        if package["id"] in ours or (package["name"], package["version"]) in theirs
    }
    references = {id: reference(package["name"], package["version"]) for id, package in kept.items()}
    components: list[dict[str, Any]] = []
    for id, package in kept.items():
        component = {"type": "library", "bom-ref": references[id], "name": package["name"]}
        component |= {"version": package["version"], "purl": references[id]}
        component |= {"licenses": [{"expression": package["license"].replace("/", " OR ")}]}
        if checksum := checksums[package["name"], package["version"]]:
            component["hashes"] = [{"alg": "SHA-256", "content": checksum}]
        components.append(component)
    dependencies = [
        {
            "ref": references[node["id"]],
            "dependsOn": sorted(references[id] for id in node["dependencies"] if id in references),
        }
        for node in sorted(nodes, key=lambda node: references.get(node["id"], ""))
        if node["id"] in references
    ]
    version = next(package["version"] for id, package in kept.items() if id in ours)
    made = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "library",
                "name": "vmcodec",
                "version": version,
                "purl": f"pkg:pypi/vmcodec@{version}",
            }
        },
        "components": components,
        "dependencies": dependencies,
    }
    return json.dumps(made, indent=1) + "\n"


if __name__ == "__main__":
    BILL.write_text(bill())
    print(f"written: {BILL.relative_to(ROOT)}")
