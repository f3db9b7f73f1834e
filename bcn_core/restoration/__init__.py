"""Restoring tables from a PIT: selecting, planning, writing bottom-up, checking, registering."""
