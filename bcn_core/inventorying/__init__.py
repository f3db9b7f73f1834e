"""The parts of :mod:`bcn_core.inventory`: what a repository holds, as Iceberg tables and as JSON documents."""
