"""Any catalog that PyIceberg can load, through its public interface: one load per table."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bcn_core.catalogs.catalog import CatalogIdentity, Sweep, ViewFile
from bcn_core.catalogs.patience import hint_for
from bcn_core.catalogs.redaction import redacted, without_user_info
from bcn_core.catalogs.refusals import changed_meanwhile, name_taken, no_views, usual_place
from bcn_core.errors import BcnError, Conflict, NotFound, StorageFailure
from bcn_core.names import Scope, TableName

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog as LoadedCatalog

_LOADS_AT_ONCE = 8


class PyIcebergCatalog:
    """A catalog kind without a faster way of its own."""

    def __init__(self, loaded: "LoadedCatalog", kind: str) -> None:
        self._catalog = loaded
        self._kind = kind

    @property
    def name(self) -> str:
        return self._catalog.name

    def identity(self) -> CatalogIdentity:
        address = self._catalog.properties.get("uri") or self._catalog.properties.get("warehouse") or ""
        return CatalogIdentity(self._kind, without_user_info(address))

    def spelled(self, table: TableName) -> TableName:
        return table

    def sweep(self, scope: Scope) -> Sweep:
        with self.told(f"cannot read catalog '{self.name}'"):
            databases = {level: self._properties(level) for level in self._namespaces(scope)}
            listed = (table for namespace in databases for table in self._listed(namespace))
            covered = [table for table in listed if scope.covers(table)]
            with ThreadPoolExecutor(_LOADS_AT_ONCE) as pool:
                found = dict(zip(covered, pool.map(self._load_pointer, covered), strict=True))
            found |= self._still_listed(table for table, place in found.items() if place is None)
            views = self._views(databases, scope)
        pointers = {table: place for table, place in found.items() if isinstance(place, str)}
        unreadable = {table: str(error) for table, error in found.items() if isinstance(error, BcnError)}
        return Sweep(
            databases,
            pointers,
            unreadable,
            {view: place for view, place in views.items() if isinstance(place, str)},
            {view: str(error) for view, error in views.items() if isinstance(error, BcnError)},
        )

    def pointer(self, table: TableName) -> str | None:
        found = self._load_pointer(table)
        if isinstance(found, BcnError):
            raise found
        return found

    def default_location(self, table: TableName) -> str | None:
        with self.told(f"cannot read database '{table.database}' of catalog '{self.name}'"):
            exists = self._catalog.namespace_exists(table.namespace)
            own = self._properties(table.namespace).get("location") if exists else None
        return usual_place(table, own, self._catalog.properties.get("warehouse"))

    def create_database(self, namespace: tuple[str, ...], properties: Mapping[str, str]) -> None:
        with self.told(f"cannot create database '{'.'.join(namespace)}' in catalog '{self.name}'"):
            self._catalog.create_namespace_if_not_exists(namespace, dict(properties))

    def register(self, table: TableName, metadata_location: str) -> None:
        with self.told(f"cannot register {table} in catalog '{self.name}'"):
            # Some servers take a table of a database that is not there, and show it nowhere.
            if not self._catalog.namespace_exists(table.namespace):
                raise NotFound(f"catalog '{self.name}' has no database '{table.database}'")
            self._catalog.register_table((*table.namespace, table.name), metadata_location)

    def replace(self, table: TableName, expected: str, metadata_location: str) -> None:
        """Rename the old table away, register the new one under its name, drop the old entry.

        Not atomic: between the two steps the name is free, and when registration fails the old table is renamed back.

        Raises:
            Conflict: somebody else changed the table meanwhile, or a replacement that died left a table set aside.
        """
        from pyiceberg.exceptions import TableAlreadyExistsError

        if self.pointer(table) != expected:
            raise changed_meanwhile(table)
        aside = (*table.namespace, f"{table.name}__bcn_replaced")
        with self.told(f"cannot replace {table} in catalog '{self.name}'"):
            try:
                self._catalog.rename_table((*table.namespace, table.name), aside)
            except TableAlreadyExistsError as error:
                raise _left_aside(table, ".".join(aside)) from error
            try:
                self._catalog.register_table((*table.namespace, table.name), metadata_location)
            except BaseException as error:
                # Only the answer may be lost.
                is_done = isinstance(error, Exception) and self._load_pointer(table) == metadata_location
                if not is_done:
                    self._put_back(table, aside)
                    raise
            self._catalog.drop_table(aside)

    def _put_back(self, table: TableName, aside: tuple[str, ...]) -> None:
        try:
            self._catalog.rename_table(aside, (*table.namespace, table.name))
        except Exception as error:
            raise StorageFailure(
                f"{table} could not be replaced, and its old entry not put back: {self._said(error)}",
                hint=f"the old table is whole under the name {'.'.join(aside)}: look at both, and rename it back",
            ) from error

    def keeps_views(self) -> bool:
        return False

    def register_view(self, view: TableName, file: ViewFile, expected: str | None) -> str:
        raise no_views(self.name, view)

    def _views(
        self, databases: Iterable[tuple[str, ...]], scope: Scope
    ) -> Mapping[TableName, str | BcnError | None]:
        """The views of some databases with their pointers, as ``_load_pointer`` tells those of tables."""
        return {}

    @contextmanager
    def told(self, what: str) -> Iterator[None]:
        """Say the catalog's errors in the words of the error tree, without its secrets.

        Raises:
            Conflict: the name is taken.
            NotFound: there is no such table or database.
            StorageFailure: anything else.
        """
        from pyiceberg import exceptions

        try:
            yield
        except BcnError:
            raise
        except exceptions.TableAlreadyExistsError as error:
            raise name_taken(what) from error
        except (exceptions.NoSuchNamespaceError, exceptions.NoSuchTableError) as error:
            raise NotFound(f"{what}: {self._said(error)}") from error
        except Exception as error:
            raise StorageFailure(f"{what}: {self._said(error)}", hint=hint_for(error)) from error

    def _said(self, error: Exception) -> str:
        # SQLAlchemy puts an address of its own manual behind what the driver said.
        said = f"{getattr(error, 'orig', None) or error}".strip()
        return redacted(said or type(error).__name__, self._catalog.properties)

    def _properties(self, namespace: tuple[str, ...]) -> dict[str, str]:
        return {key: str(value) for key, value in self._catalog.load_namespace_properties(namespace).items()}

    def _listed(self, namespace: tuple[str, ...]) -> list[TableName]:
        return [TableName(tuple(one[:-1]), one[-1]) for one in self._catalog.list_tables(namespace)]

    def _still_listed(self, gone: Iterable[TableName]) -> dict[TableName, BcnError]:
        """Of tables that were listed and then not found, those that the catalog goes on listing: they are unreadable.

        A proxy answers "not found" while the server behind it starts anew, and some servers answer so to those who may
        not read a table. Taken at its word, one bad moment would look like a great deletion.
        """
        missing = set(gone)
        listed = (
            table for level in sorted({one.namespace for one in missing}) for table in self._listed(level)
        )
        return {
            table: StorageFailure(
                f"catalog '{self.name}' lists {table}, and says that there is no such table"
            )
            for table in listed
            if table in missing
        }

    def _namespaces(self, scope: Scope) -> list[tuple[str, ...]]:
        if scope.database is not None:
            wanted = tuple(scope.database.split("."))
            if self._catalog.namespace_exists(wanted):
                return [wanted]
            # A proxy without its server says "not found" as well; this listing fails then, and nothing looks dropped.
            self._catalog.list_namespaces()
            return []
        found: list[tuple[str, ...]] = []
        waiting = [tuple(level) for level in self._catalog.list_namespaces()]
        while waiting:
            namespace = waiting.pop()
            found.append(namespace)
            below = [tuple(level) for level in self._catalog.list_namespaces(namespace)]
            waiting.extend(level for level in below if len(level) > len(namespace) and level not in found)
        return sorted(set(found))

    def _load_pointer(self, table: TableName) -> str | BcnError | None:
        """The pointer; None when the table is not (or no longer) there; the error when it cannot be loaded."""
        from pyiceberg.exceptions import NoSuchTableError

        try:
            place = self._catalog.load_table((*table.namespace, table.name)).metadata_location
        except NoSuchTableError:
            return None
        except Exception as error:  # noqa: BLE001 - one broken table must not hide its neighbours
            return StorageFailure(f"cannot load {table}: {self._said(error)}")
        return place or StorageFailure(f"the catalog does not say where the metadata of {table} lies")


def _left_aside(table: TableName, aside: str) -> Conflict:
    return Conflict(
        f"{table} cannot be replaced: {aside} is in the way, which a replacement that died had set aside",
        hint=f"look at both, drop or rename {aside}, and run again",
    )
