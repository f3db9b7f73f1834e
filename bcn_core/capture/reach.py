"""How far a table's metadata reaches: whoever may write a table must not have BCN copy what only BCN may read."""

from dataclasses import dataclass

from bcn_core.errors import ObjectMissing
from bcn_core.locations import is_within, split


class OutOfReach(ObjectMissing):
    """A file that a table names and that is none of its own; as good as missing."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What may be read for one table, by the pointer that the catalog names: its metadata may say anything.

    Files of this machine (``/etc/bcn``) are read only for a table that lies on this machine. ``within``: for any
    table only what lies below one of these places; none: wherever BCN's accounts may read.
    """

    pointer: str
    within: tuple[str, ...] = ()

    def check(self, location: str) -> None:
        """Let a location pass.

        Raises:
            OutOfReach: the table has no business there.
        """
        if split(location).scheme == "file" and split(self.pointer).scheme != "file":
            raise OutOfReach(f"{location} is a file of this machine, and the table lies at {self.pointer}")
        if self.within and not any(_holds(place, location) for place in self.within):
            raise OutOfReach(f"{location} lies outside of all places that [backup] within names")

    def allows(self, location: str) -> bool:
        """Whether a location passes."""
        try:
            self.check(location)
        except OutOfReach:
            return False
        return True


def _holds(place: str, location: str) -> bool:
    """On file systems ``..`` leads out of a folder; object stores take it for a name."""
    return is_within(location, place) and ".." not in split(location).key.split("/")
