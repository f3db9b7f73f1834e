"""Targets: other names, other places, and the places that a restore refuses before it writes a byte."""

import json
from pathlib import Path

import pytest

from bcn_core.catalogs.files_only import FilesOnly
from bcn_core.errors import Conflict, DamagedRepository, InvalidRequest, NotFound, StorageFull, StorageRefused
from bcn_core.restoration.checking import check_restored
from bcn_core.restoration.contents import Contents, open_contents
from bcn_core.restore import Restore, RestoreRequest, TablePlan, plan_restore, restore_all
from bcn_core.storage.opening import Stores
from bcn_core.verify import TableCheck, verify_table
from tests.warehouse.readers import findings, histories, rows
from tests.warehouse.runs import Lab, table
from tests.warehouse.source import Place, append, make
from tests.warehouse.watching import Watched, WatchedStore


@pytest.fixture
def lab(lab: Lab) -> Lab:
    """Three tables in two databases, in one PIT."""
    catalog = lab.source.pyiceberg()
    append(make(catalog, "sales.orders"), 0)
    append(make(catalog, "sales.log"), 10)
    append(make(catalog, "ops.log"), 20)
    lab.take()
    return lab


def names(lab: Lab) -> list[str]:
    return sorted(histories(lab.target.pyiceberg()))


def targets(lab: Lab, request: RestoreRequest) -> list[str]:
    return [str(plan.target) for plan in plan_restore(lab.restorer(), request).tables]


def refusals(lab: Lab, request: RestoreRequest) -> list[str]:
    return [
        type(plan.refusal).__name__ for plan in plan_restore(lab.restorer(), request).tables if plan.refusal
    ]


def test_a_database_is_restored_under_another_name(lab: Lab) -> None:
    lab.restore(RestoreRequest(databases=("sales",), target_database="sales_then"))

    assert ["sales_then.log", "sales_then.orders"] == names(lab)


def test_a_table_is_restored_under_another_name(lab: Lab) -> None:
    lab.restore(RestoreRequest(tables=("sales.orders",), target_table="orders_then"))

    assert ["sales.orders_then"] == names(lab)


def test_templates_keep_tables_of_several_databases_apart(lab: Lab) -> None:
    request = RestoreRequest(target_database="then", target_table="{database}_{table}")

    assert ["then.ops_log", "then.sales_log", "then.sales_orders"] == targets(lab, request)


def test_two_tables_that_would_get_one_name_are_refused(lab: Lab) -> None:
    with pytest.raises(InvalidRequest, match=r"ops\.log and sales\.log would both become then\.log"):
        plan_restore(lab.restorer(), RestoreRequest(target_database="then"))


def test_a_target_that_no_table_can_share_is_refused_for_several_tables(lab: Lab) -> None:
    with pytest.raises(InvalidRequest, match="would both become"):
        plan_restore(lab.restorer(), RestoreRequest(databases=("sales",), target_table="one"))


def test_globs_choose_tables(lab: Lab) -> None:
    assert ["ops.log", "sales.log"] == targets(lab, RestoreRequest(tables=("log",)))


def test_excluded_tables_stay_out(lab: Lab) -> None:
    assert ["ops.log", "sales.orders"] == targets(lab, RestoreRequest(exclude=("sales.l*",)))


@pytest.mark.fault(27)
def test_a_filter_that_matches_nothing_offers_the_nearest_names(lab: Lab) -> None:
    with pytest.raises(NotFound) as refused:
        plan_restore(lab.restorer(), RestoreRequest(tables=("sales.order",)))

    assert "sales.orders" in refused.value.hint


def test_an_unknown_database_offers_the_nearest_names(lab: Lab) -> None:
    with pytest.raises(NotFound) as refused:
        plan_restore(lab.restorer(), RestoreRequest(databases=("slaes",)))

    assert "sales" in refused.value.hint


def test_one_table_goes_to_the_very_place_that_is_named(lab: Lab, tmp_path: Path) -> None:
    place = f"file://{tmp_path}/a place/of its own"
    lab.restore(RestoreRequest(tables=("sales.orders",), target_location=place))

    assert place == lab.target.pyiceberg().load_table("sales.orders").location()


def test_several_tables_share_a_named_place_in_folders_of_their_own(lab: Lab, tmp_path: Path) -> None:
    lab.restore(RestoreRequest(target_location=str(tmp_path / "then")))

    catalog = lab.target.pyiceberg()
    places = {name: catalog.load_table(name).location() for name in names(lab)}
    assert {name: f"file://{tmp_path}/then/{name.replace('.', '/')}" for name in places} == places


def test_a_place_with_placeholders_is_filled_for_each_table(lab: Lab, tmp_path: Path) -> None:
    request = RestoreRequest(databases=("sales",), target_location=f"{tmp_path}/{{table}}-of-{{database}}")

    plans = plan_restore(lab.restorer(), request).tables

    assert ["log-of-sales", "orders-of-sales"] == [plan.location.rpartition("/")[2] for plan in plans]


