"""Catalogs behind one Protocol: whole sweeps of pointers, registration, compare-and-swap replacement."""
