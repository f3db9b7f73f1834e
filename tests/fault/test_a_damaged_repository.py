"""Damage in the repository is named, by object; nothing is restored from it, and nothing looks empty or dropped."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bcn_core.errors import DamagedRepository, StorageFailure, UnsupportedFormat
from bcn_core.repository.encoding import encode, seal, unseal
from bcn_core.repository.layout import REPOSITORY_MANIFEST
from bcn_core.repository.repository import Repository
from bcn_core.restore import RestoreRequest
from bcn_core.storage.store import ObjectStat, Store
from tests.fault.crashing import read_whole
from tests.warehouse.readers import histories
from tests.warehouse.runs import Lab, change, copied_repository
from tests.warehouse.source import Place, append, make
from tests.warehouse.watching import WatchedStore

Damage = Callable[[bytes], bytes | None]
DAMAGES: dict[str, Damage] = {
    "gone": lambda _: None,
    "empty": lambda _: b"",
    "one byte short": lambda data: data[:-1],
    "doubled": lambda data: data + data,
    "one byte flipped": lambda data: (
        data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 0xFF]) + data[len(data) // 2 + 1 :]
    ),
    "a login page": lambda _: b"<html>please log in</html>",
}


def flipped(data: bytes, place: int, mask: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= mask
    return bytes(changed)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    source = Place(tmp_path_factory.mktemp("damaged") / "source")
    catalog = source.pyiceberg()
    append(make(catalog, "sales.orders"), 0, 2)
    append(make(catalog, "sales.customers"), 50, 2)
    lab = Lab.of(source)
    lab.take()
    return lab


@pytest.fixture
def lab(whole: Lab, tmp_path: Path) -> Lab:
    """The same repository, to be damaged, and a target of the test's own."""
    return Lab(whole.source, Place(tmp_path / "target"), copied_repository(whole.repository))


def key_of(lab: Lab, ending: str, table: str = "orders") -> str:
    keys = [one.key for one in lab.repository.store.list("")]
    return next(key for key in keys if ending in key and (f"/{table}/" in key or "pit_manifests" in key))


def damage(lab: Lab, key: str, how: str) -> None:
    change(lab.repository, key, DAMAGES[how](lab.repository.store.get(key)))


def outcome(lab: Lab) -> str:
    """What a restore says, whether it raises (nothing can be restored) or reports one table."""
    try:
        return " ".join(one.error for one in lab.restore().failed)
    except DamagedRepository as error:
        return error.message


PARTS = ("capture.json", "files.parquet", ".metadata.json", "/snap-", "-m0.avro", "data/00000")


@pytest.mark.fault(14, 15, 20)
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("how", DAMAGES)
def test_a_restore_names_the_damaged_object(lab: Lab, part: str, how: str) -> None:
    key = key_of(lab, part)
    damage(lab, key, how)

    assert key in outcome(lab)


@pytest.mark.parametrize("part", PARTS)
def test_a_table_with_a_damaged_object_is_not_registered(lab: Lab, part: str) -> None:
    damage(lab, key_of(lab, part), "one byte flipped")

    outcome(lab)

    assert "sales.orders" not in histories(lab.target.pyiceberg())


@pytest.mark.fault(20)
@pytest.mark.parametrize("part", PARTS)
def test_other_tables_of_the_pit_are_still_restored(lab: Lab, part: str) -> None:
    damage(lab, key_of(lab, part), "one byte flipped")

    outcome(lab)

    assert ["sales.customers"] == list(histories(lab.target.pyiceberg()))


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_index_of_a_database_stops_the_restore(lab: Lab, how: str) -> None:
    key = next(one.key for one in lab.repository.store.list("") if "/.pits/" in one.key)
    damage(lab, key, how)

    with pytest.raises(DamagedRepository, match=key.rpartition("/")[2]):
        lab.restore()


@pytest.mark.parametrize("how", [how for how in DAMAGES if how != "gone"])
def test_a_damaged_pit_manifest_stops_the_restore(lab: Lab, how: str) -> None:
    damage(lab, lab.repository.layout.pit_manifest(lab.repository.pits()[0]), how)

    with pytest.raises(DamagedRepository, match=r"manifest\.json"):
        lab.restore()


@pytest.mark.fault(14)
@pytest.mark.parametrize("mask", [0xFF, 0x01, 0x08, 0x20])
def test_every_single_byte_flip_of_a_pit_manifest_is_found(whole: Lab, mask: int) -> None:
    pit = whole.repository.pits()[0]
    data = whole.repository.pit_bytes(pit)

    missed = [place for place in range(len(data)) if not _is_found(data, place, mask)]

    assert [] == missed


def _is_found(data: bytes, place: int, mask: int) -> bool:
    try:
        unseal(flipped(data, place, mask), "manifest.json")
    except (DamagedRepository, UnsupportedFormat):
        return True
    return False


