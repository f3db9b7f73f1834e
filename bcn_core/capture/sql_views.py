"""Iceberg views in a PIT: each is one metadata file, stored verbatim; one whose pointer stands still is not read."""

from collections.abc import Mapping
from dataclasses import dataclass

from bcn_core.capture.planning import Parent
from bcn_core.capture.reach import Reach
from bcn_core.capture.unforeseen import its_own_failure
from bcn_core.copying import in_parallel
from bcn_core.errors import BcnError, StorageFull
from bcn_core.iceberg.metadata import is_packed
from bcn_core.iceberg.sql_views import parse_view
from bcn_core.names import TableName
from bcn_core.repository.documents import Plan, SqlView
from bcn_core.repository.encoding import sha256
from bcn_core.repository.repository import Repository
from bcn_core.storage.opening import Stores


@dataclass(frozen=True, slots=True)
class CapturedViews:
    """The views that a PIT holds, and why it lacks the then state of others; those may stand as in the parent."""

    held: Mapping[TableName, SqlView]
    failed: Mapping[TableName, str]


def capture_views(
    repository: Repository, stores: Stores, plan: Plan, parent: Parent, within: tuple[str, ...] = ()
) -> CapturedViews:
    """Store the metadata of the views that a plan names. One that cannot be read does not stop the others.

    ``within``: what lies elsewhere is not read, whoever named it to the catalog as a view; none: anywhere.

    Raises:
        StorageFull: the repository has no room left.
    """

    def attempt(item: tuple[TableName, str]) -> tuple[TableName, SqlView | str]:
        view, pointer = item
        before = parent.views.get(view)
        if before is not None and before.pointer == pointer:
            return view, before
        try:
            with its_own_failure(f"{view}"):
                Reach(pointer, within).check(pointer)
                return view, _stored(repository, stores, plan.pit, view, pointer)
        except StorageFull:
            raise
        except BcnError as error:
            return view, error.message

    wanted = [(one.view.table(), one.pointer) for one in plan.sql_views]
    held: dict[TableName, SqlView] = {}
    failed = {one.table.table(): one.reason for one in plan.unreadable_views}
    for view, found in in_parallel(attempt, wanted):
        if isinstance(found, SqlView):
            held[view] = found
        else:
            failed[view] = found
    return CapturedViews(held | {view: parent.views[view] for view in failed if view in parent.views}, failed)


def _stored(repository: Repository, stores: Stores, pit: str, view: TableName, pointer: str) -> SqlView:
    data = stores.read(pointer)
    state = parse_view(data, pointer)
    digest = sha256(data)
    key = repository.layout.sql_view(view.namespace, pit, digest, packed=is_packed(data))
    repository.write_once(key, data)
    return SqlView(
        name=view.name,
        uuid=state.uuid,
        pointer=pointer,
        object=key,
        sha256=digest,
        size=len(data),
        stored_by=pit,
    )
