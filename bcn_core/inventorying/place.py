"""Where the inventory lies and how its parts are called."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from bcn_core.errors import InvalidRequest
from bcn_core.locations import is_within, join
from bcn_core.repository.layout import CATALOGS, CHECKS, HOLDS, ISOLATED, READERS, TOMBSTONES
from bcn_core.settings import InventorySettings
from bcn_core.storage.opening import absolute

SWITCH = "BCN_INVENTORY"
"""The variable that switches the inventory on or off for one run, whatever ``bcn.toml`` says."""
_OWN_FOLDERS = (CATALOGS, CHECKS, HOLDS, ISOLATED, READERS, TOMBSTONES)
TABLES = ("pits", "tables", "objects")
_WORDS = {
    "1": True,
    "on": True,
    "true": True,
    "yes": True,
    "0": False,
    "off": False,
    "false": False,
    "no": False,
}


def is_enabled(
    settings: InventorySettings, given: bool | None = None, environment: Mapping[str, str] = os.environ
) -> bool:
    """Whether a run keeps the inventory: an option wins over the variable, and that over ``bcn.toml``.

    Raises:
        InvalidRequest: the variable holds something else than on or off.
    """
    if given is not None:
        return given
    said = environment.get(SWITCH, "").strip().lower()
    if said and said not in _WORDS:
        raise InvalidRequest(f"{SWITCH} is '{said}'", hint=f"say {SWITCH}=on or {SWITCH}=off")
    return _WORDS[said] if said else settings.enable


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of the inventory as a location, the namespace and the name that its tables begin with."""

    warehouse: str
    namespace: tuple[str, ...]
    table: str
    prefix: str

    @classmethod
    def of(cls, settings: InventorySettings, repository: str) -> "Place":
        """What the settings say; a warehouse that is no location of its own lies in the repository.

        Raises:
            InvalidRequest: it would lie among the backups.
        """
        warehouse = settings.warehouse.rstrip("/")
        if "://" not in warehouse and not warehouse.startswith(("/", "file:/")):
            warehouse = join(repository, warehouse)
        levels = tuple(level for level in settings.namespace.replace("/", ".").split(".") if level)
        found = cls(absolute(warehouse), levels, settings.table, settings.manifest_prefix)
        for own in _OWN_FOLDERS:
            if is_within(found.folder, join(absolute(repository), own)):
                raise InvalidRequest(
                    f"the inventory cannot lie in {found.folder}: a rebuild removes its folder, and that is BCN's own",
                    hint="choose another warehouse in [inventory] of bcn.toml",
                )
        return found

    @property
    def folder(self) -> str:
        """The folder of the namespace."""
        return "/".join([self.warehouse, *self.namespace])

    def name(self, table: str) -> str:
        """What a table is called in its namespace."""
        return f"{self.table}_{table}"

    def location(self, table: str) -> str:
        """Where a table lies."""
        return f"{self.folder}/{self.name(table)}"

    @property
    def documents(self) -> str:
        """The folder of the JSON documents."""
        return f"{self.folder}/{self.table}/metadata"
