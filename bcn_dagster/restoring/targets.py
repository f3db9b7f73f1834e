"""Where a restore goes: four ways, of which the launchpad takes one. What contradicts each other cannot be said."""

from dataclasses import dataclass
from enum import Enum
from typing import Literal

import dagster as dg
from pydantic import Field


class WhenItExists(Enum):
    """What to do with a table whose name is taken."""

    fail = "fail"
    skip = "skip"
    replace = "replace"


@dataclass(frozen=True, slots=True)
class Place:
    """What a target says, in the engine's words."""

    catalog: str | None = None
    database: str | None = None
    table: str | None = None
    location: str | None = None
    on_conflict: WhenItExists = WhenItExists.fail
    files_only: bool = False


class Registered(dg.Config):
    """Tables that a catalog will name."""

    location: str | None = Field(
        default=None,
        description="Where the files go; {database} and {table} are filled in. Default: where the catalog says.",
    )
    on_conflict: WhenItExists = Field(
        default=WhenItExists.fail,
        description="If the name is taken: fail, skip it, or replace it once the new one is checked.",
    )


class InPlace(Registered):
    """Into the source's catalog, under the tables' own names."""

    kind: Literal["in_place"] = "in_place"

    def place(self) -> Place:
        """The engine's words."""
        return Place(location=self.location, on_conflict=self.on_conflict)


class OtherNames(Registered):
    """Into the source's catalog, beside the tables that are there."""

    kind: Literal["other_names"] = "other_names"
    database: str | None = Field(
        default=None,
        description="The database to restore into; {database} stands for the source's name, which is the default.",
    )
    table: str | None = Field(
        default=None,
        description="The name to restore under; {table} stands for the source's name, which is the default.",
    )

    def place(self) -> Place:
        """The engine's words."""
        return Place(None, self.database, self.table, self.location, self.on_conflict)


class OtherCatalog(OtherNames):
    """Into another catalog."""

    kind: Literal["other_catalog"] = "other_catalog"  # type: ignore[assignment]
    catalog: str = Field(description="The catalog to restore into, as bcn.toml or PyIceberg names it.")

    def place(self) -> Place:
        """The engine's words."""
        return Place(self.catalog, self.database, self.table, self.location, self.on_conflict)


class FilesAlone(dg.Config):
    """Files at a place, of which no catalog is told."""

    kind: Literal["files_only"] = "files_only"
    location: str = Field(description="Where the files go; {database} and {table} are filled in.")

    def place(self) -> Place:
        """The engine's words."""
        return Place(location=self.location, files_only=True)
