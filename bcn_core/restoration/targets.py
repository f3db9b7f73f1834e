"""Where restored tables go: their names, their UUIDs, their locations, and the mapping of every root."""

import hashlib
import uuid
from collections.abc import Iterable

from bcn_core.catalogs.catalog import Catalog
from bcn_core.errors import InvalidRequest
from bcn_core.locations import PrefixMap, canonical, is_within, join
from bcn_core.names import TableName
from bcn_core.repository.documents import CaptureRecord, RepositoryManifest
from bcn_core.restoration.places import Places
from bcn_core.restoration.request import RestoreRequest, UuidChoice
from bcn_core.storage.opening import absolute


def target_names(
    selected: Iterable[TableName], request: RestoreRequest, catalog: Catalog
) -> dict[TableName, TableName]:
    """The new name of each table and view, as the target catalog spells it.

    Raises:
        InvalidRequest: two would get the same name (some catalogs know no upper case), or one that the
            catalog cannot hold.
    """
    names = {one: catalog.spelled(_renamed(one, request)) for one in selected}
    taken: dict[TableName, TableName] = {}
    for source, target in names.items():
        if target in taken:
            raise InvalidRequest(
                f"{taken[target]} and {source} would both become {target}",
                hint="keep them apart with {database} and {table}, such as --target-table '{table}_restored'",
            )
        taken[target] = source
    return names


def _renamed(table: TableName, request: RestoreRequest) -> TableName:
    database = _filled(request.target_database, table)
    name = _filled(request.target_table, table)
    namespace = tuple(database.split(".")) if database else table.namespace
    return TableName(namespace, name or table.name)


def _filled(template: str | None, table: TableName) -> str | None:
    if template is None:
        return None
    return template.replace("{database}", table.database).replace("{table}", table.name)


def target_location(
    source: TableName,
    target: TableName,
    record: CaptureRecord,
    catalog: Catalog,
    request: RestoreRequest,
    *,
    only: bool,
) -> str:
    """The restored table's location: as asked for, else where the target catalog puts tables.

    ``only``: it is the only table of the plan, so a plain location is its own.

    Raises:
        InvalidRequest: nothing names a place.
    """
    if request.target_location is not None:
        asked = _filled(request.target_location, source) or ""
        own = only or "{table}" in request.target_location
        return absolute(asked if own else f"{asked.rstrip('/')}/{target.database}/{target.name}")
    if request.on_conflict == "replace" and catalog.pointer(target) is not None:
        return f"{_usual_place(target, catalog)}-bcn-{record.pit}"
    return _usual_place(target, catalog)


def view_location(
    source: TableName, target: TableName, catalog: Catalog, request: RestoreRequest, *, only: bool
) -> str:
    """The restored view's location: as asked for, else where the target catalog would put a table of its name.

    Raises:
        InvalidRequest: nothing names a place.
    """
    if request.target_location is None:
        return _usual_place(target, catalog)
    asked = _filled(request.target_location, source) or ""
    own = only or "{table}" in request.target_location
    return absolute(asked if own else f"{asked.rstrip('/')}/{target.database}/{target.name}")


def _usual_place(target: TableName, catalog: Catalog) -> str:
    place = catalog.default_location(target)
    if place is None:
        named = (
            f"catalog '{catalog.name}' names no place"
            if catalog.name
            else "without a catalog there is no place"
        )
        raise InvalidRequest(f"{named} for {target}", hint="say where: --target-location PLACE")
    return absolute(place)


def original_location(record: CaptureRecord) -> str:
    """Where the table lay at its source."""
    return record.roots[0]


def mapping_to(record: CaptureRecord, location: str) -> PrefixMap:
    """Map every root of a table below its new location; the original location maps everything to itself.

    Roots outside the table's own location (``write.data.path``, files that were added in place) get a folder each:
    nothing in Iceberg depends on the folder (relocation.md 1.6).
    """
    original = original_location(record)
    if canonical(location) == canonical(original):
        return PrefixMap.of((root, root) for root in record.roots)
    return PrefixMap.of((root, _place_of(root, original, location)) for root in record.roots)


def _place_of(root: str, original: str, location: str) -> str:
    if is_within(root, original):
        below = canonical(root)[len(canonical(original)) :]
        return location + below
    return join(location, f"data/_ext/{hashlib.sha1(root.encode(), usedforsecurity=False).hexdigest()[:8]}")


def takes_the_place(source: TableName, target: TableName, record: CaptureRecord, places: Places) -> bool:
    """Whether a restored table takes the lost table's name, and no other table of the catalog lies where that one lay.

    ``source`` is the PIT's name of it: the record of a table that was only renamed since bears the old name. A source
    that was renamed after the PIT lives on under its new name, and what takes the old name is a copy.
    """
    there = places.overlapping(original_location(record))
    return target == source and (there is None or there[0] == target)


def new_uuid(
    repository: RepositoryManifest,
    record: CaptureRecord,
    target: TableName,
    choice: UuidChoice,
    *,
    lost: bool,
) -> str | None:
    """The restored table's new UUID, None when it keeps its own.

    It keeps its own when it takes the place of the ``lost`` table. A copy beside the source gets its own, since
    catalogs and clean-up jobs take two tables with one UUID for one table (relocation.md 3). The same restore run
    again gives the same UUID, so that it ends with the same bytes.
    """
    if choice == "keep" or (choice == "auto" and lost):
        return None
    return uuid_of(repository, record.pit, record.uuid, target)


def uuid_of(repository: RepositoryManifest, pit: str, before: str | None, target: TableName) -> str:
    """The new UUID of a copy: the same each time that the same thing is restored under the same name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{repository.repository_id}/{pit}/{before}/{target}"))
