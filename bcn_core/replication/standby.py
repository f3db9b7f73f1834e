"""A standby as ``bcn.toml`` describes it: its catalog, its stores, and which of its tables a run means."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from bcn_core.catalogs.catalog import Catalog
from bcn_core.catalogs.opening import open_target
from bcn_core.errors import BcnError, Conflict, InvalidRequest, NotFound
from bcn_core.locations import PrefixMap
from bcn_core.names import TableName, fits, nearest
from bcn_core.replication.discovery import Found, Where, discover, table_name
from bcn_core.replication.request import SyncRequest
from bcn_core.replication.sites import site_map
from bcn_core.repository.repository import Repository
from bcn_core.settings import Settings, StandbySettings
from bcn_core.storage.opening import Stores, absolute, open_stores


@dataclass(frozen=True, slots=True)
class Standby:
    """A standby that is open for a run."""

    catalog: Catalog
    stores: Stores
    mapping: PrefixMap
    settings: StandbySettings

    def find(self, tables: Iterable[str] = (), exclude: Iterable[str] = ()) -> Found:
        """The tables that globs mean; nothing is listed when the settings name the place of each of them.

        Raises:
            NotFound: there is none.
        """
        globs, without = tuple(tables), tuple(exclude)
        named = {table_name(name): absolute(place) for name, place in self.settings.tables.items()}
        exact = {str(table): table for table in named}
        if globs and all(glob in exact for glob in globs):
            found = Found({exact[glob]: named[exact[glob]] for glob in globs})
        else:
            found = discover(self.stores, self.catalog, self._where(named))
        return _chosen(found, globs, without)

    def request(self, found: Found, **flags: Any) -> SyncRequest:
        """What a sync of these tables is asked for; ``flags`` are the yes/no fields of :class:`SyncRequest`."""
        said = self.settings
        return SyncRequest(
            self.mapping,
            found.tables,
            metadata_location=said.metadata_location,
            history=said.history,
            **flags,
        )

    @property
    def roots(self) -> tuple[str, ...]:
        """Where tables are looked for."""
        return self.settings.roots or tuple(dict.fromkeys(self.settings.prefixes.values()))

    def _where(self, named: dict[TableName, str]) -> Where:
        place = self.settings.names_from
        backups = Repository.open(self.stores.at(place)) if place else None
        return Where(self.mapping, self.roots, named, backups)


def standby_settings(settings: Settings, name: str | None) -> StandbySettings:
    """The section of a standby: the only one when none is named, an empty one when the file has none.

    Raises:
        NotFound: no section has the name.
        InvalidRequest: there are several, and none is named.
    """
    known = settings.standby
    if name is not None:
        if name not in known:
            hint = nearest(name, known) if known else "it has none yet; see: bcn docs a-standby-catalog"
            raise NotFound(f"no [standby.{name}] in bcn.toml", hint=hint)
        return known[name]
    if len(known) > 1:
        raise InvalidRequest(
            f"bcn.toml describes {len(known)} standbys: {', '.join(sorted(known))}", hint="add --standby NAME"
        )
    return next(iter(known.values()), StandbySettings.model_validate({}))


def open_standby(settings: Settings, said: StandbySettings) -> Standby:
    """Open a standby's catalog and stores.

    Raises:
        InvalidRequest: no catalog is named, or nothing says where the source's files are.
        NotFound: nothing configures the catalog.
    """
    if said.catalog is None:
        raise InvalidRequest(
            "no standby catalog is named", hint="add --catalog NAME, or catalog in [standby.NAME] of bcn.toml"
        )
    mapping = site_map(said.prefixes.items())
    catalog = open_target(said.catalog, settings.catalog_properties(said.catalog))
    return Standby(catalog, open_stores(settings), mapping, said)


def problems(found: Found) -> list[BcnError]:
    """What discovery cannot decide or does not find; the other tables go on."""
    return [
        *(
            Conflict(
                f"{table} may be at {' or at '.join(places)}",
                hint=f"an earlier table of that name left one of them; say which: --name {table}=PLACE",
            )
            for table, places in found.unclear.items()
        ),
        *(
            InvalidRequest(
                f"{place} does not tell the name of its table: it is not ROOT/DATABASE/TABLE",
                hint=f"say it: --name DATABASE.TABLE={place}",
            )
            for place in found.unnamed
        ),
        *(
            NotFound(
                f"the replicated files of {table} are gone; the standby catalog still names it",
                hint="look at the replication; if the source has dropped the table, drop it here too",
            )
            for table in found.lost
        ),
    ]


def _chosen(found: Found, globs: tuple[str, ...], without: tuple[str, ...]) -> Found:
    chosen = found.only(partial(_is_wanted, globs=globs, without=without))
    if chosen.tables or chosen.unclear or chosen.lost:
        return chosen
    known = [str(table) for table in (*found.tables, *found.unclear)]
    raise NotFound(
        f"no table of the standby fits {', '.join(globs) or 'what is asked for'}",
        hint=nearest(globs[0], known)
        if globs
        else "no place tells its name: add --name DATABASE.TABLE=PLACE",
    )


def _is_wanted(table: TableName, globs: tuple[str, ...], without: tuple[str, ...]) -> bool:
    return (not globs or fits(table, globs)) and not fits(table, without)
