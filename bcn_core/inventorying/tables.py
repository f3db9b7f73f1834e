"""The three tables: opened, made, written in one commit each, kept small, and removed."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from bcn_core.catalogs.redaction import redacted
from bcn_core.errors import BcnError, Conflict, NotFound, StorageFailure
from bcn_core.inventorying.columns import COLUMNS, SORTED_BY, frame_schema, iceberg_schema
from bcn_core.inventorying.place import Place
from bcn_core.inventorying.steps import state_of
from bcn_core.storage.opening import Stores

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table

_MOST_SNAPSHOTS = 40
_SNAPSHOTS_LEFT = 20
_PROPERTIES = {
    # Two writers of one PIT: the second must look again at what is there, not put its rows on top.
    "commit.retry.num-retries": "0",
    "commit.manifest-merge.enabled": "true",
    "commit.manifest.min-count-to-merge": "20",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "20",
    "write.parquet.row-group-limit": "100000",
    "write.target-file-size-bytes": str(64 * 1024**2),
}


@dataclass(frozen=True, slots=True)
class Change:
    """What one commit does: rows that come, and days whose rows are read, given to ``changed``, and written anew.

    ``expects`` is the state that the table must have, None for a table that nobody wrote yet.
    """

    rows: "pl.DataFrame"
    summary: Mapping[str, str]
    expects: str | None = None
    days: frozenset[date] = frozenset()
    changed: "Callable[[pl.DataFrame], pl.DataFrame] | None" = None


class InventoryTables:
    """The tables of one inventory, in a catalog or as folders alone."""

    def __init__(self, place: Place, stores: Stores, catalog: tuple[str, Mapping[str, str]] | None) -> None:
        self._place = place
        self._stores = stores
        self._named = catalog
        self._opened: Catalog | None = None

    def find(self, table: str) -> "Table | None":
        """A table as it is now; None when it is not there.

        Raises:
            BcnError: nobody can tell.
        """
        from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError

        with self._told():
            try:
                return self._catalog().load_table(self._identifier(table))
            except (NoSuchTableError, NoSuchNamespaceError):
                return None

    def open(self, table: str) -> "Table":
        """A table that must be there.

        Raises:
            NotFound: it is not.
        """
        found = self.find(table)
        if found is None:
            raise NotFound(
                f"there is no inventory table at {self._place.location(table)}",
                hint="make it: bcn inventory rebuild",
            )
        return found

    def write(self, table: str, change: Change) -> None:
        """Carry out one change in one commit; the table is made when it is not there.

        Raises:
            Conflict: somebody else wrote the table meanwhile.
            StorageFailure: its storage or catalog did not do it.
        """
        with self._told():
            found = self.find(table) or self._create(table)
            if state_of(found) != change.expects:
                raise self._overtaken("it has other PITs by now")
            rows, days = change.rows, sorted(change.days)
            with found.transaction() as transaction:
                if days:
                    there = rows_of(found, days=days)
                    if change.changed is not None:
                        there = change.changed(there)
                    rows = _concat(there, rows)
                    transaction.delete(is_in("day", days), snapshot_properties=dict(change.summary))
                transaction.append(_arrow(found, table, rows), snapshot_properties=dict(change.summary))

    def replace(self, table: str, rows: "pl.DataFrame", summary: Mapping[str, str]) -> None:
        """Give a table other rows, in one commit."""
        from pyiceberg.expressions import AlwaysTrue

        with self._told():
            found = self.open(table)
            with found.transaction() as transaction:
                transaction.delete(AlwaysTrue(), snapshot_properties=dict(summary))
                transaction.append(_arrow(found, table, rows), snapshot_properties=dict(summary))

    def drop(self, table: str) -> None:
        """Remove a table and all of its files, whatever state they are in."""
        from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError

        from bcn_core.inventorying.file_tables import FileTables

        with self._told():
            if self._named is not None:
                with suppress(NoSuchTableError, NoSuchNamespaceError):
                    self._catalog().drop_table(self._identifier(table))
            FileTables(self._place, self._stores).drop_table(self._identifier(table))

    def tidy(self, table: str) -> None:
        """Let old snapshots go, with the files that no later one needs."""
        with self._told():
            found = self.open(table)
            snapshots = sorted(found.metadata.snapshots, key=lambda one: one.sequence_number or 0)
            if len(snapshots) <= _MOST_SNAPSHOTS:
                return
            old = [one.snapshot_id for one in snapshots[:-_SNAPSHOTS_LEFT]]
            before = _files(found)
            found.maintenance.expire_snapshots().by_ids(old).commit()
            for location in sorted(before - _files(self.open(table))):
                found.io.delete(location)

    def _create(self, table: str) -> "Table":
        from pyiceberg.partitioning import PartitionField, PartitionSpec
        from pyiceberg.table.sorting import SortField, SortOrder
        from pyiceberg.transforms import IdentityTransform

        ids = {one.name: number for number, one in enumerate(COLUMNS[table], 1)}
        catalog = self._catalog()
        if self._named is not None:
            catalog.create_namespace_if_not_exists(self._place.namespace)
        return catalog.create_table(
            self._identifier(table),
            iceberg_schema(table),
            self._place.location(table),
            PartitionSpec(PartitionField(ids["day"], 1000, IdentityTransform(), "day")),
            SortOrder(*(SortField(ids[name], IdentityTransform()) for name in SORTED_BY[table])),
            _PROPERTIES,
        )

    def _catalog(self) -> "Catalog":
        from pyiceberg.catalog import load_catalog

        from bcn_core.inventorying.file_tables import FileTables

        if self._opened is None:
            self._opened = (
                FileTables(self._place, self._stores)
                if self._named is None
                else load_catalog(self._named[0], **self._named[1])
            )
        return self._opened

    def _identifier(self, table: str) -> tuple[str, ...]:
        return (*self._place.namespace, self._place.name(table))

    def _overtaken(self, why: str) -> Conflict:
        return Conflict(
            f"the inventory at {self._place.folder} was written by another run: {why}",
            hint="let it finish, then see: bcn inventory status",
        )

    @contextmanager
    def _told(self) -> "Iterator[None]":
        """What PyIceberg, Arrow and drivers of catalogs raise, as an error of the house."""
        from pyiceberg.exceptions import CommitFailedException

        try:
            yield
        except BcnError:
            raise
        except CommitFailedException as error:
            raise self._overtaken(str(error)) from error
        except Exception as error:
            said = redacted(str(error), dict(self._named[1]) if self._named else {})
            raise StorageFailure(
                f"the inventory at {self._place.folder} cannot be used: {type(error).__name__}: {said}",
                hint="make it anew: bcn inventory rebuild",
            ) from error


def rows_of(
    table: "Table",
    *,
    days: Iterable[date] | None = None,
    columns: tuple[str, ...] = ("*",),
    where: Any = None,
) -> "pl.DataFrame":
    """Rows of a table, of all days or of some."""
    import polars as pl
    from pyiceberg.expressions import AlwaysTrue

    wanted = where if where is not None else AlwaysTrue() if days is None else is_in("day", days)
    found = pl.from_arrow(table.scan(row_filter=wanted, selected_fields=columns).to_arrow())
    if not isinstance(found, pl.DataFrame):
        raise TypeError(f"a table of Arrow became {type(found)}")
    return found


def is_in(column: str, values: Iterable[Any]) -> Any:
    """The condition that a column has one of some values."""
    from pyiceberg.expressions import In

    return In(column, set(values))  # type: ignore[call-arg]


def crowded_days(table: "Table", before: date) -> frozenset[date]:
    """Days that are over and whose rows lie in several files, one for each PIT."""
    counts: dict[date, int] = {}
    for task in table.scan().plan_files():
        day = _day(task.file.partition[0])
        counts[day] = counts.get(day, 0) + 1
    return frozenset(day for day, count in counts.items() if count > 1 and day < before)


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromordinal(date(1970, 1, 1).toordinal() + int(value))


def _arrow(found: "Table", table: str, rows: "pl.DataFrame") -> Any:
    schema = found.schema().as_arrow()
    ordered = rows.select(frame_schema(table).keys()).sort(SORTED_BY[table])
    return ordered.to_arrow().select(schema.names).cast(schema)


def _concat(one: "pl.DataFrame", other: "pl.DataFrame") -> "pl.DataFrame":
    import polars as pl

    return pl.concat([one.select(other.columns).cast(other.schema), other])


def _files(table: "Table") -> set[str]:
    """Every file that the snapshots of a table need, but for its metadata files."""
    found: set[str] = set()
    for snapshot in table.metadata.snapshots:
        found.add(snapshot.manifest_list)
        for manifest in snapshot.manifests(table.io):
            if manifest.manifest_path not in found:
                found.add(manifest.manifest_path)
                entries = manifest.fetch_manifest_entry(table.io, discard_deleted=True)
                found.update(entry.data_file.file_path for entry in entries)
    return found
