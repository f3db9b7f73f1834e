"""Making a dump: one snapshot, counted and written by pg_dump, looked through before anything of it is kept."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bcn_core.dumping.address import DatabaseAddress
from bcn_core.dumping.programs import Programs, find_programs
from bcn_core.dumping.script import opened_script, problems_of, read_script
from bcn_core.dumping.server import Session, snapshot
from bcn_core.dumping.states import read_state
from bcn_core.errors import InvalidRequest, StorageFailure
from bcn_core.events import Report, Warned
from bcn_core.repository.dump_documents import CatalogState, DumpedTable, DumpFormat

_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Manner:
    """How a database is dumped."""

    format: DumpFormat = "plain"
    compressed: bool = True
    schemas: tuple[str, ...] = ()
    programs: Path | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A dump in a file, and what the database held in the snapshot that it shows."""

    file: Path
    taken_at: datetime
    server_version: str
    tool_version: str
    tables: tuple[DumpedTable, ...]
    state: CatalogState


def write_dump(
    address: DatabaseAddress, manner: Manner, catalog: str, folder: Path, report: Report
) -> Written:
    """Dump a database into a file of ``folder``; a dump that lacks anything is refused.

    ``catalog``: the name of the catalog that stands on it.

    Raises:
        NotFound: there is no such database or schema.
        InvalidRequest: no program fits the server, there is nothing to dump, or a schema's name cannot be kept.
        StorageFailure: the server or pg_dump failed.
    """
    with snapshot(address) as (session, name):
        programs = find_programs(session.major, manner.programs)
        _tell_newer(programs, session.major, report)
        tables = _tables(session, manner)
        counted, state = session.counted(tables), read_state(session, tables, catalog)
        file = folder / file_name(manner)
        programs.run("pg_dump", _arguments(manner, name), address, file)
        written = Written(file, session.now(), session.version, programs.version, counted, state)
    _check(written, programs, address)
    return written


def _tables(session: Session, manner: Manner) -> list[tuple[str, str]]:
    found = session.tables(manner.schemas)
    if not found:
        raise InvalidRequest(
            f"{session.address.place} holds no table: there is nothing to dump",
            hint="check uri and schemas in [catalog_databases.NAME] of bcn.toml",
        )
    odd = next((schema for schema, _ in found if "." in schema), None)
    if odd is not None:
        # A manifest writes SCHEMA.TABLE: a restore would look for the rows of such a table in another schema.
        raise InvalidRequest(
            f"the schema '{odd}' has a dot in its name, and could not be restored",
            hint="name the catalog's own schemas: schemas in [catalog_databases.NAME] of bcn.toml",
        )
    return found


def file_name(manner: Manner) -> str:
    """The name of a dump's object tells its form."""
    if manner.format == "custom":
        return "dump.pgdump"
    return "dump.sql.gz" if manner.compressed else "dump.sql"


def script_of(file: Path, programs: Programs, address: DatabaseAddress) -> tuple[Path, bool]:
    """A dump as SQL, and whether that is compressed; a custom archive is turned into it, without any server."""
    if file.suffix != ".pgdump":
        return file, file.suffix == ".gz"
    script = file.with_name("restore.sql")
    programs.run(
        "pg_restore",
        ["--clean", "--if-exists", "--no-owner", "--no-privileges", "--file=-", str(file)],
        address,
        script,
    )
    return script, False


def _arguments(manner: Manner, snapshot_name: str) -> list[str]:
    return [
        f"--snapshot={snapshot_name}",
        f"--format={manner.format}",
        f"--compress={_LEVEL if manner.compressed else 0}",
        "--clean",
        "--if-exists",
        "--no-owner",
        "--no-privileges",
        "--no-password",
        *(f"--schema={_pattern(schema)}" for schema in manner.schemas),
    ]


def _pattern(schema: str) -> str:
    """pg_dump takes patterns; in quotes a name means itself."""
    return '"' + schema.replace('"', '""') + '"'


def _check(written: Written, programs: Programs, address: DatabaseAddress) -> None:
    script, compressed = script_of(written.file, programs, address)
    with opened_script(script, compressed=compressed) as lines:
        problems = problems_of(read_script(lines), written.tables)
    if problems:
        raise StorageFailure(
            f"the dump of {address.place} is not whole and was not kept: {problems[0]}",
            hint="run it again; check the disk behind TMPDIR",
        )


def _tell_newer(programs: Programs, server_major: int, report: Report) -> None:
    if programs.major > server_major:
        report(
            Warned(
                f"pg_dump {programs.version} dumps a server of version {server_major}: what it writes may need "
                f"a server of version {programs.major} to be restored; install postgresql-client-{server_major}"
            )
        )
