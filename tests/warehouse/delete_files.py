"""Delete files of every kind and format, as engines write them, with the entries that manifests hold of them."""

import binascii
import io
import json
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import orc
from pyroaring import BitMap

from bcn_core.iceberg.orc_footer import with_user_metadata
from tests.builders.avro_files import PATH_COLUMN, Record, entry
from tests.warehouse.commits import HandMade

Position = tuple[str, int]
FOOTER = {"delete-type": "position", "iceberg.schema": '{"type":"struct"}'}
ROW = pa.struct([pa.field("id", pa.int64(), metadata={"PARQUET:field_id": "1", "iceberg.id": "1"})])


LEFT_OF_TWO = [1, 2, 3, 4, 5, 6, 7, 8, *range(10, 20)]
"""The ids that :func:`delete_two` leaves of the twenty of ``orders``."""


def delete_schema(*, with_row: bool = False, with_ids: bool = True) -> pa.Schema:
    ids = {"file_path": "2147483546", "pos": "2147483545", "row": "2147483544"}
    kinds = {"file_path": pa.string(), "pos": pa.int64(), **({"row": ROW} if with_row else {})}
    return pa.schema(
        [
            pa.field(
                name,
                kind,
                nullable=name == "row",
                metadata={"PARQUET:field_id": ids[name], "iceberg.id": ids[name], "iceberg.required": "true"}
                if with_ids
                else None,
            )
            for name, kind in kinds.items()
        ]
    )


def delete_table(rows: Sequence[Position], **options: bool) -> pa.Table:
    schema = delete_schema(**options)
    columns: list[Any] = [[path for path, _ in rows], [position for _, position in rows]]
    if "row" in schema.names:
        columns.append([{"id": position} for _, position in rows])
    return pa.table(
        [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)], schema=schema
    )


def parquet_deletes(
    rows: Sequence[Position], codec: str = "zstd", group_rows: int = 1000, **options: bool
) -> bytes:
    target = io.BytesIO()
    table = delete_table(rows, **options)
    with pq.ParquetWriter(target, table.schema, compression=codec, store_schema=False) as writer:
        writer.add_key_value_metadata(FOOTER)
        writer.write_table(table, row_group_size=group_rows)
    return target.getvalue()


def orc_deletes(rows: Sequence[Position], codec: str = "zlib", **options: bool) -> bytes:
    target = io.BytesIO()
    writer = orc.ORCWriter(target, compression=codec)
    writer.write(delete_table(rows, **options))
    writer.close()
    return with_user_metadata(
        target.getvalue(), {key.encode(): value.encode() for key, value in FOOTER.items()}
    )


def avro_deletes(rows: Sequence[Position], codec: str = "deflate", block_bytes: int = 16000) -> bytes:
    schema = {
        "type": "record",
        "name": "position_delete",
        "fields": [
            {"name": "file_path", "type": "string", "field-id": 2147483546},
            {"name": "pos", "type": "long", "field-id": 2147483545},
        ],
    }
    target = io.BytesIO()
    records = [{"file_path": path, "pos": position} for path, position in rows]
    fastavro.writer(
        target,
        schema,
        records,
        codec=codec,
        metadata=dict(FOOTER),
        sync_interval=block_bytes,
        sync_marker=b"S" * 16,
    )
    return target.getvalue()


def equality_deletes(ids: Iterable[int], name: str = "id", field_id: int = 1) -> bytes:
    target = io.BytesIO()
    schema = pa.schema([pa.field(name, pa.int64(), metadata={"PARQUET:field_id": str(field_id)})])
    table = pa.table([pa.array(list(ids), pa.int64())], schema=schema)
    with pq.ParquetWriter(target, schema, store_schema=False) as writer:
        writer.add_key_value_metadata({"delete-type": "equality", "delete-field-ids": str(field_id)})
        writer.write_table(table)
    return target.getvalue()


def vector(positions: Iterable[int]) -> bytes:
    """A ``deletion-vector-v1`` blob: length, magic, one roaring bitmap, checksum."""
    bitmap = struct.pack("<qi", 1, 0) + BitMap(positions).serialize()
    body = b"\xd1\xd3\x39\x64" + bitmap
    return struct.pack(">i", len(body)) + body + struct.pack(">I", binascii.crc32(body))


def puffin(vectors: Mapping[str, Iterable[int]], *, compressed: bool = False, gap: bytes = b"") -> bytes:
    """A Puffin file of deletion vectors by data file; ``gap``: bytes between the blobs that belong to none."""
    body, blobs = b"PFA1", []
    for path, positions in vectors.items():
        blob = vector(positions)
        blobs.append(
            {
                "type": "deletion-vector-v1",
                "fields": [2147483645],
                "snapshot-id": -1,
                "sequence-number": -1,
                "offset": len(body),
                "length": len(blob),
                "properties": {"referenced-data-file": path, "cardinality": str(len(set(positions)))},
            }
        )
        body += blob + gap
    return with_footer(body, {"blobs": blobs, "properties": {"created-by": "test"}}, compressed=compressed)


def with_footer(body: bytes, footer: Mapping[str, Any], *, compressed: bool = False) -> bytes:
    payload = json.dumps(footer).encode()
    if compressed:
        payload = pa.compress(payload, codec="lz4", asbytes=True)
    flags = bytes([int(compressed), 0, 0, 0])
    return body + b"PFA1" + payload + struct.pack("<i", len(payload)) + flags + b"PFA1"


def position_entry(location: str, data: bytes, rows: Sequence[Position], **fields: Any) -> Record:
    """The entry of a position delete file; file-scoped ones name their data file, as Java's writers do."""
    paths = sorted({path for path, _ in rows}, key=str.encode)
    bounds = {
        "lower_bounds": [{"key": PATH_COLUMN, "value": paths[0].encode()}],
        "upper_bounds": [{"key": PATH_COLUMN, "value": paths[-1].encode()}],
    }
    if len(paths) == 1:
        fields = {"referenced_data_file": paths[0], **fields}
    return entry(
        location,
        content=1,
        **{
            "file_size_in_bytes": len(data),
            "record_count": len(rows),
            "split_offsets": [4],
            **bounds,
            **fields,
        },
    )


def equality_entry(location: str, data: bytes, count: int, field_id: int = 1) -> Record:
    return entry(
        location, content=2, file_size_in_bytes=len(data), record_count=count, equality_ids=[field_id]
    )


def vector_entries(location: str, data: bytes, vectors: Mapping[str, Sequence[int]]) -> list[Record]:
    """One entry for each deletion vector of a Puffin file that :func:`puffin` made without gaps."""
    entries, offset = [], 4
    for path, positions in vectors.items():
        length = len(vector(positions))
        entries.append(
            entry(
                location,
                content=1,
                file_format="PUFFIN",
                file_size_in_bytes=len(data),
                record_count=len(positions),
                referenced_data_file=path,
                content_offset=offset,
                content_size_in_bytes=length,
            )
        )
        offset += length
    return entries


def delete_two(
    orders: HandMade, encode: Callable[..., bytes] = parquet_deletes, kind: str = "PARQUET"
) -> None:
    """Delete the first and the last row of the first data file, by position."""
    gone = [(orders.data_files[0], 0), (orders.data_files[0], 9)]
    data = encode(gone)
    location = orders.write(f"data/deletes.{kind.lower()}", data)
    orders.add([position_entry(location, data, gone, file_format=kind)])
