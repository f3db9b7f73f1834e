"""Backups of a table's newest snapshots alone: what they leave out, and that nobody takes them for whole."""

from typing import Any

from bcn_core.errors import InvalidRequest
from bcn_core.iceberg.metadata import TableMetadata
from bcn_core.iceberg.snapshot_selection import newest_snapshots
from bcn_core.repository.documents import Coverage, Plan
from bcn_core.repository.repository import Repository


def limited(repository: Repository, plan: Plan, newest: int) -> Plan:
    """A plan whose captures keep the newest snapshots alone.

    Raises:
        InvalidRequest: the repository covers more than one table, or the PIT is one of the past.
    """
    if repository.manifest.granularity != "TABLE":
        raise InvalidRequest(
            f"{repository.store.url} covers {repository.manifest.granularity} {repository.scope}: "
            "only a repository of one table can be told to keep its newest snapshots alone",
            hint="give the large table a repository of its own: bcn backup --repo PLACE --table DATABASE.TABLE",
        )
    if plan.consistency.mode == "as_of":
        raise InvalidRequest("a PIT of the past is taken whole", hint="leave --newest-snapshots away")
    captures = tuple(one.model_copy(update={"newest_snapshots": newest}) for one in plan.captures)
    return plan.model_copy(update={"captures": captures})


def covered(metadata: TableMetadata, newest: int | None) -> tuple[TableMetadata, Coverage | None]:
    """The part of a table's state that a capture is to hold; no coverage when that is all of it.

    Older metadata files are left out as well: they name snapshots that are not held.
    """
    kept = set(newest_snapshots(metadata, newest)) if newest is not None else set()
    if newest is None or len(kept) == len(metadata.snapshots):
        return metadata, None
    ids = tuple(one.id for one in metadata.snapshots if one.id in kept)
    coverage = Coverage(newest=newest, snapshots=ids, of=len(metadata.snapshots))
    return TableMetadata(_part(metadata, kept), metadata.location_of_file), coverage


def _part(metadata: TableMetadata, kept: set[int]) -> dict[str, Any]:
    raw = dict(metadata.raw) | {"metadata-log": []}
    raw["snapshots"] = [one.raw for one in metadata.snapshots if one.id in kept]
    raw["refs"] = {name: ref for name, ref in metadata.refs.items() if ref["snapshot-id"] in kept}
    for part in ("statistics", "partition-statistics"):
        raw[part] = [one for one in raw.get(part) or () if one["snapshot-id"] in kept]
    return raw
