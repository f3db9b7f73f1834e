"""A run of several PITs makes all but the last of them one after another, each whole.

A PIT stands on the one before it, and a repository has one pin at a time: a PIT can be begun only when the one before
is published. So steps cannot share several PITs, each its part of every one; they share the last.
"""

import dagster as dg

from bcn_core.errors import FinishedWithProblems
from bcn_dagster.assets.ending import log_others, log_pit
from bcn_dagster.assets.share import Context, Share, open_share, pits_of, published
from bcn_dagster.failures import told_to_dagster
from bcn_dagster.site import Site


def make_earlier(site: Site, context: Context) -> frozenset[str]:
    """Make what is missing of the PITs before a run's last, oldest first; returns those that were made.

    Every step asks for it: the first one that runs does it, and a run may select any of them.
    """
    made = set()
    for pit in pits_of(context)[:-1]:
        with told_to_dagster():
            if published(site, pit) is not None:
                continue
            _make(site, context, open_share(site, context, pit))
        made.add(pit)
    return frozenset(made)


def _make(site: Site, context: Context, share: Share) -> None:
    planned = {one.table.table() for one in share.begin().captures}
    outcome = share.capture(planned)
    if outcome.may_pass and context.retry_number < site.options.retries:
        raise dg.RetryRequested(site.options.retries, site.options.retry_delay_s)
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
