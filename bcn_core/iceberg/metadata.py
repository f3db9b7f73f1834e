"""Table metadata files as raw JSON with a typed view on the few fields that matter here.

Unknown keys stay in ``raw`` and are written back (Iceberg specification, "Table Metadata Fields").
"""

import gzip
import json
import zlib
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bcn_core.errors import InvalidTableFile
from bcn_core.iceberg.metadata_shape import check_shape
from bcn_core.iceberg.unpacking import HINT, UnpacksTooFarError, gunzipped

_GZIP_MAGIC = b"\x1f\x8b"
# Of a number with 64 bits; Python refuses to read one of some thousands.
_MOST_DIGITS = 19
_GZIP_SUFFIXES = (".gz.metadata.json", ".metadata.json.gz")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot of a table; ``manifests`` are those that format v1 may embed instead of a manifest list."""

    raw: dict[str, Any]

    @property
    def id(self) -> int:
        """The snapshot's id."""
        return int(self.raw["snapshot-id"])

    @property
    def parent_id(self) -> int | None:
        """The id of the snapshot it was made from, which may have been expired."""
        return self.raw.get("parent-snapshot-id")

    @property
    def timestamp_ms(self) -> int:
        """When it was made, in milliseconds since the epoch."""
        return int(self.raw["timestamp-ms"])

    @property
    def manifest_list(self) -> str | None:
        """The location of its manifest list."""
        return self.raw.get("manifest-list")

    @property
    def manifests(self) -> tuple[str, ...]:
        """The locations of manifests named in the metadata itself (format v1 without a manifest list)."""
        return tuple(self.raw.get("manifests") or ())

    @property
    def schema_id(self) -> int | None:
        """The schema that was current when it was made; old v1 writers do not say."""
        return self.raw.get("schema-id")

    @property
    def summary(self) -> dict[str, str]:
        """What the writer noted about it."""
        return dict(self.raw.get("summary") or {})

    @property
    def record_count(self) -> int | None:
        """Rows in its data files before deletes, as its writer counted."""
        return self._total("total-records")

    @property
    def added_records(self) -> int | None:
        """Rows in the data files that it added, as its writer counted."""
        return self._total("added-records")

    @property
    def deleted_records(self) -> int | None:
        """Rows in the data files that it removed, as its writer counted."""
        return self._total("deleted-records")

    @property
    def total_data_files(self) -> int | None:
        """Its data files, as its writer counted."""
        return self._total("total-data-files")

    @property
    def total_delete_files(self) -> int | None:
        """Its delete files, as its writer counted."""
        return self._total("total-delete-files")

    @property
    def total_bytes(self) -> int | None:
        """The size of its data and delete files, as its writer counted."""
        return self._total("total-files-size")

    def _total(self, key: str) -> int | None:
        text = str(self.summary.get(key, ""))
        return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


