"""An inventory that cannot be written never breaks what stands above it; the next run catches up."""

from pathlib import Path

import pytest

from bcn_core.errors import InvalidRequest, ObjectMissing, StorageFailure
from bcn_core.events import InventoryBehind, Warned
from bcn_core.inventory import catch_up, is_enabled
from bcn_core.inventorying.place import Place
from bcn_core.settings import InventorySettings
from tests.warehouse.inventories import Described
from tests.warehouse.runs import change


def break_storage(described: Described) -> Path:
    """A file lies where the inventory's folder should be."""
    folder = Path(described.inventory.place.warehouse.removeprefix("file://"))
    folder.rename(folder.with_name("away"))
    folder.write_text("no folder")
    return folder


def mend(folder: Path) -> None:
    folder.unlink()
    folder.with_name("away").rename(folder)


def test_a_broken_storage_is_told_and_counted(described: Described) -> None:
    break_storage(described)
    described.take_alone()

    lag = described.keep_up()

    assert 3 == lag
    assert [3] == [one.lag for one in described.events if isinstance(one, InventoryBehind)]


def test_when_the_storage_is_back_the_next_run_catches_up(described: Described) -> None:
    folder = break_storage(described)
    described.take_alone()
    described.keep_up()
    mend(folder)
    described.take_alone()

    lag = described.keep_up()

    assert 0 == lag
    assert [(pit,) for pit in described.lab.repository.pits()] == described.rows("pits", "pit")


def test_whoever_asks_for_it_is_told_the_failure(described: Described) -> None:
    break_storage(described)
    described.take_alone()

    with pytest.raises(ObjectMissing, match="no object"):
        catch_up(described.inventory)


def test_a_metadata_file_that_is_cut_off_is_a_failure_that_a_rebuild_mends(described: Described) -> None:
    place = Path(described.table("pits").metadata_location.removeprefix("file://"))
    place.write_bytes(place.read_bytes()[:100])

    with pytest.raises(StorageFailure) as refused:
        catch_up(described.inventory)

    assert "bcn inventory rebuild" in refused.value.hint


def test_a_stored_manifest_that_cannot_be_read_leaves_its_files_without_facts(described: Described) -> None:
    keys = described.ask("SELECT key FROM objects WHERE kind = 'manifest' AND table_name = 'log'")
    change(described.lab.repository, keys[0][0], b"no manifest")
    for name in ("pits", "tables", "objects"):
        described.inventory.tables().drop(name)

    lag = described.keep_up()

    assert 0 == lag
    assert any(isinstance(one, Warned) and "lacks" in one.message for one in described.events)
    assert [(None,)] == described.ask(
        "SELECT record_count FROM objects WHERE kind = 'data' AND table_name = 'log'"
    )


def test_a_place_among_the_backups_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="BCN's own"):
        Place.of(InventorySettings(warehouse="catalogs/shop"), "s3://backups/shop")


@pytest.mark.parametrize(
    ("given", "said", "file", "expected"),
    [
        (None, "", False, False),
        (None, "", True, True),
        (None, "on", False, True),
        (None, "off", True, False),
        (False, "on", True, False),
        (True, "off", False, True),
    ],
)
def test_an_option_wins_over_the_variable_and_that_over_the_file(
    given: bool | None, said: str, file: bool, expected: bool
) -> None:
    assert expected == is_enabled(InventorySettings(enable=file), given, {"BCN_INVENTORY": said})


def test_a_variable_that_says_neither_on_nor_off_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="perhaps"):
        is_enabled(InventorySettings(), None, {"BCN_INVENTORY": "perhaps"})
