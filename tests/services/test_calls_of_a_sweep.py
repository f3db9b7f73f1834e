"""What one sweep asks of each kind of catalog: counted on the real servers, and the law that the counts follow.

`make conformance` prints the counts, and what the law makes of 10,000 tables in 50 databases.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from bcn_core.catalogs.catalog import Catalog
from bcn_core.catalogs.nessie import NessieCatalog
from bcn_core.catalogs.opening import open_catalog
from bcn_core.catalogs.sql import SqlPointers
from bcn_core.names import Scope, TableName
from tests.services.catalog_servers import NessieServer, ServedPlace
from tests.services.wire import Exchange, Wire, of, spoiled
from tests.warehouse.source import make

# More than one page of Glue in one database, less in another.
HELD = (120, 20)
MANY = (200,) * 50
RECORD = Callable[[str, object], None]


@dataclass
class Counted:
    """A catalog whose calls are counted."""

    catalog: Catalog
    calls: list[str]


Register = Callable[[Catalog, Sequence[TableName], str], None]


def one_by_one(catalog: Catalog, tables: Sequence[TableName], pointer: str) -> None:
    """By the catalog's own registration."""
    for table in tables:
        catalog.register(table, pointer)


def seed(place: ServedPlace, register: Register = one_by_one) -> None:
    """Databases of :data:`HELD` tables, which all share one metadata file."""
    users = place.emptied().pyiceberg()
    catalog = place.bcn()
    for number, tables in enumerate(HELD):
        pointer = make(users, f"calls{number}.t0").metadata_location
        names = [TableName((f"calls{number}",), f"t{table}") for table in range(1, tables)]
        register(catalog, names, pointer)


def in_one_commit(catalog: Catalog, tables: Sequence[TableName], pointer: str) -> None:
    """As Nessie can, which waits for its store at each commit."""
    assert isinstance(catalog, NessieCatalog)
    branch, content = catalog._branch, catalog._content(pointer)
    operations = [
        {"type": "PUT", "key": {"elements": [*table.namespace, table.name]}, "content": content}
        for table in tables
    ]
    body = {"commitMeta": {"message": "many"}, "operations": operations}
    reply = branch._send("POST", f"trees/{branch._at(branch.hash())}/history/commit", body)
    assert 200 == reply.status


@contextmanager
def over_http(properties: Mapping[str, str], key: str, kept: str = "") -> Iterator[Counted]:
    """The catalog reached through a wire that counts; ``kept`` is the part of its address behind host and port."""
    with spoiled(properties[key].removesuffix(kept)) as wire:
        calls = _Requests(wire)
        yield Counted(open_catalog("shop", {**properties, key: wire.address + kept}), calls)


class _Requests(list[str]):
    """The requests that went over a wire so far."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self.wire = wire

    def __len__(self) -> int:
        return len(self.wire.passed)


def swept(counted: Counted) -> int:
    """How many calls one sweep makes; it finds all tables."""
    before = len(counted.calls)
    found = counted.catalog.sweep(Scope("shop"))
    mine = [table for table in found.pointers if table.database.startswith("calls")]
    assert sum(HELD) == len(mine)
    return len(counted.calls) - before


def for_glue(databases: Sequence[int]) -> int:
    """A page of databases for each 100, a page of tables for each 100 of a database."""
    return ceil(len(databases) / 100) + sum(ceil(tables / 100) for tables in databases)


def for_hive(databases: Sequence[int]) -> int:
    """The databases; of each: itself, its names, its tables by 500. One more database is the metastore's own."""
    return 1 + 2 + sum(2 + ceil(tables / 500) for tables in databases)


def for_nessie(_databases: Sequence[int]) -> int:
    """The branch's commit, then its entries: with 10,020 tables this server still gave them on one page."""
    return 2


def for_rest(databases: Sequence[int]) -> int:
    """The databases; of each: itself, what lies below it, the names of its tables and of its views; and every table."""
    return 1 + sum(4 + tables for tables in databases)


def for_sql(_databases: Sequence[int]) -> int:
    """Whether this catalog knows views; the tables, the views, the databases' properties."""
    return 4


