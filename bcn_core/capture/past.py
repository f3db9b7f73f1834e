"""A table at a past instant: the metadata file that was valid then, or what the snapshot log lets one derive."""

from dataclasses import dataclass

from bcn_core.capture.reach import Reach
from bcn_core.capture.unforeseen import its_own_failure
from bcn_core.errors import BcnError
from bcn_core.iceberg.history import Found, as_of, metadata_at
from bcn_core.iceberg.metadata import parse
from bcn_core.names import TableName
from bcn_core.repository.documents import AsOf, PlannedCapture, TableRef
from bcn_core.storage.opening import Stores


@dataclass(frozen=True, slots=True)
class PastTable:
    """Which metadata file shows a table at an instant, and how exactly."""

    uuid: str | None
    pointer: str
    as_of: AsOf

    def planned(self, table: TableName) -> PlannedCapture:
        """The capture of this state; it stands on the newest PIT's objects of the same table."""
        return PlannedCapture(
            table=TableRef.of(table),
            uuid=self.uuid,
            pointer=self.pointer,
            changes=("as of",),
            previous=TableRef.of(table),
            as_of=self.as_of,
        )


def at_instant(stores: Stores, reach: Reach, instant_ms: int) -> PastTable | str | None:
    """A table at an instant (milliseconds since 1970); None when it did not exist; the reason when nobody can tell.

    ``reach``: the table's pointer of today, and what may be read for it.
    """
    try:
        with its_own_failure(reach.pointer):
            return _found(stores, reach, instant_ms)
    except BcnError as error:
        return error.message


def _found(stores: Stores, reach: Reach, instant_ms: int) -> PastTable | str | None:
    pointer = reach.pointer
    reach.check(pointer)
    metadata = parse(stores.read(pointer), pointer)
    found = metadata_at(metadata, instant_ms)
    if found.found is Found.NO_TABLE:
        return None
    if found.file is not None and reach.allows(found.file) and stores.size(found.file) is not None:
        return PastTable(metadata.uuid, found.file, AsOf(mode="exact", instant_ms=instant_ms))
    derived = as_of(metadata, instant_ms)
    if derived is None:
        return "neither its metadata log nor its snapshot log reaches back that far"
    return PastTable(metadata.uuid, pointer, AsOf(mode="derived", instant_ms=instant_ms))
