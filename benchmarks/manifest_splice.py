"""How fast a manifest's paths are rewritten, next to decoding and encoding it with fastavro.

Run: python benchmarks/manifest_splice.py [entries]. Statistics for 16 columns, deflate, as engines write them.
"""

import io
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import fastavro

from bcn_core.iceberg.manifests import read_manifest
from bcn_core.iceberg.relocation import relocate_manifest
from benchmarks.large_table import COLUMNS, file_entry
from tests.builders.avro_files import Record, decoded, entry_schema, manifest

SOURCE, TARGET = "s3://lake/warehouse/sales/orders", "s3://restored/2026/sales/orders"


def _entry(number: int) -> Record:
    return file_entry(f"{SOURCE}/data/day=2026-08-{number % 28:02}/00000-{number}-4f3c2a1b.parquet", number)


def _map(path: str) -> str:
    return TARGET + path[len(SOURCE) :] if path.startswith(SOURCE + "/") else path


def _by_fastavro(data: bytes) -> bytes:
    records: list[Any] = decoded(data)
    for record in records:
        record["data_file"]["file_path"] = _map(record["data_file"]["file_path"])
    target = io.BytesIO()
    fastavro.writer(target, entry_schema(), records, codec="deflate")
    return target.getvalue()


def _by_splicing(data: bytes) -> bytes:
    return relocate_manifest(data, "benchmark", _map, _map)


def _rate(work: Callable[[bytes], object], data: bytes, entries: int) -> float:
    started = time.perf_counter()
    work(data)
    return entries / (time.perf_counter() - started)


def main(entries: int) -> None:
    """Print the rates in entries per second, their ratio, and the memory that splicing takes."""
    data = manifest(*(_entry(number) for number in range(entries)))
    if decoded(_by_splicing(data)) != decoded(_by_fastavro(data)):
        raise SystemExit("the two ways differ")
    slow, fast = _rate(_by_fastavro, data, entries), _rate(_by_splicing, data, entries)
    reading = _rate(lambda source: sum(1 for _ in read_manifest(source, "benchmark")), data, entries)
    tracemalloc.start()
    written = len(_by_splicing(data))
    _, peak = tracemalloc.get_traced_memory()
    print(f"{entries} entries, {len(data):,} bytes, {COLUMNS} columns with statistics")
    print(f"fastavro, decode and encode: {slow:10,.0f} entries/s")
    print(f"splicing:                    {fast:10,.0f} entries/s   {fast / slow:.1f} times as fast")
    print(f"reading what a backup needs: {reading:10,.0f} entries/s")
    print(f"memory at most, beside input and output: {peak - 2 * written:,} bytes")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20000)
