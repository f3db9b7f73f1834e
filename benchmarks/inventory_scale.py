"""The inventory of thousands of PITs and a million objects: made anew, one PIT more, and asked. Prints figures.

The repository is made of synthetic documents in memory: each PIT captures one table, with one manifest of its own. The
inventory is real and lies on disk. BCN_PITS and BCN_FILES (of each PIT) vary it. Spark answers too where
``make test-services`` has installed it; all engines must give the same rows.
"""

import io
import json
import os
import struct
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import fastavro

from bcn_core.inventory import Inventory, catch_up, query, rebuild
from bcn_core.names import Scope, TableName, pit_id
from bcn_core.repository.documents import (
    CaptureRecord,
    DatabaseIndex,
    IndexRef,
    SourceRecord,
    TableEntry,
)
from bcn_core.repository.encoding import encode, seal, sha256
from bcn_core.repository.files import StoredFile, encode_files
from bcn_core.repository.layout import capture_record, stored_file
from bcn_core.repository.repository import Repository
from bcn_core.settings import InventorySettings, Settings
from bcn_core.storage.memory import MemoryStore
from tests.services.spark.engine import running_spark
from tests.warehouse.runs import Lab
from tests.warehouse.source import Place, append, make

PITS = int(os.environ.get("BCN_PITS", "2000"))
FILES = int(os.environ.get("BCN_FILES", "500"))
TABLES = 1000
START = datetime(2026, 1, 1, tzinfo=UTC)
ROOT = "s3://lake/db/t000"
T = TypeVar("T")
Rows = list[tuple[Any, ...]]
QUESTIONS = {
    "which PITs hold this file": (
        "SELECT p.pit FROM pits p JOIN objects o ON p.pit >= o.first_pit AND p.pit <= COALESCE(o.last_pit, '~') "
        "WHERE o.source_path LIKE '%/t007/data/00001-00004.parquet'"
    ),
    "what grew since": (
        "SELECT database, table_name, SUM(size) AS bytes FROM objects WHERE day >= DATE '2026-02-01' "
        "GROUP BY database, table_name ORDER BY bytes DESC"
    ),
    "where is a partition": "SELECT key FROM objects WHERE table_name = 't042' AND partition = 'city=Ulm'",
    "tables at a PIT": "SELECT COUNT(*) AS n FROM tables WHERE pit = (SELECT MAX(pit) FROM pits)",
}


