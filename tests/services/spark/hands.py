"""Commits that no SQL statement makes, through Iceberg's own Java writers: what other engines leave behind."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bcn_core.iceberg.manifests import read_manifest_list
from tests.services.spark.tables import LiveTable

Record = Mapping[str, Any]
"""Values by column; whole numbers reach Java as 32 bits, so the columns are of type int."""


class Hands:
    """Hand-made files and commits of one table."""

    def __init__(self, table: LiveTable) -> None:
        self._table = table
        self._java = table.spark._jvm
        self._iceberg = self._java.org.apache.iceberg

    def data_files(self, below: str = "") -> list[str]:
        """The live data files, oldest first; ``below`` picks those with this text in their path."""
        found = self._table.ask(
            "SELECT data_file.file_path FROM {t}.entries WHERE status < 2 ORDER BY sequence_number"
        )
        return [row[0] for row in found if below in row[0]]

    @property
    def has_vectors(self) -> bool:
        """Whether position deletes of this table are deletion vectors."""
        return int(self._table.java().operations().current().formatVersion()) > 2

    def position_delete_file(
        self,
        deletes: Sequence[tuple[str, int]],
        partition: str | None = None,
        rows: Sequence[Record] | None = None,
        place: str | None = None,
    ) -> Any:
        """A position delete file, not yet committed, in the table's format for deletes.

        ``rows`` are the deleted rows, in the same order; ``place`` is the file's own, else the table's choice.
        """
        table = self._table.java()
        factory = self._factory(None, None, table.schema() if rows else None)
        kind = self._format(table.properties().getOrDefault("write.delete.format.default", "PARQUET"))
        writer = factory.newPosDeleteWriter(self._output(kind, place), kind, self._partition(partition))
        for at, (path, position) in enumerate(deletes):
            row = self._record(table.schema(), rows[at]) if rows else None
            delete = self._iceberg.deletes.PositionDelete.create()
            writer.write(delete.set(path, position, row) if rows else delete.set(path, position))
        writer.close()
        return writer.toDeleteFile()

    def commit_deletes(self, *files: Any) -> None:
        """Commit delete files."""
        delta = self._table.java().newRowDelta()
        for file in files:
            delta.addDeletes(file)
        delta.commit()

    def commit_positions(self, positions: Mapping[str, Sequence[int]]) -> None:
        """Delete rows by position: in one position delete file, or by deletion vectors in one Puffin file."""
        if self.has_vectors:
            self.commit_vectors(positions)
            return
        listed = [(path, position) for path, rows in sorted(positions.items()) for position in rows]
        self.commit_deletes(self.position_delete_file(listed))

    def commit_equality_deletes(self, rows: Sequence[Record], partition: str | None = None) -> None:
        """Delete the rows that are equal to one of ``rows`` in the columns that it names."""
        schema = self._table.java().schema().select(self._java.java.util.ArrayList(list(rows[0])))
        ids = [schema.findField(name).fieldId() for name in rows[0]]
        factory = self._factory(ids, schema, None)
        kind = self._format("PARQUET")
        writer = factory.newEqDeleteWriter(self._output(kind), kind, self._partition(partition))
        for row in rows:
            writer.write(self._record(schema, row))
        writer.close()
        self.commit_deletes(writer.toDeleteFile())

    def commit_vectors(self, positions: Mapping[str, Sequence[int]]) -> None:
        """Delete rows by position, with the deletion vectors of all data files in one Puffin file."""
        table = self._table.java()
        outputs = (
            self._iceberg.io.OutputFileFactory.builderFor(table, 1, 1).format(self._format("PUFFIN")).build()
        )
        nothing_before = self._java.org.sparkproject.guava.base.Functions.constant(None)
        writer = self._iceberg.deletes.BaseDVFileWriter(outputs, nothing_before)
        for path, rows in positions.items():
            partition = self._partition_of(path)
            for row in rows:
                writer.delete(path, row, table.spec(), partition)
        writer.close()
        self.commit_deletes(*writer.result().deleteFiles())

    def commit_compaction(self, rows: Sequence[Record], since: int) -> None:
        """Replace the data files of the snapshot ``since`` by one with ``rows``, under that snapshot's number."""
        table = self._table.java()
        kind = self._format("PARQUET")
        writer = self._factory(None, None, None).newDataWriter(self._output(kind), kind, None)
        for row in rows:
            writer.write(self._record(table.schema(), row))
        writer.close()
        old, new = self._java.java.util.HashSet(), self._java.java.util.HashSet()
        for task in _each(table.newScan().useSnapshot(since).planFiles()):
            old.add(task.file())
        new.add(writer.toDataFile())
        number = table.snapshot(since).sequenceNumber()
        table.newRewrite().validateFromSnapshot(since).rewriteFiles(old, new, number).commit()

    def _factory(self, ids: list[int] | None, equal: Any, deleted: Any) -> Any:
        table = self._table.java()
        array = None
        if ids is not None:
            array = self._table.spark.sparkContext._gateway.new_array(self._java.int, len(ids))
            for at, one in enumerate(ids):
                array[at] = one
        make = self._iceberg.data.GenericAppenderFactory
        return make(table.schema(), table.spec(), array, equal, deleted)

    def _output(self, kind: Any, place: str | None = None) -> Any:
        table = self._table.java()
        if place is not None:
            return self._iceberg.encryption.EncryptedFiles.encryptedOutput(
                table.io().newOutputFile(place), self._iceberg.encryption.EncryptionKeyMetadata.EMPTY
            )
        return self._iceberg.io.OutputFileFactory.builderFor(table, 7, 7).format(kind).build().newOutputFile()

    def _format(self, name: str) -> Any:
        return self._iceberg.FileFormat.fromString(name)

    def _partition(self, path: str | None) -> Any:
        """The partition that a path such as ``city=Ulm`` names."""
        if path is None:
            return None
        return self._iceberg.DataFiles.data(self._table.java().spec(), path)

    def _partition_of(self, file: str) -> Any:
        for task in _each(self._table.java().newScan().planFiles()):
            if task.file().location() == file:
                return task.file().partition()
        raise AssertionError(f"{file} is no data file of {self._table.name}")

    def _record(self, schema: Any, values: Record) -> Any:
        record = self._iceberg.data.GenericRecord.create(schema)
        for name, value in values.items():
            record.setField(name, value)
        return record

    def embed_manifests(self) -> None:
        """Write the metadata once more without manifest lists, as writers of v1 may, and point the catalog at it."""
        table = self._table.java()
        before = str(table.operations().current().metadataFileLocation())
        raw = json.loads(_path(before).read_bytes())
        for snapshot in raw["snapshots"]:
            refs = read_manifest_list(
                _path(snapshot["manifest-list"]).read_bytes(), snapshot["manifest-list"]
            )
            del snapshot["manifest-list"]
            snapshot["manifests"] = [ref.path for ref in refs]
        after = before.replace("/0000", "/0001")
        _path(after).write_text(json.dumps(raw))
        with sqlite3.connect(self._table.place.folder / "catalog.db") as database:
            database.execute("UPDATE iceberg_tables SET metadata_location = ?", (after,))


def _each(iterable: Any) -> Iterator[Any]:
    """Java's own lists are Python's too, but not Iceberg's iterables, which must be closed."""
    found = iterable.iterator()
    while found.hasNext():
        yield found.next()
    iterable.close()


def _path(location: str) -> Path:
    return Path(location.removeprefix("file:").replace("///", "/", 1))
