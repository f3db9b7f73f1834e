"""What a step says of its asset in each PIT of its run."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from bcn_dagster.assets.share import Context


def materialized(
    context: Context, key: dg.AssetKey, told: Mapping[str, dict[str, Any]]
) -> dg.MaterializeResult[Any]:
    """The materializations of an asset in all PITs of a run, each with its own metadata.

    Dagster looks up all PITs for each metadata that names one, so a run of one PIT names none.
    """
    if len(told) == 1:
        return dg.MaterializeResult(asset_key=key, metadata=next(iter(told.values())))
    for pit, metadata in told.items():
        context.add_asset_metadata(metadata, asset_key=key, partition_key=pit)
    return dg.MaterializeResult(asset_key=key)
