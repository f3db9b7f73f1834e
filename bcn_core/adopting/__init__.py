"""The parts of adopting: which files are taken, the schema and the partitions that they tell, and the new table."""
