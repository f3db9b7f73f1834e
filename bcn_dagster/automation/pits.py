"""The sensor of PITs: those that were written or pruned elsewhere appear and vanish in Dagster."""

import json
from collections.abc import Iterator

import dagster as dg

from bcn_core.errors import NotFound
from bcn_core.repository.repository import Repository
from bcn_dagster.assets.page import pit_page
from bcn_dagster.assets.standing import held_in
from bcn_dagster.checks.told import told
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.site import Site

_MOST_PITS_A_TICK = 20


def build_pits_sensor(site: Site, interval_s: int) -> dg.SensorDefinition:
    """A sensor that holds the partitions against the repository's PITs."""

    @dg.sensor(
        name=f"{site.names.plain}_pits",
        minimum_interval_seconds=interval_s,
        default_status=site.sensor_status,
        description="Shows PITs that the command line or another deployment wrote, and hides pruned ones.",
    )
    def pits(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        with told_to_dagster():
            return _evaluate(site, context)

    return pits


def _evaluate(site: Site, context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    try:
        repository = site.connection.open_repository()
    except NotFound as error:
        return dg.SkipReason(error.message)
    pits, shown = repository.pits(), set(context.instance.get_dynamic_partitions(site.names.partitions_name))
    # A partition without a PIT may be one that a run is about to make: only what was a PIT once can be pruned.
    seen = set(json.loads(context.cursor)) if context.cursor else set()
    gone = sorted((seen - set(pits)) & shown)
    new = [pit for pit in pits if pit not in shown][:_MOST_PITS_A_TICK]
    known = [pit for pit in pits if pit in shown or pit in new]
    if not gone and not new:
        context.update_cursor(json.dumps(known))
        return dg.SkipReason(f"all {len(pits)} PITs are shown")
    return dg.SensorResult(
        dynamic_partitions_requests=_requests(site, new, gone),
        asset_events=[event for pit in new for event in _events(site, repository, pit)],
        cursor=json.dumps(known),
    )


def _requests(
    site: Site, new: list[str], gone: list[str]
) -> list[dg.AddDynamicPartitionsRequest | dg.DeleteDynamicPartitionsRequest]:
    found: list[dg.AddDynamicPartitionsRequest | dg.DeleteDynamicPartitionsRequest] = []
    if new:
        found.append(site.partitions.build_add_request(new))
    if gone:
        found.append(site.partitions.build_delete_request(gone))
    return found


def _events(
    site: Site, repository: Repository, pit: str
) -> Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation]:
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
