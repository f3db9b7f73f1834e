"""A whole repository: its PITs, what was dropped, what is unfinished, when it was checked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bcn_core.copying import in_parallel
from bcn_core.errors import DamagedRepository, ObjectMissing
from bcn_core.names import Scope
from bcn_core.pit_summaries import PitSummary, read_manifest, summary_of
from bcn_core.repository.checks import CheckRecord, last_checks
from bcn_core.repository.documents import DeletedDatabase, DeletedTable, PitManifest
from bcn_core.repository.flag_documents import Owner
from bcn_core.repository.flags import condemned, held
from bcn_core.repository.pins import read_pin
from bcn_core.repository.repository import Repository


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A PIT that was begun and is not published; ``owner`` is None when nobody is at work on it."""

    pit: str
    owner: Owner | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """A whole repository."""

    url: str
    repository_id: str
    granularity: str
    scope: Scope
    source_kind: str
    source_address: str
    created_at: datetime
    pits: tuple[PitSummary, ...]
    deleted_tables: tuple[DeletedTable, ...]
    deleted_databases: tuple[DeletedDatabase, ...]
    unfinished: tuple[Unfinished, ...]
    checks: tuple[CheckRecord, ...] = ()
    condemned: tuple[str, ...] = ()
    held: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def describe_repository(repository: Repository) -> Description:
    """Everything about a repository at one glance. A PIT that cannot be read is shown as damaged, not left out.

    Raises:
        DamagedRepository: there is no PIT, and what lies there is of another catalog.
    """
    pits = repository.pits()
    if not pits:
        repository.check_nothing_of_others()
    manifests = dict(zip(pits, in_parallel(lambda pit: read_manifest(repository, pit), pits), strict=True))
    newest = next((found for found in reversed(manifests.values()) if isinstance(found, PitManifest)), None)
    about = repository.manifest
    return Description(
        url=repository.store.url,
        repository_id=about.repository_id,
        granularity=about.granularity,
        scope=repository.scope,
        source_kind=about.source.kind,
        source_address=about.source.address,
        created_at=about.created_at,
        pits=tuple(summary_of(pit, found) for pit, found in manifests.items()),
        deleted_tables=newest.deleted_tables if newest else (),
        deleted_databases=newest.deleted_databases if newest else (),
        unfinished=tuple(_unfinished(repository)),
        checks=tuple(last_checks(repository).values()),
        condemned=tuple(sorted(condemned(repository.store).intersection(pits))),
        held=held(repository),
    )


def _unfinished(repository: Repository) -> Iterator[Unfinished]:
    for pit in repository.unfinished():
        try:
            pin = read_pin(repository.store, repository.layout.pin(pit))
        except (ObjectMissing, DamagedRepository):
            yield Unfinished(pit)
        else:
            yield Unfinished(pit, pin.owner, pin.since.astimezone(UTC))
