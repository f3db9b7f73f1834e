"""A source and a repository in one S3 account, behind a wire that counts what an operation asks."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from pyiceberg.catalog.sql import SqlCatalog

from bcn_core.backup import Backup
from bcn_core.capture.making import make_repository
from bcn_core.catalogs.catalog import Catalog
from bcn_core.catalogs.opening import open_catalog
from bcn_core.estimate import Estimate
from bcn_core.names import Scope
from bcn_core.repository.pins import this_process
from bcn_core.repository.repository import Repository
from bcn_core.storage.opening import Stores
from tests.services.object_servers import ObjectServer
from tests.services.wire import Exchange, Wire, spoiled
from tests.warehouse.source import append, make


@dataclass(frozen=True, slots=True)
class Counting:
    """A source and a repository in one S3 account, behind a wire that counts."""

    wire: Wire
    stores: Stores
    users: SqlCatalog
    catalog: Catalog
    place: str

    @property
    def repository(self) -> Repository:
        return Repository.open(self.stores.at(self.place))

    def backup(self, repository: Repository | None = None) -> Backup:
        return Backup(repository or self.repository, self.catalog, self.stores, this_process("bcn backup"))

    def made(self) -> Repository:
        return make_repository(self.stores.at(self.place), Scope("shop"), self.catalog)

    def fill(self, tables: int, files: int) -> None:
        for number in range(tables):
            table = make(self.users, f"db{number % 2}.t{number}")
            for start in range(files):
                append(table, start)

    def grow(self, table: str) -> None:
        append(self.users.load_table(table), 1000)

    def asked(self, work: Callable[[], object]) -> Mapping[str, int]:
        """What some work asks of the server, by class."""
        before = len(self.wire.passed)
        work()
        return Counter(map(kind, self.wire.passed[before:]))


def kind(one: Exchange) -> str:
    """A request by what S3 charges for it."""
    query = parse_qs(urlsplit(one.target).query, keep_blank_values=True)
    if not {"list-type", "versions"}.isdisjoint(query) or (one.method == "GET" and "uploads" in query):
        return "LIST"
    return "COPY" if one.header("x-amz-copy-source") else one.method


def told(found: Estimate) -> Mapping[str, int]:
    """What an estimate says, as the wire counts it."""
    return {name: count for name, count in found.requests.by_class().items() if count}


@contextmanager
def counting(s3: ObjectServer, folder: Path, name: str) -> Iterator[Counting]:
    """A source that writes to the server directly, and BCN, which reaches it through the wire."""
    properties = {
        "type": "sql",
        "uri": f"sqlite:///{folder}/{name}.db",
        "warehouse": f"s3://lake/{name}",
        **s3.properties,
    }
    users = SqlCatalog("shop", **properties)
    with spoiled(s3.endpoint) as wire:
        stores = s3.stores(endpoint=wire.address)
        yield Counting(wire, stores, users, open_catalog("shop", properties), f"s3://backups/{name}")
