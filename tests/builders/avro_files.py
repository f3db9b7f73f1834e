"""Manifests and manifest lists as engines write them: the Avro schemas of the Iceberg specification, by fastavro."""

import binascii
import io
from collections.abc import Mapping, Sequence
from typing import Any

import fastavro
import pyarrow as pa
import zstandard

PATH_COLUMN = 2147483546

Record = dict[str, Any]


def field(name: str, field_id: int, kind: Any, *, optional: bool = False) -> Record:
    if optional:
        return {"name": name, "type": ["null", kind], "default": None, "field-id": field_id}
    return {"name": name, "type": kind, "field-id": field_id}


def int_map(name: str, field_id: int, key_id: int, value: str) -> Record:
    item = {
        "type": "record",
        "name": f"k{key_id}_v{key_id + 1}",
        "fields": [field("key", key_id, "int"), field("value", key_id + 1, value)],
    }
    return field(name, field_id, {"type": "array", "items": item, "logicalType": "map"}, optional=True)


def int_list(name: str, field_id: int, element_id: int, kind: str) -> Record:
    return field(name, field_id, {"type": "array", "items": kind, "element-id": element_id}, optional=True)


def data_file_fields(version: int, partition: Sequence[Record]) -> list[Record]:
    fields = [
        field("file_path", 100, "string"),
        field("file_format", 101, "string"),
        field("partition", 102, {"type": "record", "name": "r102", "fields": list(partition)}),
        field("record_count", 103, "long"),
        field("file_size_in_bytes", 104, "long"),
        int_map("column_sizes", 108, 117, "long"),
        int_map("value_counts", 109, 119, "long"),
        int_map("null_value_counts", 110, 121, "long"),
        int_map("nan_value_counts", 137, 138, "long"),
        int_map("lower_bounds", 125, 126, "bytes"),
        int_map("upper_bounds", 128, 129, "bytes"),
        field("key_metadata", 131, "bytes", optional=True),
        int_list("split_offsets", 132, 133, "long"),
        field("sort_order_id", 140, "int", optional=True),
    ]
    if version == 1:
        return fields
    content = field("content", 134, "int")
    equality = int_list("equality_ids", 135, 136, "int")
    later = [field("first_row_id", 142, "long", optional=True)] if version > 2 else []
    deletes = [
        field("referenced_data_file", 143, "string", optional=True),
        field("content_offset", 144, "long", optional=True),
        field("content_size_in_bytes", 145, "long", optional=True),
    ]
    return [content, *fields, equality, *later, *deletes]


def entry_schema(version: int = 2, partition: Sequence[Record] = ()) -> Record:
    data_file = {"type": "record", "name": "r2", "fields": data_file_fields(version, partition)}
    sequence = [
        field("sequence_number", 3, "long", optional=True),
        field("file_sequence_number", 4, "long", optional=True),
    ]
    fields = [
        field("status", 0, "int"),
        field("snapshot_id", 1, "long", optional=version > 1),
        *(sequence if version > 1 else []),
        field("data_file", 2, data_file),
    ]
    return {"type": "record", "name": "manifest_entry", "fields": fields}


def list_schema(version: int = 2) -> Record:
    fields = [
        field("manifest_path", 500, "string"),
        field("manifest_length", 501, "long"),
        field("partition_spec_id", 502, "int"),
    ]
    if version > 1:
        fields += [
            field("content", 517, "int"),
            field("sequence_number", 515, "long"),
            field("min_sequence_number", 516, "long"),
        ]
    optional = version == 1
    fields += [field("added_snapshot_id", 503, "long")]
    counts = ("added_files_count", "existing_files_count", "deleted_files_count")
    rows = ("added_rows_count", "existing_rows_count", "deleted_rows_count")
    fields += [field(name, 504 + at, "int", optional=optional) for at, name in enumerate(counts)]
    fields += [field(name, 512 + at, "long", optional=optional) for at, name in enumerate(rows)]
    fields += [field("key_metadata", 519, "bytes", optional=True)]
    if version > 2:
        fields += [field("first_row_id", 520, "long", optional=True)]
    return {"type": "record", "name": "manifest_file", "fields": fields}


