"""The components of BCN, for this project's ``defs.yaml`` and for other projects'."""

from bcn_dagster.components.catalog_database_backups import CatalogDatabaseBackups
from bcn_dagster.components.iceberg_catalog_backups import IcebergCatalogBackups
from bcn_dagster.components.iceberg_standby import IcebergStandby

__all__ = ["CatalogDatabaseBackups", "IcebergCatalogBackups", "IcebergStandby"]
