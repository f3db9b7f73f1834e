"""Deciding a restore of the database: what stands there now, what is in the way, whether the dump fits the server."""

from collections.abc import Mapping
from dataclasses import dataclass

from bcn_core.counting import counted
from bcn_core.dumping.address import DatabaseAddress
from bcn_core.dumping.loading import has_database
from bcn_core.dumping.making import CatalogDatabase
from bcn_core.dumping.programs import find_programs
from bcn_core.dumping.running import answering_at
from bcn_core.dumping.server import Session, connected
from bcn_core.errors import BcnError, Conflict, InvalidRequest
from bcn_core.repository.dump_documents import DumpManifest


@dataclass(frozen=True, slots=True)
class DatabaseRequest:
    """Which dump goes where: into the database itself, or into another one of the same server.

    ``while_in_use``: also while the catalog answers or somebody is connected.
    """

    dump: str
    target_database: str | None = None
    while_in_use: bool = False


@dataclass(frozen=True, slots=True)
class DatabasePlan:
    """Everything that a restore of the database would do. ``safety``: the present state is dumped first.

    ``while_in_use``: nobody asks again, before the load, whether somebody has connected since.
    """

    manifest: DumpManifest
    target: DatabaseAddress
    creates: bool
    safety: bool
    tables_now: int
    connections: tuple[str, ...] = ()
    catalog_answers: str | None = None
    refusal: BcnError | None = None
    while_in_use: bool = False


def plan_database(
    database: CatalogDatabase, request: DatabaseRequest, properties: Mapping[str, str]
) -> DatabasePlan:
    """Decide; nothing is written. ``properties`` are the catalog's, to see whether its server answers.

    Raises:
        NotFound: there is no such dump.
        StorageFailure: the server does not answer.
    """
    manifest = database.dumps.manifest(database.dumps.select(request.dump))
    target = database.address.named(request.target_database or database.address.database)
    is_own = target == database.address
    if not is_own and not has_database(database.address, target.database):
        with connected(database.address) as session:
            refusal = _misfit(session, manifest, database)
        return DatabasePlan(manifest, target, True, False, 0, refusal=refusal)
    with connected(target) as session:
        refusal = _misfit(session, manifest, database)
        tables, users = len(session.tables()), tuple(session.connections())
    answers = answering_at(properties) if is_own else None
    if refusal is None and not request.while_in_use:
        refusal = in_use(target, users, answers)
    return DatabasePlan(
        manifest, target, False, tables > 0, tables, users, answers, refusal, request.while_in_use
    )


def check_unused(target: DatabaseAddress) -> None:
    """Look again: between a plan and its end lie a person's answer and a dump of what is there.

    Raises:
        Conflict: somebody has connected.
    """
    with connected(target) as session:
        busy = in_use(target, tuple(session.connections()), None)
    if busy is not None:
        raise busy


def in_use(target: DatabaseAddress, users: tuple[str, ...], answers: str | None) -> Conflict | None:
    """Why a database must not be written to now: what runs on it would go on with what it remembers."""
    hint = "stop the catalog first (kubectl scale deployment NAME --replicas=0), or say --while-in-use"
    if answers:
        return Conflict(f"the catalog still answers at {answers}", hint=hint)
    if users:
        return Conflict(
            f"{counted(len(users), 'connection')} to {target.place}: {', '.join(users[:3])}", hint=hint
        )
    return None


def _misfit(session: Session, manifest: DumpManifest, database: CatalogDatabase) -> BcnError | None:
    """PostgreSQL promises no way back: a dump of a newer version may hold what an older server does not know."""
    written = int(manifest.tool_version.partition(".")[0])
    if written > session.major:
        return InvalidRequest(
            f"the dump was written by pg_dump {manifest.tool_version}, the server is {session.version}",
            hint="restore it into a server of that version or a newer one",
        )
    find_programs(session.major, database.manner.programs)
    return None
