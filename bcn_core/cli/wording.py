"""What happened to a table, in words."""

from collections.abc import Iterable

from bcn_core.cli.drawing import Tone
from bcn_core.counting import counted
from bcn_core.describe import TableInPit
from bcn_core.repository.dump_documents import DumpManifest

_CHANGES = {
    "new": "new",
    "recreated": "dropped and created again",
    "data": "data changed",
    "schema": "schema changed",
    "spec": "partitioning changed",
    "order": "sort order changed",
    "properties": "properties changed",
    "format": "format version changed",
    "metadata": "metadata changed",
    "coverage": "covered in part before",
    "as of": "as it was then",
}


def change_words(changes: Iterable[str], columns: Iterable[str] = ()) -> str:
    """Kinds of change, the schema's with its columns."""
    listed = ", ".join(columns)
    words = []
    for kind in changes:
        said = _CHANGES.get(kind, kind)
        words.append(f"{said} ({listed})" if kind == "schema" and listed else said)
    return ", ".join(words)


def version_number(version: str | None) -> str | None:
    """The number of a version, as a metadata file's name begins with it: ``00002-….metadata.json`` is ``00002``."""
    return version and version.partition("-")[0].partition(".")[0]


def verdict(faults: int) -> tuple[str, Tone]:
    """What a check came to, and its tone."""
    if not faults:
        return "whole: no fault found", "good"
    return counted(faults, "fault"), "lost"


def tables_and_rows(dump: DumpManifest) -> str:
    """What a dump of the catalog's own database holds."""
    rows = sum(table.rows for table in dump.tables)
    return f"{counted(len(dump.tables), 'table')}, {counted(rows, 'row')}"


def what_happened(table: TableInPit) -> str:
    """One table's part in a PIT."""
    parts = []
    if table.reason:
        parts.append(f"FAILED: {table.reason}")
    if table.renamed_from is not None:
        parts.append(f"renamed from {table.renamed_from}")
    parts.append(change_words(table.changes, table.columns))
    if table.status == "DELETED":
        parts.append("deleted at the source")
    if table.status in ("CARRIED", "DELETED"):
        parts.append(f"last captured in {table.captured_by}")
    if table.coverage is not None:
        held = len(table.coverage.snapshots)
        parts.append(f"holds the newest {held} of {table.coverage.of} snapshots alone")
    if table.damaged:
        parts.append("old snapshots damaged at the source")
    found = "; ".join(part for part in parts if part)
    return found or table.status.lower()