@dataclass(frozen=True)  # no slots: the tuple of snapshots is made once, on first use
class TableMetadata:
    """One state of a table, as one metadata file holds it; ``raw`` must not be changed."""

    raw: dict[str, Any]
    location_of_file: str

    @property
    def uuid(self) -> str | None:
        """The table's UUID, which v1 tables may lack."""
        return self.raw.get("table-uuid")

    @property
    def format_version(self) -> int:
        """The format version: 1, 2 or 3."""
        return int(self.raw["format-version"])

    @property
    def location(self) -> str:
        """The table's base location."""
        return str(self.raw["location"])

    @property
    def last_updated_ms(self) -> int:
        """When this state was written, in milliseconds since the epoch, by the writer's clock."""
        return int(self.raw["last-updated-ms"])

    @property
    def last_sequence_number(self) -> int:
        """The highest sequence number given out; 0 in format v1."""
        return int(self.raw.get("last-sequence-number", 0))

    @property
    def current_snapshot_id(self) -> int | None:
        """The current snapshot, None for a table that has none (null or -1 in the file)."""
        found = self.raw.get("current-snapshot-id")
        return None if found is None or found == -1 else int(found)

    @cached_property
    def snapshots(self) -> tuple[Snapshot, ...]:
        """All snapshots, in the file's order."""
        return tuple(Snapshot(raw) for raw in self.raw.get("snapshots") or ())

    @cached_property
    def _by_id(self) -> dict[int, Snapshot]:
        return {snapshot.id: snapshot for snapshot in self.snapshots}

    def snapshot(self, snapshot_id: int) -> Snapshot | None:
        """The snapshot with an id."""
        return self._by_id.get(snapshot_id)

    @property
    def current_snapshot(self) -> Snapshot | None:
        """The current snapshot, None for a table that has none.

        Raises:
            InvalidTableFile: the metadata names a current snapshot that it does not contain.
        """
        wanted = self.current_snapshot_id
        if wanted is None:
            return None
        found = self.snapshot(wanted)
        if found is None:
            raise InvalidTableFile(f"{self.location_of_file} lacks its current snapshot {wanted}")
        return found

    @property
    def schema_id(self) -> int:
        """The id of the current schema; 0 in a v1 file that holds a single schema."""
        return int(self.raw.get("current-schema-id", self.raw.get("schema", {}).get("schema-id", 0)))

    @property
    def current_schema(self) -> dict[str, Any]:
        """The current schema.

        Raises:
            InvalidTableFile: no schema has the current id.
        """
        return self._chosen("schemas", "schema-id", self.schema_id, self.raw.get("schema"))

    @property
    def current_spec(self) -> dict[str, Any]:
        """The default partition spec; v1 files may hold only its fields.

        Raises:
            InvalidTableFile: no spec has the default id.
        """
        fallback = {"spec-id": 0, "fields": self.raw.get("partition-spec") or []}
        return self._chosen("partition-specs", "spec-id", self.raw.get("default-spec-id", 0), fallback)

    @property
    def current_sort_order(self) -> dict[str, Any]:
        """The default sort order; unsorted where a v1 file has none.

        Raises:
            InvalidTableFile: no order has the default id.
        """
        fallback = {"order-id": 0, "fields": []}
        return self._chosen("sort-orders", "order-id", self.raw.get("default-sort-order-id", 0), fallback)

    @property
    def refs(self) -> dict[str, dict[str, Any]]:
        """Branches and tags by name: ``snapshot-id``, ``type`` and their retention."""
        return dict(self.raw.get("refs") or {})

    @property
    def properties(self) -> dict[str, str]:
        """The table's properties."""
        return dict(self.raw.get("properties") or {})

    @property
    def metadata_log(self) -> tuple[tuple[int, str], ...]:
        """Earlier metadata files, oldest first: the ``last-updated-ms`` of each file and its location."""
        log = self.raw.get("metadata-log") or ()
        return tuple((entry["timestamp-ms"], entry["metadata-file"]) for entry in log)

    @property
    def snapshot_log(self) -> tuple[tuple[int, int], ...]:
        """Which snapshot was current since when: milliseconds and snapshot id, oldest first."""
        log = self.raw.get("snapshot-log") or ()
        return tuple((entry["timestamp-ms"], entry["snapshot-id"]) for entry in log)

    @property
    def statistics_files(self) -> tuple[str, ...]:
        """Locations of statistics and partition statistics files."""
        files = [*(self.raw.get("statistics") or ()), *(self.raw.get("partition-statistics") or ())]
        return tuple(file["statistics-path"] for file in files)

    def _chosen(self, plural: str, key: str, wanted: int, fallback: dict[str, Any] | None) -> dict[str, Any]:
        known: list[dict[str, Any]] = self.raw.get(plural) or ([fallback] if fallback else [])
        for one in known:
            if one.get(key, 0) == wanted:
                return one
        raise InvalidTableFile(f"{self.location_of_file} has no {key} {wanted} among its {plural}")


def parse(data: bytes, location: str) -> TableMetadata:
    """Read a metadata file, gzipped or not, whatever its name says.

    Raises:
        InvalidTableFile: the bytes are cut off, no JSON, no table metadata, ambiguous (a key twice), or would unpack
            to more than memory should hold.
        UnsupportedFormat: the format version is newer than 3.
    """
    raw = unpacked(data, location)
    check_shape(raw, location)
    return TableMetadata(raw, location)


def unpacked(data: bytes, location: str) -> Any:
    """The JSON of a metadata file of any kind, gzipped or not.

    Raises:
        InvalidTableFile: the bytes are cut off, no JSON, ambiguous (a key twice), or unpack too far.
    """
    try:
        plain = gunzipped(data) if is_packed(data) else data
        return json.loads(plain.decode(), object_pairs_hook=_unambiguous)
    except UnpacksTooFarError as error:
        raise InvalidTableFile(f"{location} cannot be read: {error}", hint=HINT) from error
    except (OSError, EOFError, ValueError, zlib.error, RecursionError) as error:
        raise InvalidTableFile(f"{location} is not a whole metadata file: {error}") from error


def is_packed(data: bytes) -> bool:
    """Whether the bytes of a metadata file are gzipped; its name may say otherwise."""
    return data.startswith(_GZIP_MAGIC)


def render(raw: dict[str, Any], location: str) -> bytes:
    """Write a metadata file, the same bytes each time; gzipped when its name says so, as Java decides."""
    try:
        plain = json.dumps(raw, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # a lone surrogate, which JSON can spell but UTF-8 cannot
        plain = json.dumps(raw, separators=(",", ":")).encode()
    return gzip.compress(plain, mtime=0) if location.endswith(_GZIP_SUFFIXES) else plain


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        [(twice, _)] = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"the key '{twice}' occurs twice in one object")
    return found
