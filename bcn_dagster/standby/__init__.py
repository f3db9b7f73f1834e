"""Standby tables as assets, and the sensor that follows the replicator."""
