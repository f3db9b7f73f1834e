"""From options and ``bcn.toml`` to an open repository and its catalog, with the checks that belong to the way."""

from dataclasses import dataclass

from bcn_core.catalogs.catalog import Catalog
from bcn_core.catalogs.opening import open_catalog
from bcn_core.cli.options import PlaceOptions
from bcn_core.errors import InvalidRequest
from bcn_core.repository.repository import Repository
from bcn_core.settings import Settings, load
from bcn_core.storage.opening import Stores, open_stores
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
        """The repository, which must be there.

        Raises:
            NotFound: it is not.
            DamagedRepository: its manifest cannot be read.
            UnsupportedFormat: a newer version wrote it.
        """
        return Repository.open(self.store)

    def catalog(self, name: str) -> Catalog:
        """A source catalog.

        Raises:
            NotFound: nothing configures it, or its database is not there.
            InvalidRequest: its kind is not known, or not installed.
            StorageFailure: it does not answer.
        """
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
    return Place(settings, open_stores(settings), url)
