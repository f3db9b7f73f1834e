"""Which PIT wrote an object, by its key."""

from functools import lru_cache

from bcn_core.names import is_pit_id

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