def entry(path: str, *, status: int = 1, content: int = 0, **data_file: Any) -> Record:
    file = {
        "content": content,
        "file_path": path,
        "file_format": "PARQUET",
        "partition": {},
        "record_count": 10,
        "file_size_in_bytes": 1000,
        **data_file,
    }
    return {"status": status, "snapshot_id": 7, "data_file": file}


def listed(path: str, length: int, **fields: Any) -> Record:
    return {
        "manifest_path": path,
        "manifest_length": length,
        "partition_spec_id": 0,
        "content": 0,
        "sequence_number": 1,
        "min_sequence_number": 1,
        "added_snapshot_id": 7,
        "added_files_count": 1,
        "existing_files_count": 0,
        "deleted_files_count": 0,
        "added_rows_count": 10,
        "existing_rows_count": 0,
        "deleted_rows_count": 0,
        **fields,
    }


HEADER = {"schema": '{"type":"struct","fields":[]}', "partition-spec": "[]", "partition-spec-id": "0"}


def avro_bytes(
    schema: Record,
    records: Sequence[Record],
    *,
    codec: str = "deflate",
    header: Mapping[str, str] = HEADER,
    block_bytes: int = 16000,
) -> bytes:
    target = io.BytesIO()
    metadata = dict(header)
    fastavro.writer(
        target,
        schema,
        records,
        codec=codec,
        metadata=metadata,
        sync_interval=block_bytes,
        sync_marker=b"S" * 16,
    )
    return target.getvalue()


def manifest(*entries: Record, version: int = 2, codec: str = "deflate", block_bytes: int = 16000) -> bytes:
    return avro_bytes(entry_schema(version), entries, codec=codec, block_bytes=block_bytes)


def with_other_names(*entries: Record) -> bytes:
    """A manifest whose fields have the ids of the specification, and one of them another name."""
    schema = entry_schema()
    schema["fields"][-1]["name"] = "file"
    return avro_bytes(schema, [{**one, "file": one["data_file"]} for one in entries])


def manifest_list(*refs: Record, version: int = 2, codec: str = "deflate") -> bytes:
    return avro_bytes(list_schema(version), refs, codec=codec, header={"format-version": str(version)})


def decoded(data: bytes) -> list[Record]:
    """All records, read by fastavro."""
    records: list[Any] = list(fastavro.reader(io.BytesIO(data)))
    return records


def payload(data: bytes) -> bytes:
    """The decompressed bytes of all blocks, by fastavro's own container reader."""
    blocks: Any = fastavro.block_reader(io.BytesIO(data))
    return b"".join(block.bytes_.getvalue() for block in blocks)


def repacked(data: bytes, codec: str) -> bytes:
    """The same file under a codec that fastavro lacks here: snappy or zstandard, packed by other people's code."""
    blocks: list[Any] = list(fastavro.block_reader(io.BytesIO(data)))
    head = data[: data.index(b"S" * 16)]
    head = head.replace(_text("avro.codec") + _text("null"), _text("avro.codec") + _text(codec))
    pieces = [head, b"S" * 16]
    for each in blocks:
        packed = _packed(each.bytes_.getvalue(), codec)
        pieces.append(block(each.num_records, packed))
    return b"".join(pieces)


def without_codec(data: bytes) -> bytes:
    """The same uncompressed file with a header that names no codec, as Avro allows."""
    return data.replace(_text("avro.codec") + _text("null"), _text("written.by") + _text("none"))


def _packed(plain: bytes, codec: str) -> bytes:
    if codec == "zstandard":
        return zstandard.ZstdCompressor(write_content_size=False).compress(plain)
    packed: bytes = pa.compress(plain, codec="snappy", asbytes=True)
    return packed + binascii.crc32(plain).to_bytes(4, "big")


def _text(text: str) -> bytes:
    return _long(len(text.encode())) + text.encode()


def _long(value: int) -> bytes:
    target = io.BytesIO()
    fastavro.schemaless_writer(target, "long", value)
    return target.getvalue()


def header_only(schema: str, codec: str = "null") -> bytes:
    """An Avro file without blocks that claims a schema."""
    entries = _text("avro.schema") + _text(schema) + _text("avro.codec") + _text(codec)
    return b"Obj\x01" + _long(2) + entries + b"\x00" + b"S" * 16


def block(count: int, packed: bytes) -> bytes:
    """A block of such a file: it claims so many records."""
    return _long(count) + _long(len(packed)) + packed + b"S" * 16
