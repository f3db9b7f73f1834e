#!/usr/bin/env python3
"""Plant known faults of backup tools in a copy of the engine, and see that the tests find every one.

Run it after changing tests: .venv/bin/python scripts/planted_faults.py. It ends with 1 when a fault was not found.
"""

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOST = "tests/e2e/engine/test_a_lost_warehouse_comes_back.py"


@dataclass(frozen=True, slots=True)
class Planted:
    """One fault: a piece of the engine, what stands in its stead, and the tests that must fail."""

    what: str
    file: str
    right: str
    wrong: str
    tests: str


FAULTS = (
    Planted(
        "manifest lists keep the manifests' old lengths",
        "bcn_core/restoration/writing.py",
        "return location, len(data)",
        "return location, file.size",
        LOST,
    ),
    Planted(
        "files that are listed as EXISTING are not copied",
        "bcn_core/iceberg/manifests.py",
        "for entry in entries if entry.is_live)",
        "for entry in entries if entry.status == 1)",
        LOST,
    ),
    Planted(
        "two backups may run at once",
        "bcn_core/repository/pins.py",
        "for other in seen.pins:",
        "for other in ():",
        "tests/fault/test_two_backups_at_once.py",
    ),
    Planted(
        "the log of earlier metadata files still names the source",
        "bcn_core/iceberg/metadata_relocation.py",
        '{**entry, "metadata-file": plan.mapping.map(entry["metadata-file"])}',
        "{**entry}",
        LOST,
    ),
    Planted(
        "a create-only write overwrites",
        "bcn_core/storage/local.py",
        "os.link(temporary, path)",
        "os.replace(temporary, path)",
        "tests/conformance/test_stores.py",
    ),
    Planted(
        "digests are not compared",
        "bcn_core/repository/repository.py",
        "if sha256(data) != digest:",
        "if sha256(data) == digest[:1]:",
        "tests/fault/test_a_damaged_repository.py",
    ),
)


def found(planted: Planted, copy: Path) -> bool:
    """Whether the tests fail with the fault in place; the copy is whole again afterwards."""
    path = copy / planted.file
    engine = path.read_text()
    if engine.count(planted.right) != 1:
        raise SystemExit(f"{planted.file} no longer holds, once: {planted.right}")
    path.write_text(engine.replace(planted.right, planted.wrong))
    try:
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", planted.tests]
        ran = subprocess.run(command, cwd=copy, capture_output=True, check=False)
        if ran.returncode not in (0, 1):
            raise SystemExit(ran.stdout.decode() + ran.stderr.decode())
        return ran.returncode == 1
    finally:
        path.write_text(engine)


def main() -> int:
    """Plant them one by one and tell."""
    with tempfile.TemporaryDirectory(prefix="bcn-planted-") as folder:
        copy = Path(folder)
        for name in ("bcn_core", "tests", "conftest.py", "pyproject.toml"):
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, copy / name)
        results = {planted.what: found(planted, copy) for planted in FAULTS}
    for what, was_found in results.items():
        print("found  " if was_found else "MISSED ", what)
    return 0 if all(results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
