"""Files arrive one by one in a random order: at every moment the standby shows one version of the source, whole."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from bcn_core.errors import NotFound
from bcn_core.iceberg.metadata_names import version_in
from tests.warehouse.commits import HandMade, path_of
from tests.warehouse.delete_files import parquet_deletes, position_entry
from tests.warehouse.readers import Rows, rows
from tests.warehouse.source import Place, append, make
from tests.warehouse.standby import ORDERS, Sites


def busy_source(folder: Path) -> tuple[Sites, dict[str, Rows]]:
    """A table with appends and a delete, and the rows of each of its versions by the name of its metadata file."""
    place = Place(folder / "source")
    catalog = place.pyiceberg()
    table = make(catalog, "sales.orders", properties={"format-version": "2"})
    append(table, 0)
    hand = HandMade(place, ORDERS)
    gone = [(hand.data_files[0], 1)]
    data = parquet_deletes(gone)
    hand.add([position_entry(hand.write("data/deletes.parquet", data), data, gone)])
    append(table.refresh(), 10)
    catalog.close()
    files = sorted((folder / "source").rglob("*.metadata.json"))
    return Sites.of(place), {file.name: rows(f"file://{file}") for file in files}


@settings(max_examples=6)
@given(seed=st.integers(0, 2**32))
def test_whatever_the_order_readers_see_a_whole_version_and_never_an_older_one(seed: int) -> None:
    with TemporaryDirectory() as folder:
        sites, versions = busy_source(Path(folder))
        catalog = sites.standby.bcn()
        seen = [-1]

        for _ in [*sites.arrivals(seed), "all"]:
            try:
                sites.sync()
            except NotFound:
                assert catalog.pointer(ORDERS) is None
                continue
            name = path_of(sites.pointer()).name
            assert versions[name] == rows(sites.pointer())
            seen.append(version_in(name) or 0)

        assert sorted(seen) == seen
        assert max(version_in(name) or 0 for name in versions) == seen[-1]
