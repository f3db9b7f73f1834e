"""A run of several PITs makes all but the last of them one after another, each whole.

A PIT stands on the one before it, and a repository has one pin at a time: a PIT can be begun only when the one before
is published. So steps cannot share several PITs, each its part of every one; they share the last.
"""

import dagster as dg

from bcn_core.errors import FinishedWithProblems
from bcn_core.repository.documents import PitManifest
from bcn_dagster.assets.ending import log_others, log_pit
from bcn_dagster.assets.metadata import pit_metadata
from bcn_dagster.assets.share import Context, Share, open_share, pits_of, published
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.site import Site


def make_earlier(site: Site, context: Context) -> frozenset[str]:
    """Make what is missing of the PITs before a run's last, oldest first; returns those that the run has made.

    Every step asks for it: the first one that runs does it, and a run may select any of them.
    """
    *earlier, last = pits_of(context)
    if not earlier:
        return frozenset()
    made = _made_by(site, context)
    for number, pit in enumerate(earlier, start=1):
        with told_to_dagster():
            if published(site, pit) is not None:
                continue
            manifest = _make(site, context, open_share(site, context, pit))
        _tell(site, context, manifest, f"{number} of {len(earlier) + 1}")
        made.add(pit)
    return frozenset(made - {last})


def _made_by(site: Site, context: Context) -> set[str]:
    """The PITs that steps of this run made: a PIT itself does not tell which run did."""
    found = set()
    for entry in context.instance.all_logs(context.run.run_id, of_type=dg.DagsterEventType.ASSET_OBSERVATION):
        event = entry.get_dagster_event()
        if event.asset_key == site.names.plan and event.partition is not None:
            found.add(event.partition)
    return found


def _tell(site: Site, context: Context, manifest: PitManifest, which: str) -> None:
    """How far the run is: materializations come at the end of steps, when all PITs but the last are made."""
    said = f"PIT {manifest.pit} is published, {which} of this run"
    context.log.info(said)
    observed = dg.AssetObservation(
        site.names.plan, partition=manifest.pit, description=said, metadata=pit_metadata(manifest)
    )
    context.log_event(observed)


def _make(site: Site, context: Context, share: Share) -> PitManifest:
    planned = {one.table.table() for one in share.begin().captures}
    outcome = share.capture(planned)
    if outcome.may_pass:
        site.try_again(context.retry_number)
    try:
        manifest, here = share.finish()
    except FinishedWithProblems:
        share.give_up()
        raise
    # What the run selects is told by its own step.
    log_others(
        site, context, share, manifest, frozenset((planned - set(outcome.failed) | here) - share.asked)
    )
    if not share.publishes:
        log_pit(site, context, share, manifest)
    return manifest
