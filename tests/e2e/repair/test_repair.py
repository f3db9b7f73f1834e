"""Repair mends what verify finds where the very bytes can be had, sets apart what is lost, and tells which is which."""

import json
import shutil
from pathlib import Path

import pytest

from bcn_core.errors import DamagedRepository, NotFound, StorageRefused
from bcn_core.names import TableName
from bcn_core.repair import Repair, Repaired, RepairPlan, apply_repair, open_to_repair, plan_repair
from bcn_core.repository.layout import REPOSITORY_MANIFEST
from bcn_core.repository.pins import this_process
from bcn_core.repository.repository import Repository
from bcn_core.retention import Policy, Rules, apply_prune, plan_prune
from bcn_core.storage.local import LocalStore
from bcn_core.storage.store import Store
from bcn_core.verify import EVERYTHING, Slice, verify_repository
from tests.warehouse.readers import histories
from tests.warehouse.runs import Lab, change, new_repository
from tests.warehouse.source import Place, append, make

ORDERS = TableName(("sales",), "orders")
KINDS = ["/data/", "-m0.avro", "snap-", ".metadata.json"]
DOCUMENTS = ["/capture.json", "/files.parquet", "/.pits/", "pit_manifests/"]


def filled(home: Path) -> Lab:
    """Two PITs of two tables, one of which grew in between; source and repository lie in a folder."""
    source = Place(home / "source")
    orders = make(source.pyiceberg(), "sales.orders")
    append(orders, 0)
    append(make(source.pyiceberg(), "sales.items"), 0)
    lab = Lab.of(source, repository=new_repository(source, LocalStore(home / "repository")))
    lab.take()
    append(orders, 10)
    lab.take()
    return lab


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Filled once; tests damage copies of it."""
    home = tmp_path_factory.mktemp("repaired")
    filled(home)
    return home


@pytest.fixture
def lab(made: Path, tmp_path: Path) -> Lab:
    """The repository in a place of its own, to be damaged; the source is as it was left."""
    shutil.copytree(made / "repository", tmp_path / "repository")
    repository = Repository.open(LocalStore(tmp_path / "repository"))
    return Lab(Place(made / "source"), Place(tmp_path / "target", "elsewhere"), repository)


def key_of(lab: Lab, *parts: str) -> str:
    """The last key that holds all the parts."""
    keys = [one.key for one in lab.repository.store.list("catalogs")]
    return max(key for key in keys if all(part in key for part in parts))


def damage(lab: Lab, *parts: str) -> str:
    key = key_of(lab, *parts)
    data = lab.repository.store.get(key)
    change(lab.repository, key, data[:-1] + bytes([data[-1] ^ 0xFF]))
    return key


def repair_of(lab: Lab, level: Slice = EVERYTHING, copy: Store | None = None) -> Repair:
    return Repair(lab.repository, lab.stores, this_process("test"), copy, level)


def planned(lab: Lab, copy: Store | None = None) -> RepairPlan:
    return plan_repair(repair_of(lab, copy=copy))


def repaired(lab: Lab, copy: Store | None = None) -> Repaired:
    repair = repair_of(lab, copy=copy)
    return apply_repair(repair, plan_repair(repair))


def problems(lab: Lab) -> list[str]:
    """What a check that reads everything has to say, notes on views included."""
    found = verify_repository(lab.repository, EVERYTHING, lambda _: None)
    return [fault.key for fault in found.faults] + list(found.notes)


def lost_at_source(lab: Lab, tmp_path: Path) -> Lab:
    """The same repository, and a source whose files are gone."""
    return Lab(Place(tmp_path / "nowhere"), lab.target, lab.repository)


def test_a_whole_repository_needs_nothing(lab: Lab) -> None:
    assert planned(lab).is_empty


@pytest.mark.fault(14, 15, 20)
@pytest.mark.parametrize("part", KINDS)
def test_a_damaged_object_gets_its_bytes_back_from_the_source(lab: Lab, part: str) -> None:
    key = damage(lab, "/orders/", part)

    done = repaired(lab)

    assert ((key,), {}) == (done.replaced, done.refused)
    assert [] == problems(lab)


@pytest.mark.fault(20)
def test_a_missing_object_gets_its_bytes_back_from_the_source(lab: Lab) -> None:
    key = key_of(lab, "/orders/", "/data/")
    lab.repository.store.delete(key)

    assert (key,) == repaired(lab).replaced
    assert [] == problems(lab)


def test_a_plan_changes_no_object(lab: Lab) -> None:
    key = damage(lab, "/orders/", "/data/")
    before = lab.repository.store.get(key)

    planned(lab)

    assert before == lab.repository.store.get(key)


def rewrite_source(lab: Lab, key: str, data: bytes) -> None:
    """The source's file of the same name has other bytes by now."""
    name = key.rpartition("/")[2]
    for file in lab.source.folder.rglob(name):
        file.write_bytes(data)