def report(record_property: RECORD, kind: str, measured: int, law: Callable[[Sequence[int]], int]) -> None:
    """For scripts/conformance_tables.py."""
    record_property("kind", kind)
    record_property(f"calls for {sum(HELD)} tables in {len(HELD)} databases", measured)
    record_property(f"calls for {sum(MANY):,} tables in {len(MANY)} databases", law(MANY))


def test_calls_of_glue_by_moto(glue_by_moto: dict[str, str], tmp_path: Path, record_property: RECORD) -> None:
    seed(ServedPlace(tmp_path, served=glue_by_moto))
    with over_http(glue_by_moto, "glue.endpoint") as counted:
        measured = swept(counted)
        assert isinstance(counted.calls, _Requests)
        asked = [one.request.partition(b"\r\n\r\n")[2] for one in counted.calls.wire.passed]

    report(record_property, "Glue by moto", measured, for_glue)
    # moto puts all tables of a database on one page, however few are asked for.
    assert 1 + len(HELD) == measured
    assert [b'"MaxResults": 100' in one for one in asked] == [True] * measured


def test_calls_of_nessie(nessie: NessieServer, tmp_path: Path, record_property: RECORD) -> None:
    seed(ServedPlace(tmp_path, served=nessie.native, users=nessie.rest), in_one_commit)
    with over_http(nessie.native, "uri", "/api/v2") as counted:
        measured = swept(counted)

    report(record_property, "Nessie", measured, for_nessie)
    assert for_nessie(HELD) == measured


@pytest.fixture
def on_rest(rest: dict[str, str], tmp_path: Path) -> Iterator[Counted]:
    seed(ServedPlace(tmp_path, served=rest))
    with over_http(rest, "uri") as counted:
        yield counted


def test_calls_of_rest(on_rest: Counted, record_property: RECORD) -> None:
    measured = swept(on_rest)

    report(record_property, "REST", measured, for_rest)
    assert for_rest(HELD) == measured


def test_a_rest_server_sends_nothing_of_what_it_knows_to_be_unchanged(on_rest: Counted) -> None:
    first = on_rest.catalog.sweep(Scope("shop"))
    answers: list[bytes] = []

    def observed(exchange: Exchange) -> bytes | None:
        answers.append(exchange.answer())
        return answers[-1]

    assert isinstance(on_rest.calls, _Requests)
    on_rest.calls.wire.spoil(observed, of("GET", "/tables/t"), times=sum(HELD))

    assert first == on_rest.catalog.sweep(Scope("shop"))
    assert {b"304"} == {answer.split(b" ", 2)[1] for answer in answers}


def test_calls_of_hive(
    hive: dict[str, str], tmp_path: Path, record_property: RECORD, monkeypatch: pytest.MonkeyPatch
) -> None:
    from thrift.protocol.TBinaryProtocol import TBinaryProtocol

    place = ServedPlace(tmp_path, served=hive)
    seed(place)
    calls: list[str] = []
    begin = TBinaryProtocol.writeMessageBegin

    def counted(protocol: Any, name: str, *rest: Any) -> None:
        calls.append(name)
        begin(protocol, name, *rest)

    monkeypatch.setattr(TBinaryProtocol, "writeMessageBegin", counted)
    measured = swept(Counted(place.bcn(), calls))

    report(record_property, "Hive", measured, for_hive)
    assert for_hive(HELD) == measured


def test_calls_of_postgres(postgres_uri: str, tmp_path: Path, record_property: RECORD) -> None:
    from sqlalchemy import event

    place = ServedPlace(tmp_path, served={"type": "sql", "uri": postgres_uri})
    seed(place)
    catalog = place.bcn()
    assert isinstance(catalog, SqlPointers)
    calls: list[str] = []
    event.listen(
        catalog._engine, "before_cursor_execute", lambda _c, _u, statement, *_: calls.append(statement)
    )
    measured = swept(Counted(catalog, calls))

    report(record_property, "SQL on PostgreSQL", measured, for_sql)
    assert for_sql(HELD) == measured
