"""Repositories for what takes long: a few large tables, or PITs of a great many objects that are empty files.

The second kind stands on two real backups. Each PIT more replaces one table's capture by one whose list, written by
BCN's own code, names objects that no other PIT needs. They are empty: the repository can be pruned, not verified.
"""

import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from bcn_core.names import Scope, TableName, pit_id
from bcn_core.repository import layout as keys
from bcn_core.repository.documents import (
    CaptureRecord,
    IndexRef,
    PitManifest,
    PitRef,
    SourceRecord,
    TableEntry,
)
from bcn_core.repository.encoding import encode, seal, sha256
from bcn_core.repository.files import StoredFile, encode_files
from bcn_core.repository.flag_documents import Owner, Tombstone
from bcn_core.repository.repository import Repository
from bcn_core.storage.local import LocalStore
from tests.builders.many_pits import ManyPits
from tests.warehouse.runs import Lab
from tests.warehouse.source import NAME, SCHEMA, Place

_TABLES = 20
_EMPTY = hashlib.sha256(b"").hexdigest()
_NAMESPACE = ("d0000",)
_OWNER = Owner(name="builder", host="elsewhere")


@dataclass(frozen=True, slots=True)
class ManyObjects:
    """A lake and its repository below a folder."""

    folder: Path

    def large(self, megabytes: int) -> Repository:
        """One real backup of a table of files of 64 MB that do not compress; its source is not kept."""
        return self._backed_up(max(1, megabytes // 64), 8 << 20)

    def small(self) -> Repository:
        """The same of one file of some bytes: what is left of an operation on it is its start."""
        return self._backed_up(1, 8)

    def _backed_up(self, files: int, rows: int) -> Repository:
        source = Place(self.folder / "lake")
        catalog = source.pyiceberg()
        catalog.create_namespace("d")
        table = catalog.create_table(
            "d.large", SCHEMA, properties={"write.parquet.compression-codec": "none"}
        )
        random = np.random.default_rng(1)
        for _ in range(files):
            ids = pa.array(random.integers(1 << 62, size=rows))
            table.append(pa.table({"id": ids, "city": pa.nulls(len(ids), pa.string())}))
        identity = source.bcn().identity()
        record = SourceRecord(kind=identity.kind, address=identity.address)
        store = LocalStore(self.folder / "repository")
        lab = Lab.of(source, repository=Repository.create(store, Scope(NAME), record, datetime.now(UTC)))
        lab.take()
        source.lose()
        return lab.repository

    def many(self, objects: int, pits: int) -> Repository:
        """So many PITs with so many objects; the first fifth waits to be removed, for long enough."""
        repository = ManyPits(self.folder).make(_TABLES, 2)
        growing = _Growing(repository, self.folder / "repository")
        for number in range(pits):
            growing.add(number, objects // pits)
        since = datetime.now(UTC) - timedelta(days=30)
        for pit in repository.pits()[: pits // 5]:
            stone = Tombstone(pit=pit, owner=_OWNER, since=since)
            repository.store.put_new(keys.tombstone(pit), [encode(stone)])
        return repository


class _Growing:
    """Publishing PITs on the newest one of a repository, in each another capture of one table."""

    def __init__(self, repository: Repository, folder: Path) -> None:
        self.repository = repository
        self.folder = folder
        self.manifest = repository.pit(repository.pits()[-1])
        self.index = repository.index(self.manifest.indexes[0])

    def add(self, number: int, objects: int) -> None:
        tables = list(self.index.tables)
        instant = self.manifest.pit_timestamp + timedelta(hours=1)
        place = number % len(tables)
        tables[place] = self._captured(tables[place], pit_id(instant), objects)
        self.index = self.index.model_copy(update={"tables": tuple(tables)})
        self.manifest = self._published(instant)

    def _captured(self, entry: TableEntry, pit: str, objects: int) -> TableEntry:
        table = TableName(_NAMESPACE, entry.name)
        folder = self.repository.layout.capture(table, pit, full=True)
        files = [_file(folder, pit, number) for number in range(objects)]
        self._touch(files)
        data, store = encode_files(files), self.repository.store
        before = self.repository.capture(entry)
        told = {"pit": pit, "files_key": f"{folder}/files.parquet", "files_sha256": sha256(data)}
        record: CaptureRecord = before.model_copy(update={**told, "files": objects, "bytes": 0})
        store.put_new(record.files_key, [data])
        store.put_new(keys.capture_record(folder), [encode(record)])
        named = {"capture": folder, "capture_pit": pit, "capture_digest": sha256(encode(record))}
        return entry.model_copy(update={**named, "files": objects, "bytes": 0})

    def _touch(self, files: list[StoredFile]) -> None:
        """Ten million files are made here: one call of the system for each."""
        (self.folder / files[0].object).parent.mkdir(parents=True)
        for file in files:
            os.mknod(f"{self.folder}/{file.object}")

    def _published(self, instant: datetime) -> PitManifest:
        pit, store = pit_id(instant), self.repository.store
        data = encode(self.index)
        key = self.repository.layout.database_index(_NAMESPACE, pit, sha256(data))
        store.put_new(key, [data])
        ref = IndexRef(namespace=_NAMESPACE, tables=len(self.index.tables), key=key, sha256=sha256(data))
        parent = PitRef(pit=self.manifest.pit, sha256=sha256(self.repository.pit_bytes(self.manifest.pit)))
        own = {"pit": pit, "pit_timestamp": instant, "captured_at": instant, "parent_pit": parent}
        found = self.manifest.model_copy(update={**own, "indexes": (ref,)})
        store.put_new(self.repository.layout.pit_manifest(pit), [seal(found)])
        return found


def _file(folder: str, pit: str, number: int) -> StoredFile:
    path = f"data/{number:08}.parquet"
    key = keys.stored_file(folder, "s3://lake", path)
    return StoredFile(0, path, "data", 0, _EMPTY, key, pit, (0,))
