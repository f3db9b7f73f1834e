"""Comparison of a whole table with a copy of it that lies elsewhere, made by whatever tool.

What a check of the copy alone cannot see: sequence numbers that were lost, header entries that were dropped, bounds
of the users' own columns that were rewritten (relocation.md 1.3 and 7).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bcn_core.errors import InvalidTableFile, NotFound, UnsupportedFormat
from bcn_core.iceberg.comparing import compare_without_places
from bcn_core.iceberg.findings import Finding, Kind
from bcn_core.iceberg.inspection import Read
from bcn_core.iceberg.manifests import read_manifest_list
from bcn_core.iceberg.metadata import Snapshot, TableMetadata, parse

_SAME = (
    "format-version",
    "last-sequence-number",
    "last-column-id",
    "last-partition-id",
    "next-row-id",
    "current-snapshot-id",
    "current-schema-id",
    "schemas",
    "schema",
    "default-spec-id",
    "partition-specs",
    "default-sort-order-id",
    "sort-orders",
    "encryption-keys",
)
_PLACES = ("manifest-list", "manifests")


def compare_tables(source: str, copy: str, read: Read) -> list[Finding]:
    """Compare the table behind one metadata file with its copy behind another, snapshot by snapshot.

    Only what the copy has is compared; snapshots that it left out are told, as no fault.
    """
    try:
        return list(_Comparison(read, set()).run(parse(read(source), source), parse(read(copy), copy)))
    except (NotFound, InvalidTableFile, UnsupportedFormat) as error:
        return [Finding(Kind.UNREADABLE, copy, f"it cannot be compared with {source}: {error.message}")]


@dataclass(frozen=True, slots=True)
class _Comparison:
    read: Read
    done: set[tuple[str, str]]

    def run(self, source: TableMetadata, copy: TableMetadata) -> Iterator[Finding]:
        here = copy.location_of_file
        for key in _SAME:
            if source.raw.get(key) != copy.raw.get(key):
                yield Finding(Kind.DIFFERENT, here, f"'{key}' differs from the source's")
        known = {snapshot.id for snapshot in copy.snapshots}
        missing = [snapshot.id for snapshot in source.snapshots if snapshot.id not in known]
        if missing:
            yield Finding(Kind.LEFT_OUT, here, f"{len(missing)} snapshots of the source are not in the copy")
        for snapshot in copy.snapshots:
            yield from self._snapshot(source.snapshot(snapshot.id), snapshot, here)

    def _snapshot(self, source: Snapshot | None, copy: Snapshot, here: str) -> Iterator[Finding]:
        if source is None:
            yield Finding(Kind.DIFFERENT, here, f"the snapshot {copy.id} is not one of the source")
            return
        if _without_places(source) != _without_places(copy):
            yield Finding(Kind.DIFFERENT, here, f"the snapshot {copy.id} says other things than the source's")
        if source.manifest_list is None or copy.manifest_list is None:
            pairs = list(zip(source.manifests, copy.manifests, strict=False))
            if len(source.manifests) != len(copy.manifests):
                yield Finding(
                    Kind.DIFFERENT, here, f"the snapshot {copy.id} has other manifests than the source's"
                )
        else:
            yield from self._files(source.manifest_list, copy.manifest_list)
            pairs = list(
                zip(*(self._listed(one) for one in (source.manifest_list, copy.manifest_list)), strict=False)
            )
        for one, other in pairs:
            yield from self._files(one, other)

    def _listed(self, location: str) -> list[str]:
        return [ref.path for ref in read_manifest_list(self.read(location), location)]

    def _files(self, source: str, copy: str) -> Iterator[Finding]:
        if (source, copy) not in self.done:
            self.done.add((source, copy))
            yield from compare_without_places(self.read(source), self.read(copy), copy)


def _without_places(snapshot: Snapshot) -> dict[str, object]:
    return {key: value for key, value in snapshot.raw.items() if key not in _PLACES}
