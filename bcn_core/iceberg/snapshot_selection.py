"""How much of a table's history a copy keeps: all of it, the current snapshot, or what its refs name."""

from typing import Literal

from bcn_core.iceberg.metadata import TableMetadata

HistoryMode = Literal["full", "current", "refs"]


def selected_snapshots(metadata: TableMetadata, mode: HistoryMode) -> frozenset[int]:
    """The ids of the snapshots that a mode keeps (relocation.md 3).

    ``full``: every snapshot, staged ones without a ref too. ``refs``: the current one and the heads of all branches and
    tags. ``current``: the current one; a ref stays when it names that one.
    """
    if mode == "full":
        return frozenset(snapshot.id for snapshot in metadata.snapshots)
    wanted = {metadata.current_snapshot_id}
    if mode == "refs":
        wanted.update(ref["snapshot-id"] for ref in metadata.refs.values())
    return frozenset(snapshot.id for snapshot in metadata.snapshots if snapshot.id in wanted)
