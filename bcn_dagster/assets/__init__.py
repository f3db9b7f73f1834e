"""The assets of one catalog: the first fixes a PIT's contents, the tables are captured, the last publishes."""
