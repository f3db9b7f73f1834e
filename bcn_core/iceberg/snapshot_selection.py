"""How much of a table's history a copy keeps: all of it, the current snapshot, or what its refs name."""

from typing import Literal

from bcn_core.iceberg.metadata import TableMetadata

HistoryMode = Literal["full", "current", "refs", "covered"]


def selected_snapshots(metadata: TableMetadata, mode: HistoryMode) -> frozenset[int]:
    """The ids of the snapshots that a mode keeps (relocation.md 3).

    ``full``: every snapshot, staged ones without a ref too. ``covered``: the same, as far as a backup holds them.
    ``refs``: the current one and the heads of all branches and tags. ``current``: the current one; a ref stays when
    it names that one.
    """
    if mode in ("full", "covered"):
        return frozenset(snapshot.id for snapshot in metadata.snapshots)
    wanted = {metadata.current_snapshot_id}
    if mode == "refs":
        wanted.update(ref["snapshot-id"] for ref in metadata.refs.values())
    return frozenset(snapshot.id for snapshot in metadata.snapshots if snapshot.id in wanted)


def newest_snapshots(metadata: TableMetadata, count: int) -> tuple[int, ...]:
    """The ids of the newest snapshots, newest first; the current one and the head of main are always among them."""
    main = metadata.refs.get("main", {}).get("snapshot-id")
    heads = [one for one in dict.fromkeys((metadata.current_snapshot_id, main)) if one is not None]
    by_age = sorted(metadata.snapshots, key=lambda one: (one.timestamp_ms, one.raw.get("sequence-number", 0)))
    others = [one.id for one in reversed(by_age) if one.id not in heads]
    return (*heads, *others[: max(0, count - len(heads))])
