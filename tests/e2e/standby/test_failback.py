"""The way back after a failover: what exists only here, what is copied, and the source that shows it."""

import json
import shutil
from pathlib import Path

import pytest

from tests.builders.standby_line import StandbyLine
from tests.warehouse.commits import HandMade, path_of
from tests.warehouse.delete_files import parquet_deletes, position_entry
from tests.warehouse.journey import ids
from tests.warehouse.readers import duck, duck_rows, rows
from tests.warehouse.source import append
from tests.warehouse.standby import ORDERS, Sites


def fail_over(terminal: StandbyLine) -> None:
    terminal.bcn("sync")
    assert terminal.bcn("promote", "--yes").code == 0


def carry_back(terminal: StandbyLine) -> None:
    """What the site's replicator does with the list."""
    assert terminal.bcn("failback", "--copy-list", "list.tsv").code == 0
    for line in (terminal.folder / "list.tsv").read_text().splitlines():
        here, there, _ = line.split("\t")
        path_of(there).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path_of(here), path_of(there))


def show_at_source(terminal: StandbyLine) -> str:
    """The source's pointer after a sync with the prefixes turned round."""
    sites = terminal.sites
    answer = terminal.bcn(
        *("sync", "--catalog", "shop", "--root", str(sites.source.warehouse), "--replace-diverged"),
        *("--map", f"file://{sites.standby.folder}=file://{sites.source.folder}"),
    )
    assert answer.code == 0, answer.err
    pointer = sites.source.bcn().pointer(ORDERS)
    assert pointer is not None
    return pointer


def test_the_source_shows_what_was_written_at_the_standby(
    terminal: StandbyLine, sites: Sites, orders: HandMade
) -> None:
    gone = [(orders.data_files[0], 0), (orders.data_files[0], 9)]
    data = parquet_deletes(gone)
    orders.add([position_entry(orders.write("data/deletes.parquet", data), data, gone)])
    sites.replicate()
    fail_over(terminal)
    here = sites.standby.pyiceberg().load_table("sales.orders")
    append(here, 90, 5)
    here.delete("id = 15")
    expected = ids(rows(sites.pointer()))

    carry_back(terminal)
    pointer = show_at_source(terminal)
    shutil.rmtree(sites.standby.folder)

    with duck() as connection:
        assert [expected] * 2 == [ids(rows(pointer)), ids(duck_rows(connection, pointer))]


def test_without_a_commit_since_the_source_shows_what_was_promoted(terminal: StandbyLine) -> None:
    fail_over(terminal)

    carry_back(terminal)

    assert 20 == len(rows(show_at_source(terminal)))


def test_data_files_that_the_source_has_are_not_copied(terminal: StandbyLine, sites: Sites) -> None:
    fail_over(terminal)
    append(sites.standby.pyiceberg().load_table("sales.orders"), 90, 5)

    (plan,) = terminal.bcn("failback", "--json").document["plan"]

    assert 1 == sum(file["kind"] == "data" for file in plan["files"])


def test_a_compaction_at_the_standby_copies_its_new_files_alone(terminal: StandbyLine, sites: Sites) -> None:
    fail_over(terminal)
    here = sites.standby.pyiceberg().load_table("sales.orders")
    here.overwrite(here.scan().to_arrow())

    (plan,) = terminal.bcn("failback", "--json").document["plan"]

    data = [Path(file["location"]).name for file in plan["files"] if file["kind"] == "data"]
    live = [Path(task.file.file_path).name for task in here.refresh().scan().plan_files()]
    assert sorted(live) == sorted(data)


def test_commits_that_exist_only_here_are_told(terminal: StandbyLine, sites: Sites) -> None:
    fail_over(terminal)
    append(sites.standby.pyiceberg().load_table("sales.orders"), 90, 5)

    (plan,) = terminal.bcn("failback", "--json").document["plan"]

    assert [("append", 5)] == [(one["operation"], one["rows_added"]) for one in plan["only_here"]]


def test_commits_of_the_source_that_never_came_over_are_told_as_given_up(
    terminal: StandbyLine, sites: Sites
) -> None:
    terminal.bcn("sync")
    append(sites.source.pyiceberg().load_table("sales.orders"), 20, 7)
    sites.replicate(lambda name: not name.endswith(".parquet"))
    terminal.bcn("promote", "--yes")

    (plan,) = terminal.bcn("failback", "--json").document["plan"]

    assert [7] == [one["rows_added"] for one in plan["only_at_source"]]


def test_the_plan_names_the_next_commands(terminal: StandbyLine, sites: Sites) -> None:
    fail_over(terminal)

    answer = terminal.bcn("failback")

    assert f"--map file://{sites.standby.folder}=file://{sites.source.folder}" in answer.out


