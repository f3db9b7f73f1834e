"""What must stay when some PITs go: every key that the other PITs name, and what nobody can be sure of."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bcn_core.errors import Conflict, DamagedRepository, UnsupportedFormat
from bcn_core.pruning.loose import Written
from bcn_core.references import References, add_capture, needed_keys, references
from bcn_core.repository.documents import CaptureRecord, Plan
from bcn_core.repository.key_sets import KeySet
from bcn_core.repository.looks import Look, look
from bcn_core.repository.repository import Repository


@dataclass(frozen=True, slots=True)
class Needed:
    """The keys that must stay, and the PITs that existed when they were counted, with what they name.

    ``guarded``: what these PITs and all before them wrote stays too, since a PIT that was set apart may need it.
    """

    keys: KeySet
    found: References
    seen: Look
    guarded: str = ""

    def kept(self, objects: Sequence[Written]) -> list[bool]:
        """Which of some objects must stay, by the PITs that wrote them and by their keys."""
        named = self.keys.has([found.key for _, found in objects])
        return [held or pit <= self.guarded for held, (pit, _) in zip(named, objects, strict=True)]

    @property
    def pits(self) -> frozenset[str]:
        return frozenset(self.found.manifests)


def still_needed(repository: Repository, going: frozenset[str]) -> Needed:
    """What everything needs that stays: PITs, and captures of PITs that are unfinished and may still be.

    It takes a look of its own, once all flags are up: a PIT may have been published since, whose pin is gone, and that
    names objects of an abandoned one that goes.

    Raises:
        BcnError: something of it cannot be read.
        Conflict: no complete PIT would stay.
    """
    seen = look(repository)
    found = references(repository, [pit for pit in seen.shown if pit not in going])
    leaving = (repository.pit(pit).status for pit in sorted(going & seen.shown.keys()))
    check_left(leaving, (one.status for one in found.manifests.values()))
    (needed,) = needed_without(repository, seen, found, going)
    return needed


def check_left(leaving: Iterable[str], staying: Iterable[str]) -> None:
    """Refuse to remove the last complete PIT.

    Raises:
        Conflict: no complete PIT would stay.
    """
    if "complete" in leaving and "complete" not in staying:
        raise Conflict("no complete PIT would be left: nothing was removed", hint="take a backup first")


def needed_without(
    repository: Repository, seen: Look, found: References, *goings: frozenset[str]
) -> list[Needed]:
    """What is needed when some PITs go, for several choices of them; ``found``: what all the others name.

    Raises:
        BcnError: something of it cannot be read.
    """
    parts = [found.without(going) for going in goings]
    lost = [_without_lost(seen, part) for part in (found, *parts)][1:]
    sets = needed_keys(found, *parts)
    for pit, folder, record in _unfinished(repository, seen, frozenset.intersection(*goings)):
        objects = repository.objects(record)
        for keys, going in zip(sets, goings, strict=True):
            if pit not in going:
                add_capture(keys, folder, record, objects)
    apart = [seen.isolated.intersection(seen.listing.sizes) - going for going in goings]
    guards = [{*some, *more} for some, more in zip(apart, lost, strict=True)]
    reach = {pit: _reach(repository, pit) for pit in set().union(*guards)}
    return [
        Needed(keys, part, seen, max((reach[pit] for pit in guarded), default=""))
        for keys, part, guarded in zip(sets, parts, guards, strict=True)
    ]


def _unfinished(
    repository: Repository, seen: Look, going: frozenset[str]
) -> Iterator[tuple[str, str, CaptureRecord]]:
    """Captures of PITs that may still be published."""
    for pit in seen.listing.unfinished:
        plan = _readable_plan(repository, pit) if pit not in going else None
        for planned in plan.captures if plan else ():
            capture = repository.find_capture(planned.table.table(), pit)
            if capture is not None:
                yield pit, *capture[:2]


def _without_lost(seen: Look, found: References) -> set[str]:
    """Leave out the captures that were set apart, whose documents may be unreadable; the PITs that made them."""
    folders = [folder for folder in found.captures if seen.is_apart(folder)]
    return {found.captures.pop(folder).entry.capture_pit for folder in folders}


def _reach(repository: Repository, pit: str) -> str:
    """The last PIT of whose objects a PIT that cannot be read may need some.

    A PIT stands on earlier ones. One of the past also on the newest of its time, so that any may be needed.
    """
    plan = _readable_plan(repository, pit)
    return pit if plan is not None and plan.consistency.mode != "as_of" else "~"


def _readable_plan(repository: Repository, pit: str) -> Plan | None:
    """A PIT whose plan cannot be read can never be published."""
    try:
        return repository.plan(pit)
    except (DamagedRepository, UnsupportedFormat):
        return None
