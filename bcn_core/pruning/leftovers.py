"""Which PIT wrote an object, by its key; and the PITs that were begun and never published."""

from functools import lru_cache

from bcn_core.names import is_pit_id
from bcn_core.repository.repository import Repository

# A listing names the same PIT for object after object.
_is_pit_id = lru_cache(maxsize=1024)(is_pit_id)


def writer_of(folder: str, key: str) -> str | None:
    """The PIT that wrote an object below a catalog's ``databases/``; None for views and for what is not BCN's.

    Counted by segments, since a table may well be called ``snapshots``.
    """
    parts = key.removeprefix(f"{folder}/databases/").split("/")
    if len(parts) > 4 and parts[2] in ("snapshots", "deltas"):
        return parts[3] if _is_pit_id(parts[3]) else None
    if len(parts) == 3 and parts[1] in (".pits", ".sql_views"):
        pit = parts[2].rpartition("-")[0]
        return pit if _is_pit_id(pit) else None
    return None


def is_record(key: str) -> bool:
    """Whether a key is a capture's record. It goes before what it names: half a capture must not look whole."""
    return key.endswith("/capture.json") and key.count("/") == 7


def abandoned(repository: Repository, before: float) -> list[str]:
    """PITs that were begun, are not published, and were not touched since an instant (seconds since 1970)."""
    touched: dict[str, float] = {}
    for found in repository.store.list(repository.layout.pits):
        pit = found.key.removeprefix(f"{repository.layout.pits}/").partition("/")[0]
        touched[pit] = max(touched.get(pit, 0), found.modified)
    return [pit for pit in repository.unfinished() if touched.get(pit, 0) < before]
