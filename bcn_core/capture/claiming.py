"""Who may make which PIT of which catalog: the questions before a PIT is begun, and the pin while it is made."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from bcn_core.catalogs.catalog import Catalog
from bcn_core.errors import BcnError, Conflict
from bcn_core.events import Report, Warned
from bcn_core.names import pit_id, pit_instant
from bcn_core.repository.documents import Plan
from bcn_core.repository.flag_documents import Owner, Pin
from bcn_core.repository.looks import Look, look
from bcn_core.repository.pins import claim, remove_pin
from bcn_core.repository.repository import Repository

CLOCK_TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to make a PIT: the pin that stands, and what was seen after it was put."""

    pin: Pin
    seen: Look


def next_pit(repository: Repository, seen: Look | None = None) -> str:
    """The id of a PIT of this moment; after the newest one, even if another machine's clock runs a little ahead.

    Raises:
        Conflict: the newest PIT lies so far in the future that a clock must be wrong.
    """
    now = repository.now()
    newest = (seen.listing.pits if seen else repository.pits())[-1:]
    if not newest or pit_instant(newest[0]) < now:
        return pit_id(now)
    if pit_instant(newest[0]) > now + CLOCK_TOLERANCE:
        raise Conflict(f"PIT {newest[0]} lies in the future", hint="check the clocks of the machines")
    return pit_id(pit_instant(newest[0]) + timedelta(milliseconds=1))


def check_free(repository: Repository, pit: str, seen: Look) -> None:
    """A PIT is made once, and not ahead of its time.

    Raises:
        Conflict: it exists, or lies in the future.
    """
    if pit in seen.listing.sizes:
        raise Conflict(f"PIT {pit} exists already", hint="PITs are never changed; take a new one")
    if pit_instant(pit) > repository.now() + CLOCK_TOLERANCE:
        raise Conflict(
            f"PIT {pit} lies in the future", hint="check the timestamp, and the clock of this machine"
        )


def check_source(repository: Repository, catalog: Catalog, report: Report, *, accept: bool) -> None:
    """A repository backs up one catalog: another one of the same name would look like one great deletion.

    Raises:
        Conflict: the catalog is not the one that the repository was made for, and nobody said that it moved.
    """
    known, found = repository.manifest.source, catalog.identity()
    # An earlier bcn did not know the kind of a catalog whose section names no type.
    if known.kind in (found.kind, "unknown") and known.address == found.address:
        return
    message = f"catalog '{catalog.name}' is {found.address}; the repository was made for {known.address}"
    if not accept:
        raise Conflict(message, hint="use another repository; if the catalog has moved, say --accept-source")
    report(Warned(message))


@contextmanager
def claimed(repository: Repository, owner: Owner, pit: str, before: Look) -> Iterator[Claim]:
    """Hold the pin of a PIT; it stays when all goes well, and is released when the block fails.

    The pin names every PIT that may be used, as far as a look ``before`` it told; only then the tombstones are read
    (robustness.md 2.3): a prune that put one before our pin is seen now, and one that puts it later sees our pin. So
    one look after the pin holds for all that is planned, and another one is due only before the PIT is published.

    Raises:
        Conflict: another backup is at work, or this very PIT is being pruned.
    """
    pin = Pin(pit=pit, owner=owner, since=repository.now(), reuses=_stands_on(repository, pit, before))
    # A step of the same run may have been first: then its pin stands, and says what may be used.
    standing, seen = claim(repository.store, repository.layout, pin, lambda: look(repository))
    try:
        check_not_condemned(pit, seen)
        yield Claim(standing, seen)
    except BaseException:
        release(repository, pit)
        raise


def check_not_condemned(pit: str, seen: Look) -> None:
    """A PIT that is made must not be about to go: once published, it would go with the next prune, unasked.

    Raises:
        Conflict: prune took what a dead run left of it, or was killed when it meant to.
    """
    if pit in seen.condemned:
        raise Conflict(f"PIT {pit} is being pruned", hint="take a new PIT, or wait until prune is done")


def check_standing(pin: Pin, plan: Plan, seen: Look) -> None:
    """What a plan stands on must be there, be named by the pin, and not be about to go.

    Raises:
        Conflict: it is not.
    """
    lost = sorted(set(plan.reuses) - set(pin.reuses).intersection(seen.usable))
    if lost:
        raise Conflict(
            f"PIT {plan.pit} stands on {', '.join(lost)}, which is gone or being pruned",
            hint="run again; a PIT that was begun before cannot be finished then: take a new one",
        )


def _stands_on(repository: Repository, pit: str, seen: Look) -> tuple[str, ...]:
    """The PITs whose objects a PIT may name: those of its plan or its parents to be, and what dead runs left."""
    left = (one for one in seen.listing.unfinished if one != pit)
    plan = repository.plan(pit) if seen.listing.has_plan(pit) else None
    if plan is not None:
        return tuple(sorted({*plan.reuses, *left}))
    usable = seen.usable
    earlier = [known for known in usable if known < pit]
    return tuple(sorted({*earlier[-1:], *usable[-1:], *_of_dropped(repository, earlier), *left}))


def _of_dropped(repository: Repository, earlier: list[str]) -> set[str]:
    """The PITs that hold dropped tables last: one that was restored since comes back with the files that it had."""
    gone = (one for pit in earlier[-1:] for one in repository.pit(pit).deleted_tables)
    return {one.last_pit for one in gone}.intersection(earlier)


def release(repository: Repository, pit: str, signs: Iterable[str] | None = None) -> None:
    """Give up a pin. A store that fails here must not hide how the run ended; pins of dead runs are no obstacle."""
    with suppress(BcnError):
        remove_pin(repository.store, repository.layout.pin(pit), signs)