@pytest.fixture
def own(tmp_path: Path) -> Lab:
    """A source and a repository that a test may damage both."""
    return filled(tmp_path)


@pytest.fixture
def bereft(own: Lab) -> Lab:
    """A data file of the newest PIT is damaged, and the source's own has other bytes by now."""
    key = damage(own, "/orders/deltas/", "/data/")
    rewrite_source(own, key, b"other bytes")
    return own


def test_other_bytes_under_the_right_name_are_not_taken(bereft: Lab) -> None:
    assert () == repaired(bereft).replaced


def test_what_is_lost_for_good_is_told_with_its_table_and_pits(bereft: Lab) -> None:
    lost = planned(bereft).losses

    assert [((ORDERS,), (bereft.repository.pits()[-1],))] == [(one.tables, one.pits) for one in lost]


def test_a_table_that_lost_something_is_told_where_it_is_whole(bereft: Lab) -> None:
    assert {ORDERS: bereft.repository.pits()[0]} == planned(bereft).whole


def test_the_next_backup_does_not_stand_on_a_capture_that_lost_something(bereft: Lab) -> None:
    repaired(bereft)
    bereft.source.pyiceberg().load_table("sales.orders").delete("id >= 10")

    bereft.take()

    entries = bereft.repository.tables(bereft.repository.pit(bereft.repository.pits()[-1]))
    assert "/snapshots/" in entries[ORDERS].capture


def test_an_unchanged_table_whose_capture_lost_its_list_is_captured_anew(own: Lab) -> None:
    damage(own, "/orders/deltas/", "/files.parquet")
    repaired(own)

    manifest = own.take()

    assert "complete" == manifest.status
    assert manifest.pit == own.repository.tables(manifest)[ORDERS].capture_pit


def test_without_a_repair_the_unchanged_table_would_stand_on_the_damage(own: Lab) -> None:
    damage(own, "/orders/deltas/", "/files.parquet")

    manifest = own.take()

    assert manifest.pit != own.repository.tables(manifest)[ORDERS].capture_pit


@pytest.mark.fault(16)
@pytest.mark.parametrize("body", [b"", b"null", b"<html>log in</html>", b"\xff\xfe"])
def test_a_pit_whose_manifest_is_lost_is_set_apart(lab: Lab, body: bytes) -> None:
    pit = lab.repository.pits()[-1]
    change(lab.repository, lab.repository.layout.pit_manifest(pit), body)

    repaired(lab)

    assert {pit} == lab.repository.isolated()
    assert lab.repository.pits()[0] == lab.repository.select("latest")


def test_a_backup_goes_on_beside_a_pit_that_is_set_apart(own: Lab) -> None:
    damage(own, "pit_manifests/", own.repository.pits()[-1], "/manifest.json")
    with pytest.raises(DamagedRepository):
        own.take()

    repaired(own)

    assert "complete" == own.take().status


def test_a_pit_whose_index_is_lost_is_set_apart(lab: Lab) -> None:
    damage(lab, "/.pits/")

    repaired(lab)

    assert {lab.repository.pits()[-1]} == lab.repository.isolated()


@pytest.mark.parametrize("part", [*KINDS, *DOCUMENTS])
def test_another_copy_of_the_repository_mends_any_object(lab: Lab, tmp_path: Path, part: str) -> None:
    shutil.copytree(tmp_path / "repository", tmp_path / "copy")
    alone = lost_at_source(lab, tmp_path)
    damage(alone, part)

    repaired(alone, LocalStore(tmp_path / "copy"))

    assert [] == problems(alone)


def test_a_pit_that_is_whole_again_is_no_longer_apart(lab: Lab, tmp_path: Path) -> None:
    shutil.copytree(tmp_path / "repository", tmp_path / "copy")
    damage(lab, "pit_manifests/", "/manifest.json")
    repaired(lab)
    repaired(lab, LocalStore(tmp_path / "copy"))

    repaired(lab)

    assert frozenset() == lab.repository.isolated()


@pytest.mark.parametrize("body", [None, b"", b"{}", b"[1]"])
def test_a_lost_repository_manifest_is_made_again_from_what_a_pit_remembers(
    lab: Lab, body: bytes | None
) -> None:
    before = lab.repository.manifest.model_copy(update={"last_pit": None})
    change(lab.repository, REPOSITORY_MANIFEST, body)
    opened = Lab(lab.source, lab.target, open_to_repair(lab.repository.store))

    repaired(opened)

    after = Repository.open(lab.repository.store).manifest
    assert before == after.model_copy(update={"last_pit": None})
    assert lab.repository.pits()[-1] == after.last_pit


