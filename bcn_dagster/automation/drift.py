"""The drift sensor: one sweep against the newest PIT, and a PIT asked for once for each drift."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime

import dagster as dg

from bcn_core.capture.planning import Parent, Source, changes_since, parent_of
from bcn_core.changes import Changes
from bcn_core.errors import NotFound
from bcn_core.events import silent
from bcn_core.names import pit_id
from bcn_core.repository.repository import Repository
from bcn_dagster.automation.at_work import writers
from bcn_dagster.automation.observing import observations
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.naming import WHOLE, WHOLE_TAG
from bcn_dagster.site import Site


@dataclass(frozen=True, slots=True)
class Drift:
    """What a sweep shows against the newest PIT."""

    parent: Parent
    changes: Changes

    @property
    def fingerprint(self) -> str:
        """The same for the same drift, whichever PIT shows it: a table that cannot be captured is asked for once."""
        changes = self.changes
        gone = {str(table): self.parent.tables[table].uuid for table in changes.dropped}
        facts = {
            "changed": {str(table): one.state.pointer for table, one in changes.changed.items()},
            "renamed": {str(new): str(old) for new, old in changes.renamed.items()},
            "dropped": gone,
            "unreadable": sorted(str(table) for table in changes.unreadable),
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def build_drift_sensor(site: Site, interval_s: int) -> dg.SensorDefinition:
    """A sensor that compares the catalog with the newest PIT by the engine's own comparison."""

    @dg.sensor(
        name=f"{site.names.plain}_drift",
        job_name=site.backup_job,
        minimum_interval_seconds=interval_s,
        default_status=site.sensor_status,
        description="Takes a PIT of what changed: data, schemas, new, renamed, re-created and dropped tables.",
    )
    def drift(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        with told_to_dagster():
            return _evaluate(site, context)

    return drift


def find_drift(site: Site, repository: Repository) -> Drift:
    """One sweep, compared with the newest PIT."""
    source = Source(site.connection.open_catalog(), site.connection.stores(), silent)
    parent = parent_of(repository, pit_id(datetime.now(UTC)))
    return Drift(parent, changes_since(repository, parent, source.catalog.sweep(repository.scope), source))


def _evaluate(site: Site, context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    try:
        repository = site.connection.open_repository()
    except NotFound as error:
        return dg.SkipReason(f"{error.message}; the first PIT is taken by the schedule or by a person")
    if not repository.pits():
        return dg.SkipReason("there is no PIT yet; the first one is taken by the schedule or by a person")
    running = next(writers(context.instance, site.names), None)
    if running is not None:
        return dg.SkipReason(f"run {running.run_id} is at work on the repository")
    drift = find_drift(site, repository)
    if not drift.changes.any:
        context.update_cursor("")
        return dg.SkipReason(f"nothing changed since PIT {repository.pits()[-1]}")
    if context.cursor == drift.fingerprint:
        return dg.SkipReason("this drift was asked for already")
    return _request(site, drift)


def _request(site: Site, drift: Drift) -> dg.SensorResult:
    pit = pit_id(datetime.now(UTC))
    parent = drift.parent.manifest.pit if drift.parent.manifest else "none"
    changed = [
        site.names.table(table)
        for table in sorted(drift.changes.changed.keys() | drift.changes.renamed.keys())
    ]
    request = dg.RunRequest(
        run_key=f"drift-{parent}-{drift.fingerprint}",
        partition_key=pit,
        asset_selection=[site.names.plan, *(key for key in changed if key in site.by_key), site.names.pit],
        # The steps are those of what changed; the PIT is whole, with tables that this location does not know yet.
        tags={WHOLE_TAG: WHOLE, "bcn/asked_by": "drift"},
    )
    return dg.SensorResult(
        run_requests=[request],
        dynamic_partitions_requests=[site.partitions.build_add_request([pit])],
        asset_events=list(observations(site.names, drift.changes)),
        cursor=drift.fingerprint,
    )
