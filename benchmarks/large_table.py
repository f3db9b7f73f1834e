"""A table of a million files in a minute: real metadata as engines write it, data files that are names alone.

Manifests carry statistics for 16 columns and are packed with deflate. One is encoded; the others are its blocks with
other file names. Data files are objects of a store that only knows their names: it copies them by itself, as S3 does.
"""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from struct import pack
from typing import Any

from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField, StringType

from bcn_core.iceberg.avro import Block, open_container
from bcn_core.names import TableName
from bcn_core.storage.local import LocalStore
from bcn_core.storage.opening import Stores
from bcn_core.storage.store import ObjectStat, Store
from bcn_core.storage.within import Check, HeldBytes, ObjectPlace
from tests.builders.avro_files import PATH_COLUMN, Record, avro_bytes, entry, entry_schema, listed
from tests.warehouse.commits import Edit, HandMade
from tests.warehouse.delete_files import parquet_deletes
from tests.warehouse.source import Place

COLUMNS = 16
SNAPSHOTS = 4
FILE_BYTES = 128 * 1024**2
ROWS_OF_A_FILE = 1000
DELETED_ROWS_OF_A_FILE = 100
TABLE = TableName(("db",), "orders")
_NUMBER = b"M0000000"
_DATA = "/data/part-"
_SHA256 = "5e" * 32


