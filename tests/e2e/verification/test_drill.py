"""A drill restores, checks, counts with another reader, and takes away what it wrote, and nothing else."""

import tempfile
from pathlib import Path

import pytest

from bcn_core.drill import Drill, Drilled, DrillRequest, run_drill
from bcn_core.errors import Conflict, InvalidRequest, NotFound, StorageFull, UnsupportedFormat
from bcn_core.events import Event, FileCopied, Warned
from bcn_core.repository.checks import last_checks
from bcn_core.storage.opening import Stores
from bcn_core.storage.store import Store
from tests.warehouse.commits import HandMade, encrypt
from tests.warehouse.delete_files import (
    equality_deletes,
    equality_entry,
    parquet_deletes,
    position_entry,
    puffin,
    vector_entries,
)
from tests.warehouse.runs import Lab, change
from tests.warehouse.shop import build_shop
from tests.warehouse.source import Place, append, make
from tests.warehouse.sql_views import create_view
from tests.warehouse.two_files import lab as two_files
from tests.warehouse.two_files import orders, source
from tests.warehouse.watching import Watched, WatchedStore

__all__ = ["orders", "source", "two_files"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """A repository whose source is lost: a drill needs the repository alone."""
    place = build_shop(tmp_path_factory.mktemp("drilled"))
    lab = Lab.of(place)
    lab.take()
    place.lose()
    return lab


@pytest.fixture
def own_temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of the test's own, in which it can see what is left."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def drilled(lab: Lab, scratch: Path | None = None, **asked: object) -> Drilled:
    request = DrillRequest(scratch=str(scratch) if scratch else None, **asked)  # type: ignore[arg-type]
    return run_drill(Drill(lab.repository, Stores(), lab.report), request)


def key_of(lab: Lab, *parts: str) -> str:
    return next(
        one.key for one in lab.repository.store.list("catalogs") if all(part in one.key for part in parts)
    )


def test_every_table_of_a_shop_comes_back_with_its_rows(shop: Lab) -> None:
    found = drilled(shop)

    rows = {str(one.table): one.rows for one in found.tables}
    assert ((), 17) == (found.failed, len(found.restored))
    assert {"sales.orders": 9, "sales.empty": 0, "ops.events": 11} == {
        name: rows[name] for name in ("sales.orders", "sales.empty", "ops.events")
    }


def test_nothing_is_left_in_the_temporary_folder(shop: Lab, own_temporary: Path) -> None:
    drilled(shop, tables=("sales.*",))

    assert [] == list(own_temporary.rglob("*"))


def test_a_scratch_place_is_empty_again(shop: Lab, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"

    drilled(shop, scratch, tables=("sales.*",))

    assert [] == list(scratch.rglob("*"))


def test_a_place_that_holds_something_is_refused_and_left_as_it_is(shop: Lab, tmp_path: Path) -> None:
    (tmp_path / "important").write_text("mine")

    with pytest.raises(Conflict, match=r"is not empty: it holds important"):
        drilled(shop, tmp_path)

    assert ["important"] == [path.name for path in tmp_path.iterdir()]


def test_a_file_as_a_scratch_place_is_refused(shop: Lab, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")

    with pytest.raises(Conflict, match="is not empty"):
        drilled(shop, tmp_path / "file")


def test_what_somebody_else_puts_there_meanwhile_stays(shop: Lab, tmp_path: Path) -> None:
    def meddle(event: Event) -> None:
        if isinstance(event, FileCopied):
            folder = next(path for path in tmp_path.rglob("*") if path.is_dir())
            (folder / "mine").write_text("mine")

    drilled(Lab(shop.source, shop.target, shop.repository, report=meddle), tmp_path, tables=("sales.orders",))

    assert {"mine"} == {path.name for path in tmp_path.rglob("*") if path.is_file()}


def test_a_drill_that_is_interrupted_leaves_nothing(shop: Lab, tmp_path: Path, own_temporary: Path) -> None:
    def stop(event: Event) -> None:
        if isinstance(event, FileCopied):
            raise KeyboardInterrupt

    stopped = Lab(shop.source, shop.target, shop.repository, report=stop)
    scratch = tmp_path / "scratch"

    with pytest.raises(KeyboardInterrupt):
        drilled(stopped, scratch)

    assert [] == [*scratch.rglob("*"), *own_temporary.rglob("*")]
    assert [] == list(shop.repository.store.list("readers"))


def test_a_signal_during_the_removal_does_not_stop_it(shop: Lab, tmp_path: Path) -> None:
    class Interrupted(WatchedStore):
        """A store on whose third deletion Ctrl-C is pressed."""

        deletions = 0

        def delete(self, key: str) -> None:
            Interrupted.deletions += 1
            if Interrupted.deletions == 3:
                raise KeyboardInterrupt
            super().delete(key)

    stores = Stores(lambda store: Interrupted(store, Watched()))
    request = DrillRequest(tables=("sales.orders",), scratch=str(tmp_path / "scratch"))

    with pytest.raises(KeyboardInterrupt):
        run_drill(Drill(shop.repository, stores), request)

    assert [] == [path for path in (tmp_path / "scratch").rglob("*") if path.is_file()]


def test_what_cannot_be_removed_is_told(shop: Lab, tmp_path: Path) -> None:
    told = list[Event]()

    class Locked(WatchedStore):
        """A store that keeps all."""

        def delete(self, key: str) -> None:
            raise StorageFull(f"{key} is locked")

    drill = Drill(shop.repository, Stores(lambda store: Locked(store, Watched())), told.append)
    run_drill(drill, DrillRequest(tables=("sales.empty",), scratch=str(tmp_path / "scratch")))

    assert any(isinstance(event, Warned) and "is left behind" in event.message for event in told)


def test_a_damaged_table_fails_and_is_named(two_files: Lab, tmp_path: Path) -> None:
    two_files.take()
    key = key_of(two_files, "/data/")
    data = two_files.repository.store.get(key)
    change(two_files.repository, key, data[:-1] + bytes([data[-1] ^ 0xFF]))

    found = drilled(two_files, tmp_path / "scratch")

    assert [key in one.problem for one in found.failed] == [True]
    assert [] == list((tmp_path / "scratch").rglob("*"))


def test_a_failed_drill_is_kept_as_one(two_files: Lab) -> None:
    two_files.take()
    change(two_files.repository, key_of(two_files, "/data/"), None)

    drilled(two_files)

    kept = last_checks(two_files.repository)["restore all"]
    assert (1, 0) == (kept.faults, kept.tables)


def test_a_drill_is_kept_with_its_time_rows_and_bytes(shop: Lab) -> None:
    found = drilled(shop, tables=("sales.orders",))

    kept = last_checks(shop.repository)["restore some"]
    assert (found.pit, 9, found.bytes, round(found.seconds, 3)) == (
        kept.pit,
        kept.rows,
        kept.bytes_read,
        kept.seconds,
    )


def test_as_many_samples_as_parts_try_every_table_once(shop: Lab) -> None:
    tried = [str(one.table) for part in (1, 2, 3) for one in drilled(shop, part=part, parts=3).tables]

    assert (17, 17) == (len(tried), len(set(tried)))


def test_a_sample_of_more_parts_than_tables_is_never_empty(shop: Lab) -> None:
    found = drilled(shop, tables=("sales.*",), part=29, parts=30)

    assert 1 == len(found.restored)


def test_rows_that_position_deletes_took_are_not_promised(two_files: Lab, orders: HandMade) -> None:
    gone = [(orders.data_files[0], 0), (orders.data_files[1], 3)]
    data = parquet_deletes(gone)
    orders.add([position_entry(orders.write("data/d", data), data, gone)])
    two_files.take()

    found = drilled(two_files)

    assert [(18, "")] == [(one.rows, one.problem) for one in found.tables]


def test_rows_that_deletion_vectors_took_are_not_promised(two_files: Lab, orders: HandMade) -> None:
    orders.upgrade()
    first, second = orders.data_files
    vectors = {first: [0, 9], second: [0, 1]}
    data = puffin(vectors)
    orders.add(vector_entries(orders.write("data/vectors.puffin", data), data, vectors))
    two_files.take()

    found = drilled(two_files)

    assert [(16, "")] == [(one.rows, one.problem) for one in found.tables]


def test_a_table_that_the_other_reader_does_not_know_comes_back_uncounted(
    two_files: Lab, orders: HandMade
) -> None:
    data = equality_deletes([3])
    orders.add([equality_entry(orders.write("data/e", data), data, 1)])
    two_files.take()

    found = drilled(two_files)

    assert [(None, "", True)] == [
        (one.rows, one.problem, "equality deletes" in one.note) for one in found.tables
    ]


def test_an_encrypted_table_is_refused_and_nothing_is_written(
    two_files: Lab, orders: HandMade, tmp_path: Path
) -> None:
    encrypt(orders)
    two_files.take()

    with pytest.raises(UnsupportedFormat, match="encrypted"):
        drilled(two_files, tmp_path / "scratch")

    assert not (tmp_path / "scratch").exists()


def test_a_place_without_room_is_refused_before_the_first_byte(shop: Lab, tmp_path: Path) -> None:
    watched = Watched()

    class Small(WatchedStore):
        """A store with room for one table, but not for two."""

        def free_bytes(self) -> int:
            return 90_000

    def small(store: Store) -> Store:
        return Small(store, watched)

    with pytest.raises(StorageFull, match="room for 90000 bytes"):
        run_drill(Drill(shop.repository, Stores(small)), DrillRequest(scratch=str(tmp_path / "scratch")))

    assert [] == watched.writes


def test_a_pit_that_is_not_there_is_refused(shop: Lab) -> None:
    with pytest.raises(NotFound, match="no PIT at or before"):
        drilled(shop, pit="19990101T000000.000Z")


def test_tables_that_are_not_there_are_refused(shop: Lab) -> None:
    with pytest.raises(NotFound, match=r"no table that fits sales\.oders"):
        drilled(shop, tables=("sales.oders",))


def test_a_choice_that_leaves_views_alone_is_refused(tmp_path: Path) -> None:
    place = Place(tmp_path / "source")
    append(make(place.pyiceberg(), "sales.orders"), 0)
    create_view(place, "sales.recent")
    lab = Lab.of(place)
    lab.take()

    with pytest.raises(NotFound, match="holds views and no table that fits"):
        drilled(lab, tables=("sales.recent",))


def test_a_scratch_place_within_the_repository_is_refused(shop: Lab) -> None:
    with pytest.raises(InvalidRequest, match="contain one another"):
        run_drill(
            Drill(shop.repository, Stores()), DrillRequest(scratch=f"{shop.repository.store.url}/scratch")
        )
