"""Verifying a repository: what its PITs name is there, as it was written, and can be read."""
