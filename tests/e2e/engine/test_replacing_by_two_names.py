"""Where a catalog has no call for it, a table is replaced by renaming it away: what happens when that is cut short."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bcn_core.catalogs.pyiceberg_catalog import PyIcebergCatalog
from bcn_core.errors import BcnError, Conflict, StorageFailure
from bcn_core.names import Scope, TableName
from tests.warehouse.source import Place, append, make

ORDERS, ASIDE = TableName(("sales",), "orders"), TableName(("sales",), "orders__bcn_replaced")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    found = Place(tmp_path / "source")
    append(make(found.pyiceberg(), "sales.orders"), 0)
    return found


def pointers(place: Place) -> dict[TableName, str]:
    return dict(place.bcn().sweep(Scope("shop")).pointers)


def registering(place: Place, register: Callable[[Any, str], None]) -> PyIcebergCatalog:
    """A catalog whose library does so when it registers a table."""
    loaded: Any = place.pyiceberg()
    taken_over = loaded.register_table
    loaded.register_table = lambda _, location: register(taken_over, location)
    return PyIcebergCatalog(loaded, "sql")


def failing(_register: Any, _location: str) -> None:
    raise OSError("the server went away")


def interrupted(_register: Any, _location: str) -> None:
    raise KeyboardInterrupt


def unanswered(register: Any, location: str) -> None:
    register(("sales", "orders"), location)
    raise OSError("the answer did not come")


@pytest.mark.parametrize(("register", "told"), [(failing, BcnError), (interrupted, KeyboardInterrupt)])
def test_a_registration_that_is_not_done_leaves_the_old_table_under_its_name(
    place: Place, register: Callable[[Any, str], None], told: type[BaseException]
) -> None:
    before = pointers(place)

    with pytest.raises(told):
        registering(place, register).replace(ORDERS, before[ORDERS], before[ORDERS])

    assert before == pointers(place)


def test_a_registration_whose_answer_is_lost_is_done(place: Place) -> None:
    before = pointers(place)[ORDERS]
    other = make(place.pyiceberg(), "sales.other").metadata_location

    registering(place, unanswered).replace(ORDERS, before, other)

    assert {ORDERS: other, TableName(("sales",), "other"): other} == pointers(place)


def test_an_old_table_that_cannot_be_put_back_is_told_with_its_name(place: Place) -> None:
    before = pointers(place)[ORDERS]

    # PyIceberg's SQL catalog names the file before it reads it.
    with pytest.raises(StorageFailure, match="its old entry not put back") as told:
        PyIcebergCatalog(place.pyiceberg(), "sql").replace(ORDERS, before, "file:///nowhere.json")

    assert (True, before) == (str(ASIDE) in told.value.hint, pointers(place)[ASIDE])


def test_what_a_replacement_that_died_set_aside_is_told_and_stays(place: Place) -> None:
    make(place.pyiceberg(), str(ASIDE))
    before = pointers(place)

    with pytest.raises(Conflict, match=r"sales\.orders__bcn_replaced is in the way") as refused:
        PyIcebergCatalog(place.pyiceberg(), "sql").replace(ORDERS, before[ORDERS], before[ORDERS])

    assert (True, before) == (str(ASIDE) in refused.value.hint, pointers(place))
