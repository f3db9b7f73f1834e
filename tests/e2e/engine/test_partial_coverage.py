"""A backup of a large table's newest snapshots alone: it says what it lacks, and nobody takes it for whole."""

from dataclasses import replace
from pathlib import Path

import pytest

from bcn_core.backup import back_up
from bcn_core.cli.wording import what_happened
from bcn_core.describe import describe_pit
from bcn_core.drill import Drill, DrillRequest, run_drill
from bcn_core.errors import InvalidRequest, UnsupportedFormat
from bcn_core.events import silent
from bcn_core.names import Scope
from bcn_core.repository.documents import PitManifest
from bcn_core.repository.encoding import encode
from bcn_core.repository.repository import Repository
from bcn_core.restore import RestoreRequest
from bcn_core.retention import Policy, Rules, plan_prune
from bcn_core.verify import EVERYTHING, verify_repository
from tests.warehouse.readers import findings, history
from tests.warehouse.runs import Lab, new_repository
from tests.warehouse.source import Place, append, make

ORDERS = "sales.orders"
COVERED = RestoreRequest(history="covered")


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """One table of four snapshots, a tag on the oldest."""
    source = Place(tmp_path / "source")
    table = make(source.pyiceberg(), ORDERS)
    for start in (0, 10, 20, 30):
        append(table, start)
    table.manage_snapshots().create_tag(table.snapshots()[0].snapshot_id, "opening").commit()
    return Lab.of(source, repository=new_repository(source, scope=Scope("shop", "sales", "orders")))


def take_newest(lab: Lab, newest: int) -> PitManifest:
    return back_up(lab.backup(newest_snapshots=newest))


def grow(lab: Lab, start: int) -> None:
    append(lab.source.pyiceberg().load_table(ORDERS), start)


def restored(lab: Lab, request: RestoreRequest) -> str:
    (one,) = lab.restore(request).tables
    assert "" == one.error
    return one.plan.metadata_location


def test_a_pit_of_the_newest_snapshots_is_partial(lab: Lab) -> None:
    assert "partial" == take_newest(lab, 2).status


def test_the_capture_and_the_pit_say_what_is_covered(lab: Lab) -> None:
    newest = [one.snapshot_id for one in lab.source.pyiceberg().load_table(ORDERS).snapshots()[-2:]]

    manifest = take_newest(lab, 2)

    (covered,) = manifest.covered_in_part
    assert (2, newest, 4) == (covered.coverage.newest, list(covered.coverage.snapshots), covered.coverage.of)
    assert covered.coverage == lab.record(manifest, ORDERS).coverage


def test_what_older_snapshots_alone_need_is_not_copied(lab: Lab) -> None:
    table = lab.source.pyiceberg().load_table(ORDERS)
    table.delete("id < 10")  # the first file is needed by older snapshots alone

    manifest = take_newest(lab, 1)

    kinds = [file.kind for file in lab.repository.files(lab.record(manifest, ORDERS))]
    assert 3 == kinds.count("data")


def test_a_table_with_no_more_snapshots_than_asked_for_is_complete(lab: Lab) -> None:
    manifest = take_newest(lab, 4)

    assert ("complete", ()) == (manifest.status, manifest.covered_in_part)


def test_the_description_says_how_many_snapshots_are_held(lab: Lab) -> None:
    pit = take_newest(lab, 3).pit

    (table,) = describe_pit(lab.repository, pit).tables

    assert "holds the newest 3 of 4 snapshots alone" in what_happened(table)


def test_asked_for_as_a_whole_it_is_refused_before_anything_is_written(lab: Lab) -> None:
    take_newest(lab, 2)

    with pytest.raises(
        InvalidRequest, match="the newest 2 of 4 snapshots, not its history 'full'"
    ) as refused:
        lab.restore()

    assert "--history covered" in refused.value.hint
    assert not list(lab.target.folder.rglob("*.parquet"))


def test_refs_that_are_not_covered_are_refused(lab: Lab) -> None:
    take_newest(lab, 2)

    with pytest.raises(InvalidRequest, match="not its history 'refs'"):
        lab.restore(RestoreRequest(history="refs"))


def test_what_is_covered_comes_back_as_it_was(lab: Lab) -> None:
    table = lab.source.pyiceberg().load_table(ORDERS)
    full = history(table.metadata_location)
    kept = [str(one.snapshot_id) for one in table.snapshots()[-2:]]
    take_newest(lab, 2)
    lab.source.lose()

    found = history(restored(lab, COVERED))

    assert {key: full[key] for key in (*kept, "main", "now")} == found


