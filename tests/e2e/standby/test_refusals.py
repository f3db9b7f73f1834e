"""What a sync does not do unless it is told to, and what it never does."""

import shutil
from typing import Any

import pytest

from bcn_core.errors import BcnError, Conflict, InvalidRequest, NotFound
from bcn_core.names import TableName
from tests.builders.standby_line import StandbyLine
from tests.warehouse.commits import HandMade, path_of
from tests.warehouse.readers import rows
from tests.warehouse.source import append, make
from tests.warehouse.standby import Sites


def refused(sites: Sites, kind: type[BcnError], text: str, **options: Any) -> str:
    """The standby's pointer after a sync that must be refused."""
    with pytest.raises(kind, match=text):
        sites.sync(**options)
    return sites.pointer()


def test_a_standby_that_somebody_wrote_to_is_left_as_it_is(sites: Sites) -> None:
    sites.replicate()
    sites.sync()
    append(sites.standby.pyiceberg().load_table("sales.orders"), 90)
    written = sites.pointer()

    assert written == refused(sites, Conflict, "has diverged")


def test_a_table_of_that_name_that_bcn_never_made_is_left_as_it_is(sites: Sites) -> None:
    sites.replicate()
    make(sites.standby.pyiceberg(), "sales.orders", location=f"file://{sites.standby.folder}/own")
    own = sites.pointer()

    assert own == refused(sites, Conflict, "BCN did not write")


def test_what_was_written_to_a_standby_is_given_up_when_told(sites: Sites) -> None:
    sites.replicate()
    sites.sync()
    append(sites.standby.pyiceberg().load_table("sales.orders"), 90)

    sites.sync(replace_diverged=True)

    assert 20 == len(rows(sites.pointer()))


def test_what_is_given_up_is_told_before(sites: Sites) -> None:
    sites.replicate()
    sites.sync()
    append(sites.standby.pyiceberg().load_table("sales.orders"), 90)

    (plan,) = sites.plan(replace_diverged=True)

    assert f"gives up 1 commit of {sites.pointer()}, the last of" in plan.notes[0]


def test_a_promoted_table_whose_metadata_cannot_be_read_is_not_made_a_replica_again(
    terminal: StandbyLine, sites: Sites
) -> None:
    terminal.bcn("sync")
    terminal.bcn("promote", "--yes")
    append(sites.standby.pyiceberg().load_table("sales.orders"), 90)
    written = sites.pointer()
    path_of(written).rename(path_of(written).with_suffix(".aside"))

    assert written == refused(sites, Conflict, "has diverged")


def test_an_empty_folder_is_not_taken_for_an_empty_table(sites: Sites) -> None:
    with pytest.raises(NotFound, match="holds no metadata file"):
        sites.sync()


def test_a_folder_that_was_emptied_leaves_the_standby_as_it_is(sites: Sites) -> None:
    sites.replicate()
    sites.sync()
    before = sites.pointer()
    for name in sites.files():
        if name.endswith(".json"):
            (sites.standby.folder / name).unlink()

    assert before == refused(sites, NotFound, "holds no metadata file")


def test_half_a_scan_does_not_take_the_standby_back(sites: Sites) -> None:
    sites.replicate()
    sites.sync()
    before = sites.pointer()
    newest = max(name for name in sites.files() if name.endswith(".json"))
    (sites.standby.folder / newest).unlink()

    assert before == refused(sites, Conflict, "nothing newer")


def test_the_standby_follows_the_source_back_when_told(sites: Sites) -> None:
    sites.replicate()
    sites.sync()
    newest = max(name for name in sites.files() if name.endswith(".json"))
    (sites.standby.folder / newest).unlink()

    done = sites.sync(rollback=True)

    assert ("rollback", 10) == (done.plan.action, len(rows(sites.pointer())))


def test_a_sequence_number_does_not_go_back(sites: Sites, orders: HandMade) -> None:
    sites.replicate()
    sites.sync()
    before = sites.pointer()
    orders.edit(lambda raw: raw.update({"last-sequence-number": 1}))
    sites.replicate()

    assert before == refused(sites, Conflict, "would go back from sequence number 2 to 1")


def recreate(sites: Sites) -> None:
    """The table is dropped at the source, and made again at the same place."""
    catalog = sites.source.pyiceberg()
    catalog.drop_table("sales.orders")
    append(make(catalog, "sales.orders"), 0, 3)


def test_a_table_that_was_dropped_and_made_again_is_not_followed(sites: Sites) -> None:
    sites.replicate()
    sites.sync()
    before = sites.pointer()
    recreate(sites)
    sites.replicate()

    assert before == refused(sites, Conflict, "another table at the source now")


def test_a_table_that_was_dropped_and_made_again_is_followed_when_told(sites: Sites) -> None:
    sites.replicate()
    sites.sync()
    recreate(sites)
    sites.replicate()

    sites.sync(accept_new_uuid=True)

    assert 3 == len(rows(sites.pointer()))


def test_a_table_with_no_whole_version_is_not_shown_at_all(sites: Sites) -> None:
    sites.replicate(lambda name: "/data/" not in name)

    with pytest.raises(NotFound, match="no version of sales"):
        sites.sync()

    assert sites.standby.bcn().pointer(TableName(("sales",), "orders")) is None


def test_a_data_file_that_is_cut_short_does_not_count(sites: Sites, orders: HandMade) -> None:
    sites.replicate()
    data = sites.standby.folder / path_of(orders.data_files[0]).relative_to(sites.source.folder)
    whole = data.read_bytes()
    data.write_bytes(whole[:-1])

    with pytest.raises(NotFound, match=f"has {len(whole) - 1} of {len(whole)} bytes"):
        sites.sync()


def test_a_manifest_list_that_was_cut_behind_its_header_is_no_empty_table(
    sites: Sites, orders: HandMade
) -> None:
    raw = orders.raw
    snapshot = next(one for one in raw["snapshots"] if one["snapshot-id"] == raw["current-snapshot-id"])
    sites.replicate()
    place = sites.standby.folder / path_of(snapshot["manifest-list"]).relative_to(sites.source.folder)
    data = place.read_bytes()
    place.write_bytes(data[: data.index(data[-16:]) + 16])

    lag = sites.sync().plan.lag

    assert (1, True) == (lag.versions, "lists no manifest of 2 data files" in str(lag.missing))


def test_a_mapping_that_names_another_place_is_refused(sites: Sites) -> None:
    sites.replicate()
    wrong = ((f"file://{sites.source.folder}", f"file://{sites.standby.folder}/elsewhere"),)

    with pytest.raises(InvalidRequest, match="which maps to"):
        sites.sync(mapping=wrong)


def test_metadata_of_a_place_that_no_prefix_covers_is_refused(sites: Sites) -> None:
    sites.replicate()

    with pytest.raises(NotFound, match="below a source prefix"):
        sites.sync(mapping=(("s3://other", f"file://{sites.standby.folder}"),))


def test_without_any_mapping_there_is_no_standby(sites: Sites) -> None:
    with pytest.raises(InvalidRequest, match="at the standby"):
        sites.sync(mapping=())


def test_a_pointer_whose_file_is_gone_is_set_anew(sites: Sites) -> None:
    sites.replicate()
    sites.sync()
    before = sites.pointer()
    shutil.rmtree(path_of(before).parent)

    done = sites.sync()

    assert ("repair", before) == (done.plan.action, sites.pointer())
