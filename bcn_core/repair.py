"""Repair: what verify finds is mended where that is possible, and set apart where it is not.

Planning reads, carrying out writes. An object is replaced only by bytes with the very SHA-256 that was written down;
nothing that is whole is touched, and nothing is removed but what is replaced.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bcn_core.copying import Copy, carry_out, digest_of
from bcn_core.errors import BcnError, NotFound, ObjectMissing, SourceChanged
from bcn_core.events import ObjectReplaced, Report, silent
from bcn_core.mending.isolating import (
    captures_to_isolate,
    pits_to_isolate,
    readmitted,
    readmitted_captures,
)
from bcn_core.mending.origins import Origins
from bcn_core.mending.plan import Apart, Repaired, RepairPlan, Replacement
from bcn_core.mending.roots import open_to_repair, root_to_restore
from bcn_core.references import References, references
from bcn_core.repository.encoding import encode, sha256
from bcn_core.repository.flag_documents import Owner
from bcn_core.repository.flags import (
    condemned,
    isolate,
    isolate_capture,
    isolated_captures,
    readmit,
    readmit_capture,
)
from bcn_core.repository.layout import REPOSITORY_MANIFEST, folder_of
from bcn_core.repository.readers import reading
from bcn_core.repository.repository import Repository
from bcn_core.storage.opening import Stores
from bcn_core.storage.store import Store
from bcn_core.verification.faults import Fault, still_whole
from bcn_core.verify import EVERYTHING, Slice, verify_repository
from bcn_core.views import all_views

__all__ = [
    "Apart",
    "Repair",
    "RepairPlan",
    "Repaired",
    "Replacement",
    "apply_repair",
    "open_to_repair",
    "plan_repair",
]

_AT_ONCE_BYTES = 512 * 1024 * 1024
NO_DATA = Slice()
"""Data files are looked at by their size alone."""


@dataclass(frozen=True, slots=True)
class Repair:
    """What is repaired and from where: the source's own files, and ``copy``, another copy of the repository."""

    repository: Repository
    stores: Stores
    owner: Owner
    copy: Store | None = None
    level: Slice = NO_DATA
    report: Report = silent


def plan_repair(repair: Repair) -> RepairPlan:
    """Verify, and decide about each fault. Nothing is changed, but the result of the check is kept.

    Raises:
        NotFound: there is nothing to repair: no PIT.
    """
    repository = repair.repository
    checked = verify_repository(repository, repair.level, repair.report)
    found = references(repository, repository.pits(), lambda _key, _error: None)
    mends, lost, as_written = _sorted_out(repair, checked.faults)
    pits, captures = pits_to_isolate(found, lost), captures_to_isolate(found, lost)
    apart, captures_apart = repository.isolated(), isolated_captures(repository, captures)
    return RepairPlan(
        level=checked.level,
        root=root_to_restore(repository, found.manifests.get(max(found.manifests, default=""))),
        replace=mends,
        isolate=tuple(one for pit, one in sorted(pits.items()) if pit not in apart),
        isolate_captures=tuple(one for name, one in sorted(captures.items()) if name not in captures_apart),
        readmit=readmitted(found, pits),
        readmit_captures=readmitted_captures(found, captures) if repair.level == EVERYTHING else (),
        views=tuple(key for key, _ in _stale_views(found, {*apart, *pits}, {*captures})),
        lost=lost,
        as_written=as_written,
        whole=still_whole(found, lost),
    )


def apply_repair(repair: Repair, plan: RepairPlan) -> Repaired:
    """Carry a plan out. What is refused, by the store or since the source has moved on, is told and stops nothing.

    Raises:
        Conflict: a PIT is being pruned meanwhile.
    """
    repository, refused = repair.repository, dict[str, str]()
    kept = sorted(set(repository.pits()) - condemned(repository.store))
    with reading(repository, repair.owner, kept, repair.report) as report:
        if plan.root is not None:
            repository.store.replace(REPOSITORY_MANIFEST, encode(plan.root))
        there = _there(repository)
        for one in plan.replace:
            try:
                _check_there(repository, one.fault, there)
                _replace(repair, one)
            except BcnError as error:
                refused[one.fault.key] = error.message
            else:
                report(ObjectReplaced(one.fault.key, one.origin))
        _set_apart(repair, plan, refused)
        views = _write_views(repository, refused)
    replaced = tuple(one.fault.key for one in plan.replace if one.fault.key not in refused)
    return Repaired(replaced, views, refused)


