"""The hold job: keep a PIT whatever the policy says, give it free, or call it back."""

from collections.abc import Callable, Mapping
from enum import Enum

import dagster as dg
from pydantic import Field

from bcn_core.counting import counted
from bcn_core.errors import InvalidRequest
from bcn_core.repository.pins import this_process
from bcn_core.repository.repository import Repository
from bcn_core.retention import hold, release, undelete
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.site import Site

_DRY = "dry run: nothing has been changed"


class Action(Enum):
    """What becomes of the PIT."""

    hold = "hold"
    release = "release"
    undelete = "undelete"


class HoldConfig(dg.Config):
    """Which PIT, and what."""

    dry_run: bool = Field(True, description="Only show which PIT is meant. Set to false to do it.")
    pit: str = Field(description="A PIT id, any prefix of one, a timestamp, or latest.")
    action: Action = Field(
        Action.hold,
        description="hold: keep it; release: take back all holds; undelete: call it back while it waits to go.",
    )
    reason: str = Field("", description="For hold: why, for those who come later.")


def build_hold_job(site: Site) -> dg.JobDefinition:
    """A job that writes one small flag into the repository."""

    @dg.op(name=f"{site.names.plain}_hold_pit", description="Finds the PIT; writes when dry_run is false.")
    def hold_pit(context: dg.OpExecutionContext, config: HoldConfig) -> None:
        with told_to_dagster():
            repository = site.connection.open_repository()
            pit = repository.select(config.pit)
            said = _DRY if config.dry_run else _ACTIONS[config.action](repository, pit, config)
        _tell(site, context, config, pit, said)

    @dg.job(
        name=site.job("hold"),
        tags={"bcn/upkeep": "hold", **site.options.tags},
        description="Keeps a PIT whatever the policy says, gives it free, or calls it back. A dry run by default.",
    )
    def hold_job() -> None:
        hold_pit()

    return hold_job


def _tell(site: Site, context: dg.OpExecutionContext, config: HoldConfig, pit: str, said: str) -> None:
    """In the run; what was done also at the PIT itself, and in the list of runs."""
    facts = {"bcn/pit": pit, "bcn/action": config.action.value}
    metadata: dict[str, str | bool] = {**facts, "bcn/said": said, "bcn/dry_run": config.dry_run}
    context.log.info("PIT %s: %s", pit, said)
    context.add_output_metadata(metadata)
    if config.dry_run:
        return
    context.log_event(dg.AssetObservation(site.names.pit, partition=pit, description=said, metadata=metadata))
    context.instance.add_run_tags(context.run_id, facts)


def _hold(repository: Repository, pit: str, config: HoldConfig) -> str:
    if not config.reason:
        raise InvalidRequest("a hold needs a reason", hint="fill `reason`, for those who come later")
    hold(repository, pit, this_process("dagster hold"), config.reason)
    return f"held: {config.reason}"


def _release(repository: Repository, pit: str, _config: HoldConfig) -> str:
    return f"free: {counted(release(repository, pit), 'hold')} taken back"


def _undelete(repository: Repository, pit: str, _config: HoldConfig) -> str:
    undelete(repository, pit, this_process("dagster undelete"))
    return "called back; without a hold the next prune may choose it again"


_ACTIONS: Mapping[Action, Callable[[Repository, str, HoldConfig], str]] = {
    Action.hold: _hold,
    Action.release: _release,
    Action.undelete: _undelete,
}
