"""What users would relocate a table's metadata with instead: Iceberg's Spark procedure, and a script with fastavro."""

import csv
import io
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fastavro

from tests.services.spark.engine import running_spark
from tests.services.spark.tables import LiveTable, connect
from tests.warehouse.commits import HandMade, path_of
from tests.warehouse.source import Place

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Peer:
    """What one way took, with its own start left out."""

    name: str
    seconds: float
    cpu_seconds: float


def rewrite_table_path(source: Place, warm: Place) -> Peer:
    """rewrite_table_path, a copy of what it staged, register_table; a small table goes first, uncounted."""
    with tempfile.TemporaryDirectory() as folder, running_spark(Path(folder)) as spark:
        _relocated_by_spark(spark, warm)
        jvm = spark.sparkContext._gateway.proc.pid  # noqa: SLF001 - pyspark has no other way to tell
        seconds, cpu = time.perf_counter(), cpu_of(jvm)
        _relocated_by_spark(spark, source)
        spent = cpu_of(jvm) - cpu
        return Peer("Spark rewrite_table_path, copy, register_table", time.perf_counter() - seconds, spent)


def _relocated_by_spark(spark: Any, source: Place) -> None:
    place = Place(source.folder.with_name(f"spark_{source.folder.name}"), f"spark_{source.name}")
    for one in (source, place):
        connect(spark, one)
    table = LiveTable(spark, source, "orders")
    prefix, target = f"file://{source.folder}", f"file://{place.folder}"
    answer = table.call("rewrite_table_path", source_prefix=f"'{prefix}'", target_prefix=f"'{target}'")
    latest, listed = str(answer[0][0]), path_of(str(answer[0][1]))
    for old, new in csv.reader(listed.read_text().splitlines()):
        # The list names data files too, which are names alone here: no way is charged for them.
        if "/data/" not in old:
            path_of(new).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path_of(old), path_of(new))
    newest = f"{target}/warehouse/db/orders/metadata/{latest}"
    LiveTable(spark, place, "orders").call("register_table", metadata_file=f"'{newest}'")


def naive_script(hand: HandMade) -> Peer:
    """Every Avro file decoded and encoded by fastavro, the metadata's text replaced; delete files are left alone."""
    source = hand.location
    target = path_of(source).with_name("naive")
    seconds, cpu = time.perf_counter(), time.process_time()
    for path in sorted((path_of(source) / "metadata").iterdir()):
        written = target / "metadata" / path.name
        written.parent.mkdir(parents=True, exist_ok=True)
        data = path.read_bytes()
        new = f"file://{target}"
        written.write_bytes(
            _rewritten(data, source, new)
            if path.suffix == ".avro"
            else data.decode().replace(source, new).encode()
        )
    return Peer("naive script with fastavro", time.perf_counter() - seconds, time.process_time() - cpu)


def _rewritten(data: bytes, source: str, target: str) -> bytes:
    reader: Any = fastavro.reader(io.BytesIO(data))
    records = list(reader)
    for record in records:
        if "manifest_path" in record:
            record["manifest_path"] = record["manifest_path"].replace(source, target)
        else:
            record["data_file"]["file_path"] = record["data_file"]["file_path"].replace(source, target)
    written = io.BytesIO()
    header = {key: value for key, value in reader.metadata.items() if not key.startswith("avro.")}
    fastavro.writer(written, reader.writer_schema, records, codec="deflate", metadata=header)
    return written.getvalue()


def cpu_of(process: int) -> float:
    """CPU seconds of a process so far, those of its ended children included."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(int(value) for value in fields[11:15]) / _TICKS
