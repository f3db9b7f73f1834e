"""Dumping the PostgreSQL database of a catalog and loading it again: the server, its programs, the dumps."""
