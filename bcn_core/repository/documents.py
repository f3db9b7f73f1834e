"""The documents that hold what is backed up: the repository's manifest, plans, captures, indexes and PIT manifests."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from bcn_core.names import Scope, TableName
from bcn_core.repository.document import Dated, Document

Status = Literal["complete", "partial"]
ObjectStatus = Literal["ACTIVE", "UNCHANGED", "CARRIED", "DELETED"]


class ScopeRecord(Document):
    """What the repository covers."""

    catalog: str
    database: str | None = None
    table: str | None = None

    def scope(self) -> Scope:
        return Scope(self.catalog, self.database, self.table)


class SourceRecord(Document):
    """Which catalog is backed up, without any secret."""

    kind: str
    address: str


class RepositoryManifest(Dated):
    """``manifest.json`` at the root: fixed at creation but for ``last_pit``, which is a view."""

    repository_id: str
    granularity: Literal["CATALOG", "DATABASE", "TABLE"]
    scope: ScopeRecord
    source: SourceRecord
    created_at: datetime
    last_pit: str | None = None


class Fingerprint(Document):
    """Digests of the parts of a table's metadata whose changes people ask about."""

    schema_digest: str
    spec_digest: str
    order_digest: str
    properties_digest: str


class AsOf(Document):
    """How the state at a past instant was found: ``exact`` metadata file, or ``derived`` from the snapshot log."""

    mode: Literal["exact", "derived"]
    instant_ms: int


class TableRef(Document):
    """A table's name in a document."""

    namespace: tuple[str, ...]
    name: str

    @classmethod
    def of(cls, table: TableName) -> "TableRef":
        return cls(namespace=table.namespace, name=table.name)

    def table(self) -> TableName:
        return TableName(self.namespace, self.name)


class Coverage(Document):
    """The snapshots that a PIT holds of a table when it was asked for the newest alone, and how many there were."""

    newest: int
    snapshots: tuple[int, ...]
    of: int


class CoveredTable(Document):
    """A table of which a PIT holds a part alone."""

    table: TableRef
    coverage: Coverage


class TableEntry(Document):
    """One table of a PIT: where its pointer stood and the capture that holds it."""

    name: str
    uuid: str | None
    pointer: str
    capture: str
    capture_pit: str
    capture_digest: str
    table_format_version: int
    schema_id: int
    snapshot_id: int | None
    last_updated_ms: int
    fingerprint: Fingerprint
    rows: int | None
    files: int
    bytes: int
    damaged: bool = False
    coverage: Coverage | None = None


class SqlView(Document):
    """One Iceberg view of a PIT: where its pointer stood, and the object that holds its metadata file, verbatim."""

    name: str
    uuid: str | None
    pointer: str
    object: str
    sha256: str
    size: int
    stored_by: str


class DatabaseIndex(Document):
    """All tables of one database at a PIT. A database in which nothing changed shares its parent PIT's index."""

    namespace: tuple[str, ...]
    properties: dict[str, str]
    tables: tuple[TableEntry, ...]
    sql_views: tuple[SqlView, ...] = ()


class IndexRef(Document):
    """Where a database's index lies."""

    namespace: tuple[str, ...]
    tables: int
    key: str
    sha256: str


class DatabaseRecord(Document):
    """A database with its properties, as the catalog has them."""

    namespace: tuple[str, ...]
    properties: dict[str, str]


class PlannedCapture(Document):
    """One table that a PIT must capture, and why."""

    table: TableRef
    uuid: str | None
    pointer: str
    changes: tuple[str, ...]
    columns: tuple[str, ...] = ()
    previous: TableRef | None = None
    as_of: AsOf | None = None
    newest_snapshots: int | None = None


class PlannedSqlView(Document):
    """An Iceberg view that a PIT must hold."""

    view: TableRef
    pointer: str


class Renamed(Document):
    """One UUID under a new name."""

    before: TableRef
    after: TableRef
    uuid: str | None


class Recreated(Document):
    """One name with a new UUID: dropped and created again."""

    table: TableRef
    old_uuid: str | None
    new_uuid: str | None


class Consistency(Document):
    """Whether the pointers belong to one instant: two identical sweeps (``consistent``), or not (``skewed``)."""

    mode: Literal["consistent", "skewed", "as_of"]
    window_ms: int = 0
    moved: tuple[TableRef, ...] = ()
    commit: str | None = None


class PitRef(Document):
    """Another PIT and the SHA-256 of its manifest: the link of the hash chain."""

    pit: str
    sha256: str


