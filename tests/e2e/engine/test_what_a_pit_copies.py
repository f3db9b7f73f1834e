"""Cost follows change: what is read and what is copied when little or much has changed."""

from pathlib import Path

import pytest

from bcn_core.restore import RestoreRequest
from bcn_core.retention import apply_prune, plan_prune
from bcn_core.storage.memory import MemoryStore
from bcn_core.storage.opening import Stores
from tests.warehouse.readers import histories
from tests.warehouse.runs import Lab, new_repository, table
from tests.warehouse.source import Place, append, content_files, expire_all_but_current, make
from tests.warehouse.watching import Watched
from tests.warehouse.years import NO_GRACE, OWNER, lost

MERGING = {"commit.manifest-merge.enabled": "true", "commit.manifest.min-count-to-merge": "2"}


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
def backed_up(lab: Lab, watched: Watched) -> Lab:
    """Two tables in one PIT; the source is watched from then on."""
    catalog = lab.source.pyiceberg()
    append(make(catalog, "sales.orders"), 0)
    append(make(catalog, "ops.log"), 0)
    lab.take()
    lab.stores = Stores(watched.wrap)
    return lab


def kinds_of_new_files(lab: Lab, pit: str, name: str) -> list[str]:
    manifest = lab.repository.pit(pit)
    files = lab.repository.files(lab.record(manifest, name))
    return sorted(file.kind for file in files if file.stored_by == pit)


def test_an_unchanged_catalog_costs_no_read_of_its_storage(backed_up: Lab, watched: Watched) -> None:
    backed_up.take()

    assert [] == watched.calls


def test_an_unchanged_table_stands_on_its_earlier_capture(backed_up: Lab) -> None:
    manifest = backed_up.take()

    assert (2, 0) == (manifest.counts.unchanged, manifest.counts.captured)


def test_a_table_beside_a_changed_one_is_not_read(backed_up: Lab, watched: Watched) -> None:
    append(backed_up.source.pyiceberg().load_table("sales.orders"), 10)

    backed_up.take()

    assert [] == [key for key in watched.calls if "/ops/" in key[1]]


def test_an_append_copies_the_files_that_it_wrote(backed_up: Lab) -> None:
    append(backed_up.source.pyiceberg().load_table("sales.orders"), 10)

    manifest = backed_up.take()

    new = kinds_of_new_files(backed_up, manifest.pit, "sales.orders")
    assert ["data", "manifest", "manifest-list", "metadata"] == new


def test_no_file_of_the_source_is_read_twice(backed_up: Lab, watched: Watched) -> None:
    append(backed_up.source.pyiceberg().load_table("sales.orders"), 10)

    backed_up.take()

    # The pointer's metadata file is read once to see what changed, and once to store what was there then.
    reads = [key for key in watched.reads if not key.endswith(".metadata.json")]
    assert sorted(set(reads)) == sorted(reads)


def test_a_schema_change_alone_copies_one_metadata_file(backed_up: Lab) -> None:
    with backed_up.source.pyiceberg().load_table("sales.orders").update_schema() as update:
        update.rename_column("city", "town")

    manifest = backed_up.take()

    assert ["metadata"] == kinds_of_new_files(backed_up, manifest.pit, "sales.orders")


def test_a_schema_change_is_told_with_its_columns(backed_up: Lab) -> None:
    with backed_up.source.pyiceberg().load_table("sales.orders").update_schema() as update:
        update.delete_column("city")

    manifest = backed_up.take()

    assert ("schema",) == manifest.changed[0].changes
    assert "city" in manifest.changed[0].columns[0]


def test_a_renamed_table_is_not_copied_again(backed_up: Lab, watched: Watched) -> None:
    backed_up.source.pyiceberg().rename_table("sales.orders", "ops.purchases")

    manifest = backed_up.take()

    assert ([], 0) == (watched.calls, manifest.counts.files_new)


def test_a_renamed_table_is_known_by_its_new_name(backed_up: Lab) -> None:
    backed_up.source.pyiceberg().rename_table("sales.orders", "ops.purchases")

    manifest = backed_up.take()

    assert {table("ops.log"), table("ops.purchases")} == set(backed_up.repository.tables(manifest))


def test_a_table_that_was_renamed_and_changed_copies_what_is_new_alone(backed_up: Lab) -> None:
    catalog = backed_up.source.pyiceberg()
    catalog.rename_table("sales.orders", "ops.purchases")
    append(catalog.load_table("ops.purchases"), 10)

    manifest = backed_up.take()

    new = kinds_of_new_files(backed_up, manifest.pit, "ops.purchases")
    assert ["data", "manifest", "manifest-list", "metadata"] == new


