"""A repository: one scope of one catalog. What it reads it checks; what it writes it writes once."""

import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bcn_core.errors import (
    BcnError,
    Conflict,
    DamagedRepository,
    InvalidRequest,
    NotFound,
    ObjectExists,
    ObjectMissing,
    StorageFailure,
)
from bcn_core.names import Scope, TableName, is_pit_id, pit_instant
from bcn_core.repository import layout as keys
from bcn_core.repository.documents import (
    CaptureRecord,
    DatabaseIndex,
    IndexRef,
    PitManifest,
    PitRef,
    Plan,
    RepositoryManifest,
    ScopeRecord,
    SourceRecord,
    SqlView,
    TableEntry,
)
from bcn_core.repository.encoding import decode, encode, sha256, unseal
from bcn_core.repository.files import FileRows, StoredFile, decode_files, decode_frame
from bcn_core.repository.layout import Layout
from bcn_core.repository.pit_listing import PitListing
from bcn_core.storage.store import Store

if TYPE_CHECKING:
    import polars as pl

_READS_AT_ONCE = 8
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)


class Repository:
    """Backups of one scope under one place. Safe to share between threads."""

    def __init__(self, store: Store, manifest: RepositoryManifest, clock: Clock = utc_now) -> None:
        self.store = store
        self.manifest = manifest
        self.now = clock
        self.layout = Layout(manifest.scope.catalog)

    @classmethod
    def open(cls, store: Store, clock: Clock = utc_now) -> "Repository":
        """Open the repository at a store's root; ``clock`` tells the present instant, in UTC.

        Raises:
            NotFound: there is none.
            UnsupportedFormat: a later version of BCN made it.
            DamagedRepository: its manifest cannot be read.
        """
        try:
            data = store.get(keys.REPOSITORY_MANIFEST)
        except ObjectMissing as error:
            raise cls._absent(store) from error
        return cls(store, decode(RepositoryManifest, data, keys.REPOSITORY_MANIFEST), clock)

    @classmethod
    def create(cls, store: Store, scope: Scope, source: SourceRecord, now: datetime) -> "Repository":
        """Make a repository; its scope is fixed from then on. Of two who make one at one place, one wins.

        Raises:
            Conflict: the place holds something already, or somebody else was first.
        """
        taken = next(iter(store.list("")), None)
        if taken is not None:
            raise cls._taken(store, taken.key)
        manifest = RepositoryManifest(
            repository_id=str(uuid.uuid4()),
            granularity=scope.granularity,
            scope=ScopeRecord(catalog=scope.catalog, database=scope.database, table=scope.table),
            source=source,
            created_at=now,
        )
        made = cls(store, manifest)
        try:
            made.write_once(keys.REPOSITORY_MANIFEST, encode(manifest))
        except Conflict as error:
            raise cls._taken(store, keys.REPOSITORY_MANIFEST) from error
        return made

    @classmethod
    def _absent(cls, store: Store) -> NotFound:
        """Why there is no repository; a letter too many in its address shows by what else lies there."""
        try:
            found = next(iter(store.list("")), None)
            held = f": what lies there, such as {found.key}, is none" if found else ": nothing lies there"
        except BcnError:
            held = ""
        return NotFound(
            f"there is no repository at {store.url}{held}",
            hint="check each letter of --repo, or of url in [repository] of bcn.toml; a repository is the folder "
            "that holds manifest.json and catalogs/. To make a new one: bcn init --catalog NAME",
        )

    @classmethod
    def _taken(cls, store: Store, key: str) -> Conflict:
        """Why no repository can be made at a place that is not empty; most often it holds one already."""
        try:
            there = cls.open(store)
        except BcnError:
            return Conflict(
                f"{store.url} is not empty: it holds {key}", hint="choose an empty place for the repository"
            )
        return Conflict(
            f"{store.url} is a BCN repository already: it covers {there.manifest.granularity} {there.scope}",
            hint=f"take a PIT of it: bcn backup --repo {store.url}; or choose another place",
        )

    @property
    def scope(self) -> Scope:
        """What the repository covers."""
        return self.manifest.scope.scope()

    def pits(self) -> list[str]:
        """The ids of all PITs, oldest first."""
        return self.listed().pits

    def manifest_sizes(self) -> dict[str, int]:
        """The bytes of each PIT's manifest, by PIT, as the store lists them."""
        return self.listed().sizes

    def listed(self) -> PitListing:
        """What the folder of the PITs holds now; who asks several questions asks them of one listing."""
        return PitListing.of(self.store, self.layout.pits)

    def isolated(self) -> frozenset[str]:
        """The PITs that were set apart as damaged; a flag that cannot be read counts as well."""
        return keys.isolated_pits(found.key for found in self.store.list(keys.ISOLATED))

    def check_nothing_of_others(self) -> None:
        """For whoever finds no PIT: there must be none of another catalog either, or this is another's repository.

        Raises:
            DamagedRepository: what lies there is of a catalog that the repository manifest does not name.
        """
        first = next(iter(self.store.list(keys.CATALOGS)), None)
        if first is None or first.key.startswith(f"{self.layout.folder}/"):
            return
        raise DamagedRepository(
            f"{keys.REPOSITORY_MANIFEST} of {self.store.url} names the catalog '{self.scope.catalog}', "
            f"and what lies there is of another: {first.key}",
            hint="somebody changed manifest.json; bcn repair shows what PITs remember of it, and --apply restores that",
        )

    def unfinished(self) -> list[str]:
        """The ids of PITs that were begun and not published: what they copied can be used again."""
        return self.listed().unfinished

    def pit(self, pit: str) -> PitManifest:
        """A PIT's manifest, checked against its own digest, and that it lies where it belongs.

        Raises:
            NotFound: there is no such PIT.
            DamagedRepository: the manifest is not what was written, or is of another PIT or repository.
        """
        return self.pit_and_ref(pit)[0]

    def pit_and_ref(self, pit: str) -> tuple[PitManifest, PitRef]:
        """The same, with the link that a child's manifest holds: the digest of the very bytes that were read."""
        key, data = self.layout.pit_manifest(pit), self.pit_bytes(pit)
        manifest = unseal(data, key)
        if (manifest.pit, manifest.repository_id) != (pit, self.manifest.repository_id):
            raise DamagedRepository(
                f"{key} is the manifest of PIT {manifest.pit} of repository {manifest.repository_id}",
                hint="somebody moved or copied it there; see: bcn repair",
            )
        return manifest, PitRef(pit=pit, sha256=sha256(data))

    def pit_bytes(self, pit: str) -> bytes:
        """A PIT's manifest as it lies there.

        Raises:
            NotFound: there is no such PIT.
        """
        try:
            return self.store.get(self.layout.pit_manifest(pit))
        except ObjectMissing as error:
            raise NotFound(f"there is no PIT {pit} in {self.store.url}", hint="see: bcn describe") from error

    def pit_ref(self, pit: str) -> PitRef:
        """The link that a child's manifest holds."""
        return PitRef(pit=pit, sha256=sha256(self.pit_bytes(pit)))

    def plan(self, pit: str) -> Plan | None:
        """What a begun PIT must contain, or None when it was not begun."""
        key = self.layout.plan(pit)
        try:
            return decode(Plan, self.store.get(key), key)
        except ObjectMissing:
            return None

    def index(self, ref: IndexRef) -> DatabaseIndex:
        """The tables of one database at a PIT."""
        return decode(DatabaseIndex, self._checked(ref.key, ref.sha256), ref.key)

    def tables(self, manifest: PitManifest) -> dict[TableName, TableEntry]:
        """All tables that a PIT holds."""
        return tables_in(self.indexes(manifest))

    def indexes(self, manifest: PitManifest) -> list[DatabaseIndex]:
        """The databases that a PIT holds, with their tables and views."""
        with ThreadPoolExecutor(_READS_AT_ONCE) as pool:
            return list(pool.map(self.index, manifest.indexes))

    def capture(self, entry: TableEntry) -> CaptureRecord:
        """The capture that a PIT's table stands on."""
        key = keys.capture_record(entry.capture)
        return decode(CaptureRecord, self._checked(key, entry.capture_digest), key)

    def find_capture(
        self, table: TableName, pit: str, *, full_first: bool = True
    ) -> tuple[str, CaptureRecord, str] | None:
        """A capture by table and PIT, published or not: its folder, and its record with the digest of that.

        ``full_first``: where to look first; the right guess saves a request.
        """
        for full in (full_first, not full_first):
            folder = self.layout.capture(table, pit, full=full)
            key = keys.capture_record(folder)
            try:
                data = self.store.get(key)
            except ObjectMissing:
                continue
            return folder, decode(CaptureRecord, data, key), sha256(data)
        return None

    def files(self, capture: CaptureRecord) -> list[StoredFile]:
        """All files that a capture needs."""
        return decode_files(self._checked(capture.files_key, capture.files_sha256), capture.files_key)

    def file_rows(self, capture: CaptureRecord) -> FileRows:
        """The same for whoever goes through them row by row, however many there are."""
        return FileRows(self._checked(capture.files_key, capture.files_sha256), capture.files_key)

    def files_frame(self, capture: CaptureRecord) -> "pl.DataFrame":
        """The same as columns."""
        return decode_frame(self._checked(capture.files_key, capture.files_sha256), capture.files_key)

    def objects(self, capture: CaptureRecord) -> "pl.Series":
        """The keys of all objects that a capture needs."""
        data = self._checked(capture.files_key, capture.files_sha256)
        return decode_frame(data, capture.files_key, "object")["object"]

    def object(self, file: StoredFile) -> bytes:
        """The bytes of one stored file, checked."""
        return self._checked(file.object, file.sha256)

    def view_bytes(self, view: SqlView) -> bytes:
        """The metadata file of a view, checked."""
        return self._checked(view.object, view.sha256)

    def write_once(self, key: str, data: bytes) -> None:
        """Create a document. An equal one that is there already is our own, written by a call whose answer was lost.

        Raises:
            Conflict: the key holds other bytes.
        """
        try:
            self.store.put_new(key, [data])
        except ObjectExists as error:
            if self.store.get(key) != data:
                raise Conflict(
                    f"{key} is there already, with other contents", hint="run the backup again"
                ) from error
        except StorageFailure:
            # The write may have been carried out and its answer lost (robustness.md 0.4): then all is well.
            if not self._holds(key, data):
                raise

    def select(self, wanted: str) -> str:
        """The PIT that a text names: an id, a prefix of one, a timestamp (the newest at or before it) or ``latest``.

        A PIT that was set apart as damaged is only found by its id.

        Raises:
            NotFound: there is none, or none at or before the timestamp.
            InvalidRequest: the text is no such thing, or begins several PITs.
            DamagedRepository: all are set apart as damaged, or what lies there is of another catalog.
        """
        pits = self.pits()
        if not pits:
            self.check_nothing_of_others()
        return _Selection(self.store.url, pits, self.isolated()).find(wanted)

    def _holds(self, key: str, data: bytes) -> bool:
        try:
            return self.store.get(key) == data
        except BcnError:
            return False

    def _checked(self, key: str, digest: str) -> bytes:
        try:
            data = self.store.get(key)
        except ObjectMissing as error:
            raise DamagedRepository(f"{key} is missing in {self.store.url}", hint=_OTHER_PIT) from error
        if sha256(data) != digest:
            raise DamagedRepository(f"{key} is not what was written: its SHA-256 differs", hint=_OTHER_PIT)
        return data


