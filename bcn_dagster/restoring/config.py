"""What the launchpad asks for; the same options as ``bcn restore``."""

from enum import Enum

import dagster as dg
from pydantic import Field

from bcn_core.restore import RestoreRequest


class WhenItExists(Enum):
    """What to do with a table whose name is taken."""

    fail = "fail"
    skip = "skip"
    replace = "replace"


class Uuid(Enum):
    """Which UUID a restored table gets."""

    auto = "auto"
    keep = "keep"
    new = "new"


class History(Enum):
    """Which snapshots a restored table gets."""

    full = "full"
    current = "current"
    refs = "refs"


class RestoreConfig(dg.Config):
    """Which tables of which PIT come back, and where."""

    dry_run: bool = Field(True, description="Only show the plan. Set to false to restore.")
    pit: str = Field(
        "latest",
        description="A PIT id, any prefix of one, a timestamp (the newest PIT at or before it), or latest.",
    )
    databases: list[str] = Field([], description="Globs of databases; empty for all.")
    tables: list[str] = Field(
        [], description="Globs of tables, as database.table or the bare name; empty for all."
    )
    exclude: list[str] = Field([], description="Globs of tables to leave out.")
    include_deleted: bool = Field(
        False,
        description="Also tables that the source has dropped, as the last PIT before that holds them.",
    )
    target_catalog: str | None = Field(
        None,
        description="The catalog to restore into, as bcn.toml or PyIceberg names it. Default: the source's.",
    )
    target_database: str | None = Field(
        None, description="The database to restore into; {database} stands for the source's name."
    )
    target_table: str | None = Field(
        None, description="The name to restore under; {table} stands for the source's name."
    )
    target_location: str | None = Field(
        None,
        description="Where the files go; {database} and {table} are filled in. Default: where the catalog says.",
    )
    on_conflict: WhenItExists = Field(
        WhenItExists.fail,
        description="If the name is taken: fail, skip it, or replace it once the new one is checked.",
    )
    uuid: Uuid = Field(
        Uuid.auto,
        description="auto: a new UUID where source and copy may live in one catalog; keep: the table's own.",
    )

    history: History = Field(
        History.full,
        description="full: every snapshot; current: the current one; refs: also the heads of branches and tags.",
    )

    def request(self) -> RestoreRequest:
        """The engine's request."""
        return RestoreRequest(
            pit=self.pit,
            databases=tuple(self.databases),
            tables=tuple(self.tables),
            exclude=tuple(self.exclude),
            include_deleted=self.include_deleted,
            target_database=self.target_database,
            target_table=self.target_table,
            target_location=self.target_location,
            on_conflict=self.on_conflict.value,
            uuid=self.uuid.value,
            history=self.history.value,
        )
