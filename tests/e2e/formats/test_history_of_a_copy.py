"""How much of its history a restored table has: all, the current snapshot, or what refs name."""

import json
from typing import Any

import pytest

from bcn_core.iceberg.snapshot_selection import HistoryMode
from bcn_core.restore import RestoreReport, RestoreRequest
from tests.warehouse.commits import HandMade, path_of
from tests.warehouse.journey import faults, ids, only, restored
from tests.warehouse.readers import rows
from tests.warehouse.runs import Lab
from tests.warehouse.rust import rust_rows
from tests.warehouse.source import append


def raw_of(location: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path_of(location).read_bytes())
    return found


@pytest.fixture
def tagged(lab: Lab, orders: HandMade) -> HandMade:
    """Three snapshots: the first has a tag, the second nothing, the third is current."""
    table = lab.source.pyiceberg().load_table("sales.orders")
    table.manage_snapshots().create_tag(table.snapshots()[0].snapshot_id, "opening").commit()
    append(table, 20, 10)
    return orders


def copied(lab: Lab, history: HistoryMode) -> RestoreReport:
    lab.take()
    lab.source.lose()
    return lab.restore(RestoreRequest(history=history))


def test_the_current_snapshot_alone(tagged: HandMade, lab: Lab) -> None:
    kept = tagged.raw["current-snapshot-id"]

    report = copied(lab, "current")

    raw = raw_of(only(report))
    assert [kept] == [one["snapshot-id"] for one in raw["snapshots"]]
    assert ({"main"}, []) == (set(raw["refs"]), raw["metadata-log"])
    assert [kept] == [one["snapshot-id"] for one in raw["snapshot-log"]]


@pytest.mark.usefixtures("tagged")
def test_a_ref_that_is_left_out_is_told_in_the_plan(lab: Lab) -> None:
    report = copied(lab, "current")

    notes = report.tables[0].plan.notes
    assert "history 'current' keeps 1 of 3 snapshots" in notes
    assert any(note.startswith("the tag 'opening' is left out with its snapshot") for note in notes)


@pytest.mark.usefixtures("tagged")
def test_the_current_state_is_the_same_without_its_history(lab: Lab) -> None:
    location = only(copied(lab, "current"))

    assert list(range(30)) == ids(rows(location)) == ids(rust_rows(location))
    assert [] == faults(lab, location)


@pytest.mark.usefixtures("tagged")
def test_refs_keep_their_snapshots(lab: Lab) -> None:
    location = only(copied(lab, "refs"))

    raw = raw_of(location)
    tag = raw["refs"]["opening"]["snapshot-id"]
    assert 2 == len(raw["snapshots"])
    assert list(range(10)) == ids(rows(location, tag))
    assert [] == faults(lab, location)


@pytest.mark.usefixtures("tagged")
def test_less_history_copies_fewer_files(lab: Lab) -> None:
    lab.take()
    lab.restore(RestoreRequest(target_table="whole"))
    lab.restore(RestoreRequest(target_table="short", history="current"))

    whole, short = (list((lab.target.warehouse / "sales" / name).rglob("*.*")) for name in ("whole", "short"))
    assert len(short) < len(whole)


def test_the_counters_stay_high_without_the_history(tagged: HandMade, lab: Lab) -> None:
    before = tagged.raw

    raw = raw_of(only(copied(lab, "current")))

    for key in ("last-sequence-number", "last-column-id", "last-partition-id", "schemas", "partition-specs"):
        assert before[key] == raw[key]


def test_a_staged_snapshot_without_a_ref_comes_along(orders: HandMade, lab: Lab) -> None:
    main = orders.raw["current-snapshot-id"]

    def unstage(raw: dict[str, Any]) -> None:
        raw["current-snapshot-id"] = raw["refs"]["main"]["snapshot-id"] = main
        raw["snapshots"][-1]["summary"]["wap.id"] = "w1"
        raw["snapshot-log"].pop()

    orders.list(orders.raw, 3, orders.manifests()[:1], unstage)

    location = restored(lab)

    raw = raw_of(location)
    assert (3, main) == (len(raw["snapshots"]), raw["current-snapshot-id"])
    assert 10 == len(rows(location, raw["snapshots"][-1]["snapshot-id"]))


def test_a_rollback_keeps_the_order_of_the_snapshot_log(orders: HandMade, lab: Lab) -> None:
    first = orders.raw["snapshots"][0]["snapshot-id"]

    def roll_back(raw: dict[str, Any]) -> None:
        raw["current-snapshot-id"] = raw["refs"]["main"]["snapshot-id"] = first
        raw["snapshot-log"].append({"snapshot-id": first, "timestamp-ms": raw["last-updated-ms"]})

    orders.edit(roll_back)
    expected = orders.raw["snapshot-log"]

    location = restored(lab)

    assert expected == raw_of(location)["snapshot-log"]
    assert list(range(10)) == ids(rows(location))


def test_a_missing_older_metadata_file_is_left_out_of_the_log(orders: HandMade, lab: Lab) -> None:
    path_of(orders.raw["metadata-log"][0]["metadata-file"]).unlink()
    expected = len(orders.raw["metadata-log"]) - 1

    location = restored(lab)

    assert expected == len(raw_of(location)["metadata-log"])
    assert [] == faults(lab, location)


def test_a_broken_old_snapshot_is_named_and_never_emptied(orders: HandMade, lab: Lab) -> None:
    first = orders.raw["snapshots"][0]
    path_of(first["manifest-list"]).unlink()
    lab.take()
    lab.source.lose()

    report = lab.restore()

    raw = raw_of(only(report))
    assert first["snapshot-id"] not in [one["snapshot-id"] for one in raw["snapshots"]]
    assert "1 old snapshot left out: damaged at the source" in report.tables[0].plan.notes


def test_statistics_come_along_with_their_sizes(orders: HandMade, lab: Lab) -> None:
    place = orders.write("metadata/stats.puffin", b"PFA1 sketches")

    def add(raw: dict[str, Any]) -> None:
        named = {
            "snapshot-id": raw["current-snapshot-id"],
            "statistics-path": place,
            "file-size-in-bytes": 13,
        }
        raw["statistics"] = [{**named, "file-footer-size-in-bytes": 4, "blob-metadata": []}]
        raw["partition-statistics"] = [named]

    orders.edit(add)

    location = restored(lab)

    raw = raw_of(location)
    paths = {raw[part][0]["statistics-path"] for part in ("statistics", "partition-statistics")}
    assert {f"file://{lab.target.warehouse}/sales/orders/metadata/stats.puffin"} == paths
    assert [] == faults(lab, location)