def test_two_tables_that_would_share_a_place_are_refused(lab: Lab, tmp_path: Path) -> None:
    request = RestoreRequest(tables=("log",), target_location=f"{tmp_path}/{{table}}")

    assert ["Conflict"] == refusals(lab, request)


def test_a_table_inside_the_place_of_another_is_refused(lab: Lab) -> None:
    append(make(lab.source.pyiceberg(), ("sales", "orders/old")), 0)
    lab.take()

    assert ["Conflict"] == refusals(lab, RestoreRequest(tables=("sales.orders*",)))


@pytest.mark.fault(31)
@pytest.mark.parametrize("below", ["inside", "data/deeper"])
def test_a_place_inside_the_source_is_refused(lab: Lab, below: str) -> None:
    place = f"{lab.source.warehouse}/sales/orders/{below}"

    with pytest.raises(InvalidRequest, match="contain one another"):
        lab.restore(RestoreRequest(tables=("sales.orders",), target_location=place))


def test_a_place_around_the_source_is_refused(lab: Lab) -> None:
    request = RestoreRequest(tables=("sales.orders",), target_location=str(lab.source.warehouse / "sales"))

    with pytest.raises(InvalidRequest, match="contain one another"):
        lab.restore(request)


def test_a_place_that_only_begins_like_the_source_is_taken(lab: Lab) -> None:
    place = f"{lab.source.warehouse}/sales/orders_then"

    report = lab.restore(RestoreRequest(tables=("sales.orders",), target_location=place))

    assert () == report.failed


