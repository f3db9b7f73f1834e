"""The verify job: the repository, or a drill, as ``bcn verify`` does it."""

from enum import Enum

import dagster as dg
from pydantic import Field

from bcn_core.counting import counted
from bcn_core.drill import DrillRequest, run_drill
from bcn_core.verify import EVERYTHING, Slice, verify_repository
from bcn_dagster.checks.drilling import drill_metadata, open_drill
from bcn_dagster.checks.verifying import verification_metadata
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.reporting import log_events
from bcn_dagster.site import Site


class Level(Enum):
    """How much is looked at."""

    quick = "quick"
    part = "part"
    all = "all"
    restore = "restore"


class VerifyConfig(dg.Config):
    """What is verified."""

    level: Level = Field(
        Level.quick,
        description=(
            "quick: documents, sizes and metadata; part: also reads a part of the data files; all: reads them all; "
            "restore: a drill, which restores tables into a scratch place and removes them again."
        ),
    )
    part: str = Field(
        "1/1", description="For part and restore: n/m, such as 7/30, the seventh of thirty parts."
    )
    pit: str = Field("latest", description="For restore: a PIT id, a prefix of one, a timestamp, or latest.")
    tables: list[str] = Field([], description="For restore: globs of tables; empty for all.")
    exclude: list[str] = Field([], description="For restore: globs of tables to leave out.")
    scratch: str | None = Field(None, description="For restore: an empty place. Default: a temporary folder.")


def build_verify_job(site: Site) -> dg.JobDefinition:
    """A job that reads the repository alone; its run is red when anything is damaged."""
    prefix = site.names.plain

    @dg.op(
        name=f"{prefix}_verify_repository", description="Looks, reports, and fails when anything is damaged."
    )
    def verify(context: dg.OpExecutionContext, config: VerifyConfig) -> None:
        look = _drill if config.level is Level.restore else _verify
        problem = look(site, context, config)
        if problem:
            raise dg.Failure(f"{problem}: see the report of the step", allow_retries=False)

    @dg.job(
        name=site.job("verify"),
        tags={"bcn/upkeep": "verify", **site.options.tags},
        description="Verifies the repository, quickly, in part or whole; or restores tables for a trial.",
    )
    def verify_job() -> None:
        verify()

    return verify_job


def _verify(site: Site, context: dg.OpExecutionContext, config: VerifyConfig) -> str:
    """What is wrong, in a word; empty when nothing is."""
    with told_to_dagster():
        levels = {Level.quick: Slice(), Level.all: EVERYTHING}
        level = levels.get(config.level) or Slice.of(config.part)
        found = verify_repository(site.connection.open_repository(), level, log_events(context.log))
    context.add_output_metadata(verification_metadata(found))
    return f"found {counted(len(found.faults), 'fault')}" if found.faults else ""


def _drill(site: Site, context: dg.OpExecutionContext, config: VerifyConfig) -> str:
    """What is wrong, in a word; a table that was not tried proves nothing."""
    with told_to_dagster():
        part = Slice.of(config.part)
        request = DrillRequest(
            config.pit, tuple(config.tables), tuple(config.exclude), part.part, part.parts, config.scratch
        )
        found = run_drill(open_drill(site, log_events(context.log)), request)
    context.add_output_metadata(drill_metadata(found))
    if found.failed:
        return f"{counted(len(found.failed), 'table')} did not come back"
    return f"{counted(len(found.refused), 'table')} could not be tried" if found.refused else ""
