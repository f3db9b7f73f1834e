"""The repository manifest: every PIT remembers it, so that it can be made again when it is damaged or gone."""

from bcn_core.errors import BcnError, DamagedRepository, NotFound, UnsupportedFormat
from bcn_core.repository.documents import PitManifest, RepositoryManifest
from bcn_core.repository.encoding import decode, unseal
from bcn_core.repository.layout import CATALOGS, REPOSITORY_MANIFEST
from bcn_core.repository.repository import Clock, Repository, utc_now
from bcn_core.storage.store import Store


def open_to_repair(store: Store, clock: Clock = utc_now) -> Repository:
    """Open a repository as it is, or as its newest readable PIT remembers it when its own manifest is no help.

    Raises:
        NotFound: there is none, and no PIT remembers one.
        DamagedRepository: its manifest cannot be read, or is of another catalog, and no PIT remembers the right one.
    """
    try:
        found = Repository.open(store, clock)
        if not found.pits():
            found.check_nothing_of_others()
        return found
    except (NotFound, DamagedRepository):
        remembered = _newest(store)
        if remembered is None:
            raise
        return Repository(store, remembered, clock)


def root_to_restore(repository: Repository, newest: PitManifest | None) -> RepositoryManifest | None:
    """The repository manifest as it must be, when it is not so; None when it is, or when nobody remembers.

    ``newest`` is the newest PIT whose manifest is whole.
    """
    remembered = newest.repository if newest is not None else None
    if remembered is None or _held(repository.store) == remembered:
        return None
    return remembered


def _held(store: Store) -> RepositoryManifest | None:
    try:
        held = decode(RepositoryManifest, store.get(REPOSITORY_MANIFEST), REPOSITORY_MANIFEST)
    except UnsupportedFormat:
        raise
    except BcnError:
        return None
    return held.model_copy(update={"last_pit": None})


def _newest(store: Store) -> RepositoryManifest | None:
    """What the newest PIT that can be read remembers."""
    found = [one.key for one in store.list(CATALOGS) if _is_pit_manifest(one.key)]
    for key in sorted(found, key=lambda key: key.split("/")[-2], reverse=True):
        try:
            remembered = unseal(store.get(key), key).repository
        except (NotFound, DamagedRepository):
            continue
        if remembered is not None:
            return remembered
    return None


def _is_pit_manifest(key: str) -> bool:
    parts = key.split("/")
    return len(parts) == 5 and parts[2] == "pit_manifests" and parts[4] == "manifest.json"
