"""How old the newest complete PIT is: the check that speaks when nothing else does, since nothing runs any more."""

from datetime import datetime

import dagster as dg

from bcn_core.events import Report, silent
from bcn_core.names import pit_instant
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.site import Site


def pit_age(site: Site, now: datetime, _report: Report = silent) -> dg.AssetCheckResult:
    """Look for the newest complete PIT; a partial one is no proof that the catalog is backed up."""
    with told_to_dagster():
        repository = site.connection.open_repository()
        apart = repository.isolated()
        newest = next(
            (
                pit
                for pit in reversed(repository.pits())
                if pit not in apart and repository.pit(pit).status == "complete"
            ),
            None,
        )
    hours = (now - pit_instant(newest)).total_seconds() / 3600 if newest else None
    limit = site.options.checks.max_age_hours
    return dg.AssetCheckResult(
        asset_key=site.names.pit,
        check_name="pit_age",
        passed=hours is not None and hours <= limit,
        description=f"the newest complete PIT is {hours:.1f} hours old"
        if newest
        else "there is no complete PIT",
        metadata={
            "bcn/pit": newest or "none",
            "bcn/allowed_hours": dg.MetadataValue.float(limit),
            **({"bcn/age_hours": dg.MetadataValue.float(round(hours, 2))} if hours is not None else {}),
        },
    )
