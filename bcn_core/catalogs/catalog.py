"""The contract of every catalog kind: what BCN asks of a catalog, and what each MUST answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from bcn_core.names import Scope, TableName


@dataclass(frozen=True, slots=True)
class CatalogIdentity:
    """Which catalog this is, for telling two of the same name apart; holds no secret."""

    kind: str
    address: str


@dataclass(frozen=True, slots=True)
class Sweep:
    """All pointers of a scope, read in one go.

    ``databases`` maps namespaces to their properties, ``pointers`` tables to metadata locations,
    ``unreadable`` tables that the catalog lists but cannot load to the reason. ``views`` and ``unreadable_views`` are
    the same for Iceberg views, in catalogs that keep such. ``commit`` is the catalog's own name for the instant, where
    it has one (Nessie).
    """

    databases: Mapping[tuple[str, ...], Mapping[str, str]]
    pointers: Mapping[TableName, str]
    unreadable: Mapping[TableName, str] = field(default_factory=dict)
    views: Mapping[TableName, str] = field(default_factory=dict)
    unreadable_views: Mapping[TableName, str] = field(default_factory=dict)
    commit: str | None = field(default=None, compare=False)

    def shows_the_same(self, other: "Sweep") -> bool:
        """Whether both show one state. Why a table is unreadable a server may tell in new words each time."""
        return _without_reasons(self) == _without_reasons(other)


def _without_reasons(sweep: Sweep) -> Sweep:
    return replace(
        sweep,
        unreadable=dict.fromkeys(sweep.unreadable, ""),
        unreadable_views=dict.fromkeys(sweep.unreadable_views, ""),
    )


@dataclass(frozen=True, slots=True)
class ViewFile:
    """A view's metadata file that is in place: where it lies, and what it says, since some catalogs ask for that."""

    location: str
    raw: Mapping[str, Any]


class Catalog(Protocol):
    """One catalog. Its methods may be called from any thread."""

    @property
    def name(self) -> str:
        """The name that people gave it."""

    def identity(self) -> CatalogIdentity:
        """Which catalog this is."""

    def spelled(self, table: TableName) -> TableName:
        """The name that a table would have here; MUST raise InvalidRequest for one that this kind cannot hold."""

    def sweep(self, scope: Scope) -> Sweep:
        """All pointers of a scope. MUST list all or raise: a failed listing is never a deletion."""

    def pointer(self, table: TableName) -> str | None:
        """A table's metadata location now, or None when the catalog has no such table."""

    def default_location(self, table: TableName) -> str | None:
        """Where this catalog would put a new table; None when it names no place of its own."""

    def create_database(self, namespace: tuple[str, ...], properties: Mapping[str, str]) -> None:
        """Create a namespace; one that exists stays as it is."""

    def register(self, table: TableName, metadata_location: str) -> None:
        """Name an existing metadata file as a new table. MUST raise Conflict when the name is taken."""

    def replace(self, table: TableName, expected: str, metadata_location: str) -> None:
        """Point a table at other metadata. MUST raise Conflict, changing nothing, unless it points at ``expected``."""

    def keeps_views(self) -> bool:
        """Whether views can be registered here."""

    def register_view(self, view: TableName, file: ViewFile, expected: str | None) -> str:
        """Name a view, or point the one at ``expected`` anew; what could not be taken over is told, else empty.

        MUST raise Conflict, changing nothing, when the name is taken by a table or by another state of a view.
        """
