"""What a prune would take, by its own plan."""

from collections import Counter
from collections.abc import Collection

from bcn_core.estimate.estimates import Estimate, Moved
from bcn_core.estimate.laws import PRUNE
from bcn_core.estimate.requests import pages
from bcn_core.pit_summaries import month_of
from bcn_core.references import References, references
from bcn_core.repository.flags import held
from bcn_core.repository.repository import Repository
from bcn_core.retention import PrunePlan, Rules, plan_prune


def estimate_prune(repository: Repository, rules: Rules) -> Estimate:
    """Plan a prune and count what ``--apply`` would ask now, and free in the end. Nothing is written.

    Raises:
        InvalidRequest: the policy keeps nothing.
        DamagedRepository: a PIT cannot be read: then nobody knows what is needed.
    """
    plan = plan_prune(repository, rules)
    found = references(repository, repository.pits())
    listed = [one.size for one in repository.store.list(f"{repository.layout.folder}/databases")]
    due = _due(plan)
    holds = sum(map(len, held(repository).values()))
    counts = _counts(found, plan, due) | {
        "hold read": holds * (1 + bool(plan.remove) + bool(due)),
        "further page of objects": pages(len(listed)) - 1,
        "further page of PITs": (pages(2 * len(found.manifests)) - 1)
        * (3 + bool(plan.remove) + 3 * bool(due)),
    }
    going, freed = plan.objects + plan.orphans, plan.bytes + plan.orphan_bytes
    return Estimate(
        operation="prune",
        tables=len({named.family for named in found.captures.values()}),
        counts=counts,
        requests=PRUNE.of(counts),
        files_new=going,
        files_reused=len(listed) - going,
        bytes_new=freed,
        bytes_reused=sum(listed) - freed,
        moved=Moved(),
        growth=-freed,
        notes=_notes(plan, due),
    )


def _due(plan: PrunePlan) -> frozenset[str]:
    """The PITs that the very run removes; without a grace, those that it condemns as well."""
    fresh = () if plan.rules.grace else (one.pit for one in plan.remove)
    return frozenset([*plan.due, *fresh])


def _counts(found: References, plan: PrunePlan, due: frozenset[str]) -> dict[str, int]:
    pits = found.manifests.keys()
    stones = {*(one.pit for one in plan.waiting), *plan.due}
    remove = [one.pit for one in plan.remove]
    counts = Counter({"once": 1, "PIT waiting": len(stones), "PIT condemned": len(remove)})
    counts["condemned at all"] = int(bool(remove))
    counts.update(_reads(found, pits))
    counts.update(_reads(found, pits - due))
    if due:
        counts.update(_removal(found, due, plan.objects))
    counts["thousand objects removed"] += pages(plan.orphans) if plan.orphans else 0
    return dict(counts)


def _reads(found: References, pits: Collection[str]) -> dict[str, int]:
    """What it reads to know what some PITs need."""
    wanted = set(pits)
    return {
        "PIT read": len(wanted),
        "database index read": sum(not wanted.isdisjoint(found.pits_of_index(key)) for key in found.indexes),
        "capture read": sum(not wanted.isdisjoint(found.pits_of(named)) for named in found.captures.values()),
    }


def _removal(found: References, due: frozenset[str], objects: int) -> dict[str, int]:
    gone: list[str] = []
    stay: list[str] = []
    for named in found.captures.values():
        (gone if due.issuperset(found.pits_of(named)) else stay).append(named.family)
    touched = set(gone)
    return {
        "PIT removed": len(due),
        "removed at all": 1,
        "month of PITs": len({month_of(pit) for pit in due}),
        "table with a capture removed": len(touched),
        "capture shown anew": sum(family in touched for family in stay),
        "thousand objects removed": (pages(len(gone)) if gone else 0)
        + (pages(objects - len(gone)) if objects > len(gone) else 0),
    }


def _notes(plan: PrunePlan, due: frozenset[str]) -> tuple[str, ...]:
    later = len(plan.remove) + len(plan.waiting) + len(plan.due) - len(due)
    if not later:
        return ()
    return (
        f"{later} PIT(s) wait for the end of their grace: a later prune removes their objects, and asks for that then",
    )
