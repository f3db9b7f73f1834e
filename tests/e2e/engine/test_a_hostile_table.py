"""Whoever may write a table, or a repository, does not come to work with the rights of the machine that runs BCN."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyiceberg.table import Table
from sqlalchemy import create_engine, text

from bcn_core.backup import back_up
from bcn_core.capture.reach import OutOfReach, Reach
from bcn_core.describe import describe_pit
from bcn_core.drilling.row_counts import count_rows
from bcn_core.errors import InvalidRequest
from bcn_core.iceberg.manifests import read_manifest_list
from bcn_core.names import pit_id
from bcn_core.repository.documents import PitManifest
from bcn_core.repository.repository import Repository
from bcn_core.restoration.preflight import check_own_places
from bcn_core.restore import RestoreRequest, plan_restore
from tests.builders import bombs
from tests.warehouse.runs import Lab, table
from tests.warehouse.source import append, make

SECRET = b"the key of the machine that takes the backups"


def pointed(lab: Lab, location: str) -> None:
    """The catalog's row of ``sales.orders`` names another metadata file."""
    with create_engine(lab.source.uri).begin() as connection:
        connection.execute(
            text("UPDATE iceberg_tables SET metadata_location = :place WHERE table_name = 'orders'"),
            {"place": location},
        )


def told(found: Table, **fields: Any) -> bytes:
    """A table's metadata file, with other things in it."""
    path = Path(found.metadata_location.removeprefix("file://"))
    return json.dumps(json.loads(path.read_bytes()) | fields).encode()


def rewritten(found: Table, **fields: Any) -> None:
    """A table's writer writes what it likes into the metadata file."""
    Path(found.metadata_location.removeprefix("file://")).write_bytes(told(found, **fields))


def with_property(found: Table, name: str, value: str) -> None:
    rewritten(found, properties={name: value})


@pytest.fixture
def orders(lab: Lab) -> Table:
    catalog = lab.source.pyiceberg()
    found = make(catalog, "sales.orders")
    append(found, 0)
    return found


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    place = tmp_path / "home" / "id_rsa"
    place.parent.mkdir()
    place.write_bytes(SECRET)
    return place


def is_stored(lab: Lab) -> bool:
    store = lab.repository.store
    return any(SECRET in store.get(found.key) for found in store.list(""))


def within(lab: Lab, *places: str) -> PitManifest:
    return back_up(lab.backup(within=places))


def encrypted_at(orders: Table, place: Path) -> None:
    """All that lies at the places of an encrypted table is taken: here somebody names a place of their choice."""
    keys = [{"key-id": "any", "encrypted-key-metadata": ""}]
    rewritten(orders, **{"encryption-keys": keys, "properties": {"write.data.path": f"file://{place}"}})


def test_a_table_of_another_store_has_no_file_of_this_machine_copied(
    lab: Lab, orders: Table, secret: Path
) -> None:
    statistics = {"snapshot-id": 1, "statistics-path": f"file://{secret}", "file-size-in-bytes": len(SECRET)}
    data = told(orders, statistics=[statistics], snapshots=[], **{"current-snapshot-id": -1})
    lab.stores.at("memory://lake").put_new("v1.metadata.json", [data])
    pointed(lab, "memory://lake/v1.metadata.json")

    lab.take()

    assert not is_stored(lab)


def test_a_table_of_another_store_whose_rows_lie_on_this_machine_fails(lab: Lab, orders: Table) -> None:
    lab.stores.at("memory://lake").put_new("v1.metadata.json", [told(orders)])
    pointed(lab, "memory://lake/v1.metadata.json")

    found = lab.take()

    assert ("partial", True) == (found.status, "is a file of this machine" in found.failed[0].reason)


def test_a_place_that_the_backup_may_not_read_is_not_listed(lab: Lab, orders: Table, secret: Path) -> None:
    encrypted_at(orders, secret.parent)

    found = within(lab, f"file://{lab.source.warehouse}")

    assert ("partial", False) == (found.status, is_stored(lab))


def test_without_such_a_bound_it_is(lab: Lab, orders: Table, secret: Path) -> None:
    encrypted_at(orders, secret.parent)

    assert ("complete", True) == (lab.take().status, is_stored(lab))


@pytest.mark.usefixtures("orders")
def test_a_table_within_the_bounds_is_backed_up(lab: Lab) -> None:
    assert "complete" == within(lab, "file:///nowhere", f"file://{lab.source.warehouse}").status


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize("pit", [None, pit_id(datetime(2026, 1, 1, tzinfo=UTC))])
def test_a_pointer_out_of_the_bounds_is_not_even_looked_for(lab: Lab, pit: str | None) -> None:
    pointed(lab, "file:///nowhere/v1.metadata.json")

    found = back_up(lab.backup(within=(f"file://{lab.source.warehouse}",)), pit)

    assert "outside of all places" in found.failed[0].reason


def test_two_dots_do_not_lead_out_of_the_bounds() -> None:
    reach = Reach("file:///lake/t/v1.metadata.json", ("file:///lake",))

    with pytest.raises(OutOfReach, match="within"):
        reach.check("file:///lake/t/../../etc/bcn/key")


@pytest.mark.usefixtures("orders")
def test_a_repository_cannot_have_files_of_an_object_stores_table_put_into_this_machine(lab: Lab) -> None:
    record = lab.record(lab.take(), "sales.orders")
    tampered = record.model_copy(update={"roots": ("s3://lake/orders", "file:///etc/bcn")})

    with pytest.raises(InvalidRequest, match="/etc/bcn"):
        check_own_places(tampered)


