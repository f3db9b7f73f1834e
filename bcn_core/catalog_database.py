"""The catalog's own database: dump it beside the PITs, look dumps through, load one back, prove that it can be done.

A dump exists when its manifest does, the last write. A restore is one transaction: it ends with the rows of the dump,
or nothing changed.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from bcn_core.dumping.checking import check_dump, fetched_script
from bcn_core.dumping.dumps import SAFETY, check_dumps_there
from bcn_core.dumping.loading import create_database, drop_database, empty, load, unpacked
from bcn_core.dumping.making import CatalogDatabase, claimed, next_dump, publish, store_dump
from bcn_core.dumping.planning import DatabasePlan, DatabaseRequest, check_unused, in_use, plan_database
from bcn_core.dumping.records import Drill, keep_drill, keep_look
from bcn_core.dumping.running import answering_at
from bcn_core.dumping.scratch import scratch
from bcn_core.dumping.server import connected
from bcn_core.dumping.states import read_state
from bcn_core.dumping.tying import tie_of
from bcn_core.errors import BcnError, DamagedRepository, InvalidRequest, UnsupportedFormat
from bcn_core.events import DatabaseLoaded
from bcn_core.repository.documents import PitManifest
from bcn_core.repository.dump_documents import DumpManifest
from bcn_core.repository.layout import dump_flag
from bcn_core.repository.readers import reading

__all__ = [
    "CatalogDatabase",
    "DatabasePlan",
    "DatabaseRequest",
    "Drill",
    "DumpCheck",
    "RestoredDatabase",
    "TiedDump",
    "back_up_database",
    "drill_database",
    "plan_database",
    "reset_database",
    "restore_database",
    "tied_dump",
    "verify_dumps",
]


@dataclass(frozen=True, slots=True)
class DumpCheck:
    """What became of looking one dump through: a problem, or a note about what could not be looked at."""

    dump: str
    problem: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class RestoredDatabase:
    """A database that is in the state of a dump; ``safety`` is the dump of what it held before."""

    plan: DatabasePlan
    safety: str | None
    seconds: float


@dataclass
class TiedDump:
    """A dump whose bytes are there and whose manifest waits for the PIT that is taken with it."""

    manifest: DumpManifest
    pit: PitManifest | None = None


def back_up_database(database: CatalogDatabase, reason: str = "") -> DumpManifest:
    """Dump the database: claim, dump in one snapshot, look it through, store it, publish it.

    Raises:
        Conflict: another dump is being made.
        NotFound, InvalidRequest, StorageFailure: it cannot be dumped; nothing was kept.
    """
    dump = next_dump(database)
    with claimed(database, dump):
        return publish(database, store_dump(database, dump, reason))


@contextmanager
def tied_dump(database: CatalogDatabase, pit: str, branch: str) -> Iterator[TiedDump]:
    """Dump under the id of a PIT, which the block takes and notes; the dump is published with it, or alone.

    ``branch``: what a PIT of Nessie shows.

    Raises:
        Conflict: another dump is being made.
        BcnError: the database cannot be dumped; the block is not entered then.
    """
    with claimed(database, pit):
        tied = TiedDump(store_dump(database, pit, "with its PIT"))
        try:
            yield tied
        finally:
            tie = tie_of(database.repository, tied.manifest, tied.pit, branch) if tied.pit else None
            tied.manifest = publish(database, tied.manifest, tie)


def verify_dumps(database: CatalogDatabase, dumps: list[str]) -> list[DumpCheck]:
    """Look dumps through: digests, a statement for every table, its rows, the last line. The result is kept.

    Raises:
        Conflict: one is being pruned.
        InvalidRequest: pg_restore is needed and missing.
    """
    started = database.repository.now()
    with reading(
        database.repository, database.owner, map(dump_flag, dumps), database.report, check_dumps_there
    ):
        found = [_look(database, dump) for dump in dumps]
    keep_look(database, started, dumps, [one.problem for one in found if one.problem])
    return found


def restore_database(database: CatalogDatabase, plan: DatabasePlan) -> RestoredDatabase:
    """Carry a plan out: a safety dump of what is there, then one transaction.

    Raises:
        BcnError: the plan refuses, the safety dump failed, or the load did; the old state stands.
    """
    if plan.refusal is not None:
        raise plan.refusal
    started, dump = time.monotonic(), plan.manifest.dump
    safety = _safety(database.at(plan.target), f"the restore of {dump}") if plan.safety else None
    if plan.creates:
        create_database(database.address, plan.target.database)
    elif not plan.while_in_use:
        check_unused(plan.target)
    _load(database, plan)
    return RestoredDatabase(plan, safety, time.monotonic() - started)


def reset_database(
    database: CatalogDatabase, name: str, properties: Mapping[str, str], *, while_in_use: bool
) -> str | None:
    """Empty the catalog's schemas, so that the catalog makes its tables anew; the id of the safety dump.

    Raises:
        InvalidRequest: ``name`` is not the database's.
        Conflict: it is in use, or something of another schema hangs on its tables.
    """
    address = database.address
    if name != address.database:
        raise InvalidRequest(
            f"nothing was removed: the database is not called '{name}'",
            hint=f"to remove all of the catalog's state, name it: {address.database}",
        )
    with connected(address) as session:
        busy = in_use(address, tuple(session.connections()), answering_at(properties))
        if busy is not None and not while_in_use:
            raise busy
        tables = session.tables(database.manner.schemas)
    safety = _safety(database, "the reset") if tables else None
    if not while_in_use:
        check_unused(address)
    empty(address, sorted({schema for schema, _ in tables}))
    return safety


def drill_database(database: CatalogDatabase, dump: str) -> Drill:
    """Restore a dump into a scratch database, compare it, remove it; what it took is kept as the measured RTO.

    Raises:
        StorageRefused: the user may not create databases.
        BcnError: the dump does not restore; that is kept as well.
    """
    started, at = time.monotonic(), database.repository.now()
    manifest = database.dumps.manifest(dump)
    scratch = f"bcn_drill_{dump.replace('.', '_').lower()}"
    target = database.address.named(scratch)
    drop_database(database.address, scratch)
    create_database(database.address, scratch)
    try:
        _load(database, DatabasePlan(manifest, target, creates=True, safety=False, tables_now=0))
        problem = _differing(database.at(target), manifest)
    except BcnError as error:
        problem = error.message
    finally:
        drop_database(database.address, scratch)
    return keep_drill(database, Drill(manifest, at, time.monotonic() - started, problem))


def _look(database: CatalogDatabase, dump: str) -> DumpCheck:
    try:
        with scratch("verify") as folder:
            return DumpCheck(dump, note=check_dump(database, database.dumps.manifest(dump), folder))
    except (DamagedRepository, UnsupportedFormat) as error:
        return DumpCheck(dump, problem=error.message)


def _safety(database: CatalogDatabase, act: str) -> str:
    """All of the database is dumped, whatever part of it the settings name."""
    whole = replace(database, manner=replace(database.manner, schemas=()))
    return back_up_database(whole, f"{SAFETY}{act}").dump


def _load(database: CatalogDatabase, plan: DatabasePlan) -> None:
    dump = plan.manifest.dump
    flags = [dump_flag(dump)]
    with (
        reading(database.repository, database.owner, flags, database.report, check_dumps_there) as report,
        scratch("restore") as folder,
    ):
        script, compressed = fetched_script(database, plan.manifest, folder)
        load(unpacked(script, compressed=compressed), plan.manifest, plan.target)
        report(DatabaseLoaded(dump, plan.target.place))


def _differing(database: CatalogDatabase, manifest: DumpManifest) -> str:
    """What a restored database says otherwise than the dump; rows were compared when it was loaded."""
    with connected(database.address) as session:
        state = read_state(session, session.tables(manifest.schemas), manifest.catalog)
    return "" if state == manifest.state else "the restored catalog's state is not that of the dump"