class DeletedTable(Document):
    """A table that the source no longer has; restorable while its last PIT is kept."""

    table: TableRef
    uuid: str | None
    deleted_at: datetime
    last_pit: str


class DeletedDatabase(Document):
    """A database that the source no longer has."""

    namespace: tuple[str, ...]
    deleted_at: datetime
    last_pit: str


class FailedTable(Document):
    """A table that could not be captured."""

    table: TableRef
    reason: str


class Plan(Dated):
    """``plan.json``: what a PIT must contain, fixed once. Tables that no list names stand as in the parent."""

    repository_id: str
    pit: str
    pit_timestamp: datetime
    swept_at: datetime
    parent: PitRef | None
    reuses: tuple[str, ...]
    consistency: Consistency
    databases: tuple[DatabaseRecord, ...]
    captures: tuple[PlannedCapture, ...]
    carried: tuple[TableRef, ...] = ()
    dropped: tuple[TableRef, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    recreated: tuple[Recreated, ...] = ()
    unreadable: tuple[FailedTable, ...] = ()
    not_yet_created: tuple[TableRef, ...] = ()
    shared_uuids: tuple[tuple[TableRef, ...], ...] = ()
    sql_views: tuple[PlannedSqlView, ...] = ()
    unreadable_views: tuple[FailedTable, ...] = ()


class Broken(Document):
    """A snapshot that cannot be restored, and the first file that is missing for it."""

    snapshot_id: int
    missing: str


class CaptureRecord(Dated):
    """``capture.json``: what one PIT stored for one table. Paths are roots (of the source) plus relative paths."""

    pit: str
    table: TableRef
    uuid: str | None
    pointer: str
    as_of: AsOf | None
    roots: tuple[str, ...] = Field(min_length=1)
    table_format_version: int
    schema_id: int
    table_schema: dict[str, Any]
    snapshot_id: int | None
    last_updated_ms: int
    fingerprint: Fingerprint
    rows: int | None
    files: int
    bytes: int
    files_new: int
    bytes_new: int
    files_key: str
    files_sha256: str
    broken_snapshots: tuple[Broken, ...] = ()
    missing_history: tuple[str, ...] = ()
    coverage: Coverage | None = None
    previous: str | None = None
    captured_at: datetime
    duration_ms: int


class Counts(Document):
    """Objects, files and bytes of a PIT; ``new`` is what this PIT copied."""

    databases: int
    tables: int
    captured: int
    unchanged: int
    carried: int
    deleted: int
    failed: int
    files: int
    files_new: int
    bytes: int
    bytes_new: int
    sql_views: int = 0


class Included(Document):
    """Names of what the PIT holds, by database."""

    databases: tuple[str, ...]
    tables: dict[str, tuple[str, ...]]
    sql_views: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class DeletedNames(Document):
    """Names that the parent PIT had and the source no longer has."""

    tables: tuple[str, ...]
    databases: tuple[str, ...]
    sql_views: tuple[str, ...] = ()


class Unchanged(Document):
    """Digests of what stands as before: whole databases by their index, single tables by their capture."""

    databases: dict[str, str]
    tables: dict[str, str]


class TableChange(Document):
    """What changed in one table since the parent PIT."""

    table: TableRef
    changes: tuple[str, ...]
    columns: tuple[str, ...] = ()


class PitManifest(Dated):
    """``manifest.json`` of a PIT: written once, last; its appearance makes the PIT exist.

    ``repository`` is the repository manifest as it was then, so that it can be checked and made again; PITs from
    before that field, and before ``plan_sha256``, have None.
    """

    repository_id: str
    pit: str
    pit_timestamp: datetime
    captured_at: datetime
    status: Status
    parent_pit: PitRef | None
    scope: ScopeRecord
    consistency: Consistency
    included_objects: Included
    deleted_in_source: DeletedNames
    unchanged_objects: Unchanged
    renamed: tuple[Renamed, ...]
    recreated: tuple[Recreated, ...]
    changed: tuple[TableChange, ...]
    carried: tuple[TableRef, ...]
    failed: tuple[FailedTable, ...]
    not_yet_created: tuple[TableRef, ...]
    shared_uuids: tuple[tuple[TableRef, ...], ...]
    deleted_tables: tuple[DeletedTable, ...]
    deleted_databases: tuple[DeletedDatabase, ...]
    covered_in_part: tuple[CoveredTable, ...] = ()
    failed_views: tuple[FailedTable, ...] = ()
    indexes: tuple[IndexRef, ...]
    counts: Counts
    repository: RepositoryManifest | None = None
    plan_sha256: str | None = None
    digest: str = "0" * 64