class Synthetic:
    """A repository whose documents are copies of those of one real PIT."""

    def __init__(self, folder: Path) -> None:
        source = Place(folder / "source")
        append(make(source.pyiceberg(), "db.t000"), 0)
        lab = Lab.of(source)
        self.manifest = lab.take()
        ((_, self.entry),) = lab.repository.tables(self.manifest).items()
        self.record = lab.repository.capture(self.entry)
        store = MemoryStore()
        record = SourceRecord(kind="sql", address="sqlite:///nowhere")
        self.repository = Repository.create(store, Scope("shop"), record, START)
        self.files: dict[int, list[StoredFile]] = {}
        self.entries: dict[int, TableEntry] = {}
        self.indexes: dict[int, IndexRef] = {}
        self.avro, self.list = _manifest(), _manifest_list()

    def take_all(self, numbers: Iterable[int]) -> None:
        """A PIT for each number."""
        for number in numbers:
            self.take(number)

    def take(self, number: int) -> None:
        """One more PIT, which captures one table."""
        pit, table = pit_id(START + timedelta(hours=number)), number % TABLES
        self.entries[table] = self._capture(pit, table, number // TABLES)
        self.indexes[table % 10] = self._index(pit, table % 10)
        manifest = self.manifest.model_copy(
            update={
                "repository_id": self.repository.manifest.repository_id,
                "pit": pit,
                "indexes": tuple(self.indexes.values()),
            }
        )
        self.repository.store.put_new(self.repository.layout.pit_manifest(pit), [seal(manifest)])

    def _index(self, pit: str, database: int) -> IndexRef:
        """The index of a database in which a table changed; the others stand."""
        held = tuple(one for key, one in sorted(self.entries.items()) if key % 10 == database)
        index = DatabaseIndex(namespace=(f"db{database}",), properties={}, tables=held)
        data = encode(index)
        key = self.repository.layout.database_index(index.namespace, pit, sha256(data))
        self.repository.store.put_new(key, [data])
        return IndexRef(namespace=index.namespace, tables=len(held), key=key, sha256=sha256(data))

    def _capture(self, pit: str, table: int, round_: int) -> TableEntry:
        name = TableName((f"db{table % 10}",), f"t{table:03}")
        folder = self.repository.layout.capture(name, pit, full=round_ == 0)
        files = self.files.setdefault(table, [])
        swaps = ((b"t000", f"t{table:03}".encode()), (b"99999", f"{round_:05}".encode()))
        for kind, data in (("manifest-list", self.list), ("manifest", self.avro)):
            path = f"metadata/{round_:05}-{kind}.avro"
            key = stored_file(folder, ROOT, path)
            for before, after in swaps:
                data = data.replace(before, after)  # noqa: PLW2901
            self.repository.store.put_new(key, [data])
            files.append(StoredFile(0, path, kind, len(data), sha256(data), key, pit, ()))  # type: ignore[arg-type]
        for one in range(FILES):
            path = f"data/{round_:05}-{one:05}.parquet"
            files.append(
                StoredFile(0, path, "data", 1000 + one, "ab" * 32, f"{folder}/files/{path}", pit, (1,))
            )
        return self._write(folder, pit, name, files)

    def _write(self, folder: str, pit: str, name: TableName, files: list[StoredFile]) -> TableEntry:
        listed, key = encode_files(files), f"{folder}/files.parquet"
        self.repository.store.put_new(key, [listed])
        record: CaptureRecord = self.record.model_copy(
            update={
                "pit": pit,
                "roots": (ROOT.replace("t000", name.name),),
                "files_key": key,
                "files_sha256": sha256(listed),
            }
        )
        data = encode(record)
        self.repository.store.put_new(capture_record(folder), [data])
        return self.entry.model_copy(
            update={
                "name": name.name,
                "uuid": f"uuid-{name.name}",
                "capture": folder,
                "capture_pit": pit,
                "capture_digest": sha256(data),
            }
        )


def _manifest() -> bytes:
    """A manifest of format v2, uncompressed, whose paths have names of one length."""
    fields = [
        {"id": 1, "name": "id", "type": "long", "required": False},
        _field(2, "city"),
        _field(3, "name"),
    ]
    spec = [{"source-id": 2, "field-id": 1000, "name": "city", "transform": "identity"}]
    header = {
        "schema": json.dumps({"type": "struct", "schema-id": 0, "fields": fields}),
        "partition-spec": json.dumps(spec),
    }
    return _avro(_entry_schema(), [_entry(one) for one in range(FILES)], header)


def _entry_schema() -> dict[str, Any]:
    bounds = {"type": "array", "items": _record("b", {"key": "int", "value": "bytes"}), "logicalType": "map"}
    file = _record(
        "r2",
        {
            "file_path": "string",
            "record_count": "long",
            "partition": _record("p", {"city": "string"}),
            "lower_bounds": bounds,
            "upper_bounds": {**bounds, "items": "b"},
        },
    )
    return _record("manifest_entry", {"status": "int", "snapshot_id": "long", "data_file": file})


def _entry(number: int) -> dict[str, Any]:
    return {
        "status": 1,
        "snapshot_id": 7,
        "data_file": {
            "file_path": f"{ROOT}/data/99999-{number:05}.parquet",
            "record_count": number,
            "partition": {"city": ("Ulm", "Paris")[number % 2]},
            "lower_bounds": _bounds(number),
            "upper_bounds": _bounds(number + 9),
        },
    }


def _manifest_list() -> bytes:
    schema = _record(
        "manifest_file",
        {
            "manifest_path": ("string", 500),
            "manifest_length": ("long", 501),
            "sequence_number": ("long", 515),
        },
    )
    path = f"{ROOT}/metadata/99999-manifest.avro"
    return _avro(schema, [{"manifest_path": path, "manifest_length": 1, "sequence_number": 3}], {})


def _bounds(number: int) -> list[dict[str, Any]]:
    name = f"name {number:06}".encode()
    return [
        {"key": 1, "value": struct.pack("<q", number)},
        {"key": 2, "value": b"Ulm"},
        {"key": 3, "value": name},
    ]


def _record(name: str, fields: dict[str, Any]) -> dict[str, Any]:
    spelled = []
    for key, kind in fields.items():
        field_type, field_id = kind if isinstance(kind, tuple) else (kind, None)
        spelled.append({"name": key, "type": field_type} | ({"field-id": field_id} if field_id else {}))
    return {"type": "record", "name": name, "fields": spelled}


def _field(number: int, name: str) -> dict[str, Any]:
    return {"id": number, "name": name, "type": "string", "required": False}


def _avro(schema: dict[str, Any], records: list[dict[str, Any]], header: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    fastavro.writer(buffer, fastavro.parse_schema(schema), records, codec="null", metadata=header)
    return buffer.getvalue()


def timed(what: str, work: Callable[[], T]) -> T:
    """Carry out, and print how long it took."""
    begun = time.monotonic()
    result = work()
    print(f"{what:<40} {time.monotonic() - begun:8.2f} s", flush=True)
    return result


def ask(engine: str, inventory: Inventory) -> dict[str, Rows]:
    """What an engine answers, by question; without an order of rows, since no question asks for one of all."""
    return {
        name: in_order(timed(f"{engine}: {name}", partial(query, inventory, sql, engine)).rows())
        for name, sql in QUESTIONS.items()
    }


def ask_spark(spark: Any, inventory: Inventory) -> dict[str, Rows]:
    """The same by Spark, which opens the tables by their folders."""
    for name in ("pits", "tables", "objects"):
        folder = inventory.tables().open(name).location()
        spark.read.format("iceberg").load(folder).createOrReplaceTempView(name)
    return {
        name: in_order(timed(f"spark: {name}", partial(_collect, spark, sql)))
        for name, sql in QUESTIONS.items()
    }


def _collect(spark: Any, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in spark.sql(sql).collect()]


def in_order(rows: list[tuple[Any, ...]]) -> Rows:
    """Rows in one order, their numbers of one kind: SUM is a decimal in one engine and an integer in another."""
    return sorted(
        (tuple(int(one) if isinstance(one, Decimal) else one for one in row) for row in rows), key=repr
    )


def main() -> None:
    """Make, bring up, ask."""
    with tempfile.TemporaryDirectory() as folder:
        world = Synthetic(Path(folder))
        timed("synthetic documents", lambda: world.take_all(range(PITS)))
        settings = Settings(inventory=InventorySettings(warehouse=f"{folder}/inventory", manifest_prefix=""))
        inventory = Inventory.of(
            world.repository, Lab.of(Place(Path(folder) / "source")).stores, settings, print
        )
        timed(f"rebuild of {PITS:,} PITs", lambda: rebuild(inventory))
        world.take(PITS)
        timed("one PIT more", lambda: catch_up(inventory))
        objects = query(inventory, "SELECT COUNT(*) AS n FROM objects").item()
        size = sum(path.stat().st_size for path in (Path(folder) / "inventory").rglob("*") if path.is_file())
        print(f"{objects:,} objects, {size / 2**20:.0f} MiB")
        answers = {engine: ask(engine, inventory) for engine in ("polars", "duckdb")}
        if find_spec("pyspark"):
            with running_spark(Path(folder)) as spark:
                answers["spark"] = ask_spark(spark, inventory)
        for name in QUESTIONS:
            counts = {len(rows[name]) for rows in answers.values()}
            same = all(rows[name] == answers["polars"][name] for rows in answers.values())
            print(
                f"{name}: {counts} row(s), {'the same' if same else 'NOT THE SAME'} by {', '.join(answers)}"
            )


if __name__ == "__main__":
    main()
