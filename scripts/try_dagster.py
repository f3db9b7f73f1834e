"""Run by the Python of an environment that has the Dagster lock and BCN's wheel: a PIT and a restore, by runs."""

import importlib
import os
import pkgutil
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
from try_wheel import CONFIG, make_shop, rows_at_standby

import bcn_dagster
from bcn_core import __version__
from bcn_core.names import pit_id

QUIET: dict[str, Any] = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}
RESTORE = {"dry_run": False, "target": {"other_catalog": {"catalog": "standby"}}}


def import_all() -> None:
    """Every module of the Dagster project."""
    for module in pkgutil.walk_packages(bcn_dagster.__path__, "bcn_dagster."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def code_location() -> dg.Definitions:
    """What Dagster loads for somebody who has the wheel alone, and what somebody builds in a project of his own."""
    from bcn_dagster.components import IcebergCatalogBackups
    from bcn_dagster.definitions import defs

    os.environ["BCN_CONFIG"] = str(Path("bcn.toml").absolute())
    dg.Definitions.validate_loadable(defs())
    built = IcebergCatalogBackups().definitions_now()
    if dg.AssetKey(["shop", "sales", "orders"]) not in {one.key for one in built.resolve_all_asset_specs()}:
        sys.exit("the table is no asset")
    return built


def back_up(definitions: dg.Definitions, instance: dg.DagsterInstance) -> None:
    """Materialize one PIT."""
    pit = pit_id(datetime.now(UTC))
    instance.add_dynamic_partitions("bcn/shop/pit", [pit])
    definitions.resolve_job_def("shop_back_up").execute_in_process(
        instance=instance, partition_key=pit, run_config=QUIET
    )


def restore(definitions: dg.Definitions, instance: dg.DagsterInstance) -> None:
    """Run the restore job with what somebody would fill in."""
    definitions.resolve_job_def("shop_restore").execute_in_process(
        instance=instance, run_config={**QUIET, "ops": {"shop_plan_restore": {"config": RESTORE}}}
    )


def main() -> None:
    """Load, back up, lose, restore, count."""
    import_all()
    make_shop()
    Path("bcn.toml").write_text(CONFIG.format(Path.cwd()))
    with dg.DagsterInstance.ephemeral() as instance:
        definitions = code_location()
        back_up(definitions, instance)
        shutil.rmtree("shop")
        Path("standby").mkdir()
        restore(definitions, instance)
    if rows_at_standby() != 1000:
        sys.exit("the table that Dagster restored has other rows")
    print(f"bcn {__version__} with Dagster {dg.__version__} on Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main()
