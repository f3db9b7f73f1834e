"""The room that is left where files are to be written, by disk: places on one disk share it."""

from dataclasses import dataclass
from pathlib import Path

from bcn_core.locations import split
from bcn_core.storage.opening import Stores


@dataclass(frozen=True, slots=True)
class Room:
    """The bytes that are free at a place; two places whose ``disk`` is the same share them."""

    disk: str
    free: int


def room_at(stores: Stores, location: str) -> Room | None:
    """The room at a place that may not exist yet; None where the store has no bound."""
    parts = split(location)
    if parts.scheme != "file":
        free = stores.holding(location)[0].free_bytes()
        return None if free is None else Room(f"{parts.scheme}://{parts.authority}", free)
    # Not the store that holds all of this machine's files: its root is on one disk, and the place may be on another.
    free = stores.at(location).free_bytes()
    return None if free is None else Room(_disk_of(Path("/", parts.key)), free)


def _disk_of(place: Path) -> str:
    there = next(folder for folder in (place, *place.parents) if folder.exists())
    return f"disk {there.stat().st_dev}"
