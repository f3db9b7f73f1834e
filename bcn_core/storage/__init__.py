"""Stores of objects behind one Protocol: create-only writes, honest listings."""
