"""Failover: a standby becomes a table of its own, says what it lost, and is left alone by sync from then on."""

import json
from dataclasses import replace

from bcn_core.errors import Conflict
from bcn_core.promote import Promote, Promotion, promote_all
from bcn_core.replication.sites import site_map
from bcn_core.sync import Sync, SyncRequest, sync_all
from tests.builders.standby_line import StandbyLine
from tests.warehouse.commits import HandMade, path_of
from tests.warehouse.meddling import MeetingCatalog, conflict
from tests.warehouse.readers import rows
from tests.warehouse.source import append
from tests.warehouse.standby import ORDERS, Sites


def properties(sites: Sites) -> dict[str, str]:
    found: dict[str, str] = json.loads(path_of(sites.pointer()).read_bytes())["properties"]
    return found


def with_one_prefix(sites: Sites) -> SyncRequest:
    """Both sites have the source's prefix, as with a bucket that is mirrored under its own name."""
    same = f"file://{sites.source.folder}"
    return SyncRequest(site_map([(same, same)]), {ORDERS: f"file://{sites.source.warehouse}/sales/orders"})


def promoted(sites: Sites, request: SyncRequest, catalog: MeetingCatalog) -> Promotion:
    (found,) = promote_all(Promote(catalog, sites.stores, request))
    return found


def test_a_promoted_table_is_written_by_its_own_writers(terminal: StandbyLine, sites: Sites) -> None:
    terminal.bcn("sync")
    sites.source.lose()

    answer = terminal.bcn("promote", "--yes")
    append(sites.standby.pyiceberg().load_table("sales.orders"), 90, 5)

    assert (0, 25) == (answer.code, len(rows(sites.pointer())))
    assert "1 of 1 tables promoted" in answer.out


def test_garbage_collection_is_as_it_was_at_the_source(
    terminal: StandbyLine, sites: Sites, orders: HandMade
) -> None:
    orders.edit(lambda raw: raw["properties"].update({"gc.enabled": "true"}))
    sites.replicate()
    terminal.bcn("sync")

    terminal.bcn("promote", "--yes")

    assert "true" == properties(sites)["gc.enabled"]


def test_a_writer_that_counts_time_in_other_units_stops_no_promotion(
    terminal: StandbyLine, sites: Sites, orders: HandMade
) -> None:
    orders.edit(
        lambda raw: raw.update({"last-updated-ms": raw["last-updated-ms"] * 1000, "metadata-log": None})
    )
    sites.replicate()
    terminal.bcn("sync")

    answer = terminal.bcn("promote", "--yes")

    assert (0, True) == (answer.code, "1 of 1 tables promoted" in answer.out)


def test_where_the_source_set_no_garbage_collection_none_is_set(terminal: StandbyLine, sites: Sites) -> None:
    terminal.bcn("sync")

    terminal.bcn("promote", "--yes")

    assert "gc.enabled" not in properties(sites)


def test_versions_that_arrived_in_part_are_told_as_lost(terminal: StandbyLine, sites: Sites) -> None:
    terminal.bcn("sync")
    append(sites.source.pyiceberg().load_table("sales.orders"), 20, 5)
    sites.replicate(lambda name: not name.endswith(".parquet"))

    answer = terminal.bcn("promote", "--dry-run")

    assert "LOSES 1 version" in answer.out
    assert "is not there yet" in answer.out


def test_a_dry_run_leaves_the_replica(terminal: StandbyLine, sites: Sites) -> None:
    terminal.bcn("sync")
    before = sites.pointer()

    terminal.bcn("promote", "--dry-run")

    assert before == sites.pointer()


def test_nobody_is_there_to_confirm(terminal: StandbyLine, sites: Sites) -> None:
    terminal.bcn("sync")
    before = sites.pointer()

    assert (2, before) == (terminal.bcn("promote").code, sites.pointer())


def test_a_whole_version_that_was_not_synced_is_not_thrown_away(terminal: StandbyLine, sites: Sites) -> None:
    terminal.bcn("sync")
    append(sites.source.pyiceberg().load_table("sales.orders"), 20, 5)
    sites.replicate()

    answer = terminal.bcn("promote", "--yes")

    assert (4, True) == (answer.code, "run bcn sync first" in answer.err)


