"""What a repository is asked to cover: inferred at the first backup, compared ever after."""

from collections.abc import Callable
from dataclasses import dataclass

from bcn_core.catalogs.catalog import Catalog
from bcn_core.cli.opening import Place
from bcn_core.cli.options import ScopeOptions
from bcn_core.errors import InvalidRequest, NotFound
from bcn_core.names import Scope
from bcn_core.repository.repository import Repository
from bcn_core.settings import RepositorySettings
from bcn_core.storage.store import Store


@dataclass(frozen=True, slots=True)
class Asked:
    """The scope as far as options and settings name it."""

    catalog: str | None
    database: str | None
    table: str | None

    @classmethod
    def of(cls, given: ScopeOptions, settings: RepositorySettings) -> "Asked":
        """Options win over ``bcn.toml``; what it says of another catalog or database does not apply."""
        database, table = _split(given["database"], given["table"])
        if given["catalog"] not in (None, settings.catalog):
            return cls(given["catalog"], database, table)
        catalog = given["catalog"] or settings.catalog
        if database not in (None, settings.database):
            return cls(catalog, database, table)
        return cls(catalog, database or settings.database, table or settings.table)

    def scope(self, catalog: str | None = None) -> Scope:
        """The whole scope; ``catalog`` stands in where none is named.

        Raises:
            InvalidRequest: a part is missing.
        """
        name = self.catalog or catalog
        if name is None:
            raise InvalidRequest("nothing says which catalog to back up", hint="give --catalog NAME")
        if self.table is not None and self.database is None:
            raise InvalidRequest(f"table '{self.table}' needs its database", hint="give --database NAME")
        return Scope(name, self.database, self.table)

    def check(self, repository: Repository) -> None:
        """Compare with what the repository covers.

        Raises:
            InvalidRequest: something else was asked for; both are shown.
        """
        if (self.catalog, self.database, self.table) == (None, None, None):
            return
        known, asked = repository.scope, self.scope(repository.scope.catalog)
        if asked != known:
            raise InvalidRequest(
                f"{repository.store.url} covers {known.granularity} {known}, "
                f"but {asked.granularity} {asked} was asked for",
                hint="a repository's scope is fixed: leave the scope away, or choose another --repo",
            )


def both_ends(
    place: Place, given: ScopeOptions, make: Callable[[Store, Scope, Catalog], Repository], hint: str
) -> tuple[Repository, Catalog, bool]:
    """The repository, or what ``make`` gives for the scope where there is none; its catalog; and whether it was there.

    Raises:
        NotFound: there is none, and no catalog is named; ``hint`` says what to do.
        InvalidRequest: the repository covers something else than what is asked for.
    """
    asked = Asked.of(given, place.settings.repository)
    try:
        repository = place.repository()
    except NotFound as none:
        if asked.catalog is None:
            raise NotFound(none.message, hint=hint) from none
        scope = asked.scope()
        catalog = place.catalog(scope.catalog)
        return make(place.store, scope, catalog), catalog, False
    asked.check(repository)
    return repository, place.catalog(repository.scope.catalog), True


def _split(database: str | None, table: str | None) -> tuple[str | None, str | None]:
    """``--table sales.orders`` names the database too."""
    if database is None and table is not None and "." in table:
        database, _, table = table.rpartition(".")
    return database, table
