"""The jobs that restore a dump and that prove that one restores."""

from typing import Any

import dagster as dg
from pydantic import Field

from bcn_core.catalog_database import (
    DatabasePlan,
    DatabaseRequest,
    RestoredDatabase,
    drill_database,
    plan_database,
    restore_database,
)
from bcn_core.errors import DamagedRepository
from bcn_core.tied_restore import TiedPlan, TiedRestore
from bcn_dagster.database.place import DatabasePlace
from bcn_dagster.failures import failure, told_to_dagster


class DatabaseRestoreConfig(dg.Config):
    """Which dump goes where; the same options as ``bcn catalog-database restore``."""

    dry_run: bool = Field(True, description="Only show the plan. Set to false to restore.")
    dump: str = Field("latest", description="A dump's id, a prefix of one, or latest.")
    target_database: str | None = Field(
        None, description="Another database of the same server, made if need be. Default: the catalog's own."
    )
    with_tables: bool = Field(
        False, description="First put back the tables' files that are missing, from the PIT of the same id."
    )
    while_in_use: bool = Field(False, description="Also while the catalog answers or somebody is connected.")


class DrillConfig(dg.Config):
    """Which dump is tried."""

    dump: str = Field("latest", description="A dump's id, a prefix of one, or latest.")


def build_database_restore_job(place: DatabasePlace) -> dg.JobDefinition:
    """The job that restores; a dry run shows the plan."""

    @dg.op(
        name=f"{place.plain}_load_database",
        pool=place.pool,
        description="Shows the plan; loads the dump when dry_run is false.",
    )
    def load(context: dg.OpExecutionContext, config: DatabaseRestoreConfig) -> None:
        with told_to_dagster():
            both, tied, plan = _planned(place, context, config)
            done = None if config.dry_run else _restored(both, tied, plan)
        context.add_output_metadata(_metadata(tied, plan, done))

    @dg.job(
        name=place.restore_job,
        tags=place.run_tags,
        description=(
            "Restores the catalog's database from a dump. Stop the catalog first. "
            "A dry run shows the plan: set dry_run to false to carry it out."
        ),
    )
    def restore_job() -> None:
        load()

    return restore_job


def _planned(
    place: DatabasePlace, context: dg.OpExecutionContext, config: DatabaseRestoreConfig
) -> tuple[TiedRestore, TiedPlan | None, DatabasePlan]:
    """The plan of the database, and that of both where both are asked for."""
    properties, settings = place.connection.properties, place.connection.settings
    both = TiedRestore(
        place.open(context),
        DatabaseRequest(config.dump, config.target_database, config.while_in_use),
        properties,
        place.connection.stores(),
        settings.restore.files_at_once,
    )
    if config.with_tables:
        tied = both.plan()
        return both, tied, tied.database
    return both, None, plan_database(both.database, both.request, properties)


def _metadata(tied: TiedPlan | None, plan: DatabasePlan, done: RestoredDatabase | None) -> dict[str, Any]:
    """What a restore would do, and what it did; a dry run has done nothing."""
    refusal = (tied or plan).refusal
    return {
        "bcn/dump": plan.manifest.dump,
        "bcn/target": plan.target.place,
        "bcn/tables_now": plan.tables_now,
        "bcn/in_use_by": [*filter(None, [plan.catalog_answers]), *plan.connections],
        "bcn/files_missing": tied.files.missing if tied else "not looked at",
        "bcn/refusal": refusal.message if refusal else "none",
        "bcn/result": f"restored in {done.seconds:.1f} s" if done else "dry run: nothing is written",
        "bcn/safety_dump": (done.safety if done else None) or "none",
    }


def _restored(both: TiedRestore, tied: TiedPlan | None, plan: DatabasePlan) -> RestoredDatabase:
    return both.carry_out(tied) if tied else restore_database(both.database, plan)


def build_database_drill_job(place: DatabasePlace) -> dg.JobDefinition:
    """The job that restores a dump into a scratch database, compares, and removes it."""

    @dg.op(
        name=f"{place.plain}_try_dump",
        pool=place.pool,
        description="Loads the dump into a scratch database, compares, and removes it again.",
    )
    def drill(context: dg.OpExecutionContext, config: DrillConfig) -> None:
        with told_to_dagster():
            database = place.open(context)
            done = drill_database(database, database.dumps.select(config.dump))
        context.add_output_metadata({"bcn/dump": done.manifest.dump, "bcn/rto_s": round(done.seconds, 3)})
        if done.problem:
            raise failure(DamagedRepository(f"dump {done.manifest.dump} does not restore: {done.problem}"))

    @dg.job(
        name=place.drill_job,
        tags=place.run_tags,
        description="Proves that the newest dump restores, and measures how long that takes.",
    )
    def drill_job() -> None:
        drill()

    return drill_job
