"""What names the tables of replicated S3 storage when the source is gone: a map, the last PIT, or the folders."""

import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyiceberg.catalog.sql import SqlCatalog

from bcn_core.backup import Backup, back_up
from bcn_core.catalogs.opening import open_catalog
from bcn_core.names import Scope
from bcn_core.replication.sites import site_map
from bcn_core.replication.standby import Standby
from bcn_core.repository.documents import SourceRecord
from bcn_core.repository.pins import this_process
from bcn_core.repository.repository import Repository
from bcn_core.settings import StandbySettings
from bcn_core.sync import Sync, sync_all
from tests.services.object_servers import ObjectServer
from tests.services.shelves import Shelf, lose, on_s3, replicate
from tests.services.wire import spoiled
from tests.warehouse.source import append, make


@dataclass(frozen=True)
class Replicated:
    """Two tables at the standby, of which one lies in a folder that tells no name; the source is gone."""

    server: ObjectServer
    folder: Path
    source: Shelf
    standby: Shelf
    repository: str

    def shown(self, **said: object) -> Mapping[str, int]:
        """The tables that a sync shows under these settings, with their rows."""
        self.synced(**said)
        users = SqlCatalog("standby", **self._properties("standby"))
        names = [".".join(name) for space in users.list_namespaces() for name in users.list_tables(space)]
        return {name: users.load_table(name).scan().count() for name in names}

    def synced(self, **said: object) -> None:
        """A sync under these settings."""
        properties = self._properties("standby")
        settings = StandbySettings.model_validate(
            {"catalog": "standby", "roots": [self.standby.root], **said}
        )
        catalog = open_catalog("standby", properties, create=True)
        mapping = site_map([(self.source.root, self.standby.root)])
        standby = Standby(catalog, self.server.stores(), mapping, settings)
        report = sync_all(Sync(catalog, self.server.stores()), standby.request(standby.find()))
        assert () == report.failed

    def _properties(self, name: str) -> dict[str, str]:
        return {"type": "sql", "uri": f"sqlite:///{self.folder}/{name}.db", **self.server.properties}

    @classmethod
    def of(cls, server: ObjectServer, folder: Path) -> "Replicated":
        """Write, back up, replicate, and lose the source with its catalog."""
        mark = secrets.token_hex(4)
        source, standby = (on_s3(server, f"lake/{mark}-{end}") for end in ("source", "standby"))
        found = cls(server, folder, source, standby, f"s3://backups/{mark}")
        catalog = SqlCatalog("shop", **found._properties("shop"), warehouse=source.root)
        catalog.create_tables()
        append(make(catalog, "sales.orders"), 0, 4)
        append(make(catalog, "web.visits", location=f"{source.root}/0f3a/77"), 0, 7)
        found._back_up()
        replicate(source, standby)
        lose(source)
        (folder / "shop.db").unlink()
        return found

    def _back_up(self) -> None:
        stores, catalog = self.server.stores(), open_catalog("shop", self._properties("shop"))
        identity = catalog.identity()
        record = SourceRecord(kind=identity.kind, address=identity.address)
        repository = Repository.create(stores.at(self.repository), Scope("shop"), record, datetime.now(UTC))
        back_up(Backup(repository, catalog, stores, this_process("test")))


@pytest.fixture
def replicated(tmp_path: Path, s3: ObjectServer) -> Replicated:
    return Replicated.of(s3, tmp_path)


def test_folders_name_what_nothing_else_names(replicated: Replicated) -> None:
    assert {"sales.orders": 4, "0f3a.77": 7} == replicated.shown()


def test_the_last_pit_names_a_table_whose_folder_does_not(replicated: Replicated) -> None:
    assert {"sales.orders": 4, "web.visits": 7} == replicated.shown(names_from=replicated.repository)


def test_a_map_wins_over_the_last_pit(replicated: Replicated) -> None:
    place = f"{replicated.standby.root}/0f3a/77"

    found = replicated.shown(names_from=replicated.repository, tables={"site.hits": place})

    assert {"sales.orders": 4, "site.hits": 7} == found


def test_a_table_without_news_costs_four_calls_beside_the_listing_that_finds_it(
    replicated: Replicated, s3: ObjectServer
) -> None:
    replicated.shown()

    with spoiled(s3.endpoint) as wire:
        through = replace(replicated, server=replace(s3, endpoint=wire.address))
        through.synced()

    methods = Counter(one.method for one in wire.passed)
    listings = sum("list-type" in one.target for one in wire.passed)
    assert (1 + 2, 2 * 3) == (listings, methods["GET"] - listings)
    assert {"GET"} == set(methods)
