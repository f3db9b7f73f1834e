"""The restore drill: tables of the newest PIT come back into a scratch place; how long that takes is the RTO."""

from datetime import datetime
from typing import Any

import dagster as dg

from bcn_core.drill import Drill, Drilled, DrilledTable, DrillRequest, run_drill
from bcn_core.events import Report
from bcn_dagster.assets.metadata import markdown_table
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.pictures import bars
from bcn_dagster.site import Site


def restore_drill(site: Site, now: datetime, report: Report) -> dg.AssetCheckResult:
    """Restore the part of the tables whose turn it is this week."""
    chosen = site.options.checks
    part = now.toordinal() // 7 % chosen.drill_parts + 1
    request = DrillRequest(part=part, parts=chosen.drill_parts, scratch=chosen.drill_scratch)
    with told_to_dagster():
        found = run_drill(open_drill(site, report), request)
    return dg.AssetCheckResult(
        asset_key=site.names.pit,
        check_name="restore_drill",
        passed=not found.failed and not found.refused,
        severity=dg.AssetCheckSeverity.ERROR if found.failed else dg.AssetCheckSeverity.WARN,
        metadata=drill_metadata(found),
    )


def open_drill(site: Site, report: Report) -> Drill:
    """The repository and the way to the scratch place, within the bounds of [restore] in ``bcn.toml``.

    Raises:
        NotFound: there is no repository yet.
    """
    connection = site.connection
    bounds = connection.settings.restore
    return Drill(
        connection.open_repository(),
        connection.stores(),
        report,
        bounds.tables_at_once,
        bounds.files_at_once,
    )


def drill_metadata(found: Drilled) -> dict[str, Any]:
    """A drill's numbers, and each table's part in them."""
    head = ("table", "result", "rows", "files", "bytes", "seconds")
    times = [(str(one.table), one.seconds) for one in found.restored]
    return {
        "bcn/pit": found.pit,
        "bcn/level": found.level,
        "bcn/rto_s": dg.MetadataValue.float(found.seconds),
        "bcn/tables": len(found.restored),
        "bcn/failed": len(found.failed),
        "bcn/refused": len(found.refused),
        "bcn/rows": found.rows,
        "bcn/bytes": found.bytes,
        "bcn/bytes_per_s": dg.MetadataValue.float(found.bytes / found.seconds if found.seconds else 0.0),
        "bcn/report": markdown_table(head, map(_row, found.tables), empty="no table"),
        "bcn/picture": bars("Seconds for each table", times, "s"),
    }


def _row(one: DrilledTable) -> tuple[Any, ...]:
    result = one.problem or one.refused or one.note or "came back"
    return (one.table, result, one.rows, one.files, f"{one.bytes:,}", f"{one.seconds:.2f}")
