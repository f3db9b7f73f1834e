"""Who may make which PIT of which catalog: the questions before a PIT is begun, and the pin while it is made."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from bcn_core.catalogs.catalog import Catalog
from bcn_core.errors import BcnError, Conflict
from bcn_core.events import Report, Warned
from bcn_core.names import pit_id, pit_instant
from bcn_core.repository.documents import Owner, Pin
from bcn_core.repository.pins import drop_pin, put_pin
from bcn_core.repository.repository import Repository

CLOCK_TOLERANCE = timedelta(minutes=5)


def next_pit(repository: Repository) -> str:
    """The id of a PIT of this moment; after the newest one, even if another machine's clock runs a little ahead.

    Raises:
        Conflict: the newest PIT lies so far in the future that a clock must be wrong.
    """
    now = datetime.now(UTC)
    newest = repository.pits()[-1:]
    if not newest or pit_instant(newest[0]) < now:
        return pit_id(now)
    if pit_instant(newest[0]) > now + CLOCK_TOLERANCE:
        raise Conflict(f"PIT {newest[0]} lies in the future", hint="check the clocks of the machines")
    return pit_id(pit_instant(newest[0]) + timedelta(milliseconds=1))


def check_free(repository: Repository, pit: str) -> None:
    """A PIT is made once, and not ahead of its time.

    Raises:
        Conflict: it exists, or lies in the future.
    """
    if pit in repository.pits():
        raise Conflict(f"PIT {pit} exists already", hint="PITs are never changed; take a new one")
    if pit_instant(pit) > datetime.now(UTC) + CLOCK_TOLERANCE:
        raise Conflict(f"PIT {pit} lies in the future", hint="check the clock of this machine")


def check_source(repository: Repository, catalog: Catalog, report: Report, *, accept: bool) -> None:
    """A repository backs up one catalog: another one of the same name would look like one great deletion.

    Raises:
        Conflict: the catalog is not the one that the repository was made for, and nobody said that it moved.
    """
    known, found = repository.manifest.source, catalog.identity()
    if (known.kind, known.address) == (found.kind, found.address):
        return
    message = f"catalog '{catalog.name}' is {found.address}; the repository was made for {known.address}"
    if not accept:
        raise Conflict(message, hint="use another repository; if the catalog has moved, say --accept-source")
    report(Warned(message))


@contextmanager
def claimed(repository: Repository, owner: Owner, pit: str) -> Iterator[None]:
    """Hold the pin of a PIT; it stays when all goes well, and is released when the block fails."""
    put_pin(repository.store, repository.layout, Pin(pit=pit, owner=owner, since=datetime.now(UTC)))
    try:
        yield
    except BaseException:
        release(repository, pit)
        raise


def release(repository: Repository, pit: str) -> None:
    """Give up a pin. A store that fails here must not hide how the run ended; pins of dead runs are no obstacle."""
    with suppress(BcnError):
        drop_pin(repository.store, repository.layout, pit)