def test_merged_manifests_and_expired_snapshots_copy_no_data_file_again(lab: Lab) -> None:
    purchases = make(lab.source.pyiceberg(), "sales.orders", properties=MERGING)
    append(purchases, 0)
    append(purchases, 10)
    lab.take()
    append(purchases, 20)
    expire_all_but_current(purchases)

    manifest = lab.take()

    assert 1 == kinds_of_new_files(lab, manifest.pit, "sales.orders").count("data")


def test_a_pit_before_a_compaction_still_has_the_old_files(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    purchases = make(catalog, "sales.orders")
    append(purchases, 0)
    append(purchases, 10)
    first = lab.take()
    before = histories(catalog)
    old = content_files(purchases)
    purchases.overwrite(purchases.scan().to_arrow())
    expire_all_but_current(purchases)
    for path in old:
        path.unlink()
    lab.take()
    lab.source.lose()

    lab.restore(RestoreRequest(pit=first.pit))

    assert before == histories(lab.target.pyiceberg())


def test_a_pit_after_a_compaction_restores_without_the_old_files(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    purchases = make(catalog, "sales.orders")
    append(purchases, 0)
    append(purchases, 10)
    lab.take()
    purchases.overwrite(purchases.scan().to_arrow())
    expire_all_but_current(purchases)
    before = histories(catalog)
    lab.take()
    lab.source.lose()

    lab.restore()

    assert before == histories(lab.target.pyiceberg())


def test_a_deep_chain_of_increments_restores_every_pit(lab: Lab) -> None:
    catalog = lab.source.pyiceberg()
    purchases = make(catalog, "sales.orders", properties=MERGING)
    expected = {}
    for start in range(0, 50, 10):
        append(purchases, start)
        expected[lab.take().pit] = histories(catalog)
    lab.source.lose()

    restored = {}
    for pit in expected:
        target = Place(lab.target.folder.with_name(pit), "elsewhere")
        lab.restore(RestoreRequest(pit=pit), target)
        restored[pit] = histories(target.pyiceberg())

    assert expected == restored


def test_a_repository_in_a_folder_holds_the_same_as_one_in_memory(lab: Lab, tmp_path: Path) -> None:
    append(make(lab.source.pyiceberg(), "sales.orders"), 0)
    folder = Stores().at(str(tmp_path / "repository"))
    on_disk = Lab.of(lab.source, repository=new_repository(lab.source, folder))

    in_memory, written = lab.take(), on_disk.take()

    assert isinstance(lab.repository.store, MemoryStore)
    assert in_memory.counts == written.counts


def test_a_dropped_table_that_was_registered_again_copies_no_file_anew(backed_up: Lab) -> None:
    catalog = backed_up.source.pyiceberg()
    pointer = catalog.load_table("sales.orders").metadata_location
    catalog.drop_table("sales.orders")
    backed_up.take()
    catalog.register_table("sales.orders", pointer)

    manifest = backed_up.take()

    assert ["metadata"] == kinds_of_new_files(backed_up, manifest.pit, "sales.orders")


def test_a_dropped_table_whose_last_pit_was_pruned_is_captured_whole(backed_up: Lab) -> None:
    catalog, repository = backed_up.source.pyiceberg(), backed_up.repository
    pointer = catalog.load_table("sales.orders").metadata_location
    catalog.drop_table("sales.orders")
    backed_up.take()
    apply_prune(repository, plan_prune(repository, NO_GRACE), OWNER)
    catalog.register_table("sales.orders", pointer)

    manifest = backed_up.take()

    assert "data" in kinds_of_new_files(backed_up, manifest.pit, "sales.orders")
    assert [] == lost(repository)


@pytest.mark.fault(30)
def test_a_file_name_that_is_used_again_for_other_bytes_leaves_the_older_pit_as_it_was(
    backed_up: Lab,
) -> None:
    first = backed_up.repository.pits()[0]
    before = histories(backed_up.source.pyiceberg())
    catalog = backed_up.source.pyiceberg()
    (file,) = content_files(catalog.load_table("sales.orders"))
    catalog.drop_table("sales.orders")
    other = make(catalog, "sales.orders")
    append(other, 500, 9)
    (written,) = content_files(other)
    file.write_bytes(written.read_bytes())

    backed_up.take()
    backed_up.restore(RestoreRequest(pit=first))

    assert before == histories(backed_up.target.pyiceberg())
