"""Mending a repository: where right bytes can still be had, and what becomes of what is lost."""
