"""What a repository holds, as data: its PITs, one PIT's tables and what happened to them, one table's history.

Everything here is read from the PIT manifests and what they name; views decide nothing.
"""

from bcn_core.describe.histories import CaptureInHistory, SchemaVersion, TableHistory, table_history
from bcn_core.describe.pits import (
    PitDescription,
    TableInPit,
    TableStatus,
    describe_pit,
    tables_of_database,
)
from bcn_core.describe.repositories import Description, PitSummary, Unfinished, describe_repository

__all__ = [
    "CaptureInHistory",
    "Description",
    "PitDescription",
    "PitSummary",
    "SchemaVersion",
    "TableHistory",
    "TableInPit",
    "TableStatus",
    "Unfinished",
    "describe_pit",
    "describe_repository",
    "table_history",
    "tables_of_database",
]