def test_of_a_table_that_is_held_whole_what_is_covered_is_all_of_it(lab: Lab) -> None:
    full = history(lab.source.pyiceberg().load_table(ORDERS).metadata_location)
    lab.take()

    assert full == history(restored(lab, COVERED))


def test_a_drill_restores_what_is_covered(lab: Lab, tmp_path: Path) -> None:
    take_newest(lab, 2)

    found = run_drill(Drill(lab.repository, lab.stores), DrillRequest(scratch=f"file://{tmp_path}/scratch"))

    assert [("", "")] == [(one.problem, one.refused) for one in found.tables]


def test_a_table_of_what_is_covered_passes_the_strict_check(lab: Lab) -> None:
    take_newest(lab, 2)
    lab.source.lose()

    location = restored(lab, COVERED)

    assert [] == findings(location, f"file://{lab.target.folder}", (f"file://{lab.source.folder}",))


def test_the_current_state_can_be_had_without_more_words(lab: Lab) -> None:
    now = history(lab.source.pyiceberg().load_table(ORDERS).metadata_location)["now"]
    take_newest(lab, 1)

    assert now == history(restored(lab, RestoreRequest(history="current")))["now"]


def test_the_plan_says_which_snapshots_and_refs_it_leaves_out(lab: Lab) -> None:
    take_newest(lab, 2)

    (one,) = lab.restore(COVERED).tables

    assert "history 'covered' keeps 2 of 4 snapshots" in one.plan.notes
    assert any("the tag 'opening' is left out" in note for note in one.plan.notes)


def test_the_next_whole_backup_is_complete_though_the_table_stood_still(lab: Lab) -> None:
    take_newest(lab, 2)

    manifest = lab.take()

    assert ("complete", None) == (manifest.status, lab.record(manifest, ORDERS).coverage)


def test_the_next_whole_backup_copies_what_is_missing_alone(lab: Lab) -> None:
    held = lab.record(take_newest(lab, 2), ORDERS)

    record = lab.record(lab.take(), ORDERS)

    # Two manifest lists are missing, the metadata file and the five older ones of its log; every data file is held.
    new = [file.kind for file in lab.repository.files(record) if file.stored_by == record.pit]
    assert 0 == new.count("data")
    assert held.files < record.files


def test_a_whole_backup_after_a_partial_one_restores_every_snapshot(lab: Lab) -> None:
    take_newest(lab, 1)
    grow(lab, 40)
    full = history(lab.source.pyiceberg().load_table(ORDERS).metadata_location)
    lab.take()
    lab.source.lose()

    assert full == history(restored(lab, RestoreRequest()))


def test_a_partial_pit_takes_no_place_of_a_keep_rule(lab: Lab) -> None:
    whole = lab.take().pit
    grow(lab, 40)
    newest = take_newest(lab, 1).pit

    kept = {one.pit: one.reasons for one in plan_prune(lab.repository, Rules(Policy(last=1))).keep}

    assert ("last", "newest complete") == kept[whole]
    assert "last of partial PITs" in kept[newest]


def test_a_partial_pit_is_verified_as_what_it_is(lab: Lab) -> None:
    take_newest(lab, 2)

    found = verify_repository(lab.repository, EVERYTHING, silent)

    assert () == found.faults


def test_a_repository_of_several_tables_refuses_it(lab: Lab) -> None:
    whole = replace(lab, repository=new_repository(lab.source))

    with pytest.raises(InvalidRequest, match="only a repository of one table") as refused:
        take_newest(whole, 2)

    assert "a repository of its own" in refused.value.hint


def test_a_reader_that_does_not_know_of_partial_coverage_refuses_the_pit(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    pit = take_newest(lab, 2).pit
    monkeypatch.setattr("bcn_core.repository.encoding.KNOWN_FEATURES", frozenset())

    with pytest.raises(UnsupportedFormat, match="partial-coverage"):
        Repository.open(lab.repository.store).pit(pit)


def test_features_that_are_no_list_are_refused(lab: Lab) -> None:
    odd = encode(lab.repository.manifest).replace(b'"features": []', b'"features": {"a": 1}')
    lab.repository.store.delete("manifest.json")
    lab.repository.store.put_new("manifest.json", [odd])

    with pytest.raises(UnsupportedFormat):
        Repository.open(lab.repository.store)
