"""Where one code location's backups come from and go to; every step opens them anew, on whatever machine it runs."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bcn_core.capture.making import make_repository
from bcn_core.catalogs.catalog import Catalog
from bcn_core.catalogs.opening import open_catalog
from bcn_core.errors import Conflict, InvalidRequest, NotFound
from bcn_core.names import Scope
from bcn_core.repository.repository import Repository
from bcn_core.settings import Settings, load
from bcn_core.storage.opening import Stores, open_stores

WEBSERVER = "http://127.0.0.1:3000"


@dataclass(frozen=True, slots=True)
class Connection:
    """A catalog and the repository of its backups, by name and place."""

    catalog: str
    repository: str
    config: Path | None = None

    @classmethod
    def named(cls, catalog: str | None, repository: str | None, config: Path | None) -> "Connection":
        """The connection that fields or ``bcn.toml`` name.

        Raises:
            InvalidRequest: one of them is not named anywhere.
        """
        hint = "set BCN_CONFIG to a bcn.toml with [repository] url and catalog, or name both in defs.yaml"
        if catalog is None:
            raise InvalidRequest("no catalog to back up is named", hint=hint)
        if repository is None:
            raise InvalidRequest(f"no repository is named for catalog '{catalog}'", hint=hint)
        return cls(catalog, repository, config)

    @property
    def settings(self) -> Settings:
        """What ``bcn.toml`` says now.

        Raises:
            InvalidRequest: it is missing or wrong.
        """
        return load(self.config)

    @property
    def properties(self) -> Mapping[str, str]:
        """The catalog's properties, in PyIceberg's form."""
        return self.settings.catalog_properties(self.catalog)

    def stores(self) -> Stores:
        """The stores of one step or tick, with the options of ``bcn.toml``."""
        return open_stores(self.settings)

    def open_catalog(self) -> Catalog:
        """The catalog that is backed up.

        Raises:
            NotFound: nothing configures it, or its database is gone.
            StorageFailure: it does not answer.
        """
        return open_catalog(self.catalog, self.properties)

    def open_repository(self) -> Repository:
        """The repository, for reading.

        Raises:
            NotFound: there is none yet.
            Conflict: it holds the backups of another catalog.
        """
        repository = Repository.open(self.stores().at(self.repository))
        if repository.scope.catalog != self.catalog:
            raise Conflict(
                f"{self.repository} holds backups of catalog '{repository.scope.catalog}', not of '{self.catalog}'",
                hint="give each catalog a repository of its own",
            )
        return repository

    def repository_for(self, source: Catalog) -> Repository:
        """The repository, for a backup of a catalog; the first backup creates it.

        Raises:
            Conflict: it holds the backups of another catalog.
            NotFound: there is none yet, and what it would cover does not exist.
        """
        try:
            return self.open_repository()
        except NotFound:
            return self._create(source)

    def scope(self) -> Scope:
        """What is backed up: as the repository has fixed it, else as ``bcn.toml`` says."""
        try:
            return self.open_repository().scope
        except NotFound:
            settings = self.settings.repository
            return Scope(self.catalog, settings.database, settings.table)

    def _create(self, source: Catalog) -> Repository:
        """A mistyped scope must not be fixed for good, so what it names is looked for first."""
        return make_repository(self.stores().at(self.repository), self.scope(), source)


def webserver_at(named: str | None) -> str:
    """Where Dagster's web server answers: as a field says, else as the variable BCN_WEBSERVER does."""
    return named or os.environ.get("BCN_WEBSERVER", WEBSERVER)
