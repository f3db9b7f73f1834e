"""BCN: backup and restore for Iceberg catalogs. The engine; it knows nothing of Dagster."""

__version__ = "0.1.0"