@dataclass(frozen=True, slots=True)
class LargeTable:
    """How many data files, how many of them to a manifest, and how many position delete files."""

    files: int
    per_manifest: int = 1000
    delete_files: int = 20

    def make(self, place: Place) -> HandMade:
        """Write the table's metadata and its delete files, in several commits; its data files need not be there."""
        place.pyiceberg().create_namespace("db")
        place.pyiceberg().create_table("db.orders", _schema(), properties={"format-version": "2"})
        hand = HandMade(place, TABLE)
        rows: list[Record] = []
        manifests = max(SNAPSHOTS, self.files // self.per_manifest)
        template = self._template(hand)
        for number in range(1, SNAPSHOTS + 1):
            first, last = manifests * (number - 1) // SNAPSHOTS, manifests * number // SNAPSHOTS
            rows += [self._manifest(hand, template, at, number) for at in range(first, last)]
            if number == SNAPSHOTS and self.delete_files:
                rows.append(self._deletes(hand, number, manifests))
            hand.list({"current-snapshot-id": None, **hand.raw}, number, rows, _finished(rows))
        return hand

    @property
    def _entries(self) -> int:
        return min(self.per_manifest, self.files // SNAPSHOTS)

    def _template(self, hand: HandMade) -> bytes:
        entries = [file_entry(data_file(hand.location, 0, at), at) for at in range(self._entries)]
        return avro_bytes(entry_schema(2), entries, header=_header("data"))

    def _manifest(self, hand: HandMade, template: bytes, at: int, number: int) -> Record:
        container = open_container(template, "the template")
        name = f"M{at:07}".encode()
        blocks = (Block(one.count, one.payload.replace(_NUMBER, name)) for one in container.blocks())
        data = container.with_blocks(blocks)
        location = hand.write(f"metadata/hand-{at:07}-m0.avro", data)
        return _row(location, len(data), number, self._entries)

    def _deletes(self, hand: HandMade, number: int, manifests: int) -> Record:
        entries = [
            self._delete_entry(hand, at % manifests, at // manifests) for at in range(self.delete_files)
        ]
        data = avro_bytes(entry_schema(2), entries, header=_header("deletes"))
        location = hand.write("metadata/hand-deletes-m0.avro", data)
        return _row(location, len(data), number, len(entries), content=1)

    def _delete_entry(self, hand: HandMade, manifest: int, at: int) -> Record:
        target = data_file(hand.location, manifest, at)
        data = parquet_deletes([(target, position) for position in range(DELETED_ROWS_OF_A_FILE)])
        location = hand.write(f"deletes/{manifest:07}-{at:06}.parquet", data)
        bound = [{"key": PATH_COLUMN, "value": target.encode()}]
        return _own(
            entry(
                location,
                content=1,
                record_count=DELETED_ROWS_OF_A_FILE,
                file_size_in_bytes=len(data),
                lower_bounds=bound,
                upper_bounds=bound,
            )
        )


def data_file(location: str, manifest: int, at: int) -> str:
    """The name of one data file; the manifest's number has a width of its own."""
    return f"{location}{_DATA}{at % 28:02}-M{manifest:07}-{at:06}-4f3c2a1b.parquet"


def file_entry(path: str, number: int) -> Record:
    """An entry with statistics for every column."""
    return _own(
        entry(
            path,
            record_count=ROWS_OF_A_FILE,
            file_size_in_bytes=FILE_BYTES,
            column_sizes=_numbers(number, 1000),
            value_counts=_numbers(number, 1000),
            null_value_counts=_numbers(number, 0),
            nan_value_counts=[{"key": 3, "value": 0}],
            lower_bounds=_bounds(number),
            upper_bounds=_bounds(number + 1),
            split_offsets=[4],
        )
    )


class NamesOnly(LocalStore):
    """Files of this machine; data files beside them are names in a list, and copied by the store itself."""

    def __init__(self, root: Path, names: Path) -> None:
        super().__init__(root)
        self._names = names
        self._list = os.open(names, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def place(self, key: str) -> ObjectPlace | None:
        """Only data files are copied within."""
        return ObjectPlace("this machine", "", key) if _DATA in key else None

    def copy_new(self, key: str, source: ObjectPlace, check: Check) -> HeldBytes | None:
        """Note the new name; the digest is the one that all of them have."""
        held = HeldBytes(FILE_BYTES, _SHA256)
        check(held)
        os.write(self._list, f"{key}\n".encode())
        return held

    def stat(self, key: str) -> ObjectStat:
        return ObjectStat(key, FILE_BYTES, 0) if _DATA in key else super().stat(key)

    def list(self, folder: str) -> Iterator[ObjectStat]:
        yield from super().list(folder)
        with self._names.open() as names:
            for name in names:
                if name.startswith(f"{folder}/"):
                    yield ObjectStat(name.rstrip(), FILE_BYTES, 0)

    def free_bytes(self) -> int | None:
        return None


def names_only(folder: Path) -> Stores:
    """Stores of this machine whose data files are names in a list in the folder; one root for all, as in a bucket."""
    store = NamesOnly(Path("/"), folder / "names.txt")

    def wrap(_store: Store) -> Store:
        return store

    return Stores(wrap)


def _schema() -> Schema:
    kinds = [LongType() if number <= COLUMNS // 2 else StringType() for number in range(1, COLUMNS + 1)]
    return Schema(*(NestedField(at, f"c{at}", kind, required=False) for at, kind in enumerate(kinds, 1)))


def _finished(rows: Sequence[Record]) -> Edit:
    """What Spark asks of the newest snapshot: totals; and of the first, that it has no parent."""

    def total(column: str, content: int) -> str:
        return str(sum(row[column] for row in rows if row["content"] == content))

    def edit(raw: dict[str, Any]) -> None:
        raw["snapshots"][0].pop("parent-snapshot-id", None)
        raw["snapshots"][-1]["summary"] |= {
            "total-records": total("added_rows_count", 0),
            "total-data-files": total("added_files_count", 0),
            "total-delete-files": total("added_files_count", 1),
        }

    return edit


def _own(record: Record) -> Record:
    """Ids of HandMade's snapshots; the entry's own is inherited from the list."""
    return {**record, "snapshot_id": None}


def _header(content: str) -> dict[str, str]:
    schema = _schema().model_dump_json()
    return {
        "schema": schema,
        "partition-spec": json.dumps([]),
        "partition-spec-id": "0",
        "format-version": "2",
        "content": content,
    }


def _row(location: str, length: int, number: int, files: int, content: int = 0) -> Record:
    rows = files * (DELETED_ROWS_OF_A_FILE if content else ROWS_OF_A_FILE)
    return listed(
        location,
        length,
        content=content,
        sequence_number=number,
        min_sequence_number=number,
        added_snapshot_id=9000 + number,
        added_files_count=files,
        added_rows_count=rows,
    )


def _numbers(seed: int, low: int) -> list[Record]:
    return [{"key": key, "value": low + (seed * 31 + key * 977) % 90000} for key in range(1, COLUMNS + 1)]


def _bounds(seed: int) -> list[Record]:
    longs: list[dict[str, Any]] = [{"key": key, "value": pack("<q", seed * key)} for key in range(1, 9)]
    return longs + [{"key": key, "value": f"value-{seed:06}-{key}".encode()} for key in range(9, COLUMNS + 1)]
