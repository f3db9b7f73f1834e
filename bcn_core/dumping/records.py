"""Results of checks and drills of dumps, kept with those of PITs: what is promised to people is what was measured."""

from dataclasses import dataclass
from datetime import datetime

from bcn_core.dumping.making import CatalogDatabase
from bcn_core.errors import StorageRefused
from bcn_core.events import Warned
from bcn_core.repository.checks import CheckRecord, keep_check, last_checks
from bcn_core.repository.dump_documents import DumpManifest
from bcn_core.repository.repository import Repository

LOOKED = "dumps"
DRILLED = "dump drill"


@dataclass(frozen=True, slots=True)
class Drill:
    """One restore into a scratch database: how long it took, and what was wrong."""

    manifest: DumpManifest
    started_at: datetime
    seconds: float
    problem: str = ""


def keep_look(database: CatalogDatabase, started: datetime, dumps: list[str], problems: list[str]) -> None:
    """Write down that dumps were looked through."""
    manifests = [database.dumps.manifest(dump) for dump in dumps] if not problems else []
    _keep(
        database,
        CheckRecord(
            level=LOOKED,
            started_at=started,
            finished_at=database.repository.now(),
            pits=0,
            tables=sum(len(one.tables) for one in manifests),
            files=len(dumps),
            bytes_read=sum(one.bytes for one in manifests),
            faults=len(problems),
            first_fault=problems[0] if problems else "",
            pit=dumps[-1] if dumps else "",
        ),
    )


def keep_drill(database: CatalogDatabase, drill: Drill) -> Drill:
    """Write down what a drill took, and whether it went well."""
    manifest = drill.manifest
    _keep(
        database,
        CheckRecord(
            level=DRILLED,
            started_at=drill.started_at,
            finished_at=database.repository.now(),
            pits=0,
            tables=len(manifest.tables),
            files=1,
            bytes_read=manifest.bytes,
            faults=1 if drill.problem else 0,
            first_fault=drill.problem,
            pit=manifest.dump,
            rows=sum(table.rows for table in manifest.tables),
            seconds=round(drill.seconds, 3),
        ),
    )
    return drill


def last_look(repository: Repository) -> CheckRecord | None:
    """When dumps were looked through last."""
    return last_checks(repository).get(LOOKED)


def last_drill(repository: Repository) -> CheckRecord | None:
    """The newest drill: its seconds are the measured RTO."""
    return last_checks(repository).get(DRILLED)


def _keep(database: CatalogDatabase, record: CheckRecord) -> None:
    try:
        keep_check(database.repository, record)
    except StorageRefused as error:
        database.report(Warned(f"the result could not be kept: {error.message}"))
