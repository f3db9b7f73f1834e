"""Whether there is room for a restore: for each table alone, and for all that go to one disk together."""

from collections import Counter
from collections.abc import Mapping, Sequence

from bcn_core.errors import StorageFull
from bcn_core.storage.opening import Stores
from bcn_core.storage.room import Room, room_at

Need = Mapping[str, int]
"""The bytes that one table lacks, by the place that they go to."""


def short_of_room(stores: Stores, needs: Sequence[Need]) -> list[StorageFull | None]:
    """For each of several tables why there is no room for it; None where there is room for all of them together.

    One that does not fit by itself leaves its room to the others. Of those that fit by themselves and not together,
    none is let in: the disk would be full half way, and nobody could tell beforehand which of them would be lacking.
    """
    rooms = {place: room_at(stores, place) for need in needs for place in need}
    found = [_alone(need, rooms) for need in needs]
    wanted: Counter[str] = Counter()
    tables: Counter[str] = Counter()
    for need, short in zip(needs, found, strict=True):
        if short is None:
            on_disks = _by_disk(need, rooms)
            wanted.update(on_disks)
            tables.update(on_disks.keys())
    return [short or _together(need, rooms, wanted, tables) for need, short in zip(needs, found, strict=True)]


def _alone(need: Need, rooms: Mapping[str, Room | None]) -> StorageFull | None:
    wanted = _by_disk(need, rooms)
    for place in need:
        room = rooms[place]
        if room is not None and room.free < wanted[room.disk]:
            return StorageFull(
                f"{place} has room for {room.free} bytes, {wanted[room.disk]} are needed",
                hint="free some room or choose another place",
            )
    return None


def _together(
    need: Need, rooms: Mapping[str, Room | None], wanted: Mapping[str, int], tables: Mapping[str, int]
) -> StorageFull | None:
    for place in need:
        room = rooms[place]
        if room is not None and room.free < wanted[room.disk]:
            return StorageFull(
                f"{place} has room for {room.free} bytes, and {wanted[room.disk]} are needed: "
                f"each of the {tables[room.disk]} tables would fit, but not all of them",
                hint="free some room, choose a larger place, or restore some at a time: --table, --database",
            )
    return None


def _by_disk(need: Need, rooms: Mapping[str, Room | None]) -> Counter[str]:
    wanted: Counter[str] = Counter()
    for place, size in need.items():
        room = rooms[place]
        if room is not None:
            wanted[room.disk] += size
    return wanted
