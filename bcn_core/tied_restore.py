"""A dump and the PIT that was taken with it, restored as one: the tables' files first, then what names them.

Neither step needs the catalog, which stays down throughout: what it names when it starts is in place.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bcn_core.catalog_database import RestoredDatabase, restore_database
from bcn_core.dumping.making import CatalogDatabase
from bcn_core.dumping.planning import DatabasePlan, DatabaseRequest, plan_database
from bcn_core.errors import BcnError, DamagedRepository, NotFound
from bcn_core.repository.documents import PitManifest
from bcn_core.repository.dump_documents import DumpManifest
from bcn_core.repository.readers import reading
from bcn_core.repository.repository import Repository
from bcn_core.restoration.in_place import FilesInPlace, InPlace, InPlacePlan
from bcn_core.storage.opening import Stores

__all__ = ["FilesInPlace", "InPlacePlan", "TiedPlan", "TiedRestore"]


@dataclass(frozen=True, slots=True)
class TiedPlan:
    """Everything that restoring both does, in order. ``skewed``: the two do not show the same pointers."""

    files: InPlacePlan
    database: DatabasePlan
    skewed: bool

    @property
    def refusal(self) -> BcnError | None:
        """What stands against either, and so against both."""
        return self.database.refusal or self.files.refusal


@dataclass(frozen=True, slots=True)
class TiedRestore:
    """What is asked for, and the two ends; ``properties`` are the catalog's, to see whether its server answers."""

    database: CatalogDatabase
    request: DatabaseRequest
    properties: Mapping[str, str] = field(repr=False)
    stores: Stores
    files_at_once: int = 16

    def plan(self) -> TiedPlan:
        """Decide both parts; nothing is written.

        Raises:
            NotFound: there is no such dump, it was taken alone, or its PIT is gone.
            DamagedRepository: the PIT is not the one that the dump was tied to.
            StorageFailure: the server does not answer.
        """
        plan = plan_database(self.database, self.request, self.properties)
        pit = _tied_pit(self.database.repository, plan.manifest)
        files = InPlace(self.database.repository, self.stores).plan(pit, plan.manifest.state.tables)
        tie = plan.manifest.tie
        return TiedPlan(files, plan, skewed=tie is None or tie.consistency == "skewed")

    def carry_out(self, plan: TiedPlan) -> RestoredDatabase:
        """Carry both parts out: a database that names files gets them first.

        Raises:
            BcnError: the plan refuses, or a part failed; the database is in its old state then.
        """
        if plan.refusal is not None:
            raise plan.refusal
        database, pits = self.database, [plan.files.pit]
        with reading(database.repository, database.owner, pits, database.report) as report:
            InPlace(database.repository, self.stores, report, self.files_at_once).put_back(plan.files)
        # Files may have taken hours, in which somebody may have started the catalog.
        request = replace(self.request, dump=plan.database.manifest.dump)
        return restore_database(database, plan_database(database, request, self.properties))


def _tied_pit(repository: Repository, dump: DumpManifest) -> PitManifest:
    alone = f"bcn catalog-database restore {dump.dump} restores the database alone"
    if dump.tie is None:
        hint = f"bcn catalog-database list shows which dumps have one; {alone}"
        raise NotFound(f"dump {dump.dump} was taken without a PIT", hint=hint)
    if dump.tie.pit.pit not in repository.pits():
        raise NotFound(f"PIT {dump.tie.pit.pit}, which was taken with the dump, is gone", hint=alone)
    if repository.pit_ref(dump.tie.pit.pit) != dump.tie.pit:
        raise DamagedRepository(
            f"PIT {dump.tie.pit.pit} is not the one that was taken with the dump", hint=alone
        )
    return repository.pit(dump.tie.pit.pit)
