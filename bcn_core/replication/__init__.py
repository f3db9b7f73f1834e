"""Standby tables: what of a replicated table is there, which version of it is whole, and its rewritten metadata."""
