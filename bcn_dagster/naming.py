"""How catalogs, databases and tables are named in Dagster, whose names of ops, outputs and groups are narrow."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg

from bcn_core.names import TableName

WRITER_TAG = "bcn/writer"
"""On every run that writes to a repository; ``dagster.yaml`` lets one run for each value through."""
WHOLE_TAG = "bcn/contents"
"""On a run that selects few tables and makes a whole PIT all the same (the drift sensor's)."""
WHOLE = "whole"
TOLD_BY_PIT = ("pit_complete", "no_unwanted_change", "row_counts")
"""Checks that need nothing but the PIT and the one before; ``checks/told.py`` says what each looks for."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one catalog's definitions."""

    catalog: str

    @property
    def plain(self) -> str:
        """The catalog's name, as ops and jobs may bear it."""
        return plain(self.catalog)

    @property
    def plan(self) -> dg.AssetKey:
        """The first asset: what the PIT must contain."""
        return dg.AssetKey([self.catalog, "pit_plan"])

    @property
    def pit(self) -> dg.AssetKey:
        """The last asset: the published PIT. Tables have three parts, so no table is in its way."""
        return dg.AssetKey([self.catalog, "pit"])

    def step(self, group: str) -> dg.AssetKey:
        """The asset that says that a step of tables is done; the PIT waits for these, not for each table."""
        return dg.AssetKey([self.catalog, f"captured_{group}"])

    def check_of(self, name: str) -> dg.AssetCheckKey:
        """A check of the published PIT."""
        return dg.AssetCheckKey(self.pit, name)

    def inventory(self, table: str) -> dg.AssetKey:
        """A table of the inventory."""
        return dg.AssetKey([self.catalog, f"inventory_{table}"])

    @property
    def told_by_pit(self) -> list[dg.AssetCheckKey]:
        """The checks that the step which publishes evaluates itself."""
        return [self.check_of(name) for name in TOLD_BY_PIT]

    def table(self, table: TableName) -> dg.AssetKey:
        """A table's asset."""
        return dg.AssetKey([self.catalog, table.database, table.name])

    @property
    def database_dump(self) -> dg.AssetKey:
        """The dumps of the catalog's own database."""
        return dg.AssetKey([self.catalog, "database_dump"])

    def owns(self, asset: dg.AssetKey) -> bool:
        """Whether an asset is of the backups of this catalog; its database has a component of its own."""
        return asset.path[0] == self.catalog and asset != self.database_dump

    @property
    def partitions_name(self) -> str:
        """Under which name Dagster keeps the PITs."""
        return f"bcn/{self.catalog}/pit"

    @property
    def partitions(self) -> dg.DynamicPartitionsDefinition:
        """The PITs. Time windows could hold neither several a day nor ones that a sensor asks for."""
        return dg.DynamicPartitionsDefinition(name=self.partitions_name)

    @property
    def pool(self) -> str:
        """One repository has one writer."""
        return f"bcn_repo_{self.plain}"


def plain(name: str) -> str:
    """A name in ``[A-Za-z0-9_]``; one that had to be changed gets a digest, so that two never become one."""
    kept = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return kept if kept == name else f"{kept}_{_digest(name)}"


def levels_of(table: TableName) -> list[str]:
    """An identifier as JSON keeps it: a level may hold dots, so its text could not be taken apart again."""
    return [*table.namespace, table.name]


def of_levels(levels: Sequence[str]) -> TableName:
    """The identifier that was kept so."""
    return TableName(tuple(levels[:-1]), levels[-1])


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:6]


def keys_of(run: dg.DagsterRun) -> list[dg.AssetKey]:
    """The assets that a run was asked for, and those whose checks it was."""
    checked = [key.asset_key for key in run.asset_check_selection or ()]
    return [*(run.asset_selection or ()), *checked]


def group(database: str) -> str:
    """The asset group of a database."""
    return plain(database) or "default"


def output(table: TableName) -> str:
    """The output of a table in its step; ``a.b__c`` and ``a__b.c`` are two tables, and so are two outputs."""
    joined = f"{table.database}__{table.name}"
    if re.search(r"__.*__|___", joined):
        return f"{plain(joined)}_{_digest(str(table))}"
    return plain(joined)
