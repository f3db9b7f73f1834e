"""What must be so before a restore writes its first byte."""

import re
from collections.abc import Callable, Collection, Iterable
from itertools import chain

from bcn_core.catalogs.catalog import Sweep
from bcn_core.counting import counted
from bcn_core.errors import Conflict, DamagedRepository, InvalidRequest, ObjectMissing
from bcn_core.iceberg.columns import column_changes
from bcn_core.iceberg.digests import Hashes
from bcn_core.iceberg.metadata import TableMetadata
from bcn_core.locations import canonical, is_within, overlap, split
from bcn_core.names import TableName
from bcn_core.repository.documents import CaptureRecord
from bcn_core.repository.files import StoredFile
from bcn_core.repository.layout import capture_of, stored_files
from bcn_core.repository.repository import Repository
from bcn_core.restoration.places import Places
from bcn_core.storage.opening import Stores

_SLASHES = re.compile("/+")


def check_apart_from_source(record: CaptureRecord, location: str) -> None:
    """A copy must not lie inside its source, nor around it: purging one would take the other along.

    At the very place of its source it is no copy; the source's other folders may lie within it then.

    Raises:
        InvalidRequest: it would.
    """
    if canonical(record.roots[0]) == canonical(location):
        return
    for root in record.roots:
        if overlap(root, location):
            raise InvalidRequest(
                f"{location} and the source's {root} contain one another",
                hint="choose a --target-location apart from it",
            )


def check_own_places(record: CaptureRecord) -> tuple[str, ...]:
    """Where files go that are put back beside the table's own location: a note that names each place.

    Raises:
        InvalidRequest: a table of an object store would have files put into this machine, as no table has them; a
            repository that somebody tampered with may say so.
    """
    own, *others = record.roots
    local = [root for root in others if split(root).scheme == "file"]
    if local and split(own).scheme != "file":
        raise InvalidRequest(
            f"the table lies at {own}, and files of it would be written to {local[0]} of this machine",
            hint="look at the repository: who wrote that? --target-location puts all files below one place",
        )
    outside = [root for root in others if not is_within(root, own)]
    return (f"files go to {', '.join(outside)} as well",) if outside else ()


def places_of(sweep: Sweep) -> Places:
    """Where the tables of a catalog lie, as their pointers tell."""
    return Places(
        (table, pointer.rpartition("/metadata/")[0] or pointer.rpartition("/")[0])
        for table, pointer in sweep.pointers.items()
    )


def check_apart_from_tables(location: str, places: Places) -> None:
    """No table of the target catalog may own the place, or live inside it; a replaced table keeps its own until then.

    Raises:
        Conflict: one does.
    """
    found = places.overlapping(location)
    if found is not None:
        table, folder = found
        raise Conflict(
            f"{location} overlaps with {table}, which lies at {folder}", hint="choose another place"
        )


def bytes_left_there(stores: Stores, location: str, wanted: Iterable[str]) -> int:
    """The bytes that an earlier try of this very restore left at its place, which must hold nothing else.

    Raises:
        Conflict: other files are there.
    """
    store, key = stores.holding(location)
    listed = iter(store.list(key))
    first = next(listed, None)
    # A million paths are not put together for a place that is empty.
    known = {hash(as_listed(stores.holding(one)[1])) for one in wanted} if first else set()
    held = 0
    for found in chain([first] if first else [], listed):
        if hash(as_listed(found.key)) not in known:
            raise Conflict(
                f"{location} is not empty: it holds {found.key.rpartition('/')[2]}, which is no file of this restore",
                hint="choose an empty place: --target-location 'PLACE/{database}/{table}'",
            )
        held += found.size
    return held


def as_listed(key: str) -> str:
    """File systems take ``a//b`` for ``a/b`` and list it so; object stores do not."""
    return _SLASHES.sub("/", key).lstrip("/")


def check_distinct(files: Collection[StoredFile], target_of: Callable[[StoredFile], str]) -> None:
    """No two files may go to one place, unless they are one: a table may name a file in two spellings.

    Raises:
        InvalidRequest: two would.
    """
    # Places whose hashes differ, differ. Only where two are the same are the places themselves compared.
    if len({hash(target_of(file)) for file in files}) == len(files):
        return
    taken: dict[str, StoredFile] = {}
    for file in files:
        target = target_of(file)
        other = taken.setdefault(target, file)
        if other.sha256 != file.sha256:
            raise InvalidRequest(
                f"{other.path} and {file.path} of different roots would both become {target}",
                hint="restore the table to its original location, and report this",
            )


def unreadable_names(files: Iterable[StoredFile]) -> tuple[str, ...]:
    """A note on file names that a reader is known to cut, though they are restored byte for byte."""
    odd = sum("#" in file.path or "?" in file.path for file in files)
    return (
        (
            f"{counted(odd, 'file name')} with # or ?: not to be opened by PyIceberg 0.12, but by other readers",
        )
        if odd
        else ()
    )


def check_objects(repository: Repository, files: Iterable[StoredFile], table: TableName) -> None:
    """Every object that the table needs must be in the repository, with its size.

    Raises:
        DamagedRepository: one is not.
    """
    listed: dict[str, Hashes] = {}
    for file in files:
        folder = capture_of(file.object, file.stored_by)
        if folder not in listed:
            # 64 bits of each: a million keys as they stand would take 300 MB. The copy looks at each object itself.
            listed[folder] = Hashes()
            for one in repository.store.list(stored_files(folder)):
                listed[folder].add(hash((one.key, one.size)))
        if hash((file.object, file.size)) not in listed[folder]:
            raise DamagedRepository(
                f"{table} cannot be restored: {file.object} {_state(repository, file)}",
                hint="bcn verify names the newest PIT in which the table is whole: give that to --pit",
            )


def _state(repository: Repository, file: StoredFile) -> str:
    try:
        return f"has {repository.store.stat(file.object).size} bytes, not {file.size}"
    except ObjectMissing:
        return "is missing"


def check_schema(existing: TableMetadata, record: CaptureRecord) -> tuple[str, ...]:
    """What differs between the table that is to be replaced and the one that replaces it.

    Raises:
        Conflict: a column has types that no evolution joins.
    """
    notes = [str(one) for one in column_changes(existing.current_schema, record.table_schema)]
    back = {one.column: one for one in column_changes(record.table_schema, existing.current_schema)}
    for change in column_changes(existing.current_schema, record.table_schema):
        if change.kind == "retyped" and not change.is_compatible and not back[change.column].is_compatible:
            raise Conflict(
                f"the existing table's schema does not fit: {change}",
                hint="restore under another name and compare, or drop the existing table first",
            )
    if existing.uuid != record.uuid:
        notes.append("the existing table has another UUID: running writers will have to load the table anew")
    return tuple(notes)
