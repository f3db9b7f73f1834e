"""The sensor that asks for a sync: when the replicator says that it is done, else by a period."""

import time

import dagster as dg

from bcn_core.errors import ObjectMissing
from bcn_core.storage.opening import absolute, open_stores
from bcn_dagster.automation.at_work import AT_WORK
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.standby.following import Following

_MARKER_SECONDS = 60


def build_sync_sensor(following: Following, *, has_marker: bool) -> dg.SensorDefinition:
    """With a completion marker it is looked at every minute; without one each period is a reason of its own."""
    seconds = min(_MARKER_SECONDS, following.interval_seconds) if has_marker else following.interval_seconds

    @dg.sensor(
        name=following.job,
        job_name=following.job,
        minimum_interval_seconds=seconds,
        default_status=following.sensor_status,
        description=f"Asks for a sync of standby {following.name} after each replication.",
    )
    def sync(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        with told_to_dagster():
            cause = _cause(following)
        if cause is None:
            return dg.SkipReason("the replicator has not written its marker yet")
        if cause == context.cursor:
            return dg.SkipReason("the replicator has not finished again since the last sync")
        if _is_at_work(context.instance, following):
            return dg.SkipReason("a sync of this standby is at work; the next tick asks again")
        request = dg.RunRequest(run_key=f"{following.job}-{cause}", tags={"bcn/asked_by": "sync"})
        return dg.SensorResult(run_requests=[request], cursor=cause)

    return sync


def _cause(following: Following) -> str | None:
    """What tells one replication from the next: the marker's time and size, without a marker the time of the tick."""
    settings, said = following.settings()
    if said.marker is None:
        return f"{time.time():.0f}"
    store, key = open_stores(settings).holding(absolute(said.marker))
    try:
        found = store.stat(key)
    except ObjectMissing:
        return None
    return f"{found.modified}-{found.size}"


def _is_at_work(instance: dg.DagsterInstance, following: Following) -> bool:
    wanted = dg.RunsFilter(job_name=following.job, statuses=AT_WORK)
    return bool(instance.get_runs(wanted, limit=1))
