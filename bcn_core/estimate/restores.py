"""What a restore would take, by its own plan."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from bcn_core.estimate.estimates import Copies, Estimate, Moved, copies, in_one_account
from bcn_core.estimate.laws import RESTORE
from bcn_core.estimate.requests import Requests, pages
from bcn_core.locations import is_within
from bcn_core.repository.files import METADATA_KINDS, Kind, StoredFile
from bcn_core.repository.layout import capture_of
from bcn_core.restoration.contents import Contents, open_contents
from bcn_core.restore import Restore, RestorePlan, RestoreRequest, TablePlan, plan_restore

_READ_BACK: tuple[Kind, ...] = ("manifest-list", "manifest")
_REWRITTEN: tuple[Kind, ...] = ("position-deletes", "deletion-vectors")


@dataclass(frozen=True, slots=True)
class _Table:
    """What one table adds."""

    counts: Mapping[str, int]
    copied: Copies
    read: int
    files: int
    bytes: int


def estimate_restore(restore: Restore, request: RestoreRequest) -> Estimate:
    """Plan a restore and count what it would ask and move. Nothing is written.

    Raises:
        BcnError: the restore would be refused as a whole, for the same reason.
    """
    plan = plan_restore(restore, request)
    if plan.is_refused:
        raise plan.refusals[0]
    written = [table for table in plan.tables if table.action in ("create", "replace")]
    alone = [table for table in plan.tables if table.action not in ("create", "replace")]
    found = [_table(restore, table) for table in written]
    counts = _counts(restore, plan, found, len(alone))
    more = sum((one.copied.requests for one in found), Requests())
    metadata = sum(one.bytes - one.copied.moved.written - one.copied.moved.within for one in found)
    return Estimate(
        operation="restore",
        tables=len(written),
        counts=counts,
        requests=RESTORE.of(counts) + more,
        files_new=sum(one.files for one in found),
        files_reused=sum(one.files for one in alone),
        bytes_new=sum(one.bytes for one in found),
        bytes_reused=sum(one.bytes for one in alone),
        moved=Moved(
            read=sum(one.copied.moved.read + one.read for one in found),
            written=sum(one.copied.moved.written for one in found) + metadata,
            within=sum(one.copied.moved.within for one in found),
        ),
        growth=sum(one.bytes for one in found),
        notes=_notes(plan),
    )


def _counts(restore: Restore, plan: RestorePlan, found: list[_Table], alone: int) -> dict[str, int]:
    manifest = restore.repository.pit(plan.pit)
    counts = Counter(
        {
            "once": 1,
            "database of the PIT": len(manifest.indexes),
            "table left alone": alone,
        }
    )
    for one in found:
        counts.update(one.counts)
    return dict(counts)


def _notes(plan: RestorePlan) -> tuple[str, ...]:
    refused = [f"{one.target} is refused: {one.refusal.message}" for one in plan.tables if one.refusal]
    views = [f"{len(plan.views)} view(s) come on top, with a few requests each"] if plan.views else []
    return (*refused, *views)


def _table(restore: Restore, plan: TablePlan) -> _Table:
    contents = open_contents(restore.repository, restore.repository.capture(plan.entry), plan.history)
    moves = not plan.mapping.is_identity
    copied = [
        file
        for file in contents.files
        if file.kind not in METADATA_KINDS and not (moves and file.kind in _REWRITTEN)
    ]
    sizes = _sizes(contents)
    return _Table(
        counts=_of_table(plan, contents),
        copied=copies((file.size, _one_account(restore, plan, contents, file)) for file in copied),
        read=_metadata_read(contents, sizes, relocated=moves),
        files=len(contents.files),
        bytes=sum(file.size for file in contents.files),
    )


def _of_table(plan: TablePlan, contents: Contents) -> dict[str, int]:
    kinds = Counter(file.kind for file in contents.files)
    folders = Counter(capture_of(file.object, file.stored_by) for file in contents.files)
    moves = not plan.mapping.is_identity
    deletes = sum(kinds[kind] for kind in _REWRITTEN)
    as_it_is = not moves and plan.uuid is None and contents.is_whole_state
    within = [is_within(plan.mapping.map(contents.location(file)), plan.location) for file in contents.files]
    asked = [file.kind for file, inside in zip(contents.files, within, strict=True) if not inside]
    return {
        "table written": 1,
        "table replaced": int(plan.expected is not None),
        "capture that holds files": len(folders),
        "older metadata file": kinds["metadata"] - 1,
        "manifest list": kinds["manifest-list"],
        "manifest": kinds["manifest"],
        "file outside the table's place": sum(kind not in _READ_BACK for kind in asked),
        "delete file rewritten": deletes if moves else 0,
        "delete file checked": deletes,
        "manifest list looked through": kinds["manifest-list"] if moves else 0,
        "metadata file kept as it is": kinds["metadata"] if as_it_is else 0,
        "further page": sum(pages(count) - 1 for count in (*folders.values(), sum(within))),
    }


def _sizes(contents: Contents) -> Counter[str]:
    """Bytes by kind of file."""
    sizes: Counter[str] = Counter()
    for file in contents.files:
        sizes[file.kind] += file.size
    return sizes


def _metadata_read(contents: Contents, sizes: Counter[str], *, relocated: bool) -> int:
    """Metadata is read here, looked through, and read again where it came to, for its check."""
    pointer = contents.pointer.size
    lists = sizes["manifest-list"] * (3 if relocated else 2)
    deletes = sum(sizes[kind] for kind in _REWRITTEN)
    again = deletes * 2 if relocated else deletes + sizes["metadata"]
    return sizes["metadata"] + 3 * pointer + lists + 2 * sizes["manifest"] + again


def _one_account(restore: Restore, plan: TablePlan, contents: Contents, file: StoredFile) -> bool:
    store, key = restore.stores.holding(plan.mapping.map(contents.location(file)))
    return in_one_account(restore.repository.store, file.object, store, key)