def _sorted_out(
    repair: Repair, faults: Iterable[Fault]
) -> tuple[tuple[Replacement, ...], tuple[Fault, ...], tuple[Fault, ...]]:
    """Faults that can be mended, those that are lost for good, and those about bytes that are as they were written."""
    origins = Origins(repair.repository, repair.stores, repair.copy)
    mends: dict[str, Replacement] = {}
    lost: list[Fault] = []
    as_written: list[Fault] = []
    for fault in faults:
        if fault.key == REPOSITORY_MANIFEST:
            continue
        if origins.is_as_written(fault):
            as_written.append(fault)
            continue
        origin = origins.find(fault)
        if origin is None:
            lost.append(fault)
        else:
            mends.setdefault(fault.key, Replacement(fault, *origin))
    return tuple(mends.values()), tuple(lost), tuple(as_written)


def _replace(repair: Repair, wanted: Replacement) -> None:
    """Look at the origin once more, then write its bytes over the damaged ones.

    One that does not fit into memory is removed first, and copied, checked on the way.
    """
    store, key = repair.repository.store, wanted.fault.key
    source, source_key = repair.stores.holding(wanted.origin)
    if source.stat(source_key).size <= _AT_ONCE_BYTES:
        data = source.get(source_key)
        _check(wanted, sha256(data))
        store.replace(key, data)
        return
    origin = digest_of(source, source_key)
    _check(wanted, origin.sha256)
    store.delete(key)
    carry_out(Copy(source, source_key, store, key, origin.size, origin.sha256))


def _check(wanted: Replacement, found: str) -> None:
    if found != wanted.sha256:
        raise SourceChanged(f"{wanted.origin} has other bytes by now", hint="run the repair again")


def _there(repository: Repository) -> frozenset[str]:
    """The PITs that were begun or exist, and do not wait to be removed. Asked once the own pin is put."""
    listing = repository.listed()
    return frozenset({*listing.sizes, *listing.unfinished} - condemned(repository.store))


def _check_there(repository: Repository, fault: Fault, there: frozenset[str]) -> None:
    """A plan may be of yesterday: what prune has removed since must not come back, a manifest least of all."""
    folder = folder_of(fault.key)
    of_a_pit = folder.startswith(f"{repository.layout.pits}/")
    pits = fault.pits or ((folder.rpartition("/")[2],) if of_a_pit else ())
    if pits and there.isdisjoint(pits):
        raise NotFound(f"{', '.join(pits)} is gone by now, or about to go", hint="run the repair again")


def _set_apart(repair: Repair, plan: RepairPlan, refused: Mapping[str, str]) -> None:
    """Raise the flags of what is lost, and take those back of what is whole.

    None is taken back when something was not replaced: the plan took it for whole by then, and a flag too many costs a
    capture, a flag too few a PIT that stands on damage.
    """
    repository, owner = repair.repository, repair.owner
    for one in plan.isolate:
        isolate(repository, one.name, owner, one.reason)
    for one in plan.isolate_captures:
        isolate_capture(repository, one.name, owner, one.reason)
    if refused:
        return
    for pit in plan.readmit:
        readmit(repository, pit)
    for folder in plan.readmit_captures:
        readmit_capture(repository, folder)


def _stale_views(found: References, pits: set[str], captures: set[str]) -> list[tuple[str, bytes]]:
    """Views that do not show what the PITs say, those PITs and captures left out that are apart.

    A view may stand on something that is replaced first, so that it cannot be told yet: it is written all the same.
    """
    shown = replace(
        found,
        manifests={pit: manifest for pit, manifest in found.manifests.items() if pit not in pits},
        captures={name: named for name, named in found.captures.items() if name not in captures},
    )
    stale: list[tuple[str, bytes]] = []
    try:
        for key, data in all_views(shown):
            if _held(found.repository.store, key) != data:
                stale.append((key, data))
    except BcnError:
        return stale
    return stale


def _write_views(repository: Repository, refused: dict[str, str]) -> tuple[str, ...]:
    """Write every view anew that is not as the PITs say; what now is apart is left out."""
    apart = repository.isolated()
    pits = [pit for pit in repository.pits() if pit not in apart]
    found = references(repository, pits, lambda _key, _error: None)
    written = []
    for key, data in _stale_views(found, set(), set(isolated_captures(repository, found.captures))):
        try:
            repository.store.replace(key, data)
        except BcnError as error:
            refused[key] = error.message
        else:
            written.append(key)
    return tuple(written)


def _held(store: Store, key: str) -> bytes | None:
    try:
        return store.get(key)
    except ObjectMissing:
        return None
