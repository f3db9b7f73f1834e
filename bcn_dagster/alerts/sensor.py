"""The alert sensor: a failed run of a catalog is told to people; and a job that tries all channels."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from bcn_core.counting import counted
from bcn_core.names import is_pit_id
from bcn_dagster.alerts.channels import Alerts
from bcn_dagster.alerts.sending import Alert, Sender
from bcn_dagster.automation.at_work import ends_of
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.naming import keys_of

Job = dg.JobDefinition | UnresolvedAssetJobDefinition
_LONGEST = 3_000


@dataclass(frozen=True, slots=True)
class Watch:
    """Whose failures are told to whom; ``prefix`` keeps the definitions of several components apart.

    ``owns`` tells the component's assets: people run them by *Materialize*, which is no job of the component.
    ``repository`` is empty for a standby, which has none.
    """

    prefix: str
    catalog: str
    repository: str
    alerts: Alerts
    webserver: str
    owns: Callable[[dg.AssetKey], bool]
    tags: Mapping[str, str] = field(default_factory=dict)


def build_alerts(watch: Watch, jobs: Sequence[Job], status: dg.DefaultSensorStatus) -> dg.Definitions:
    """The sensor over all jobs of one component, and a job that tries its channels; nothing where nobody is told."""
    if not watch.alerts.any:
        return dg.Definitions()
    trying = _build_test_job(watch)
    return dg.Definitions(jobs=[trying], sensors=[_build_sensor(watch, [*jobs, trying], status)])


def _build_sensor(watch: Watch, jobs: Iterable[Job], status: dg.DefaultSensorStatus) -> dg.SensorDefinition:
    """Runs of other definitions in the location are theirs."""
    names = frozenset(job.name for job in jobs)

    @dg.run_failure_sensor(
        name=f"{watch.prefix}_alert",
        default_status=status,
        description="Tells people of failed runs: by webhook, Slack or e-mail, as the field `alerts` says.",
    )
    def alert_after_failure(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
        run = context.dagster_run
        if run.job_name not in names and not any(map(watch.owns, keys_of(run))):
            return dg.SkipReason(f"{run.job_name} is not about {watch.prefix}")
        events = context.get_step_failure_events()
        with told_to_dagster():
            Sender(watch.alerts).send(_alert(watch, run, problem_of(context.failure_event, events)))
        return None

    return alert_after_failure


def _build_test_job(watch: Watch) -> dg.JobDefinition:
    """People shall know before the first failure that they would be told."""

    @dg.op(
        name=f"{watch.prefix}_send_test_alert",
        description="Tells every channel; fails when one does not take it.",
    )
    def send(context: dg.OpExecutionContext) -> None:
        alert = _alert(
            watch, context.run, "Nothing failed: somebody tried whether alerts arrive.", "sent a test"
        )
        with told_to_dagster():
            count = Sender(watch.alerts).send(alert)
        context.log.info("the alert was taken by %s", counted(count, "channel"))
        context.add_output_metadata({"bcn/channels": count})

    @dg.job(
        name=f"{watch.prefix}_test_alerts",
        tags={"bcn/upkeep": "test_alerts", **watch.tags},
        description="Sends a test alert by every channel of the field `alerts`.",
    )
    def test_alerts() -> None:
        send()

    return test_alerts


def problem_of(failure: dg.DagsterEvent, steps: Sequence[dg.DagsterEvent]) -> str:
    """What failed, as the steps say it; what the run says where no step does."""
    said = []
    for event in steps:
        data = event.step_failure_data
        description = data.user_failure_data.description if data.user_failure_data else None
        message = description or (data.error.message.strip() if data.error else "failed")
        said.append(f"{event.step_key}: {message}")
    text = "\n".join(said) or failure.message or "the run failed"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


def _alert(watch: Watch, run: dg.DagsterRun, problem: str, event: str = "failed") -> Alert:
    pits = ends_of(run)
    return Alert(
        event=event,
        catalog=watch.catalog,
        job=run.job_name,
        run_id=run.run_id,
        # The partitions of dumps are days.
        pit=" to ".join(pits) if all(map(is_pit_id, pits)) and pits else run.tags.get("bcn/pit", ""),
        problem=problem,
        repository=watch.repository,
        link=f"{watch.webserver.rstrip('/')}/runs/{run.run_id}",
    )
