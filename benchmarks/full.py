"""How often a full backup reads and writes each byte of a table, hashing included: counted by the kernel.

``python benchmarks/full.py`` backs up a large table and a tiny one, and looks at what the one took beyond the other.
"""

import argparse
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measuring import Cost, bcn, measured
from benchmarks.reporting import Answer, Promise, keep
from tests.warehouse.source import Place, make

MEGABYTE = 2**20
ONCE = 1.01
REMARKS = [
    (
        "Counted are the bytes of all read and write calls of the process. What BCN reads when it starts, and the"
        " documents of a PIT, are in both backups and fall out of the difference."
    ),
    "SHA-256 is taken of each chunk on its way from the one file to the other. `make test` guards these counts.",
]


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup of a table: what it took, and the bytes of the table's files."""

    cost: Cost
    table: int


def main() -> None:
    """Measure, and keep what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=4, help="of the large table")
    parser.add_argument("--megabytes", type=int, default=32, help="of each file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        large = back_up(Path(folder) / "large", options.files, options.megabytes * MEGABYTE)
        tiny = back_up(Path(folder) / "tiny", options.files, 1)
    keep(answer(large, tiny))


def back_up(folder: Path, files: int, size: int) -> Backup:
    """A table with so many data files of opaque bytes, and its first backup."""
    source = Place(folder / "source")
    table = make(source.pyiceberg(), "sales.orders")
    for number in range(files):
        # Parquet compresses text of hexadecimal digits to about half.
        table.append(pa.table({"id": [number], "city": [os.urandom(size).hex()]}))
    lines = "".join(f'{name} = "{value}"\n' for name, value in source.properties.items())
    (folder / "bcn.toml").write_text(
        f'[repository]\nurl = "{folder / "repository"}"\ncatalog = "shop"\n[catalogs.shop]\n{lines}'
    )
    held = sum(path.stat().st_size for path in source.warehouse.rglob("*") if path.is_file())
    return Backup(measured([bcn(), "backup"], cwd=folder), held)


def answer(large: Backup, tiny: Backup) -> Answer:
    """The page's section."""
    table = large.table - tiny.table
    read = (large.cost.bytes_read - tiny.cost.bytes_read) / table
    written = (large.cost.bytes_written - tiny.cost.bytes_written) / table
    return Answer(
        name="full",
        question="A full backup: how often each byte is read and written",
        command="python benchmarks/full.py",
        columns=["table", "MB", "MB read", "MB written", "seconds", "CPU s"],
        rows=[_row("large", large), _row("tiny", tiny)],
        promises=[
            Promise(
                "each byte of the table is read once, hashing included", f"{read:.4f} times", read <= ONCE
            ),
            Promise("each byte of the table is written once", f"{written:.4f} times", written <= ONCE),
        ],
        remarks=REMARKS,
    )


def _row(name: str, one: Backup) -> list[str]:
    cost = one.cost
    moved = [f"{count / MEGABYTE:,.1f}" for count in (one.table, cost.bytes_read, cost.bytes_written)]
    return [name, *moved, f"{cost.seconds:.1f}", f"{cost.cpu_seconds:.1f}"]


if __name__ == "__main__":
    main()
