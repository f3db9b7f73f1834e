"""From options and ``bcn.toml`` to an open repository and its catalog, with the checks that belong to the way."""

from dataclasses import dataclass

from bcn_core.catalogs.catalog import Catalog
from bcn_core.catalogs.opening import open_catalog
from bcn_core.cli.options import PlaceOptions
from bcn_core.errors import Conflict, InvalidRequest
from bcn_core.repository.repository import Repository
from bcn_core.settings import Settings, load
from bcn_core.storage.opening import Stores
from bcn_core.storage.store import Store


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run works: its settings, its stores, and the repository's address."""

    settings: Settings
    stores: Stores
    url: str

    @property
    def store(self) -> Store:
        """The store whose root is the repository."""
        return self.stores.at(self.url)

    def repository(self) -> Repository:
        """The repository, which must be there."""
        return Repository.open(self.store)

    def catalog(self, name: str) -> Catalog:
        """A source catalog."""
        return open_catalog(name, self.settings.catalog_properties(name))


def open_place(given: PlaceOptions) -> Place:
    """Read the settings and find the repository's address.

    Raises:
        InvalidRequest: nothing names it.
    """
    settings = load(given["config"])
    url = given["repo"] or settings.repository.url
    if not url:
        raise InvalidRequest(
            "no repository is named", hint="give --repo PLACE, or url in [repository] of bcn.toml"
        )
    return Place(settings, Stores(), url)


def source_of(place: Place, repository: Repository) -> Catalog:
    """The catalog that a repository backs up, which must still be the same one.

    Raises:
        Conflict: another catalog bears its name.
    """
    catalog = place.catalog(repository.scope.catalog)
    why = another_source(repository, catalog)
    if why:
        raise Conflict(why, hint="check the catalog's uri; if the catalog has moved there: --accept-source")
    return catalog


def another_source(repository: Repository, catalog: Catalog) -> str:
    """What makes a catalog another one than the repository was made for; empty when it is the same."""
    known, found = repository.manifest.source, catalog.identity()
    if (known.kind, known.address) == (found.kind, found.address):
        return ""
    return (
        f"catalog '{catalog.name}' is not the one that {repository.store.url} backs up: "
        f"that is {known.kind} {known.address}, this is {found.kind} {found.address}"
    )
