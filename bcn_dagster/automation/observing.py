"""What a drift says of each table, as observations of its asset."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from bcn_core.changes import Changed, Changes
from bcn_core.names import TableName
from bcn_dagster.naming import Names

_WORDS = {
    "new": "new",
    "data": "data_changed",
    "schema": "schema_changed",
    "spec": "partition_spec_changed",
    "order": "sort_order_changed",
    "properties": "properties_changed",
    "format": "format_version_changed",
    "metadata": "metadata_changed",
    "recreated": "recreated",
}


def observations(names: Names, changes: Changes) -> Iterator[dg.AssetObservation]:
    """One observation for each table that drifted; a dropped one's is on its old name."""
    for table, one in sorted(changes.changed.items()):
        yield _observed(names, table, _kinds(changes, table, one), **_details(changes, table, one))
    for table, before in sorted(changes.renamed.items()):
        if table not in changes.changed:
            yield _observed(names, table, ["renamed"], **{"bcn/renamed_from": str(before)})
    for table in changes.dropped:
        yield _observed(names, table, ["dropped"])
    for table, reason in sorted(changes.unreadable.items()):
        yield _observed(names, table, ["unreadable"], **{"bcn/reason": reason})


def _kinds(changes: Changes, table: TableName, one: Changed) -> list[str]:
    renamed = ["renamed"] if table in changes.renamed else []
    return renamed + [_WORDS[kind] for kind in one.kinds]


def _details(changes: Changes, table: TableName, one: Changed) -> dict[str, Any]:
    found: dict[str, Any] = {"bcn/metadata_location": dg.MetadataValue.path(one.state.pointer)}
    if one.columns:
        found["bcn/columns"] = dg.MetadataValue.md("\n".join(f"- {column}" for column in one.columns))
    if table in changes.renamed:
        found["bcn/renamed_from"] = str(changes.renamed[table])
    if table in changes.recreated:
        old, new = changes.recreated[table]
        found |= {"bcn/uuid_before": old or "none", "bcn/uuid": new or "none"}
    return found


def _observed(names: Names, table: TableName, kinds: list[str], **details: Any) -> dg.AssetObservation:
    said = ", ".join(kinds)
    return dg.AssetObservation(
        names.table(table), description=f"{table}: {said}", metadata={"bcn/drift": said, **details}
    )
