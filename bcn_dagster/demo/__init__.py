"""The demo: back up a small warehouse through Dagster, lose it, get it back (``python -m bcn_dagster.demo``)."""
