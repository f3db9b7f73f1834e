"""A request for a run that makes a whole PIT by the steps of those tables alone that changed."""

from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg

from bcn_core.names import TableName
from bcn_dagster.naming import WHOLE, WHOLE_TAG
from bcn_dagster.site import Site

_IN_PROCESS: Mapping[str, Any] = {"execution": {"config": {"in_process": {}}}}


def request_pit(
    site: Site, changed: Iterable[TableName], pit: str, *, asked_by: str, key: str
) -> dg.RunRequest:
    """The first asset sweeps again, so what moves meanwhile, or is not known here yet, is in the PIT too.

    A table that did not change needs no step: at 10,000 tables the steps of the others would be all of the night.
    """
    keys = sorted(site.names.table(table) for table in changed)
    known = [one for one in keys if one in site.by_key]
    steps = sorted({site.step_of[one] for one in known})
    parts = [part for one in known for part in site.parts_of.get(one, ())]
    return dg.RunRequest(
        run_key=key,
        partition_key=pit,
        asset_selection=[site.names.plan, *parts, *known, *steps, site.names.pit, *site.inventory],
        asset_check_keys=site.every_pit,
        run_config=_how(site, len(steps) + len(parts)),
        tags={WHOLE_TAG: WHOLE, "bcn/asked_by": asked_by},
    )


def _how(site: Site, capturing: int) -> Mapping[str, Any]:
    """The executor of a run: steps that cannot run side by side have nothing from processes but their start."""
    return _IN_PROCESS if site.options.executor == "multiprocess" and capturing < 2 else {}
