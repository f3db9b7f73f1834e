"""A full backup reads each byte of a table once and writes it once: counted by the kernel, on the real command."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from benchmarks.measuring import measured
from tests.warehouse.source import Place, make

# What two starts of Python differ by, and digits in documents.
SLACK = 256 * 1024
ROWS, ROW_BYTES = 12, 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Counts:
    """What a large table's first backup has beyond a small one's: bytes of files, bytes read, bytes written."""

    table: int
    read: int
    written: int


def bytes_below(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def lake(folder: Path, row_bytes: int) -> Path:
    """A table of opaque bytes below a folder, and a bcn.toml that names it."""
    source = Place(folder / "source")
    rows = {"id": list(range(ROWS)), "city": [os.urandom(row_bytes // 2).hex() for _ in range(ROWS)]}
    make(source.pyiceberg(), "sales.orders").append(pa.table(rows))
    lines = "".join(f'{name} = "{value}"\n' for name, value in source.properties.items())
    (folder / "bcn.toml").write_text(
        f'[repository]\nurl = "{folder / "repository"}"\ncatalog = "shop"\n[catalogs.shop]\n{lines}'
    )
    return folder


def backup(folder: Path) -> Counts:
    cost = measured([Path(sys.executable).parent / "bcn", "backup"], cwd=folder)
    return Counts(bytes_below(folder / "source/warehouse"), cost.bytes_read, cost.bytes_written)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lake(tmp_path_factory.mktemp("small"), 2)


@pytest.fixture(scope="module")
def counts(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Counts:
    large, little = backup(lake(tmp_path_factory.mktemp("large"), ROW_BYTES)), backup(small)
    return Counts(large.table - little.table, large.read - little.read, large.written - little.written)


def test_each_byte_of_the_table_is_read_once_hashing_included(counts: Counts) -> None:
    assert pytest.approx(counts.table, abs=SLACK) == counts.read


def test_each_byte_of_the_table_is_written_once(counts: Counts) -> None:
    assert pytest.approx(counts.table, abs=SLACK) == counts.written


@pytest.mark.usefixtures("counts")
def test_a_pit_without_changes_adds_its_documents_alone(small: Path) -> None:
    held = bytes_below(small / "repository")
    backup(small)

    assert bytes_below(small / "repository") - held < 16 * 1024
