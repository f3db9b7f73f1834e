"""The demo's source: a catalog with tables as they are in use, and what happens to them on the second day."""

import random
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import DateType, DoubleType, LongType, NestedField, StringType

from bcn_dagster.demo.place import CATALOG, Place

if TYPE_CHECKING:
    from pyiceberg.table import Table

_FIRST_DAY = date(2026, 11, 1)
_REGIONS = ("north", "south", "east", "west")
_PAGES = ("/", "/cart", "/checkout", "/help", "/search")
_PER_DAY = 2_000

_ORDERS = Schema(
    NestedField(1, "order_id", LongType(), required=True),
    NestedField(2, "customer_id", LongType()),
    NestedField(3, "region", StringType()),
    NestedField(4, "amount", DoubleType()),
    NestedField(5, "day", DateType()),
)
_VIEWS = Schema(
    NestedField(1, "day", DateType()),
    NestedField(2, "page", StringType()),
    NestedField(3, "visitor", LongType()),
)


def open_source(place: Place) -> SqlCatalog:
    """The source catalog, as any PyIceberg program opens it."""
    (place.source / "warehouse").mkdir(parents=True, exist_ok=True)
    return SqlCatalog(CATALOG, **place.catalog_properties(place.source))


def create(place: Place) -> None:
    """The first day: three databases, seven tables, with the history that tables in use have."""
    catalog = open_source(place)
    for database, owner in (("sales", "sales-data"), ("web", "web-team"), ("staging", "platform")):
        catalog.create_namespace(database, {"owner": owner})
    _create_orders(catalog)
    _create_customers(catalog)
    _create_small(catalog, "sales.returns", _numbered(400, "reason"))
    _create_small(catalog, "sales.countries", _numbered(195, "name"))
    _create_page_views(catalog)
    _create_small(catalog, "web.sessions", _numbered(3_000, "device"))
    _create_small(catalog, "staging.imports", _numbered(1_200, "line"))
    catalog.close()


def live_on(place: Place) -> None:
    """The second day: data comes in, a schema evolves, a table is renamed, one dropped, one dropped and made anew."""
    catalog = open_source(place)
    orders = catalog.load_table("sales.orders")
    orders.append(_orders(orders, 3))
    _append_to_page_views(catalog.load_table("web.page_views"))
    customers = catalog.load_table("sales.customers")
    with customers.update_schema() as update:
        update.add_column("loyalty", StringType())
        update.rename_column("name", "full_name")
    customers.append(_as_of(customers, {"customer_id": [9_001], "full_name": ["Zoë"], "loyalty": ["gold"]}))
    catalog.rename_table("web.sessions", "web.visits")
    catalog.drop_table("sales.returns")
    catalog.drop_table("staging.imports")
    _create_small(catalog, "staging.imports", _numbered(50, "line"))
    catalog.close()


def _create_orders(catalog: SqlCatalog) -> None:
    """Partitioned, three snapshots of data, a copy-on-write delete, a widened schema, a tag and a branch."""
    by_region = PartitionSpec(PartitionField(3, 1000, IdentityTransform(), "region"))
    orders = catalog.create_table("sales.orders", _ORDERS, partition_spec=by_region)
    orders.append(_orders(orders, 0))
    orders.manage_snapshots().create_tag(_newest(orders), "first-day").commit()
    orders.append(_orders(orders, 1))
    with orders.update_schema() as update:
        update.add_column("currency", StringType())
    orders.append(_orders(orders, 2))
    orders.manage_snapshots().create_branch(_newest(orders), "audit").commit()
    orders.delete("amount < 20.0")


def _newest(table: "Table") -> int:
    return table.snapshots()[-1].snapshot_id


def _create_customers(catalog: SqlCatalog) -> None:
    customers = catalog.create_table(
        "sales.customers",
        pa.schema([("customer_id", pa.int64()), ("name", pa.string()), ("since", pa.timestamp("us"))]),
        properties={"write.parquet.compression-codec": "zstd", "comment": "one row for each customer"},
    )
    start = datetime(2024, 1, 1)  # noqa: DTZ001 -- Iceberg's timestamp without zone
    for batch in range(2):
        ids = range(batch * 500, batch * 500 + 500)
        names = [f"customer {number}" for number in ids]
        since = [start + timedelta(hours=number) for number in ids]
        customers.append(_as_of(customers, {"customer_id": list(ids), "name": names, "since": since}))


def _create_page_views(catalog: SqlCatalog) -> None:
    by_day = PartitionSpec(PartitionField(1, 1000, IdentityTransform(), "day"))
    views = catalog.create_table("web.page_views", _VIEWS, partition_spec=by_day)
    views.append(_views(views, range(5)))


def _append_to_page_views(views: "Table") -> None:
    views.append(_views(views, range(5, 6)))


def _create_small(catalog: SqlCatalog, name: str, rows: pa.Table) -> None:
    catalog.create_table(name, rows.schema).append(rows)


def _numbered(rows: int, text: str) -> pa.Table:
    return pa.table({"id": list(range(rows)), text: [f"{text} {number % 97}" for number in range(rows)]})


def _orders(table: "Table", day: int) -> pa.Table:
    chance = random.Random(day)  # noqa: S311 -- the same rows in every demo
    ids = range(day * _PER_DAY, (day + 1) * _PER_DAY)
    columns: dict[str, Sequence[object]] = {
        "order_id": list(ids),
        "customer_id": [chance.randrange(1_000) for _ in ids],
        "region": [chance.choice(_REGIONS) for _ in ids],
        "amount": [round(chance.uniform(5, 500), 2) for _ in ids],
        "day": [_FIRST_DAY + timedelta(days=day)] * _PER_DAY,
        "currency": [chance.choice(("EUR", "USD")) for _ in ids],
    }
    return _as_of(table, columns)


def _views(table: "Table", days: range) -> pa.Table:
    chance = random.Random(days.start)  # noqa: S311 -- the same rows in every demo
    rows = [
        (_FIRST_DAY + timedelta(days=day), chance.choice(_PAGES)) for day in days for _ in range(_PER_DAY)
    ]
    visitors = [chance.randrange(100_000) for _ in rows]
    return _as_of(
        table, {"day": [row[0] for row in rows], "page": [row[1] for row in rows], "visitor": visitors}
    )


def _as_of(table: "Table", columns: Mapping[str, Sequence[object]]) -> pa.Table:
    """Rows in the table's present schema: columns that it lacks are left out, columns that are not given are null."""
    schema = table.schema().as_arrow()
    rows = max(len(column) for column in columns.values())
    arrays = [pa.array(columns.get(field.name, [None] * rows), type=field.type) for field in schema]
    return pa.table(arrays, schema=schema)
