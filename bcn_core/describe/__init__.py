"""What a repository holds, as data: its PITs, one PIT's tables and what happened to them, one table's history.

Everything here is read from the PIT manifests and what they name; views decide nothing.
A list of PITs alone takes what it shows of a PIT from a view, when that was made of the manifest that is there.
"""

from bcn_core.describe.differences import Difference, differences, pit_before
from bcn_core.describe.histories import CaptureInHistory, SchemaVersion, TableHistory, table_history
from bcn_core.describe.pits import (
    PitDescription,
    TableInPit,
    TableStatus,
    describe_pit,
    tables_of_database,
)
from bcn_core.describe.repositories import Description, Unfinished, describe_repository
from bcn_core.pit_summaries import PitSummary, list_pits

__all__ = [
    "CaptureInHistory",
    "Description",
    "Difference",
    "PitDescription",
    "PitSummary",
    "SchemaVersion",
    "TableHistory",
    "TableInPit",
    "TableStatus",
    "Unfinished",
    "describe_pit",
    "describe_repository",
    "differences",
    "list_pits",
    "pit_before",
    "table_history",
    "tables_of_database",
]
