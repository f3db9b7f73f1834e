"""What the launchpad asks for; the same options as ``bcn restore``."""

from dataclasses import dataclass
from enum import Enum

import dagster as dg
from pydantic import Field

from bcn_core.restore import RestoreRequest
from bcn_dagster.restoring.targets import FilesAlone, InPlace, OtherCatalog, OtherNames


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
    target: InPlace | OtherNames | OtherCatalog | FilesAlone = Field(
        InPlace(),
        discriminator="kind",
        description="One of: in_place, other_names, other_catalog, files_only. Each has its own options.",
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
    limit_bytes_per_second: int | None = Field(
        None, ge=1, description="Each step reads at most so many bytes per second. Default: no limit."
    )
    files_at_once: int | None = Field(
        None, ge=1, le=256, description="Files that each step copies at once. Default: as bcn.toml says."
    )

    def way(self) -> Way:
        """How the steps reach their target."""
        place = self.target.place()
        return Way(place.catalog, place.files_only, self.limit_bytes_per_second, self.files_at_once)

    def request(self) -> RestoreRequest:
        """The engine's request."""
        place = self.target.place()
        return RestoreRequest(
            pit=self.pit,
            databases=tuple(self.databases),
            tables=tuple(self.tables),
            exclude=tuple(self.exclude),
            include_deleted=self.include_deleted,
            target_database=place.database,
            target_table=place.table,
            target_location=place.location,
            on_conflict=place.on_conflict.value,
            uuid=self.uuid.value,
            history=self.history.value,
        )