def test_a_place_without_any_pit_is_no_repository_to_repair(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no repository"):
        open_to_repair(LocalStore(tmp_path))


def test_views_are_written_anew(lab: Lab) -> None:
    view = key_of(lab, "/orders/table_manifest.json")
    before = lab.repository.store.get(view)
    change(lab.repository, view, b"garbage")

    assert view in repaired(lab).views
    assert before == lab.repository.store.get(view)


def test_views_do_not_show_a_pit_that_is_set_apart(lab: Lab) -> None:
    damage(lab, "pit_manifests/", lab.repository.pits()[-1], "/manifest.json")

    repaired(lab)

    shown = json.loads(lab.repository.store.get(REPOSITORY_MANIFEST))["last_pit"]
    assert lab.repository.pits()[0] == shown


@pytest.mark.fault(40, 41)
def test_prune_goes_on_beside_a_loss_and_keeps_what_it_may_need(bereft: Lab) -> None:
    damage(bereft, "/orders/deltas/", "/capture.json")
    rules = Rules(Policy(last=1))
    with pytest.raises(DamagedRepository):
        plan_prune(bereft.repository, rules)
    repaired(bereft)

    done = apply_prune(bereft.repository, plan_prune(bereft.repository, rules), this_process("test"))

    assert (bereft.repository.pits()[0],) == done.condemned


def test_an_object_that_is_too_large_for_memory_is_copied_in_pieces(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bcn_core.repair._AT_ONCE_BYTES", 10)
    key = damage(lab, "/orders/", "/data/")

    assert (key,) == repaired(lab).replaced
    assert [] == problems(lab)


def test_a_restore_of_what_was_repaired_gives_the_rows(own: Lab) -> None:
    expected = histories(own.source.pyiceberg())
    damage(own, "/orders/", "/data/")
    repaired(own)
    own.source.lose()

    own.restore()

    assert expected == histories(own.target.pyiceberg())


@pytest.mark.parametrize(
    ("part", "flags"), [("pit_manifests/", "isolated"), ("/orders/deltas/", "isolated/captures")]
)
def test_what_is_set_apart_stays_so_while_it_cannot_be_mended(
    own: Lab, tmp_path: Path, part: str, flags: str
) -> None:
    shutil.copytree(tmp_path / "repository", tmp_path / "copy")
    key = damage(own, part, "/manifest.json" if flags == "isolated" else "/data/")
    rewrite_source(own, key, b"other bytes")
    repaired(own)
    repair = repair_of(own, copy=LocalStore(tmp_path / "copy"))
    plan = plan_repair(repair)
    (tmp_path / "copy" / key).unlink()  # the copy went away between the plan and its carrying out

    done = apply_repair(repair, plan)

    assert [key] == list(done.refused)
    assert 1 == len(list(own.repository.store.list(flags)))


def test_a_pit_that_was_removed_since_the_plan_does_not_come_back(lab: Lab, tmp_path: Path) -> None:
    shutil.copytree(tmp_path / "repository", tmp_path / "copy")
    first = lab.repository.pits()[0]
    key = damage(lab, "pit_manifests/", first, "/manifest.json")
    repair = repair_of(lab, copy=LocalStore(tmp_path / "copy"))
    plan = plan_repair(repair)
    for found in list(lab.repository.store.list(f"{lab.repository.layout.pits}/{first}")):
        lab.repository.store.delete(found.key)

    done = apply_repair(repair, plan)

    assert {key: f"{first} is gone by now, or about to go"} == dict(done.refused)
    assert first not in lab.repository.pits()


def test_a_store_that_lets_nothing_be_written_over_is_told_and_nothing_is_harmed(lab: Lab) -> None:
    key = damage(lab, "/orders/", "/data/")
    whole = lab.repository.store
    before = whole.get(key)

    class Locked:
        """A bucket whose objects are locked."""

        def __getattr__(self, name: str) -> object:
            return getattr(whole, name)

        def replace(self, wanted: str, data: bytes) -> None:
            if wanted == key:
                raise StorageRefused(f"{wanted}: locked until 2027")
            whole.replace(wanted, data)

    locked = Lab(lab.source, lab.target, Repository(Locked(), lab.repository.manifest))  # type: ignore[arg-type]

    done = repaired(locked)

    assert (((), [key]), before) == ((done.replaced, list(done.refused)), whole.get(key))
