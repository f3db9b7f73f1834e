"""What the capture of a table would copy: the same walk through its metadata, with nothing kept of it."""

from dataclasses import dataclass

from bcn_core.capture.capturing import Reusable, known_files
from bcn_core.capture.inventory import Inventory, KnownFiles, Needed
from bcn_core.capture.reach import Reach
from bcn_core.capture.walk import Walk
from bcn_core.errors import InvalidTableFile, ObjectMissing, SourceDamaged
from bcn_core.iceberg.metadata import parse
from bcn_core.repository.documents import PlannedCapture
from bcn_core.repository.files import METADATA_KINDS
from bcn_core.repository.repository import Repository
from bcn_core.storage.opening import Stores


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One table's new files by size: those that the walk reads anyway, and those that only a copy reads.

    ``pointer_bytes``: the metadata file that the catalog names is read once more, to see what changed.
    """

    metadata: tuple[int, ...]
    content: tuple[Needed, ...]
    reused: tuple[int, ...]
    pointer_bytes: int
    is_known: bool


@dataclass(frozen=True, slots=True)
class Foresight:
    """Where captures would read; ``within`` as in the backup itself."""

    repository: Repository
    stores: Stores
    reusable: Reusable
    workers: int
    within: tuple[str, ...] = ()

    def of(self, planned: PlannedCapture) -> Foreseen:
        """Walk through a table's metadata.

        Raises:
            SourceDamaged: its metadata file is not there, or none.
        """
        known = known_files(self.repository, planned, self.reusable)
        inventory = Inventory()
        read: dict[int, int] = {}
        reach = Reach(planned.pointer, self.within)
        inventory.add(planned.pointer, "metadata")

        def fetch(number: int) -> bytes:
            location = inventory[number].location
            reach.check(location)
            data = self.stores.read(location)
            read[number] = len(data)
            return data

        try:
            metadata = parse(fetch(0), planned.pointer)
        except (ObjectMissing, InvalidTableFile) as error:
            raise SourceDamaged(error.message) from error
        Walk(inventory, known, fetch, self.workers).run(metadata)
        return _foreseen(inventory, known, read)


def _foreseen(inventory: Inventory, known: KnownFiles, read: dict[int, int]) -> Foreseen:
    """What was read is new; of the rest, what an earlier capture holds is used again."""
    content, reused = [], []
    for file in inventory:
        held = known.find(file.location, file.size) if file.number not in read else None
        if held is not None:
            reused.append(held.size)
        elif file.kind not in METADATA_KINDS:
            content.append(file)
    return Foreseen(tuple(read.values()), tuple(content), tuple(reused), read[0], len(known) > 0)
