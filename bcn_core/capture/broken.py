"""When files of a table are gone for good: which snapshots are broken, and what the others still need."""

from collections.abc import Iterable

from bcn_core.capture.inventory import Inventory
from bcn_core.iceberg.metadata import Snapshot, TableMetadata
from bcn_core.repository.documents import Broken


def broken_snapshots(
    metadata: TableMetadata, inventory: Inventory, lost: Iterable[str]
) -> tuple[Broken, ...]:
    """Every snapshot that needs a lost file, with one such file each."""
    lists: dict[int, str] = {}
    for location in sorted(lost):
        for number in _lists_above(inventory, inventory.number(location)):
            lists.setdefault(number, location)
    found = []
    for snapshot in metadata.snapshots:
        hit = next((lists[number] for number in _entries(snapshot, inventory) if number in lists), None)
        if hit is not None:
            found.append(Broken(snapshot_id=snapshot.id, missing=hit))
    return tuple(found)


def needed_without(metadata: TableMetadata, inventory: Inventory, broken: Iterable[int]) -> list[int]:
    """The numbers of the files that are needed when the broken snapshots are left out."""
    out = set(broken)
    kept = [snapshot for snapshot in metadata.snapshots if snapshot.id not in out]
    kept_numbers = {number for snapshot in kept for number in _entries(snapshot, inventory)}
    for wanted in ("manifest", None):
        for number, file in enumerate(inventory):
            is_wanted = file.kind == "manifest" if wanted else file.kind not in ("manifest", "manifest-list")
            if is_wanted and (not file.listed_by or kept_numbers.intersection(file.listed_by)):
                kept_numbers.add(number)
    return sorted(kept_numbers)


def _entries(snapshot: Snapshot, inventory: Inventory) -> list[int]:
    """Where a snapshot enters the inventory: its manifest list, or the manifests that v1 metadata names itself."""
    places = [snapshot.manifest_list] if snapshot.manifest_list else snapshot.manifests
    return [inventory.number(place) for place in places]


def _lists_above(inventory: Inventory, number: int) -> set[int]:
    """The file itself and everything that names it, up to the manifest lists."""
    found, waiting = set(), [number]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting.extend(inventory[current].listed_by)
    return found
