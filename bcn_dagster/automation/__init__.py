"""What asks for backups, and what keeps Dagster's picture of the repository true."""
