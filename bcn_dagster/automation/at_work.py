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
# A backfill names the partitions of its runs as a range, of one partition or of several.
_FIRST_TAG = "dagster/asset_partition_range_start"
_LAST_TAG = "dagster/asset_partition_range_end"


def ends_of(run: dg.DagsterRun) -> list[str]:
    """The first and the last PIT that a run makes; one where they are the same, none for a run about something else."""
    first = run.tags.get(_PARTITION_TAG) or run.tags.get(_FIRST_TAG)
    last = run.tags.get(_LAST_TAG, first)
    return list(dict.fromkeys(one for one in (first, last) if one))


def pits_of_run(instance: dg.DagsterInstance, names: Names, run: dg.DagsterRun) -> list[str]:
    """The PITs that a run makes, as the run itself sees them; none for a run about something else."""
    ends = ends_of(run)
    if len(ends) < 2:
        return ends
    known = instance.get_dynamic_partitions(names.partitions_name)
    found = [known.index(pit) for pit in ends if pit in known]
    # An end that was pruned since leaves no range to be known, and its PIT was made.
    return list(known[found[0] : found[1] + 1]) if len(found) == 2 else ends


def writers(instance: dg.DagsterInstance, names: Names) -> Iterator[dg.DagsterRun]:
    """Runs of the backup job, and those that people and backfills start on its assets."""
    for run in instance.get_runs(dg.RunsFilter(statuses=AT_WORK)):
        selected = run.asset_selection or ()
        if run.tags.get(WRITER_TAG) == names.plain or any(map(names.owns, selected)):
            yield run
