"""What to do about each kind of change: only observe it, take a PIT, or take a PIT whose check fails."""

from collections.abc import Iterable, Mapping
from typing import Literal

from bcn_core.changes import Changed, Changes, ViewChange, view_changes
from bcn_core.errors import NotFound
from bcn_core.names import TableName
from bcn_core.repository.documents import PitManifest
from bcn_core.repository.repository import Repository, views_in

Reaction = Literal["observe", "back_up", "fail_check"]
WORDS = {
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
"""The engine's kinds as people read them in observations and write them in ``on_change``."""
VIEW_WORDS: Mapping[ViewChange, str] = {
    "new": "view_new",
    "replaced": "view_replaced",
    "dropped": "view_dropped",
    "unreadable": "view_unreadable",
}
"""The same of Iceberg views."""
KINDS = (*WORDS.values(), "renamed", "dropped", "unreadable", *VIEW_WORDS.values())


def unknown_kinds(on_change: Mapping[str, Reaction]) -> list[str]:
    """Keys of ``on_change`` that are no kind of change."""
    return sorted(set(on_change) - set(KINDS))


def asks_for_backup(on_change: Mapping[str, Reaction], kinds: Iterable[str]) -> bool:
    """Whether any of the kinds is more than observed; what nothing is said about is backed up."""
    return any(on_change.get(kind, "back_up") != "observe" for kind in kinds)


def kinds_of(changes: Changes) -> dict[TableName, list[str]]:
    """Every table that changed, with its kinds of change; a dropped one under its old name."""
    found = {table: _kinds(changes, table, one) for table, one in changes.changed.items()}
    found |= {table: ["renamed"] for table in changes.renamed if table not in changes.changed}
    found |= {table: ["dropped"] for table in changes.dropped}
    return found | {table: ["unreadable"] for table in changes.unreadable}


def kinds_in(manifest: PitManifest) -> dict[str, list[str]]:
    """The same of a PIT that exists, against the PIT before; tables by their names as people type them."""
    # A capture of the past, or of a part, is told among the changes too; nothing changed at the source by that.
    found = {
        str(one.table.table()): kinds
        for one in manifest.changed
        if (kinds := [WORDS[kind] for kind in one.changes if kind in WORDS])
    }
    for renamed in manifest.renamed:
        found.setdefault(str(renamed.after.table()), []).append("renamed")
    found |= {str(one.table.table()): ["recreated"] for one in manifest.recreated}
    return found | {name: ["dropped"] for name in manifest.deleted_in_source.tables}


def view_kinds(repository: Repository, manifest: PitManifest) -> dict[str, list[str]]:
    """The same of Iceberg views, whose changes a PIT does not record: what it holds against the PIT before."""
    if manifest.parent_pit is None or manifest.consistency.mode == "as_of":
        return {}
    try:
        before = views_in(repository.indexes(repository.pit(manifest.parent_pit.pit)))
    except NotFound:
        return {}  # It was pruned.
    now = {view: one.pointer for view, one in views_in(repository.indexes(manifest)).items()}
    return {str(view): [VIEW_WORDS[change]] for view, change in view_changes(before, now).items()}


def _kinds(changes: Changes, table: TableName, one: Changed) -> list[str]:
    renamed = ["renamed"] if table in changes.renamed else []
    return renamed + [WORDS[kind] for kind in one.kinds]