_OTHER_PIT = "other PITs may hold a whole copy: bcn describe; other tables of this PIT can still be restored"


def tables_in(indexes: Iterable[DatabaseIndex]) -> dict[TableName, TableEntry]:
    """The tables of some databases, by name."""
    return {TableName(index.namespace, entry.name): entry for index in indexes for entry in index.tables}


def views_in(indexes: Iterable[DatabaseIndex]) -> dict[TableName, SqlView]:
    """The Iceberg views of some databases, by name."""
    return {TableName(index.namespace, view.name): view for index in indexes for view in index.sql_views}


class _Selection:
    """Finding one PIT among many by what a person typed."""

    def __init__(self, place: str, pits: Iterable[str], apart: frozenset[str]) -> None:
        self.place = place
        self.pits = list(pits)
        self.whole = [pit for pit in self.pits if pit not in apart]

    def find(self, wanted: str) -> str:
        if not self.pits:
            raise NotFound(f"{self.place} holds no PIT yet", hint="take one: bcn backup")
        if not self.whole and wanted == "latest":
            raise DamagedRepository(
                f"every PIT of {self.place} is set apart as damaged", hint="see: bcn verify"
            )
        if wanted == "latest":
            return self.whole[-1]
        starting = [pit for pit in self.pits if pit.startswith(wanted)]
        if len(starting) == 1 or wanted in starting:
            return starting[0]
        if len(starting) > 1:
            raise InvalidRequest(
                f"'{wanted}' begins {len(starting)} PITs", hint=f"they are {_some(starting)}"
            )
        return self._at(wanted)

    def _at(self, wanted: str) -> str:
        instant = pit_instant(wanted) if is_pit_id(wanted) else _instant(wanted)
        before = [pit for pit in self.whole if pit_instant(pit) <= instant]
        if not before:
            first = f"the first one is {self.whole[0]}" if self.whole else "all are set apart as damaged"
            raise NotFound(f"no PIT at or before {wanted}", hint=first)
        return before[-1]


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidRequest(
            f"'{text}' is neither a PIT nor a timestamp",
            hint="give an id or a prefix of one (20261120T09), a timestamp (2026-11-20T09:30:00Z) or 'latest'",
        ) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _some(pits: list[str]) -> str:
    return ", ".join(pits[:3]) + (", ..." if len(pits) > 3 else "")
