"""From ``bcn.toml`` to a catalog's own database."""

from bcn_core.dumping.address import DatabaseAddress
from bcn_core.dumping.making import CatalogDatabase
from bcn_core.dumping.writing import Manner
from bcn_core.errors import InvalidRequest
from bcn_core.events import Report
from bcn_core.repository.flag_documents import Owner
from bcn_core.repository.repository import Repository
from bcn_core.settings import CatalogDatabaseSettings, Settings


def configured_database(
    settings: Settings, repository: Repository, owner: Owner, report: Report
) -> CatalogDatabase:
    """The database of the catalog that a repository covers.

    Raises:
        InvalidRequest: nothing says where it is, or it is no PostgreSQL.
    """
    name = repository.scope.catalog
    said = settings.catalog_databases.get(name, CatalogDatabaseSettings())
    uri = said.uri or settings.catalog_properties(name).get("uri", "")
    if not uri.startswith("postgres"):
        raise InvalidRequest(
            f"nothing says where the PostgreSQL database of catalog '{name}' is",
            hint=f'add [catalog_databases.{name}] with uri = "postgresql://USER@HOST/DATABASE" to bcn.toml',
        )
    return CatalogDatabase(
        repository,
        DatabaseAddress.of(uri),
        owner,
        Manner(said.format, said.compressed, said.schemas, said.programs),
        said.recipients,
        said.identity,
        report,
    )