@pytest.mark.parametrize("more", ["", 'metadata_location = "rewritten"\n'])
def test_the_command_that_the_plan_names_shows_the_tables_at_the_source(
    terminal: StandbyLine, sites: Sites, more: str
) -> None:
    terminal.configure(more)
    fail_over(terminal)
    append(sites.standby.pyiceberg().load_table("sales.orders"), 90, 5)
    carry_back(terminal)
    (told,) = [one for one in terminal.bcn("failback").out.splitlines() if "  bcn sync" in one]

    answer = terminal.bcn(*told.replace("SOURCE", "shop").split()[1:])

    pointer = sites.source.bcn().pointer(ORDERS)
    assert pointer is not None
    assert (0, 25) == (answer.code, len(rows(pointer)))


def test_a_replica_has_nothing_to_bring_back(terminal: StandbyLine) -> None:
    terminal.bcn("sync")

    answer = terminal.bcn("failback")

    assert (4, True) == (answer.code, "was not promoted" in answer.err)


def test_a_promotion_whose_beginning_is_gone_is_refused(terminal: StandbyLine, sites: Sites) -> None:
    terminal.bcn("sync")
    before = path_of(sites.pointer())
    terminal.bcn("promote", "--yes")
    before.unlink()

    answer = terminal.bcn("failback")

    assert (3, True) == (answer.code, "copy the whole table back" in answer.err)


def test_a_promoted_table_whose_metadata_cannot_be_read_is_not_called_a_replica(
    terminal: StandbyLine, sites: Sites
) -> None:
    fail_over(terminal)
    path_of(sites.pointer()).unlink()

    answer = terminal.bcn("failback")

    assert (4, True) == (answer.code, "cannot be read" in answer.err)
    assert "nothing was written here" not in answer.err


def test_a_promotion_that_somebody_removed_the_beginning_of_is_refused(
    terminal: StandbyLine, sites: Sites
) -> None:
    fail_over(terminal)
    file = path_of(sites.pointer())
    raw = json.loads(file.read_bytes())
    del raw["properties"]["bcn.standby.promoted-from"]
    file.write_text(json.dumps(raw))

    answer = terminal.bcn("failback")

    assert (4, True) == (answer.code, "copy the whole table back" in answer.err)


def test_what_a_writer_noted_in_words_instead_of_numbers_is_no_obstacle(
    terminal: StandbyLine, sites: Sites
) -> None:
    fail_over(terminal)
    append(sites.standby.pyiceberg().load_table("sales.orders"), 90, 5)
    file = path_of(sites.pointer())
    raw = json.loads(file.read_bytes())
    raw["snapshots"][-1]["summary"]["added-records"] = "five"
    file.write_text(json.dumps(raw))

    (plan,) = terminal.bcn("failback", "--json").document["plan"]

    assert [0] == [one["rows_added"] for one in plan["only_here"]]


def test_a_file_whose_name_would_break_its_line_is_in_no_list(terminal: StandbyLine, sites: Sites) -> None:
    fail_over(terminal)
    table = sites.standby.pyiceberg().load_table("sales.orders")
    with table.transaction() as change:
        change.set_properties({"write.data.path": f"file://{sites.standby.warehouse}/sales/orders/a\tb"})
    append(table, 90, 5)

    answer = terminal.bcn("failback", "--copy-list", "list.tsv")

    assert (2, False) == (answer.code, (terminal.folder / "list.tsv").exists())


def test_what_the_source_wrote_meanwhile_is_told_by_the_sync_that_gives_it_up(
    terminal: StandbyLine, sites: Sites
) -> None:
    fail_over(terminal)
    append(sites.source.pyiceberg().load_table("sales.orders"), 20, 7)
    carry_back(terminal)

    answer = terminal.bcn(
        *(
            "sync",
            "--catalog",
            "shop",
            "--root",
            str(sites.source.warehouse),
            "--replace-diverged",
            "--dry-run",
        ),
        *("--map", f"file://{sites.standby.folder}=file://{sites.source.folder}"),
    )

    assert "gives up 1 commit of" in answer.out


def test_the_whole_circle_ends_with_a_standby_that_follows_its_source_again(
    terminal: StandbyLine, sites: Sites
) -> None:
    fail_over(terminal)
    append(sites.standby.pyiceberg().load_table("sales.orders"), 90, 5)
    carry_back(terminal)
    show_at_source(terminal)
    turned = ("--map", f"file://{sites.standby.folder}=file://{sites.source.folder}")
    at_source = ("--catalog", "shop", "--root", str(sites.source.warehouse), *turned)
    promoted = terminal.bcn("promote", *at_source, "--yes")
    append(sites.source.pyiceberg().load_table("sales.orders"), 200, 3)
    sites.replicate()

    refused = terminal.bcn("sync")
    followed = terminal.bcn("sync", "--replace-diverged")
    append(sites.source.pyiceberg().load_table("sales.orders"), 300, 2)
    sites.replicate()
    again = terminal.bcn("sync")

    assert [0, 4, 0, 0] == [one.code for one in (promoted, refused, followed, again)]
    assert ("gives up" in followed.out, 30) == (False, len(rows(sites.pointer())))


def test_a_list_that_cannot_be_written_is_refused(terminal: StandbyLine) -> None:
    fail_over(terminal)

    answer = terminal.bcn("failback", "--copy-list", "nowhere/list.tsv")

    assert (2, True) == (answer.code, "nowhere/list.tsv cannot be written: No such file" in answer.err)
