"""One dump from claim to manifest: its pin, its bytes, and last the write that makes it exist."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from bcn_core.copying import Copy, carry_out
from bcn_core.dumping.address import DatabaseAddress
from bcn_core.dumping.dumps import Dumps
from bcn_core.dumping.encrypting import encrypted
from bcn_core.dumping.scratch import scratch
from bcn_core.dumping.writing import Manner, Written, write_dump
from bcn_core.errors import Conflict
from bcn_core.events import DumpWritten, Report, silent
from bcn_core.names import pit_id, pit_instant
from bcn_core.repository.dump_documents import DumpManifest, DumpTie
from bcn_core.repository.flag_documents import Owner, Pin
from bcn_core.repository.pins import drop_pin, put_pin
from bcn_core.repository.repository import Repository
from bcn_core.storage.local import LocalStore

_CLOCKS_MAY_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class CatalogDatabase:
    """A catalog's own database, the repository of its dumps, and how it is dumped."""

    repository: Repository
    address: DatabaseAddress
    owner: Owner
    manner: Manner = field(default_factory=Manner)
    recipients: tuple[str, ...] = ()
    identity: Path | None = None
    report: Report = silent

    @property
    def dumps(self) -> Dumps:
        """The dumps that there are."""
        return Dumps(self.repository)

    def at(self, address: DatabaseAddress) -> "CatalogDatabase":
        """The same for another database."""
        return replace(self, address=address)


def next_dump(database: CatalogDatabase) -> str:
    """The id of a dump of this moment; after the newest one.

    Raises:
        Conflict: the newest dump lies so far in the future that a clock must be wrong.
    """
    now, newest = database.repository.now(), database.dumps.ids()[-1:]
    if newest and pit_instant(newest[0]) > now + _CLOCKS_MAY_DIFFER:
        raise Conflict(f"dump {newest[0]} lies in the future", hint="check the clocks of the machines")
    if newest and newest[0] >= pit_id(now):
        return pit_id(pit_instant(newest[0]) + timedelta(milliseconds=1))
    return pit_id(now)


@contextmanager
def claimed(database: CatalogDatabase, dump: str) -> Iterator[None]:
    """Hold the pin of a dump: a repository makes one dump at a time.

    Raises:
        Conflict: another one is being made, or this one exists.
    """
    if dump in database.dumps.ids():
        raise Conflict(f"dump {dump} exists already", hint="dumps are never changed; take a new one")
    repository, layout = database.repository, database.dumps.layout
    put_pin(repository.store, layout, Pin(pit=dump, owner=database.owner, since=repository.now()))
    try:
        yield
    finally:
        drop_pin(repository.store, layout, dump)


def store_dump(database: CatalogDatabase, dump: str, reason: str) -> DumpManifest:
    """Write the bytes of a dump; what it gives is not published yet.

    Raises:
        BcnError: the database could not be dumped, or the dump is not whole; nothing is kept.
    """
    started = time.monotonic()
    repository = database.repository
    with scratch("dump") as folder:
        catalog = repository.scope.catalog
        written = write_dump(database.address, database.manner, catalog, folder, database.report)
        file = encrypted(written.file, database.recipients)
        key = database.dumps.layout.dump(dump, file.name)
        # A write whose answer was lost finds its own bytes there.
        copied = carry_out(Copy(LocalStore(folder), file.name, repository.store, key))
    database.report(DumpWritten(dump, len(written.tables), copied.size))
    seconds = time.monotonic() - started
    manifest = _manifest(database, written, dump, seconds)
    return manifest.model_copy(
        update={"key": key, "bytes": copied.size, "sha256": copied.sha256, "reason": reason}
    )


def publish(database: CatalogDatabase, manifest: DumpManifest, tie: DumpTie | None = None) -> DumpManifest:
    """Make a dump exist, tied to a PIT when one was taken with it.

    Raises:
        Conflict: a dump of that id exists with other contents.
    """
    return database.dumps.publish(manifest.model_copy(update={"tie": tie}))


def _manifest(database: CatalogDatabase, written: Written, dump: str, seconds: float) -> DumpManifest:
    repository, manner = database.repository, database.manner
    return DumpManifest(
        repository_id=repository.manifest.repository_id,
        catalog=repository.scope.catalog,
        dump=dump,
        reason="",
        taken_at=written.taken_at,
        finished_at=repository.now(),
        duration_ms=int(seconds * 1000),
        server=database.address.place,
        server_version=written.server_version,
        tool_version=written.tool_version,
        format=manner.format,
        compressed=manner.compressed,
        encryption="age" if database.recipients else "none",
        schemas=tuple(sorted({table.name.partition(".")[0] for table in written.tables})),
        tables=written.tables,
        state=written.state,
        key="",
        bytes=0,
        sha256="",
    )
