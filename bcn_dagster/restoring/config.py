"""What the launchpad asks for; the same options as ``bcn restore``."""

from dataclasses import dataclass
from enum import Enum

import dagster as dg
from pydantic import Field

from bcn_core.errors import InvalidRequest
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
    covered = "covered"


@dataclass(frozen=True, slots=True)
class Way:
    """Where a restore goes and how much it takes; every step of a run is handed the same."""

    target: str | None
    files_only: bool
    bytes_per_second: int | None
    files_at_once: int | None


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
        description=(
            "full: every snapshot; current: the current one; refs: also the heads of branches and tags; "
            "covered: what a partial backup holds."
        ),
    )
    files_only: bool = Field(
        False,
        description="Restore files and register nothing, without any catalog; needs target_location.",
    )
    limit_bytes_per_second: int | None = Field(
        None, ge=1, description="Each step reads at most so many bytes per second. Default: no limit."
    )
    files_at_once: int | None = Field(
        None, ge=1, le=256, description="Files that each step copies at once. Default: as bcn.toml says."
    )

    def way(self) -> "Way":
        """How the steps reach their target.

        Raises:
            InvalidRequest: a catalog is named and is not to be told of the tables.
        """
        if self.files_only and (self.target_catalog or self.on_conflict is WhenItExists.replace):
            raise InvalidRequest(
                "files_only takes no catalog, so nothing can be replaced there",
                hint="leave out target_catalog and on_conflict, or leave out files_only",
            )
        return Way(self.target_catalog, self.files_only, self.limit_bytes_per_second, self.files_at_once)

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
