"""A repository in which time passes as a test wants it: PITs, flags and objects are all dated by one clock."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bcn_core.backup import begin, capture_all
from bcn_core.capture.claiming import next_pit
from bcn_core.catalogs.catalog import Catalog
from bcn_core.copying import digest_of
from bcn_core.errors import BcnError
from bcn_core.names import Scope
from bcn_core.references import opened, references
from bcn_core.repository.documents import SourceRecord
from bcn_core.repository.flag_documents import Owner
from bcn_core.repository.pins import drop_pin
from bcn_core.repository.repository import Repository
from bcn_core.retention import Policy, Pruned, Rules, apply_prune, plan_prune
from bcn_core.storage.memory import MemoryStore
from tests.warehouse.runs import Lab
from tests.warehouse.source import NAME, Place

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday."""
OWNER = Owner(name="test", host="elsewhere")
NO_GRACE = Rules(Policy(last=1), timedelta(0), timedelta(0))


@dataclass
class Clock:
    """An instant that only moves when it is told to."""

    instant: datetime = START

    def now(self) -> datetime:
        return self.instant

    def seconds(self) -> float:
        return self.instant.timestamp()

    def forward(self, **span: float) -> None:
        self.instant += timedelta(**span)


@dataclass
class Years:
    """A lab whose repository lives by a clock."""

    lab: Lab
    clock: Clock = field(default_factory=Clock)

    @classmethod
    def of(cls, folder: Path) -> "Years":
        source = Place(folder / "source")
        source.pyiceberg().close()
        clock = Clock()
        identity = source.bcn().identity()
        store = MemoryStore(clock=clock.seconds)
        record = SourceRecord(kind=identity.kind, address=identity.address)
        Repository.create(store, Scope(NAME), record, clock.now())
        return cls(Lab.of(source, repository=Repository.open(store, clock.now)), clock)

    @property
    def repository(self) -> Repository:
        return self.lab.repository

    def take(self, catalog: Catalog | None = None, **later: float) -> str:
        """Take a PIT, then let time pass."""
        pit = self.lab.take(catalog=catalog).pit
        self.clock.forward(**later)
        return pit

    def begin_and_die(self) -> str:
        """A run that captures its tables and dies before it publishes; the PIT that it meant to take."""
        backup = self.lab.backup()
        plan = begin(backup, next_pit(self.repository))
        capture_all(backup, plan)
        drop_pin(self.repository.store, self.repository.layout, plan.pit)
        return plan.pit

    def prune(self, rules: Rules) -> Pruned:
        """Plan and carry out."""
        return apply_prune(self.repository, plan_prune(self.repository, rules), OWNER)

    def objects(self) -> set[str]:
        """Every object of the repository."""
        return {found.key for found in self.repository.store.list("")}

    def lost(self) -> list[str]:
        """What PITs need and the repository does not hold as it was written."""
        return lost(self.repository)


def lost(repository: Repository) -> list[str]:
    """Everything that a PIT needs and that is not there as it was written."""
    found: list[str] = []

    def trouble(key: str, error: BcnError) -> None:
        found.append(f"{key}: {error.message}")

    for capture in opened(references(repository, repository.pits(), trouble), trouble):
        for file in capture.files:
            try:
                if digest_of(repository.store, file.object).sha256 != file.sha256:
                    found.append(f"{file.object} has other bytes")
            except BcnError as error:
                found.append(error.message)
    return found