@pytest.mark.usefixtures("orders")
def test_places_beside_the_table_are_named_in_the_plan(lab: Lab) -> None:
    record = lab.record(lab.take(), "sales.orders")
    elsewhere = record.model_copy(update={"roots": (*record.roots, "file:///etc/cron.d")})

    assert ("files go to file:///etc/cron.d as well",) == check_own_places(elsewhere)


def test_a_restore_to_the_old_place_names_every_other_place_that_it_writes_to(
    lab: Lab, tmp_path: Path
) -> None:
    beside = f"file://{tmp_path}/beside"
    append(make(lab.source.pyiceberg(), "sales.wide", properties={"write.data.path": beside}), 0)
    lab.take()
    lab.source.lose()

    (plan,) = plan_restore(lab.restorer(lab.source), RestoreRequest()).tables

    assert f"files go to {beside} as well" in plan.notes


ODD = ["file:///\x00x", "file:///tmp/\ud800", "\ud800://x", ""]


@pytest.mark.parametrize("odd", ODD, ids=ascii)
@pytest.mark.parametrize("part", ["manifest-list", "log", "location", "column", "property", "summary"])
def test_what_a_table_spells_costs_that_table_alone(lab: Lab, orders: Table, odd: str, part: str) -> None:
    append(make(lab.source.pyiceberg(), "sales.neighbour"), 0)
    spelled(orders, part, odd)

    found = Repository.open(lab.repository.store).pit(lab.take().pit)

    described = describe_pit(lab.repository, found.pit)
    assert ["sales.neighbour"] == [
        str(one.table) for one in described.tables if one.table.name == "neighbour"
    ]
    assert table("sales.neighbour") in lab.repository.tables(found)


def spelled(orders: Table, part: str, odd: str) -> None:
    """A writer puts a text into a part of the metadata file."""
    raw = json.loads(Path(orders.metadata_location.removeprefix("file://")).read_bytes())
    snapshot, column = raw["snapshots"][0], raw["schemas"][0]["fields"][0]
    match part:
        case "manifest-list":
            snapshot["manifest-list"] = odd
        case "log":
            raw["metadata-log"] = [{"metadata-file": odd, "timestamp-ms": 1}]
        case "location":
            raw["location"] = odd
        case "column":
            column |= {"name": odd, "doc": odd}
        case "property":
            raw["properties"] = {odd: odd, "write.data.path": odd}
        case "summary":
            snapshot["summary"] = {"operation": odd, "total-records": odd, odd: odd}
    rewritten(orders, **raw)


@pytest.mark.parametrize("part", ["metadata", "manifest list", "manifest"])
def test_what_unpacks_too_far_costs_its_table_alone(lab: Lab, orders: Table, part: str) -> None:
    append(make(lab.source.pyiceberg(), "sales.neighbour"), 0)
    path, data = bomb(orders, part)
    path.write_bytes(data)

    found = Repository.open(lab.repository.store).pit(lab.take().pit)

    assert ("partial", [table("sales.neighbour")]) == (found.status, [*lab.repository.tables(found)])
    assert "it unpacks to more than 256 MiB" in str(found)


def bomb(orders: Table, part: str) -> tuple[Path, bytes]:
    """A file of a table, and what a hostile writer puts there."""
    metadata = Path(orders.metadata_location.removeprefix("file://"))
    if part == "metadata":
        return metadata, bombs.gzipped()
    listing = Path(json.loads(metadata.read_bytes())["snapshots"][0]["manifest-list"].removeprefix("file://"))
    if part == "manifest list":
        return listing, bombs.avro("zstandard")
    [manifest] = read_manifest_list(listing.read_bytes(), "list")
    return Path(manifest.path.removeprefix("file://")), bombs.avro("zstandard")


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Python class that notes that somebody loaded it."""
    mark = tmp_path / "loaded"
    code = f"from pathlib import Path\ndef Files(properties):\n    Path({str(mark)!r}).touch()\n"
    (tmp_path / "planted_by_a_table.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    return mark


def test_a_class_that_a_table_names_is_not_loaded_when_it_is_registered(
    lab: Lab, orders: Table, planted: Path
) -> None:
    with_property(orders, "py-io-impl", "planted_by_a_table.Files")
    lab.take()

    report = lab.restore()

    assert ([""], False) == ([one.error for one in report.tables], planted.exists())


def test_nor_when_its_rows_are_counted(orders: Table, planted: Path) -> None:
    with_property(orders, "py-io-impl", "planted_by_a_table.Files")

    found = count_rows(orders.metadata_location, {})

    assert ("", False) == (found.problem, planted.exists())


def test_a_table_does_not_send_its_readers_to_another_endpoint(lab: Lab, orders: Table) -> None:
    with_property(orders, "s3.endpoint", "http://127.0.0.1:9")

    loaded = lab.source.bcn()._catalog.load_table("sales.orders")  # type: ignore[attr-defined]

    assert "s3.endpoint" not in loaded.io.properties


def test_such_properties_come_back_as_the_text_that_they_are(lab: Lab, orders: Table) -> None:
    with_property(orders, "s3.endpoint", "http://127.0.0.1:9")
    lab.take()
    lab.restore()

    assert "http://127.0.0.1:9" == lab.target.pyiceberg().load_table("sales.orders").properties["s3.endpoint"]
