"""The documents of a catalog's own database: what one dump holds, and what the catalog said at that instant."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from bcn_core.repository.document import Dated, Document
from bcn_core.repository.documents import PitRef

CatalogKind = Literal["nessie", "hive", "sql", "other"]
DumpFormat = Literal["plain", "custom"]


class DumpedTable(Document):
    """One table of the database, and its rows in the snapshot that was dumped."""

    name: str
    rows: int


class CatalogState(Document):
    """What the catalog said, read from its tables in the snapshot that was dumped."""

    kind: CatalogKind
    references: dict[str, str] = Field(default_factory=dict)
    databases: tuple[str, ...] = ()
    tables: dict[str, str] = Field(default_factory=dict)


class DumpTie(Document):
    """The PIT that was taken together with a dump, and whether both show the same pointers."""

    pit: PitRef
    consistency: Literal["consistent", "skewed"]


class DumpManifest(Dated):
    """``manifest.json`` of a dump: written once, last; its appearance makes the dump exist."""

    repository_id: str
    catalog: str
    dump: str
    reason: str
    taken_at: datetime
    finished_at: datetime
    duration_ms: int
    server: str
    server_version: str
    tool_version: str
    format: DumpFormat
    compressed: bool
    encryption: Literal["none", "age"]
    schemas: tuple[str, ...]
    tables: tuple[DumpedTable, ...]
    state: CatalogState
    tie: DumpTie | None = None
    key: str
    bytes: int
    sha256: str
    digest: str = "0" * 64
