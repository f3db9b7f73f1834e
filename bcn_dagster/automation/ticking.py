"""A sensor over the repository: what all of them do before they look at it."""

from collections.abc import Callable
from dataclasses import dataclass

import dagster as dg

from bcn_core.errors import NotFound
from bcn_core.repository.repository import Repository
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.site import Site

Answer = dg.SensorResult | dg.RunRequest | dg.SkipReason
NO_PIT = "the first PIT is taken by the schedule or by a person"


@dataclass(frozen=True, slots=True)
class Sensor:
    """What one sensor of a catalog is called, says of itself and does; ``job`` is what its requests start."""

    name: str
    description: str
    evaluate: Callable[[Site, Repository, dg.SensorEvaluationContext], Answer]
    interval_s: int
    job: str | None = None


def build_sensor(site: Site, sensor: Sensor) -> dg.SensorDefinition:
    """A sensor that has nothing to do as long as there is no repository; a store that does not answer is an error."""

    @dg.sensor(
        name=site.job(sensor.name),
        job_name=sensor.job,
        minimum_interval_seconds=sensor.interval_s,
        default_status=site.sensor_status,
        description=sensor.description,
    )
    def tick(context: dg.SensorEvaluationContext) -> Answer:
        with told_to_dagster():
            try:
                repository = site.connection.open_repository()
            except NotFound as error:
                return dg.SkipReason(f"{error.message}; {NO_PIT}")
            return sensor.evaluate(site, repository, context)

    return tick