def test_what_is_shown_is_promoted_when_told(terminal: StandbyLine, sites: Sites) -> None:
    terminal.bcn("sync")
    append(sites.source.pyiceberg().load_table("sales.orders"), 20, 5)
    sites.replicate()

    answer = terminal.bcn("promote", "--yes", "--as-is")

    assert (0, 20) == (answer.code, len(rows(sites.pointer())))


def test_promoting_twice_changes_nothing(terminal: StandbyLine, sites: Sites) -> None:
    terminal.bcn("sync")
    terminal.bcn("promote", "--yes")
    before = sites.pointer()

    answer = terminal.bcn("promote", "--yes")

    assert (0, before) == (answer.code, sites.pointer())
    assert "1 were already" in answer.out


def test_sync_leaves_a_promoted_table_alone(terminal: StandbyLine, sites: Sites) -> None:
    terminal.bcn("sync")
    terminal.bcn("promote", "--yes")
    before = sites.pointer()

    answer = terminal.bcn("sync")

    assert (4, before) == (answer.code, sites.pointer())
    assert "bcn failback" in answer.err


def test_a_table_that_was_never_synced_cannot_be_promoted(terminal: StandbyLine) -> None:
    answer = terminal.bcn("promote", "--yes")

    assert (3, True) == (answer.code, "bcn sync" in answer.err)


def test_with_the_same_prefix_at_both_sites_a_table_can_be_promoted(
    terminal: StandbyLine, sites: Sites
) -> None:
    toml = terminal.folder / "bcn.toml"
    here, there = f"file://{sites.standby.folder}", f"file://{sites.source.folder}"
    toml.write_text(
        toml.read_text().replace(f'"{here}"', f'"{there}"').replace("standby/ware", "source/ware")
    )
    terminal.bcn("sync")

    answer = terminal.bcn("promote", "--yes")

    assert (0, True) == (answer.code, "bcn.standby.promoted-at" in properties(sites))


def test_the_document_of_a_promotion_holds_the_plan_and_the_result(terminal: StandbyLine) -> None:
    terminal.bcn("sync")

    document = terminal.bcn("promote", "--yes", "--json").document

    assert ["promote", "promote"] == [document[part][0]["action"] for part in ("plan", "result")]


def test_a_promotion_that_a_sync_overtook_leaves_nothing_in_the_next_ones_way(sites: Sites) -> None:
    request, table = with_one_prefix(sites), sites.source.pyiceberg().load_table("sales.orders")
    append(table, 20, 5)
    late = path_of(table.metadata_location)
    aside = late.rename(late.with_suffix(".late"))
    sync_all(sites.syncing(), request)

    def overtake() -> None:
        """A sync that had looked before commits now."""
        aside.rename(late)
        sites.standby.bcn().replace(ORDERS, sites.pointer(), table.metadata_location)

    refused = promoted(sites, request, MeetingCatalog(sites.standby.bcn(), before=overtake)).refusal
    assert isinstance(refused, Conflict)
    assert () == sync_all(sites.syncing(), request).failed


def test_a_promotion_whose_answer_was_lost_is_one(sites: Sites) -> None:
    request = with_one_prefix(sites)
    sync_all(sites.syncing(), request)

    done = promoted(sites, request, MeetingCatalog(sites.standby.bcn(), after=conflict))

    assert (None, sites.pointer()) == (done.refusal, done.metadata_location)


def test_with_one_prefix_the_way_back_ends_when_the_marks_of_the_promotion_are_removed(sites: Sites) -> None:
    request, source = with_one_prefix(sites), Sync(sites.source.bcn(), sites.stores)
    sync_all(sites.syncing(), request)
    promoted(sites, request, MeetingCatalog(sites.standby.bcn()))
    append(sites.standby.pyiceberg().load_table("sales.orders"), 90, 5)
    sync_all(source, replace(request, replace_diverged=True))
    with sites.source.pyiceberg().load_table("sales.orders").transaction() as change:
        change.remove_properties("bcn.standby.promoted-at", "bcn.standby.promoted-from")
    sync_all(sites.syncing(), replace(request, replace_diverged=True))
    append(sites.source.pyiceberg().load_table("sales.orders"), 200, 3)

    failed = sync_all(sites.syncing(), request).failed

    assert ((), 28) == (failed, len(rows(sites.pointer())))
