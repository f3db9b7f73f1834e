"""Metadata that is ahead of its data, and the other way round: the standby shows the newest version that is whole."""

import json
from dataclasses import replace

from bcn_core.sync import sync_all
from tests.warehouse.commits import HandMade, path_of
from tests.warehouse.meddling import MeetingCatalog, conflict
from tests.warehouse.readers import rows
from tests.warehouse.source import append
from tests.warehouse.standby import Sites


def grow(sites: Sites, *starts: int) -> None:
    orders = sites.source.pyiceberg().load_table("sales.orders")
    for start in starts:
        append(orders, start, 5)


def test_metadata_ahead_of_its_data_shows_the_version_before(sites: Sites) -> None:
    sites.replicate()
    sites.sync()
    grow(sites, 20)
    sites.replicate(lambda name: not name.endswith(".parquet"))

    done = sites.sync()

    assert ("none", 20) == (done.plan.action, len(rows(sites.pointer())))


def test_the_lag_is_said_in_versions_and_seconds(sites: Sites, orders: HandMade) -> None:
    sites.replicate()
    sites.sync()
    before = orders.raw["last-updated-ms"]
    grow(sites, 20, 30)
    sites.replicate(lambda name: not name.endswith(".parquet"))

    lag = sites.sync().plan.lag

    assert (2, (orders.raw["last-updated-ms"] - before) / 1000) == (lag.versions, lag.seconds)


def test_what_the_next_version_lacks_is_said(sites: Sites) -> None:
    sites.replicate()
    sites.sync()
    grow(sites, 20)
    sites.replicate(lambda name: not name.endswith(".parquet"))

    lag = sites.sync().plan.lag

    assert str(lag.missing).endswith(".parquet is not there yet")


def test_a_version_in_between_is_shown_when_it_is_the_newest_whole_one(sites: Sites) -> None:
    sites.replicate()
    sites.sync()
    grow(sites, 20)
    sites.replicate()
    grow(sites, 30)
    sites.replicate(lambda name: not name.endswith(".parquet"))

    done = sites.sync()

    assert ("advance", 1, 25) == (done.plan.action, done.plan.lag.versions, len(rows(sites.pointer())))


def test_a_metadata_file_that_is_there_in_part_is_passed_over(sites: Sites, orders: HandMade) -> None:
    sites.replicate()
    sites.sync()
    grow(sites, 20)
    sites.replicate()
    newest = sites.standby.folder / path_of(orders.pointer).relative_to(sites.source.folder)
    newest.write_bytes(newest.read_bytes()[:-100])

    lag = sites.sync().plan.lag

    assert (1, None) == (lag.versions, lag.seconds)


def test_data_that_is_ahead_of_its_metadata_is_not_shown(sites: Sites) -> None:
    sites.replicate()
    sites.sync()
    grow(sites, 20)
    sites.replicate(lambda name: name.endswith(".parquet"))

    assert ("none", 20) == (sites.sync().plan.action, len(rows(sites.pointer())))


def test_files_of_a_commit_that_failed_are_not_shown(sites: Sites, orders: HandMade) -> None:
    """The earlier of two files of one version, which a failed commit left, and which the later one's log names not."""
    raw = orders.raw
    orphan = {**raw, "last-updated-ms": raw["last-updated-ms"] - 1, "snapshots": [], "refs": {}}
    orphan |= {"current-snapshot-id": -1, "snapshot-log": [], "metadata-log": []}
    orders.write("metadata/00002-0000-failed.metadata.json", json.dumps(orphan).encode())
    sites.replicate()

    done = sites.sync()

    assert 20 == len(rows(sites.pointer()))
    assert "bear the same version" in done.plan.notes[0]


def test_an_old_snapshot_whose_files_never_come_is_left_out_when_told(sites: Sites) -> None:
    orders = sites.source.pyiceberg().load_table("sales.orders")
    orders.delete("id < 10")
    gone = min(sites.source.warehouse.rglob("*.parquet"), key=lambda path: path.stat().st_mtime_ns)
    gone.unlink()
    sites.replicate()

    sites.sync(history="current")

    assert list(range(10, 20)) == [row[0] for row in rows(sites.pointer())]


def test_a_sync_whose_answer_was_lost_is_one(sites: Sites) -> None:
    sites.replicate()
    sites.sync()
    append(sites.source.pyiceberg().load_table("sales.orders"), 20, 5)
    sites.replicate()
    deaf = replace(sites.syncing(), standby=MeetingCatalog(sites.standby.bcn(), after=conflict))

    done = sync_all(deaf, sites.request())

    assert ((), 25) == (done.failed, len(rows(sites.pointer())))
