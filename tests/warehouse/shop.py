"""A small warehouse with what real ones have: each table stands for one thing that a naive backup gets wrong."""

from pathlib import Path

import pyarrow.parquet as pq
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.types import StringType

from tests.warehouse.source import BY_CITY, Place, append, expire_all_but_current, make, rows_of

ODD_NAMES = ("with space", 'quo"te', "Zürich", "50%", "dot.ted", "漢字", "sla/sh", "it's")


def build_shop(folder: Path) -> Place:
    """The whole warehouse; it writes below ``folder`` alone."""
    place = Place(folder / "source")
    fill_shop(place)
    return place


def fill_shop(place: Place) -> None:
    """All tables of the shop, in a catalog of any kind of database."""
    catalog = place.pyiceberg()
    _orders(catalog)
    _customers(catalog)
    make(catalog, "sales.empty")
    _twins(catalog)
    _expired(catalog)
    _elsewhere(catalog, place)
    _imported(catalog, place)
    for number, name in enumerate(ODD_NAMES):
        append(make(catalog, ("odd", name)), number * 10, 2)
    catalog.close()


def _orders(catalog: SqlCatalog) -> None:
    """Partitioned, evolved twice, a tag and a branch on old snapshots, rows deleted by rewriting files."""
    table = make(catalog, "sales.orders", partition_spec=BY_CITY, properties={"owner": "sales team"})
    append(table, 0)
    append(table, 10)
    first, second = (one.snapshot_id for one in table.snapshots())
    table.manage_snapshots().create_tag(first, "opening").create_branch(second, "audit").commit()
    with table.update_schema() as update:
        update.add_column("note", StringType())
    append(table, 20)
    table.delete("id < 3")
    with table.update_schema() as update:
        update.rename_column("note", "remark")


def _customers(catalog: SqlCatalog) -> None:
    """Format v1."""
    table = make(catalog, "sales.customers", properties={"format-version": "1"})
    append(table, 0)
    append(table, 10)


def _twins(catalog: SqlCatalog) -> None:
    """Two names that differ in case alone."""
    append(make(catalog, "ops.Log"), 0, 1)
    append(make(catalog, "ops.log"), 100, 3)


def _expired(catalog: SqlCatalog) -> None:
    """Manifests merged, then the snapshots that added the files expired: all files are EXISTING."""
    merge = {"commit.manifest-merge.enabled": "true", "commit.manifest.min-count-to-merge": "2"}
    table = make(catalog, "ops.events", properties=merge)
    for start in (0, 10, 20):
        append(table, start)
    table.delete("id = 21")
    expire_all_but_current(table)


def _elsewhere(catalog: SqlCatalog, place: Place) -> None:
    """Data files outside of the table's location, and below it in a folder of another name."""
    outside = {"write.data.path": f"file://{place.folder}/elsewhere/data"}
    append(make(catalog, "ops.elsewhere", properties=outside), 0)
    inside = {"write.data.path": f"file://{place.warehouse}/ops/inside/my-data"}
    append(make(catalog, "ops.inside", properties=inside), 0)


def _imported(catalog: SqlCatalog, place: Place) -> None:
    """Files that other software wrote, added in place; a name mapping stands for the field ids that they lack."""
    foreign = place.folder / "landing" / "2026"
    foreign.mkdir(parents=True)
    pq.write_table(rows_of(0), foreign / "part-0.parquet")
    table = make(catalog, "ops.imported")
    table.add_files([f"file://{foreign}/part-0.parquet"])
    append(table, 50)
