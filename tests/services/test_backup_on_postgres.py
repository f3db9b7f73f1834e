"""The whole way on a real PostgreSQL: back up a SQL catalog, lose warehouse and catalog, restore into the server."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from bcn_core.errors import StorageFailure
from bcn_core.repository.encoding import encode
from bcn_core.restore import RestoreRequest
from tests.warehouse.readers import findings, histories
from tests.warehouse.runs import Lab
from tests.warehouse.shop import fill_shop
from tests.warehouse.source import Place, append, tables_of

NewPlace = Callable[[str], Place]


@pytest.fixture
def new_place(postgres_uri: str, tmp_path: Path) -> NewPlace:
    """Places whose catalogs are databases of their own on one server."""
    server = make_url(postgres_uri)

    def made(name: str) -> Place:
        database = f"{tmp_path.name}_{name}"
        engine = create_engine(server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{database}"'))
        engine.dispose()
        address = server.set(database=database).render_as_string(hide_password=False)
        return Place(tmp_path / name, name, address)

    return made


@pytest.fixture
def lab(new_place: NewPlace) -> Lab:
    source, target = new_place("source"), new_place("target")
    fill_shop(source)
    lab = Lab.of(source)
    lab.target = target
    return lab


def test_a_lost_warehouse_comes_back_with_every_row_of_every_snapshot(lab: Lab) -> None:
    expected = histories(lab.source.pyiceberg())
    lab.take()
    lab.source.lose()

    report = lab.restore()

    assert () == report.failed
    assert expected == histories(lab.target.pyiceberg())


def test_restored_tables_name_nothing_of_their_source(lab: Lab) -> None:
    lab.take()
    lab.source.lose()
    lab.restore()

    catalog = lab.target.pyiceberg()
    places = [catalog.load_table(one).metadata_location for one in tables_of(catalog)]
    source = (str(lab.source.folder),)
    assert [] == [
        one for place in places for one in findings(place, f"file://{lab.target.warehouse}", source)
    ]


def test_an_unchanged_catalog_is_an_unchanged_pit(lab: Lab) -> None:
    tables = lab.take().counts.tables

    assert tables == lab.take().counts.unchanged


def test_a_table_is_replaced_by_compare_and_swap(lab: Lab) -> None:
    lab.take()
    lab.restore()
    before = histories(lab.target.pyiceberg())
    append(lab.target.pyiceberg().load_table("sales.orders"), 500)

    report = lab.restore(
        RestoreRequest(
            tables=("sales.orders",),
            on_conflict="replace",
            target_location=f"file://{lab.target.folder}/replaced",
        )
    )

    assert ["replace"] == [one.action for one in report.tables]
    assert before == histories(lab.target.pyiceberg())


def test_the_servers_password_is_nowhere_in_the_repository(lab: Lab, postgres_uri: str) -> None:
    password = str(make_url(postgres_uri).password).encode()

    manifest = lab.take()

    store = lab.repository.store
    assert [] == [one.key for one in store.list("") if password in store.get(one.key)]
    assert password not in encode(manifest)


def test_a_catalog_that_does_not_answer_is_told_without_its_password(lab: Lab) -> None:
    server = make_url(lab.source.uri).set(port=1)
    gone = Place(lab.source.folder, "source", server.render_as_string(hide_password=False))

    with pytest.raises(StorageFailure) as refused:
        gone.bcn()

    assert str(server.password) not in str(refused.value)
