"""A repository of thousands of PITs in a minute: the first two are real backups, the others repeat the second.

The source does not change, so that a third backup would write what is written here: each PIT has a plan and a manifest
of its own, sealed and chained to the one before, and `bcn verify` finds nothing to say.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bcn_core.events import silent
from bcn_core.names import Scope, pit_id
from bcn_core.pit_summaries import views_of
from bcn_core.repository.documents import PitManifest, PitRef, Plan, SourceRecord
from bcn_core.repository.encoding import encode, seal, sha256
from bcn_core.repository.repository import Repository
from bcn_core.storage.local import LocalStore
from bcn_core.storage.store import Store
from bcn_core.views import refresh_views, write_views
from tests.builders.many_tables import ManyTables
from tests.warehouse.runs import Lab
from tests.warehouse.source import NAME, Place

_START = datetime(2026, 1, 1, tzinfo=UTC)
_APART = timedelta(hours=1)


@dataclass
class ManyPits:
    """A lake and its repository below a folder; ``store`` is where the repository lies, else a folder beside."""

    folder: Path
    store: Store | None = None
    instant: datetime = _START

    @property
    def source(self) -> Place:
        """The lake."""
        return Place(self.folder / "lake")

    def make(self, tables: int, pits: int) -> Repository:
        """So many hourly PITs of so many tables."""
        ManyTables(self.folder / "lake").make(tables)
        source = self.source
        identity = source.bcn().identity()
        record = SourceRecord(kind=identity.kind, address=identity.address)
        store = self.store or LocalStore(self.folder / "repository")
        Repository.create(store, Scope(NAME), record, self.instant)
        lab = Lab.of(source, repository=Repository.open(store, lambda: self.instant))
        for _ in range(2):
            self.instant += _APART
            lab.take(pit_id(self.instant))
        repeat_newest(lab.repository, pits - 2)
        return lab.repository


def repeat_newest(repository: Repository, times: int) -> None:
    """Publish PITs of a source that has not changed since the newest one, an hour apart."""
    newest = repository.pits()[-1]
    manifest, plan = repository.pit(newest), repository.plan(newest)
    assert plan is not None
    manifests = {pit: repository.pit(pit) for pit in repository.pits()}
    for one in _repeated(repository, manifest, plan, times):
        manifests[one.pit] = one
    write_views(repository, views_of(repository, manifests), silent)
    refresh_views(repository, manifests[max(manifests)], {}, silent, repository.manifest_sizes())


def _repeated(repository: Repository, manifest: PitManifest, plan: Plan, times: int) -> Iterator[PitManifest]:
    parent = repository.pit_ref(manifest.pit)
    for number in range(1, times + 1):
        instant = manifest.pit_timestamp + number * _APART
        pit = pit_id(instant)
        times_of = {"pit": pit, "pit_timestamp": instant}
        begun = plan.model_copy(
            update={**times_of, "swept_at": instant, "parent": parent, "reuses": (parent.pit,)}
        )
        told = encode(begun)
        own = {**times_of, "captured_at": instant, "parent_pit": parent, "plan_sha256": sha256(told)}
        data = seal(manifest.model_copy(update=own))
        repository.store.put_new(repository.layout.plan(pit), [told])
        repository.store.put_new(repository.layout.pit_manifest(pit), [data])
        parent = PitRef(pit=pit, sha256=sha256(data))
        yield manifest.model_copy(update=own)