def test_a_place_that_holds_other_files_is_refused(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear")

    with pytest.raises(Conflict, match=r"not empty: it holds letter\.txt"):
        lab.restore(RestoreRequest(tables=("sales.orders",), target_location=str(tmp_path / "full")))


def test_the_place_of_another_table_of_the_target_is_refused(lab: Lab) -> None:
    lab.restore(RestoreRequest(tables=("sales.log",)))
    place = f"{lab.target.warehouse}/sales/log/deeper"

    with pytest.raises(Conflict, match=r"overlaps with sales\.log"):
        lab.restore(RestoreRequest(tables=("sales.orders",), target_location=place))


def test_a_refused_restore_writes_nothing(lab: Lab, tmp_path: Path) -> None:
    watched = Watched()
    lab.stores = Stores(watched.wrap)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear")

    with pytest.raises(Conflict):
        lab.restore(RestoreRequest(tables=("sales.orders",), target_location=str(tmp_path / "full")))

    assert [] == watched.writes


@pytest.mark.fault(37)
def test_a_plan_writes_nothing(lab: Lab) -> None:
    watched = Watched()
    lab.stores = Stores(watched.wrap)

    plan_restore(lab.restorer(), RestoreRequest())

    assert [] == watched.writes
    assert [] == names(lab)


@pytest.mark.fault(35)
def test_a_place_without_room_is_refused_before_the_first_byte(lab: Lab) -> None:
    watched = Watched()

    class Small(type(watched.wrap(Stores().at("memory://x")))):  # type: ignore[misc]
        def free_bytes(self) -> int:
            return 100

    lab.stores = Stores(lambda store: Small(store, watched))

    with pytest.raises(StorageRefused, match="100 bytes"):
        lab.restore()

    assert [] == watched.writes


@pytest.mark.fault(35)
def test_a_database_whose_tables_fit_one_by_one_and_not_together_is_refused_before_the_first_byte(
    lab: Lab,
) -> None:
    sizes = [one.bytes for one in plan_restore(lab.restorer(), RestoreRequest()).tables]
    watched = Watched()

    class Small(WatchedStore):
        def free_bytes(self) -> int:
            return sum(sizes) - 1

    lab.stores = Stores(lambda store: Small(store, watched))

    with pytest.raises(
        StorageFull, match=f"{sum(sizes)} are needed: each of the {len(sizes)} tables would fit"
    ):
        lab.restore()

    assert [] == watched.writes
    assert [] == names(lab)


def test_what_an_earlier_try_left_at_its_place_needs_no_room(lab: Lab) -> None:
    (whole,) = lab.restore(RestoreRequest(tables=("sales.orders",))).plan.tables
    lab.target.pyiceberg().drop_table(
        "sales.orders"
    )  # from the catalog: its files stay, as those of a dead try

    class Full(WatchedStore):
        def free_bytes(self) -> int:
            return whole.bytes // 2

    lab.stores = Stores(lambda store: Full(store, Watched()))

    assert [] == refusals(lab, RestoreRequest(tables=("sales.orders",)))


def test_a_database_of_which_nothing_can_be_restored_is_not_made(lab: Lab) -> None:
    lost = next(
        one.key
        for one in lab.repository.store.list("catalogs")
        if "/ops/log/" in one.key and "/data/" in one.key
    )
    lab.repository.store.delete(lost)

    plan = plan_restore(lab.restorer(), RestoreRequest())

    assert [("sales",)] == [one.namespace for one in plan.databases]


def test_a_copy_in_the_catalog_of_its_source_gets_a_uuid_of_its_own(lab: Lab) -> None:
    lab.restore(RestoreRequest(tables=("sales.orders",), target_table="copy"), lab.source)

    catalog = lab.source.pyiceberg()
    uuids = [catalog.load_table(name).metadata.table_uuid for name in ("sales.orders", "sales.copy")]
    assert 2 == len(set(uuids))


def test_a_copy_in_the_catalog_of_its_source_has_the_same_rows(lab: Lab) -> None:
    lab.restore(RestoreRequest(tables=("sales.orders",), target_table="copy"), lab.source)

    catalog = lab.source.pyiceberg()
    original, copy = (catalog.load_table(name).metadata_location for name in ("sales.orders", "sales.copy"))
    assert rows(original) == rows(copy)


def test_a_copy_beside_its_source_names_nothing_of_it(lab: Lab) -> None:
    lab.restore(RestoreRequest(tables=("sales.orders",), target_table="copy"), lab.source)

    copy = lab.source.pyiceberg().load_table("sales.copy")
    source = f"file://{lab.source.warehouse}/sales/orders"
    assert [] == findings(copy.metadata_location, copy.location(), (source,))


@pytest.mark.parametrize(("choice", "kept"), [("keep", True), ("new", False), ("auto", True)])
def test_the_uuid_is_kept_or_new_as_asked(lab: Lab, choice: str, kept: bool) -> None:
    expected = lab.repository.tables(lab.repository.pit(lab.repository.pits()[0]))[table("sales.orders")].uuid

    lab.restore(RestoreRequest(tables=("sales.orders",), uuid=choice))  # type: ignore[arg-type]

    found = str(lab.target.pyiceberg().load_table("sales.orders").metadata.table_uuid)
    assert kept == (expected == found)


def test_a_new_uuid_is_the_same_when_the_restore_is_run_again(lab: Lab, tmp_path: Path) -> None:
    request = RestoreRequest(tables=("sales.orders",), uuid="new")
    uuids = set()
    for number in (1, 2):
        target = Place(tmp_path / f"target{number}", "elsewhere")
        lab.restore(request, target)
        uuids.add(target.pyiceberg().load_table("sales.orders").metadata.table_uuid)

    assert 1 == len(uuids)


def test_a_table_with_a_new_uuid_says_where_it_came_from(lab: Lab) -> None:
    lab.restore(RestoreRequest(tables=("sales.orders",), uuid="new"))

    properties = lab.target.pyiceberg().load_table("sales.orders").properties
    assert {"bcn.restored-from-uuid", "bcn.pit-id"} <= properties.keys()


def test_properties_of_a_database_come_back(lab: Lab) -> None:
    lab.source.pyiceberg().update_namespace_properties("sales", updates={"owner": "sales team"})
    lab.take()

    lab.restore()

    assert "sales team" == lab.target.pyiceberg().load_namespace_properties("sales")["owner"]


def test_a_table_that_was_renamed_after_the_pit_does_not_share_its_uuid(lab: Lab) -> None:
    lab.source.pyiceberg().rename_table("sales.orders", "sales.moved")
    request = RestoreRequest(tables=("sales.orders",), target_location=str(lab.target.folder / "orders"))

    lab.restore(request, lab.source)

    catalog = lab.source.pyiceberg()
    uuids = [catalog.load_table(name).metadata.table_uuid for name in ("sales.orders", "sales.moved")]
    assert 2 == len(set(uuids))


def test_the_check_of_a_table_in_a_store_lists_it_and_asks_for_no_single_file(lab: Lab) -> None:
    watched = Watched()
    lab.stores = Stores(watched.wrap)
    restore = Restore(lab.repository, FilesOnly(), lab.stores)
    wanted = RestoreRequest(tables=("sales.orders",), target_location="memory://lake/orders")
    restore_all(restore, plan_restore(restore, wanted))
    watched.calls.clear()

    found = verify_table(lab.stores, TableCheck("memory://lake/orders"))

    assert ((), []) == (found.findings, watched.keys("stat"))


def with_property(lab: Lab, key: str) -> tuple[TablePlan, Contents]:
    """A restored table, one property of which names a folder of the source."""
    (plan,) = plan_restore(lab.restorer(), RestoreRequest(tables=("sales.orders",))).tables
    contents = open_contents(lab.repository, lab.repository.capture(plan.entry), plan.history)
    lab.restore(RestoreRequest(tables=("sales.orders",)))
    file = Path(plan.metadata_location.removeprefix("file://"))
    raw = json.loads(file.read_bytes())
    raw["properties"][key] = f"{contents.record.roots[0]}/data"
    file.write_text(json.dumps(raw))
    return plan, contents


def test_a_restored_table_that_would_write_to_its_source_does_not_pass(lab: Lab) -> None:
    plan, contents = with_property(lab, "write.data.path")

    with pytest.raises(DamagedRepository, match="names the source"):
        check_restored(plan, contents, lab.stores)


def test_a_text_that_names_the_source_is_a_note(lab: Lab) -> None:
    (note,) = check_restored(*with_property(lab, "a note"), lab.stores)

    assert "a note" in note
