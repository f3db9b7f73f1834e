"""The sensor of PITs: those that were written or pruned elsewhere appear and vanish in Dagster."""

import json
from collections.abc import Iterable, Iterator

import dagster as dg

from bcn_core.counting import counted
from bcn_core.errors import DamagedRepository, UnsupportedFormat
from bcn_core.repository.repository import Repository
from bcn_dagster.assets.page import pit_page
from bcn_dagster.assets.standing import held_in
from bcn_dagster.automation.at_work import pits_of_run, writers
from bcn_dagster.automation.ticking import Sensor, build_sensor
from bcn_dagster.checks.told import told
from bcn_dagster.site import Site

_MOST_PITS_A_TICK = 20
Event = dg.AssetMaterialization | dg.AssetCheckEvaluation


def build_pits_sensor(site: Site, interval_s: int) -> dg.SensorDefinition:
    """A sensor that holds the partitions against the repository's PITs."""
    words = "Shows PITs that the command line or another deployment wrote, and hides pruned ones."
    return build_sensor(site, Sensor("pits", words, _evaluate, interval_s))


def _evaluate(
    site: Site, repository: Repository, context: dg.SensorEvaluationContext
) -> dg.SensorResult | dg.SkipReason:
    pits, added = repository.pits(), context.instance.get_dynamic_partitions(site.names.partitions_name)
    known = _known(site, context.instance)
    # A partition without a PIT may be one that a run is about to make: only what was a PIT once can be pruned.
    seen = set(json.loads(context.cursor)) if context.cursor else set()
    gone = sorted((seen - set(pits)) & set(added))
    new = _readable(site, repository, context, [pit for pit in pits if pit not in known])
    cursor = json.dumps([pit for pit in pits if pit in known or pit in new])
    if not gone and not new:
        context.update_cursor(cursor)
        return dg.SkipReason(
            f"{counted(len(known.intersection(pits)), 'PIT')} of {len(pits)} shown, none is new"
        )
    return dg.SensorResult(
        dynamic_partitions_requests=_requests(site, [pit for pit in new if pit not in added], gone),
        asset_events=[event for events in new.values() for event in events],
        cursor=cursor,
    )


def _known(site: Site, instance: dg.DagsterInstance) -> set[str]:
    """The PITs that Dagster has an event of, or that a run here tells of itself.

    A partition alone tells of nothing: a run that dies right after it has published leaves no more than that.
    """
    # In this order: a run that ended before the first look has its events by the second.
    at_work = {pit for run in writers(instance, site.names) for pit in pits_of_run(instance, site.names, run)}
    return at_work | instance.get_materialized_partitions(site.names.pit)


def _readable(
    site: Site, repository: Repository, context: dg.SensorEvaluationContext, pits: Iterable[str]
) -> dict[str, list[Event]]:
    """The events of PITs, of twenty a tick; a damaged one, or its child, must not keep others from being shown."""
    found: dict[str, list[Event]] = {}
    for pit in pits:
        if len(found) == _MOST_PITS_A_TICK:
            break
        try:
            found[pit] = list(_events(site, repository, pit))
        except (DamagedRepository, UnsupportedFormat) as error:
            context.log.warning("PIT %s is not shown: %s", pit, error)
    return found


def _requests(
    site: Site, new: list[str], gone: list[str]
) -> list[dg.AddDynamicPartitionsRequest | dg.DeleteDynamicPartitionsRequest]:
    found: list[dg.AddDynamicPartitionsRequest | dg.DeleteDynamicPartitionsRequest] = []
    if new:
        found.append(site.partitions.build_add_request(new))
    if gone:
        found.append(site.partitions.build_delete_request(gone))
    return found


def _events(site: Site, repository: Repository, pit: str) -> Iterator[Event]:
    """The PIT with its checks, and the tables that it captured or carried; the others stand as an earlier one says."""
    manifest = repository.pit(pit)
    carried = {ref.table() for ref in manifest.carried}
    for table, entry in sorted(repository.tables(manifest).items()):
        if entry.capture_pit == pit or table in carried:
            held = held_in(
                repository, pit, table, entry, carried, note="written outside of this Dagster deployment"
            )
            yield dg.AssetMaterialization(site.names.table(table), partition=pit, metadata=held.metadata())
    yield dg.AssetMaterialization(site.names.pit, partition=pit, metadata=pit_page(repository, manifest))
    yield from (one.evaluation(site, pit) for one in told(site, repository, manifest, red=True))
