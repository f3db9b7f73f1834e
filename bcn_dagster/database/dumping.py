"""The asset of the dumps, its checks, its job and its schedule."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from bcn_core.catalog_database import CatalogDatabase, back_up_database, verify_dumps
from bcn_core.dumping.dumps import Dumps
from bcn_core.dumping.overview import overview_of
from bcn_core.errors import InvalidRequest
from bcn_core.names import pit_instant
from bcn_core.repository.dump_documents import DumpManifest
from bcn_dagster.database.place import DatabasePlace
from bcn_dagster.failures import told_to_dagster

_WHOLE = "dump_whole"
_FRESH = "dump_fresh"
_WHOLE_MEANS = "The dump was read back from the repository and looked through."


def build_dump_asset(place: DatabasePlace) -> dg.AssetsDefinition:
    """One dump for each day."""

    @dg.multi_asset(
        name=f"{place.plain}_database_dump",
        description="Dumps the database into the repository, and reads the dump back.",
        specs=[_spec(place)],
        check_specs=[dg.AssetCheckSpec(_WHOLE, asset=place.key, description=_WHOLE_MEANS)],
        partitions_def=place.partitions,
        backfill_policy=dg.BackfillPolicy.multi_run(1),
        pool=place.pool,
        retry_policy=dg.RetryPolicy(max_retries=2, delay=30),
    )
    def dump(context: dg.AssetExecutionContext) -> Iterator[Any]:
        with told_to_dagster():
            database = place.open(context.op_execution_context)
            manifest = _of_day(database, place, context.partition_key)
            checked = verify_dumps(database, [manifest.dump])[0]
        yield dg.MaterializeResult(place.key, metadata=metadata_of(manifest))
        yield dg.AssetCheckResult(
            asset_key=place.key,
            check_name=_WHOLE,
            passed=not checked.problem,
            metadata={"bcn/dump": manifest.dump, "bcn/found": checked.problem or checked.note or "whole"},
        )

    return dump


def build_fresh_check(place: DatabasePlace) -> dg.AssetChecksDefinition:
    """Whether the newest dump is young enough, asked at any time."""
    spec = dg.AssetCheckSpec(
        _FRESH,
        asset=place.key,
        description="The newest dump is not older than no_older_than of bcn.toml: what would be lost now.",
    )

    @dg.multi_asset_check(
        name=f"{place.plain}_dump_fresh",
        specs=[spec],
        description="Looks for the newest dump and for the last drill of one.",
    )
    def fresh(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        with told_to_dagster():
            found = overview_of(place.open(context).repository)
            limit = place.limits.no_older_than
        drilled = found.drill.seconds if found.drill and found.drill.seconds is not None else None
        yield dg.AssetCheckResult(
            asset_key=place.key,
            check_name=_FRESH,
            passed=found.age is not None and found.age <= limit,
            metadata={
                "bcn/rpo_s": found.age.total_seconds() if found.age is not None else "there is no dump",
                "bcn/allowed_s": limit.total_seconds(),
                "bcn/rto_s": drilled if drilled is not None else "no drill yet",
            },
        )

    return fresh


def build_dump_job(place: DatabasePlace) -> UnresolvedAssetJobDefinition:
    """The job of the asset and its checks."""
    return dg.define_asset_job(
        place.job,
        selection=dg.AssetSelection.assets(place.key),
        tags=place.run_tags,
        description=f"Dumps the database of catalog {place.connection.catalog}.",
    )


def build_dump_schedule(place: DatabasePlace, cron: str) -> dg.ScheduleDefinition:
    """A schedule that asks for the dump of the day of its tick; a day that was missed is not made up."""

    @dg.schedule(
        name=f"{place.plain}_dump_database_daily",
        job_name=place.job,
        cron_schedule=cron,
        execution_timezone=place.timezone,
        default_status=(
            dg.DefaultScheduleStatus.RUNNING if place.running else dg.DefaultScheduleStatus.STOPPED
        ),
        description=f"Dumps the database of catalog {place.connection.catalog}.",
    )
    def daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        at = context.scheduled_execution_time
        key = f"database-{at.astimezone(UTC):%Y%m%dT%H%M%S}"
        return dg.RunRequest(run_key=key, partition_key=f"{at.astimezone(ZoneInfo(place.timezone)):%Y-%m-%d}")

    return daily


def metadata_of(manifest: DumpManifest) -> dict[str, Any]:
    """What people see of a dump; bytes and seconds in their plain units."""
    return {
        "bcn/dump": manifest.dump,
        "bcn/catalog_kind": manifest.state.kind,
        "bcn/tables": len(manifest.tables),
        "dagster/row_count": sum(table.rows for table in manifest.tables),
        "bcn/references": manifest.state.references,
        "bcn/bytes": manifest.bytes,
        "bcn/duration_s": dg.MetadataValue.float(manifest.duration_ms / 1000),
        "bcn/server_version": manifest.server_version,
        "bcn/tool_version": manifest.tool_version,
        "bcn/pit": manifest.tie.pit.pit if manifest.tie else "none",
    }


def _spec(place: DatabasePlace) -> dg.AssetSpec:
    policy = None
    if place.cron is not None:
        policy = dg.FreshnessPolicy.time_window(
            fail_window=timedelta(hours=26), warn_window=timedelta(hours=25)
        )
    return dg.AssetSpec(
        key=place.key,
        description=f"Dumps of the database of catalog {place.connection.catalog}, beside its PITs.",
        group_name=f"{place.plain}_database",
        owners=list(place.owners),
        tags=dict(place.tags),
        kinds={"postgres"},
        metadata={"dagster/uri": place.connection.repository},
        freshness_policy=policy,
    )


def _of_day(database: CatalogDatabase, place: DatabasePlace, day: str) -> DumpManifest:
    """A dump of today; of a day that is over the last one that was taken then, wherever it was asked for."""
    zone = ZoneInfo(place.timezone)
    if day == f"{datetime.now(zone):%Y-%m-%d}":
        return back_up_database(database)
    return last_of_day(database.dumps, zone, day)


def last_of_day(dumps: Dumps, zone: ZoneInfo, day: str) -> DumpManifest:
    """The last dump of a day that is over, but for those of states that a restore replaced.

    Raises:
        InvalidRequest: that day has none: a database cannot be dumped as it was.
    """
    for one in reversed(dumps.ids()):
        if f"{pit_instant(one).astimezone(zone):%Y-%m-%d}" == day and not dumps.is_safety(one):
            return dumps.manifest(one)
    raise InvalidRequest(
        f"no dump was taken on {day}, and a database cannot be dumped as it was",
        hint="leave that partition missing; take today's",
    )
