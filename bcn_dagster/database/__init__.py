"""The catalog's own database in Dagster: dumps as daily partitions, jobs that restore and drill."""
