"""The Dagster code location on bcn_core: backups as assets, PITs as partitions, restores as a job."""
