"""Failover: a standby becomes a table of its own, says what it lost, and is left alone by sync from then on."""

import json

from tests.builders.standby_line import StandbyLine
from tests.warehouse.commits import HandMade, path_of
from tests.warehouse.readers import rows
from tests.warehouse.source import append
from tests.warehouse.standby import Sites


def properties(sites: Sites) -> dict[str, str]:
    found: dict[str, str] = json.loads(path_of(sites.pointer()).read_bytes())["properties"]
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
