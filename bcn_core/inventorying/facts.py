"""What manifests say of the files that they list: rows, partition, bounds, snapshot and sequence number.

Whole records are decoded, statistics and all, by fastavro; logical types are taken out of the writer's schema before,
since a partition date beyond the year 9999 is no date for Python (relocation.md 2).
"""

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bcn_core.errors import InvalidTableFile
from bcn_core.iceberg.avro import Container, open_container
from bcn_core.iceberg.manifests import DELETED, ManifestRef

_SHOWN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Facts:
    """One file; bounds and partition in the form that people read, None where nobody recorded any."""

    source_path: str
    record_count: int | None
    partition: str | None
    lower_bounds: str | None
    upper_bounds: str | None
    snapshot_id: int | None
    sequence_number: int | None


def facts_of_list(refs: Iterable[ManifestRef]) -> Iterator[Facts]:
    """What a manifest list says of its manifests."""
    for ref in refs:
        yield Facts(ref.path, ref.entry_count, None, None, None, ref.added_snapshot_id, ref.sequence_number)


def facts_of_manifest(data: bytes, ref: ManifestRef) -> Iterator[Facts]:
    """What a manifest says of the files that its snapshot needs; ``ref`` is its entry in a manifest list.

    Raises:
        InvalidTableFile: the bytes are no whole manifest.
        UnsupportedFormat: the manifest is encrypted.
    """
    container = open_container(data, ref.path)
    shown = _Shown.of(container)
    for entry in _records(container):
        if entry["status"] != DELETED:
            yield _facts(entry, ref, shown)


def _facts(entry: dict[str, Any], ref: ManifestRef, shown: "_Shown") -> Facts:
    file = entry["data_file"]
    snapshot, sequence = entry.get("snapshot_id"), entry.get("sequence_number")
    return Facts(
        source_path=file["file_path"],
        record_count=file.get("record_count"),
        partition=shown.partition(file.get("partition") or {}),
        lower_bounds=shown.bounds(file.get("lower_bounds")),
        upper_bounds=shown.bounds(file.get("upper_bounds")),
        # An entry without them inherits its manifest's (Iceberg specification, "Sequence Number Inheritance").
        snapshot_id=ref.added_snapshot_id if snapshot is None else snapshot,
        sequence_number=ref.sequence_number if sequence is None else sequence,
    )


def _records(container: Container) -> Iterator[dict[str, Any]]:
    import fastavro

    schema = fastavro.parse_schema(_without_logical_types(json.loads(container.schema)))
    try:
        for block in container.blocks():
            stream = io.BytesIO(block.payload)
            for _ in range(block.count):
                yield fastavro.schemaless_reader(stream, schema, None)  # type: ignore[misc]
    except (EOFError, IndexError, ValueError, KeyError, TypeError) as error:
        raise InvalidTableFile(f"{container.location} cannot be read: {error!r}") from error


def _without_logical_types(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_logical_types(one) for one in node]
    if isinstance(node, dict):
        return {key: _without_logical_types(one) for key, one in node.items() if key != "logicalType"}
    return node


@dataclass(frozen=True, slots=True)
class _Shown:
    """How the values of one manifest are spelled: columns by field id, partition fields by name."""

    columns: Mapping[int, tuple[str, Callable[[bytes], str]]]
    fields: Mapping[str, Callable[[Any], str]]

    @classmethod
    def of(cls, container: Container) -> "_Shown":
        header = container.header
        try:
            return _shown(header["schema"], header.get("partition-spec", b"[]"))
        except (KeyError, ValueError, TypeError) as error:
            raise InvalidTableFile(
                f"{container.location} has a header without its table's schema: {error!r}"
            ) from error

    def partition(self, values: Mapping[str, Any]) -> str | None:
        spelled = [f"{name}={_or_null(self.fields.get(name, str), value)}" for name, value in values.items()]
        return "/".join(spelled) or None

    def bounds(self, items: list[dict[str, Any]] | None) -> str | None:
        found = {}
        for item in items or ():
            name, spell = self.columns.get(item["key"], (str(item["key"]), bytes.hex))
            found[name] = spell(item["value"])
        return json.dumps(found, ensure_ascii=False) if found else None


@lru_cache(maxsize=256)
def _shown(schema: bytes, spec: bytes) -> _Shown:
    """Manifests of one table share their schema: it is taken apart once."""
    from pyiceberg.partitioning import PartitionField
    from pyiceberg.schema import Schema
    from pyiceberg.types import PrimitiveType

    known = Schema.model_validate_json(schema)
    columns = {
        field_id: (name, _speller(kind))
        for field_id, name in known._lazy_id_to_name.items()  # noqa: SLF001 - the one index of dotted names
        if isinstance(kind := known.find_type(field_id), PrimitiveType)
    }
    fields = {}
    for raw in json.loads(spec):
        field = PartitionField.model_validate(raw)
        if field.source_id in columns:
            kind = known.find_type(field.source_id)
            fields[field.name] = lambda value, field=field, kind=kind: field.transform.to_human_string(
                kind, value
            )
    return _Shown(columns, fields)


def _speller(kind: Any) -> Callable[[bytes], str]:
    """From a bound's bytes to its text; bytes that are none of the type are shown as they are."""
    from pyiceberg.conversions import from_bytes
    from pyiceberg.transforms import IdentityTransform
    from pyiceberg.types import BinaryType, FixedType

    human = IdentityTransform[Any]()

    def spell(data: bytes) -> str:
        if isinstance(kind, BinaryType | FixedType):
            return data[:_SHOWN_BYTES].hex()
        try:
            return human.to_human_string(kind, from_bytes(kind, data))
        except (ValueError, TypeError, OverflowError, ArithmeticError, LookupError):
            return data[:_SHOWN_BYTES].hex()

    return spell


def _or_null(spell: Callable[[Any], str], value: Any) -> str:
    if value is None:
        return "null"
    try:
        return spell(value)
    except (ValueError, TypeError, OverflowError, ArithmeticError):
        return value.hex() if isinstance(value, bytes) else str(value)
