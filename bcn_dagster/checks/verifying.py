"""Verifying the repository: quickly in every backup, a part of all bytes by schedule, as people ask by a job."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from bcn_core.events import Report
from bcn_core.verify import Reach, Slice, Verification, verify_repository
from bcn_dagster.assets.metadata import markdown_table
from bcn_dagster.assets.share import pits_of
from bcn_dagster.checks.told import Told
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.reporting import log_events
from bcn_dagster.site import Site


def build_quick_check(site: Site) -> dg.AssetChecksDefinition:
    """The check at the end of every backup: documents, chains and sizes; no data file is read.

    A night must cost what changed, so of the tables that stand as before only those are looked at whose turn it is.
    """
    spec = _quick_spec(site)

    @dg.multi_asset_check(
        name=f"{site.names.plain}_verify_quick",
        specs=[spec],
        description="Verifies the repository quickly, as `bcn verify` does.",
    )
    def verify_quick(context: dg.AssetCheckExecutionContext) -> Iterator[Any]:
        found = _quick(site, context)
        pits = pits_of(context) if _has_pits(context) else []
        if len(pits) < 2:
            yield found.result(site)
            return
        # The repository is looked at once; of each PIT of the run is told what was found.
        yield from (found.evaluation(site, pit) for pit in pits)
        yield dg.Output(None, spec.get_python_identifier())

    return verify_quick


def _quick_spec(site: Site) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        "verify_quick",
        asset=site.names.pit,
        blocking=True,
        partitions_def=site.partitions,
        description=(
            "The PITs of the repository, what this one captured, and today's part of the rest are whole, "
            "as far as documents, sizes and metadata tell."
        ),
    )


def _quick(site: Site, context: dg.AssetCheckExecutionContext) -> Told:
    with told_to_dagster():
        repository = site.connection.open_repository()
        if not any(repository.pit(pit).counts.tables for pit in reversed(repository.pits())):
            return _told(passed=True, metadata={"bcn/note": "no PIT holds a table yet"})
        found = verify_repository(repository, Slice(), log_events(context.log), _reach(site, context))
    return _told(passed=not found.faults, metadata=verification_metadata(found))


def _told(*, passed: bool, metadata: dict[str, Any]) -> Told:
    return Told("verify_quick", passed, dg.AssetCheckSeverity.ERROR, metadata)


def _has_pits(context: dg.AssetCheckExecutionContext) -> bool:
    """Whether a run is about PITs; a person may execute the check alone."""
    return bool(context.has_partition_key or context.has_partition_key_range)


def verify_slice(site: Site, now: datetime, report: Report) -> dg.AssetCheckResult:
    """Read the part of all data files whose turn it is today."""
    part = _turn(site, now)
    with told_to_dagster():
        found = verify_repository(site.connection.open_repository(), part, report)
    return dg.AssetCheckResult(
        asset_key=site.names.pit,
        check_name="verify_slice",
        passed=not found.faults,
        metadata=verification_metadata(found),
    )


def _reach(site: Site, context: dg.AssetCheckExecutionContext) -> Reach | None:
    """What the PITs of a run captured, and today's part; everything when a person executes the check alone."""
    if not _has_pits(context):
        return None
    return Reach(frozenset(pits_of(context)), _turn(site, datetime.now(UTC)))


def _turn(site: Site, now: datetime) -> Slice:
    """The part of the repository whose turn it is on a day."""
    parts = site.options.checks.verify_parts
    return Slice(now.toordinal() % parts + 1, parts)


def verification_metadata(found: Verification) -> dict[str, Any]:
    """A verification's numbers, its faults, and from which PITs what they harm comes back."""
    faults = [
        (one.key, one.problem, ", ".join(map(str, one.tables)) or "all", ", ".join(one.pits))
        for one in found.faults
    ]
    whole = [(table, pit or "nowhere: lost for good") for table, pit in found.whole.items()]
    return {
        "bcn/level": found.level,
        "bcn/pits": found.pits,
        "bcn/whole_pits": len(found.whole_pits),
        "bcn/tables": found.tables,
        "bcn/files": found.files,
        "bcn/bytes_read": found.bytes_read,
        "bcn/duration_s": dg.MetadataValue.float((found.finished_at - found.started_at).total_seconds()),
        "bcn/faults": len(found.faults),
        "bcn/report": markdown_table(
            ("object", "fault", "tables", "PITs"), faults, empty="whole: no fault found"
        ),
        "bcn/still_whole": markdown_table(
            ("harmed table", "still whole in PIT"), whole, empty="no table is harmed"
        ),
        "bcn/notes": "; ".join(found.notes) or "none",
    }
