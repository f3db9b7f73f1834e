"""Which runs write to a repository now or soon, and for which PIT."""

from collections.abc import Iterator

import dagster as dg

from bcn_dagster.naming import WRITER_TAG, Names

AT_WORK = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
"""The statuses of runs that work now or soon."""
_PARTITION_TAG = "dagster/partition"
# A backfill names the one partition of its runs as a range.
_RANGE_TAG = "dagster/asset_partition_range_start"


def pit_of(run: dg.DagsterRun) -> str | None:
    """The PIT that a run makes; None for a run about something else."""
    return run.tags.get(_PARTITION_TAG) or run.tags.get(_RANGE_TAG)


def writers(instance: dg.DagsterInstance, names: Names) -> Iterator[dg.DagsterRun]:
    """Runs of the backup job, and those that people and backfills start on its assets."""
    for run in instance.get_runs(dg.RunsFilter(statuses=AT_WORK)):
        selected = run.asset_selection or ()
        if run.tags.get(WRITER_TAG) == names.plain or any(map(names.owns, selected)):
            yield run
