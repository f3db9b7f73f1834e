"""The alert sensor: a failed run of a catalog is told to people; and a job that tries all channels."""

from collections.abc import Sequence

import dagster as dg

from bcn_dagster.alerts.sending import Alert, Sender
from bcn_dagster.automation.at_work import pit_of
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.site import Site

_LONGEST = 3_000


def build_alert_sensor(site: Site) -> dg.SensorDefinition:
    """A sensor over all jobs of this catalog; runs of other definitions in the location are theirs."""

    @dg.run_failure_sensor(
        name=f"{site.names.plain}_alert",
        default_status=site.sensor_status,
        description="Tells people of failed runs: by webhook, Slack or e-mail, as the field `alerts` says.",
    )
    def alert_after_failure(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
        run = context.dagster_run
        if not concerns(site, run):
            return dg.SkipReason(f"{run.job_name} is not about catalog {site.connection.catalog}")
        events = context.get_step_failure_events()
        with told_to_dagster():
            Sender(site.options.alerts).send(_alert(site, run, problem_of(context.failure_event, events)))
        return None

    return alert_after_failure


def build_alert_test_job(site: Site) -> dg.JobDefinition:
    """A job that sends a test alert, so that people know before the first failure that they would be told."""
    prefix = site.names.plain

    @dg.op(name=f"{prefix}_send_test_alert")
    def send(context: dg.OpExecutionContext) -> None:
        alert = _alert(
            site, context.run, "Nothing failed: somebody tried whether alerts arrive.", "sent a test"
        )
        with told_to_dagster():
            count = Sender(site.options.alerts).send(alert)
        context.log.info("%d channel(s) took the alert", count)
        context.add_output_metadata({"bcn/channels": count})

    @dg.job(
        name=f"{prefix}_test_alerts",
        tags=site.options.tags,
        description="Sends a test alert by every channel of the field `alerts`.",
    )
    def test_alerts() -> None:
        send()

    return test_alerts


def concerns(site: Site, run: dg.DagsterRun) -> bool:
    """Whether a run is of one of this catalog's jobs, or about its assets or their checks."""
    if run.job_name in site.job_names:
        return True
    checked = [key.asset_key for key in run.asset_check_selection or ()]
    return any(key.path[0] == site.names.catalog for key in [*(run.asset_selection or ()), *checked])


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


def _alert(site: Site, run: dg.DagsterRun, problem: str, event: str = "failed") -> Alert:
    return Alert(
        event=event,
        catalog=site.connection.catalog,
        job=run.job_name,
        run_id=run.run_id,
        pit=pit_of(run) or run.tags.get("bcn/pit", ""),
        problem=problem,
        repository=site.connection.repository,
        link=f"{site.options.webserver.rstrip('/')}/runs/{run.run_id}",
    )
