"""Thousands of small tables in seconds: one is written by PyIceberg, the others are copies of its bytes."""

import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from tests.warehouse.source import Place, append, make

_PER_DATABASE = 500
# Uncompressed Avro of names of one length: a copy is a replacement of bytes.
_PLAIN_AVRO = {"write.avro.compression-codec": "null"}


@dataclass(frozen=True, slots=True)
class ManyTables:
    """A catalog of tables ``d0000.t000000`` and so on, below a folder."""

    folder: Path

    @property
    def place(self) -> Place:
        return Place(self.folder)

    def make(self, count: int) -> None:
        """Fill the catalog with so many tables; each has one data file of its own."""
        catalog = self.place.pyiceberg()
        append(make(catalog, _name(0), properties=_PLAIN_AVRO), 0)
        first = catalog.load_table(_name(0))
        copies = [_copy(first.metadata_location, str(first.metadata.table_uuid), n) for n in range(1, count)]
        databases = {_name(number).split(".")[0] for number in range(count)}
        for database in sorted(databases):
            catalog.create_namespace_if_not_exists(database)
        with catalog.engine.begin() as connection:
            connection.execute(text(_INSERT), [_row(n, place) for n, place in enumerate(copies, start=1)])

    def change(self, count: int) -> None:
        """Append to the first tables."""
        catalog = self.place.pyiceberg()
        for number in range(count):
            append(catalog.load_table(_name(number)), 100)


def _name(number: int) -> str:
    return f"d{number // _PER_DATABASE:04}.t{number:06}"


def _row(number: int, place: str) -> dict[str, str]:
    database, table = _name(number).split(".")
    return {"database": database, "table": table, "place": place}


def _copy(original: str, original_uuid: str, number: int) -> str:
    """Copy a table's files under the next name, every path and the UUID replaced; its metadata file."""
    before, after = (_name(one).replace(".", "/") for one in (0, number))
    swaps = ((before, after), (original_uuid, str(uuid.UUID(int=number))))
    folder = Path(original.removeprefix("file://")).parents[1]
    target = Path(_swapped(str(folder), *swaps))
    for path in _files(folder):
        copy = target / path.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".parquet":
            shutil.copyfile(path, copy)
            continue
        data = path.read_bytes()
        for old, new in swaps:
            data = data.replace(old.encode(), new.encode())
        copy.write_bytes(data)
    return _swapped(original, *swaps)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _swapped(value: str, *swaps: tuple[str, str]) -> str:
    for old, new in swaps:
        value = value.replace(old, new)
    return value


_INSERT = """
    INSERT INTO iceberg_tables (catalog_name, table_namespace, table_name, metadata_location, iceberg_type)
    VALUES ('shop', :database, :table, :place, 'TABLE')
"""
