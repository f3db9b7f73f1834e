"""The release sensors: a run that died or was terminated leaves the repository to others."""

import dagster as dg

from bcn_core.capture.claiming import release
from bcn_core.errors import NotFound
from bcn_core.repository.pins import read_pin
from bcn_dagster.assets.share import owner
from bcn_dagster.automation.at_work import pits_of_run, writers
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.site import Site


def build_release_sensors(site: Site) -> list[dg.SensorDefinition]:
    """Sensors that remove the pin of a run's PIT, so that ``bcn backup`` need not wait a week until it expires.

    Dagster has a sensor look at runs of one status; a person who terminates a run in the UI leaves the pin as well.
    """
    return [
        _build(site, "release", dg.DagsterRunStatus.FAILURE, "failed"),
        _build(site, "release_terminated", dg.DagsterRunStatus.CANCELED, "was terminated"),
    ]


def _build(site: Site, name: str, status: dg.DagsterRunStatus, what: str) -> dg.SensorDefinition:
    @dg.run_status_sensor(
        run_status=status,
        name=site.job(name),
        default_status=site.sensor_status,
        description=f"Lets others at the repository after a run that {what}.",
    )
    def release_after(context: dg.RunStatusSensorContext) -> dg.SkipReason | None:
        pits = pits_of_run(context.instance, site.names, context.dagster_run)
        if not pits:
            return dg.SkipReason("the run was about no PIT")
        with told_to_dagster():
            left = [release_pit(site, context.instance, pit) for pit in pits]
        return left[0] if all(left) else None

    return release_after


def release_pit(site: Site, instance: dg.DagsterInstance, pit: str) -> dg.SkipReason | None:
    """Remove this deployment's pin of a PIT, unless a run is at it again; another deployment's stays."""
    if any(pit in pits_of_run(instance, site.names, run) for run in writers(instance, site.names)):
        return dg.SkipReason(f"another run is at work on PIT {pit}")
    try:
        repository = site.connection.open_repository()
        pin = read_pin(repository.store, repository.layout.pin(pit))
    except NotFound:
        return dg.SkipReason(f"nobody holds PIT {pit}")
    if pin.owner != owner(site, instance):
        return dg.SkipReason(f"{pin.owner.name} on {pin.owner.host} holds PIT {pit}")
    release(repository, pit)
    return None
