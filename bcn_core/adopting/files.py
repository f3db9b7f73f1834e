"""The files of a place, and the names that speak against taking them for the rows of a table."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bcn_core.errors import InvalidRequest, NotFound
from bcn_core.storage.opening import Stores

OWNED = "_bcn_adopted"
"""The folder of the new table's metadata: hidden from Hive and Spark, and no place of replicated metadata."""
_METADATA = re.compile(r".*(?:\.metadata\.json(?:\.gz)?|\.avro|\.puffin|\.stats)$|version-hint\.text$")
_DELETES = re.compile(
    r"(?:^|.*[-_.])(?:deletes|delete_file|eq[-_]deletes?|pos[-_]deletes?|delete)(?:[-_.].*)?", re.IGNORECASE
)
_FOLDERS = (
    (re.compile(r"metadata"), "a folder of Iceberg metadata"),
    (re.compile(r"_delta_log"), "the log of a Delta table"),
    (re.compile(r"\.hoodie"), "the timeline of a Hudi table"),
    (re.compile(r"(?:delta|delete_delta|base)_\d+(?:_\d+)*(?:_v\d+)?"), "a folder of a Hive ACID table"),
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may hold rows: its location, its path below the place, its size in bytes."""

    location: str
    path: str
    size: int


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a place in the order of their paths; ``hidden`` counts those that Hive and Spark overlook too."""

    files: tuple[Candidate, ...]
    hidden: int


def listed(stores: Stores, place: str) -> Listing:
    """List a place whole.

    Raises:
        NotFound: it holds no file.
        InvalidRequest: a name tells of metadata or of deletes.
        StorageFailure: the listing did not come to its end.
    """
    found, hidden = [], 0
    for one in _below(stores, place):
        if OWNED in one.path.split("/"):
            continue
        _refuse(place, one.path)
        if any(_is_hidden(part) for part in one.path.split("/")):
            hidden += 1
        else:
            found.append(one)
    if not found:
        raise NotFound(
            f"{place} holds no file to adopt", hint="check the place and whether replication has begun"
        )
    return Listing(tuple(sorted(found, key=lambda one: one.path)), hidden)


def _below(stores: Stores, place: str) -> Iterator[Candidate]:
    store, key = stores.holding(place)
    start = len(key.lstrip("/") if place.startswith("file:") else key)
    for one in store.list(key):
        path = one.key[start:].removeprefix("/")
        if not path.endswith("/"):  # else an object that stands for a folder
            yield Candidate(f"{place}/{path}", path, one.size)


def _is_hidden(part: str) -> bool:
    """As Spark tells it: ``_SUCCESS`` and ``.x.crc`` are hidden, the partition ``_key=1`` is not."""
    return part.startswith(("_", ".")) and "=" not in part


def _refuse(place: str, path: str) -> None:
    *folders, name = path.split("/")
    for folder in folders:
        for pattern, what in _FOLDERS:
            if pattern.fullmatch(folder):
                raise _unsafe(place, f"{path} lies in {what}")
    if _METADATA.fullmatch(name):
        raise _unsafe(place, f"{path} is a metadata file of Iceberg")
    if _DELETES.fullmatch(name):
        raise _unsafe(place, f"{path} is named like a delete file")


def _unsafe(place: str, why: str) -> InvalidRequest:
    return InvalidRequest(
        f"rows of {place} may have been deleted, and its files alone do not tell which: {why}",
        hint="replicate the table's metadata too, and run bcn sync",
    )
