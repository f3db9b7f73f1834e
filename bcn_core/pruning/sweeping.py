"""The second half of prune: manifests of condemned PITs go first, then every object that no other PIT needs."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from bcn_core.copying import do_all
from bcn_core.events import silent
from bcn_core.pruning.going import Going
from bcn_core.pruning.needs import Needed, still_needed
from bcn_core.pruning.removal import Removal
from bcn_core.pruning.unfinished import Unfinished, discard_left
from bcn_core.repository.flag_documents import Owner
from bcn_core.repository.flags import bury, readmit, readmit_capture
from bcn_core.repository.looks import Look, look
from bcn_core.repository.repository import Repository
from bcn_core.views import refresh_months, refresh_tables


@dataclass(frozen=True, slots=True)
class Swept:
    """PITs that are gone, PITs that were spared and why, and what was freed; orphans were named by no PIT at all.

    ``unfinished``: what killed writers had left, which no listing shows and which is counted nowhere else.
    """

    pits: tuple[str, ...]
    spared: dict[str, str]
    objects: int
    bytes: int
    orphans: int
    refused: tuple[str, ...] = ()
    unfinished: Unfinished = field(default_factory=Unfinished)


def sweep(
    repository: Repository, owner: Owner, ready: Iterable[str], safe: datetime, seen: Look | None = None
) -> Swept:
    """Remove condemned PITs, and orphans that nobody touched since ``safe``; ``seen``: what there was just now.

    Raises:
        BcnError: anything that is kept cannot be read: then nothing is removed (restic#4612).
    """
    seen, going = seen or look(repository), Going(repository, owner)
    try:
        going.claim(ready, seen)
        going.claim_abandoned(seen.listing.untouched_since(safe.timestamp()))
        needed = still_needed(repository, going.pits)
        if going.remove_manifests():
            needed = still_needed(repository, going.pits)
    except BaseException:
        going.withdraw()
        raise
    removed = Removal(repository, owner, going.pits, needed, safe)
    removed.run()
    _refresh(repository, going, needed, removed)
    _remove_traces(repository, going, needed, removed)
    return Swept(
        pits=tuple(sorted(going.published)),
        spared=going.spared,
        objects=removed.objects,
        bytes=removed.bytes,
        orphans=removed.orphans,
        refused=tuple(removed.refused),
        unfinished=discard_left(repository, seen, safe),
    )


def _refresh(repository: Repository, going: Going, needed: Needed, removed: Removal) -> None:
    """The views of what is left."""
    refresh_tables(needed.found, removed.tables, silent)
    if going.published:
        # Removing took its time: a PIT that was published meanwhile must not drop out of its month's view.
        sizes, apart = repository.manifest_sizes(), needed.seen.isolated
        shown = {pit: size for pit, size in sizes.items() if pit not in apart}
        refresh_months(repository, going.published, silent, shown, needed.found.manifests)


def _remove_traces(repository: Repository, going: Going, needed: Needed, removed: Removal) -> None:
    """What is left in the folders of the PITs, then their flags; a tombstone stays while an object could not go."""
    seen = needed.seen
    for folder in removed.apart:
        readmit_capture(repository, folder)

    def remove(pit: str) -> None:
        for key in seen.listing.keys_of(pit):
            if key != repository.layout.pit_manifest(pit):
                repository.store.delete(key)
        if seen.is_isolated(pit):
            readmit(repository, pit)
        if not any(f"/{pit}" in key for key in removed.refused):
            bury(repository, pit)

    do_all(remove, sorted(going.pits))