@pytest.mark.fault(15, 16)
@pytest.mark.parametrize("kept", [0, 1, 10, 100, -2, -1])
def test_every_truncation_of_a_pit_manifest_is_found(whole: Lab, kept: int) -> None:
    data = whole.repository.pit_bytes(whole.repository.pits()[0])

    with pytest.raises(DamagedRepository):
        unseal(data[:kept], "manifest.json")


def test_a_backup_on_a_damaged_parent_is_refused_and_names_it(lab: Lab) -> None:
    damage(lab, lab.repository.layout.pit_manifest(lab.repository.pits()[0]), "one byte flipped")

    with pytest.raises(DamagedRepository, match=r"manifest\.json"):
        lab.take()


def test_a_damaged_plan_of_a_dead_run_stops_no_backup(lab: Lab) -> None:
    lab.repository.store.put_new(lab.repository.layout.plan("20260101T000000.000Z"), [b'{"pit": "2026'])
    append(lab.source.pyiceberg().load_table("sales.customers"), 10, 2)

    assert lab.take().status == "complete"


@pytest.mark.fault(18)
def test_two_data_files_that_were_swapped_are_found(lab: Lab) -> None:
    one, other = key_of(lab, "data/00000"), key_of(lab, "data/00000", "customers")
    first, second = lab.repository.store.get(one), lab.repository.store.get(other)
    change(lab.repository, one, second)
    change(lab.repository, other, first)

    assert one in outcome(lab) or other in outcome(lab)


@pytest.mark.parametrize("view", ["catalog_metadata.json", "database_metadata.json", "table_manifest.json"])
def test_a_lost_or_garbled_view_costs_nothing(lab: Lab, view: str) -> None:
    for key in [one.key for one in lab.repository.store.list("") if one.key.endswith(view)]:
        change(lab.repository, key, b"garbage")

    assert "complete" == lab.take().status
    assert "" == outcome(lab)


class _FailingList(WatchedStore):
    """A store whose listings fail after their first object."""

    def __init__(self, inner: Store) -> None:
        super().__init__(inner, self)

    def note(self, verb: str, key: str) -> None:
        pass

    def list(self, folder: str) -> Iterator[ObjectStat]:
        yield from list(super().list(folder))[:1]
        raise StorageFailure("page 2 of the listing did not come")


@pytest.mark.fault(21)
def test_a_listing_that_breaks_off_is_an_error_and_never_a_shorter_list(lab: Lab) -> None:
    broken = Repository(_FailingList(lab.repository.store), lab.repository.manifest)

    with pytest.raises(StorageFailure):
        broken.pits()


@pytest.mark.fault(21)
def test_a_repository_whose_listing_breaks_off_takes_no_pit(lab: Lab) -> None:
    before = lab.repository.pits()
    broken = Repository(_FailingList(lab.repository.store), lab.repository.manifest)

    with pytest.raises(StorageFailure, match="page 2"):
        Lab(lab.source, lab.target, broken).take()

    assert before == lab.repository.pits()


@pytest.mark.fault(16)
def test_earlier_pits_restore_although_a_later_one_is_damaged(lab: Lab) -> None:
    first = lab.repository.pits()[0]
    append(lab.source.pyiceberg().load_table("sales.orders"), 90, 1)
    second = lab.take().pit
    damage(lab, lab.repository.layout.pit_manifest(second), "one byte flipped")

    report = lab.restore(RestoreRequest(pit=first))

    assert () == report.failed
    assert read_whole(lab.repository, first)


@pytest.mark.fault(18)
def test_a_manifest_that_was_copied_to_another_pit_is_refused(lab: Lab) -> None:
    pit, other = lab.repository.pits()[0], "20200101T000000.000Z"
    lab.repository.store.put_new(lab.repository.layout.pit_manifest(other), [lab.repository.pit_bytes(pit)])

    with pytest.raises(DamagedRepository, match=f"is the manifest of PIT {pit}"):
        lab.repository.pit(other)


@pytest.mark.fault(18)
def test_a_manifest_of_another_repository_is_refused(lab: Lab) -> None:
    stranger = Lab.of(lab.source).take()
    key = lab.repository.layout.pit_manifest(stranger.pit)
    lab.repository.store.put_new(key, [seal(stranger)])

    with pytest.raises(DamagedRepository, match=f"of repository {stranger.repository_id}"):
        lab.repository.pit(stranger.pit)


def test_a_document_that_says_one_thing_twice_is_damaged(lab: Lab) -> None:
    twice = encode(lab.repository.manifest).replace(b"{", b'{"format_version": 1,', 1)
    change(lab.repository, REPOSITORY_MANIFEST, twice)

    with pytest.raises(DamagedRepository, match="a key stands twice"):
        Repository.open(lab.repository.store)
